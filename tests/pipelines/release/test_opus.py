"""Releases whose sound is Opus: by setting only, with the codec on record, and gone with who is forgotten."""

import json
import shutil
from pathlib import Path

import pytest

from curate.transcode import ffmpeg_version
from pipelines import collection
from pipelines.forget.bytes import remove_bytes
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted, versions
from pipelines.release.personal import has_tags
from schemas.settings import Settings, settings_from_toml
from tests.pipelines.conftest import answer, run, small_media, take_in
from tests.pipelines.release.test_export import files_of, samples_of

OPUS = settings_from_toml('[export]\ncodec = "opus"')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        here = collection.make(folder / "home", "test", ("ekman",)).home
        media = small_media(folder / "incoming")
        take_in(here, [media / "tone-0.wav", media / "tone-1.wav"])
        run(here)
        answer(here)
    return here


@pytest.fixture(scope="module")
def coded(home: Path) -> Path:
    return Path(export(Export(home, OPUS, Wanted(), draw=False)).folder)


def test_sound_leaves_as_opus_at_the_rate_it_is_decoded_at(coded: Path) -> None:
    voices = samples_of(coded, "voice")
    assert voices
    assert all(sample["opus"].startswith(b"OggS") and "flac" not in sample for sample in voices.values())
    assert {json.loads(sample["json"])["rate_hz"] for sample in voices.values()} == {48_000}
    assert not any(has_tags(sample["opus"]) for sample in voices.values())


def test_codec_and_version_stand_in_the_release_and_on_its_card(coded: Path) -> None:
    made_by = f"64 kbit/s a channel at 48,000 Hz by ffmpeg {ffmpeg_version()}"
    assert json.loads((coded / "manifest.json").read_text("utf-8"))["versions"]["Opus"] == made_by
    assert f"Opus {made_by}" in (coded / "README.md").read_text("utf-8")


def test_flac_is_what_comes_unasked_and_names_no_ffmpeg() -> None:
    assert Settings().export.codec == "flac"
    assert "Opus" not in versions(Settings())


def test_coding_again_gives_the_same_bytes(coded: Path, home: Path) -> None:
    before = files_of(coded)
    shutil.rmtree(next(home.glob("cuts/opus-*")))
    shutil.rmtree(coded)
    assert files_of(Path(export(Export(home, OPUS, Wanted(), draw=False)).folder)) == before


def test_of_a_forgotten_clip_no_opus_stays(coded: Path, home: Path) -> None:
    there = sorted(home.glob("cuts/opus-*/*/*.opus"))
    assert there
    remove_bytes(home, [there[0].stem], [], [])
    assert sorted(home.glob("cuts/opus-*/*/*.opus")) == there[1:]
