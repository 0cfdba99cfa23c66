"""Moments leave with sound and picture, typed as video, load as their card says, and are published."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from datasets import Value, Video, load_dataset, load_dataset_builder

from curate.read.decode import decode
from curate.transcode import ffmpeg_version
from pipelines import collection
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted
from pipelines.release.publish import publish
from schemas.media import Clip
from schemas.settings import Settings
from schemas.stage import Receipt
from tests.curate.faces.talking import RATE_HZ, write
from tests.mini_hub import OWNER, TOKEN, MiniHub
from tests.pipelines.conftest import answer, take_in


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of one moment of a second, half of its video."""
    folder = tmp_path_factory.mktemp("moments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        home = collection.make(folder / "home", "test", ("ekman-moment",)).home
        frames = np.random.default_rng(0).integers(0, 255, (25, 64, 96, 3), np.uint8)
        sound = 9000 * np.sin(np.arange(RATE_HZ) / 9)
        take_in(home, [write(folder / "talk.mkv", frames, sound)])
        ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
        Catalog(home).add(
            [], [Receipt("FindMoments@2", asset, "done", made=(Clip(asset, "moment", 0, 1000, (0, 0, 48, 64)),))]
        )
        live.refresh(Catalog(home), ["FindMoments@2"])
        answer(home)
        return Path(export(Export(home, Settings(), Wanted(), draw=False)).folder)


def test_a_moment_leaves_as_mp4_with_sound_in_a_shard_of_its_own(released: Path, tmp_path: Path) -> None:
    (shard,) = released.glob("*/*.tar")
    assert shard.parent.name == "moment"
    with tarfile.open(shard) as tar:
        tar.extractall(tmp_path, filter="data")
    (cut,) = tmp_path.glob("*.mp4")
    with decode(cut, "video", sound=True, every_ms=(1,)) as decoding:
        assert len(list(decoding.frames())) == 25
        heard = decoding.sound()
    assert heard is not None
    assert np.abs(heard.speech).max() > 1000


def test_the_card_types_it_as_video_and_as_bytes(released: Path) -> None:
    card = (released / "README.md").read_text("utf-8")
    matter = yaml.safe_load(card.split("---\n")[1])
    types = {info["config_name"]: info["features"][0] for info in matter["dataset_info"]}
    assert types == {
        "moment-bytes": {"name": "mp4", "dtype": "binary"},
        "moment": {"name": "mp4", "dtype": "video"},
    }
    assert matter["task_categories"] == ["video-classification"]
    assert "decoded (needs torch and torchcodec)" in card


def test_the_card_says_which_ffmpeg_cut_it(released: Path) -> None:
    line = f"moments VP9 and Opus by ffmpeg {ffmpeg_version()}"
    assert line in (released / "README.md").read_text("utf-8")


def test_datasets_reads_both_types(released: Path, tmp_path: Path) -> None:
    rows = load_dataset(str(released), split=None, cache_dir=str(tmp_path))
    ((row,),) = [list(split) for split in rows.values()]
    assert row["mp4"][4:8] == b"ftyp"
    assert row["json"]["media"] == "moment"
    features = load_dataset_builder(str(released), "moment", cache_dir=str(tmp_path)).info.features
    assert isinstance(features["mp4"], Video)
    assert features["json"]["quality"]["sync"] == Value("float64")


def test_it_is_published(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = MiniHub(tmp_path / "hub").start()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-login"))
    try:
        publish(released, f"{OWNER}/moments", tag="v1")
        repo = hub.repos[f"{OWNER}/moments"]
        files = repo.commits[repo.revision("main")].files
        assert {path for path in files if path.endswith(".tar")} == {
            path.relative_to(released).as_posix() for path in released.glob("moment/*.tar")
        }
    finally:
        hub.stop()
