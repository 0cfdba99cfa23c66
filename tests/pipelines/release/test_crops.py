"""Faces leave as the settings crop them; raters see their boxes all the same, and what was done is on record."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from curate.vectors import vector
from pipelines import collection
from pipelines.cutting import MediaForm, cut_path, released_path
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.forget.bytes import remove_bytes
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted
from schemas.sections import FaceSettings
from schemas.settings import Settings
from schemas.stage import Receipt
from tests.pipelines.conftest import answer, run, small_media, take_in
from tests.pipelines.release.test_export import samples_of

POINTS = [(10, 12), (22, 12), (16, 19), (11.25, 25), (20.75, 25)]  # half the usual size
ALIGNED = FaceSettings(crop="aligned", padding=0.5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cropped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        here = collection.make(folder / "home", "test", ("ekman",)).home
        media = small_media(folder / "incoming")
        take_in(here, [media / "plain-0.png", media / "plain-1.png"])
        run(here)
        answer(here)
        clips = [clip for (clip,) in Catalog(here).rows("SELECT id FROM live_clips WHERE kind = 'face'")]
        seen = [Receipt("Points@1", clip, "done", made=(vector(clip, "face_points", POINTS),)) for clip in clips]
        Catalog(here).add([], seen)
        live.refresh(Catalog(here), [key for (key,) in Catalog(here).rows("SELECT stage FROM active_stages")])
    return here


def released(home: Path, face: FaceSettings) -> tuple[Path, list[dict[str, Any]]]:
    """A release and its faces: the JSON of each with the size of its picture."""
    folder = Path(export(Export(home, replace(Settings(), face=face), Wanted(), draw=False)).folder)
    faces = []
    for sample in samples_of(folder, "face").values():
        with Image.open(io.BytesIO(sample["webp"])) as picture:
            faces.append({**json.loads(sample["json"]), "size": picture.size})
    return folder, faces


def test_aligned_crops_leave_padded_and_never_upscaled_and_the_release_says_so(home: Path) -> None:
    _, boxes = released(home, FaceSettings())
    folder, faces = released(home, ALIGNED)
    assert [face["size"] for face in faces] == [(56, 56)] * 2
    assert [(face["width_px"], face["height_px"]) for face in faces] == [(56, 56)] * 2
    assert {face["size"] for face in boxes} != {(56, 56)}
    thresholds = json.loads((folder / "manifest.json").read_text("utf-8"))["thresholds"]
    assert (thresholds["face.crop"], thresholds["face.padding"]) == ("aligned", 0.5)
    assert "`face.crop` | `aligned`" in (folder / "README.md").read_text("utf-8")
    for face in faces:
        with Image.open(cut_path(home, "face", face["key"])) as seen:
            assert seen.size in {box["size"] for box in boxes}


def test_of_a_forgotten_clip_no_crop_stays(home: Path) -> None:
    _, (face, *_) = released(home, ALIGNED)
    crop = released_path(home, "face", face["key"], MediaForm("flac", "aligned", 0.5))
    assert crop.exists()
    remove_bytes(home, [face["key"]], [], [])
    assert not crop.exists()
