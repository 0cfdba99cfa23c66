"""Whose a face is, is asked of nobody who did not allow it, and forgotten when it has served."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from schemas.media import Source
from schemas.settings import FaceSettings, Settings
from tests.pipelines.conftest import take_in

pytest.importorskip("dlib", reason="the extra [identity]")
PICTURE = Path(__file__).parents[3] / "pipelines" / "demo" / "pictures" / "astronaut.jpg"
KEPT = FaceSettings(identity="dlib", keep_vectors=True)
SOURCES = {
    "synthetic": Source("synthetic", "CC0-1.0", model="a generator"),
    "told": Source("consent", "CC-BY-4.0", scopes=("annotate", "identify")),
    "untold": Source("consent", "CC-BY-4.0", scopes=("annotate", "publish")),
    "licence": Source("licence", "CC-BY-4.0"),
    "unknown": Source("unknown"),
}
DESCRIBED = """SELECT DISTINCT regexp_replace(t.name, '.png$', '') FROM statements t JOIN clips c USING (asset)
               JOIN receipts r ON r."row" = c.id WHERE r.stage LIKE 'FaceVectors%' ORDER BY 1"""


@pytest.fixture
def faces(home: Path, tmp_path: Path) -> Path:
    for place, (name, source) in enumerate(SOURCES.items()):
        with Image.open(PICTURE) as picture:
            picture.crop((place, 0, *picture.size)).save(tmp_path / f"{name}.png")
        take_in(home, [tmp_path / f"{name}.png"], source)
    return home


def run(home: Path, face: FaceSettings) -> None:
    bring_up_to_date(home, pipeline(Settings(face=face)), Inline())


def described(home: Path) -> list[str]:
    return [name for (name,) in Catalog(home).rows(DESCRIBED)]


def vectors(home: Path) -> int:
    return int(Catalog(home).rows("SELECT count(*) FROM scores WHERE name = 'face_vector'")[0][0])


def test_nobody_is_described_unless_it_is_wanted(faces: Path) -> None:
    run(faces, FaceSettings())
    assert described(faces) == []


def test_only_synthetic_faces_and_people_who_allowed_it_are_described(faces: Path) -> None:
    run(faces, KEPT)
    assert described(faces) == ["synthetic", "told"]
    assert vectors(faces) == 2


def test_a_legal_basis_that_is_named_allows_the_others(faces: Path) -> None:
    run(faces, replace(KEPT, identity_basis="research, section 27 BDSG"))
    assert described(faces) == sorted(SOURCES)


def test_vectors_are_gone_after_the_run_and_are_not_made_again(faces: Path) -> None:
    run(faces, FaceSettings(identity="dlib"))
    assert described(faces) == ["synthetic", "told"]
    assert vectors(faces) == 0
    before = Catalog(faces).fact("revision")
    run(faces, FaceSettings(identity="dlib"))
    assert vectors(faces) == 0
    assert Catalog(faces).fact("revision") == before
