"""A re-encoded copy of what was forgotten is told by its fingerprint when it comes in, and nothing else is."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from curate.prints.pictures import FingerprintPicture
from curate.prints.sounds import FingerprintSound
from curate.read.probe import Probe
from pipelines import collection, demo
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.collect.rights import allow, resolve
from pipelines.collect.verdicts import copies, show
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.returned import FACT, keep_out, look_for_copies
from pipelines.find.run import bring_up_to_date
from pipelines.forget.forget import How, forget
from schemas.media import Source
from schemas.sections import PublishSettings
from tests.pipelines.conftest import SOURCE, Builder, empty_in

MADE = Path(demo.__file__).parent
SOUNDS = ("anna_sadness.flac", "gwen_anger.flac", "ralf_anger.flac")
PASSES = [Pass((Probe(), FingerprintSound(), FingerprintPicture())), Pass((), step=keep_out)]


def take(home: Path, *paths: Path) -> None:
    """Take files in and look at them."""
    add(Intake(home, SOURCE, Metadata({}), collection.find(home).people), list(paths))
    bring_up_to_date(home, PASSES, Inline())


def holding_in(home: Path, media: Path) -> None:
    """A collection with three voices and a picture, two of which are then forgotten."""
    empty_in(home, media)
    media.mkdir()
    for name in SOUNDS:
        shutil.copy(MADE / "media" / name, media / name)
    shutil.copy(MADE / "pictures" / "astronaut.jpg", media / "astronaut.jpg")
    take(home, media)
    for name in ("anna_sadness.flac", "astronaut.jpg"):
        forget(collection.find(home), name, "file", How(sure=True))


@pytest.fixture
def holding(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(holding_in)


def heard(name: str, into: Path, *how: str) -> Path:
    """A sound of the demo, encoded otherwise."""
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(MADE / "media" / name), *how, str(into)], check=True)
    return into


def test_what_sounds_or_looks_like_what_was_forgotten_is_kept_out(holding: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    heard("anna_sadness.flac", tmp_path / "again" / "copy.mp3", "-b:a", "64k", "-filter:a", "volume=0.5")
    heard("anna_sadness.flac", tmp_path / "again" / "opus.ogg", "-c:a", "libopus", "-b:a", "64k")
    heard("anna_happiness.flac", tmp_path / "again" / "other.mp3", "-b:a", "64k")
    heard("gwen_anger.flac", tmp_path / "again" / "staying.mp3", "-b:a", "64k")
    with Image.open(MADE / "pictures" / "astronaut.jpg") as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(tmp_path / "again" / "small.jpg", quality=60)
        picture.rotate(90).save(tmp_path / "again" / "turned.png")
    take(holding, tmp_path / "again")
    here = collection.find(holding)
    assert [copy.name for copy in copies(here)] == ["copy.mp3", "opus.ogg", "small.jpg"]
    barred = {
        name: show(holding, name, here.people, PublishSettings())[0].against_internal
        for name in ("copy.mp3", "opus.ogg", "small.jpg", "other.mp3", "staying.mp3", "turned.png")
    }
    assert [name for name, why in barred.items() if why == "it is a copy of what was forgotten here"] == [
        "copy.mp3",
        "opus.ogg",
        "small.jpg",
    ]
    assert [name for name, why in barred.items() if why is None] == ["other.mp3", "staying.mp3", "turned.png"]


def test_whoever_says_on_what_evidence_it_is_here_lets_a_copy_in_for_good(holding: Path, tmp_path: Path) -> None:
    take(holding, heard("anna_sadness.flac", tmp_path / "copy.mp3", "-b:a", "64k"))
    here = collection.find(holding)
    assert len(copies(here)) == 1
    before = show(holding, "copy.mp3", here.people, PublishSettings())[0]
    assert resolve(holding, "copy.mp3", Source("licence", "CC0-1.0", evidence="a letter")).new
    assert [copy.name for copy in copies(here)] == ["copy.mp3"]  # who settles a licence says nothing of this
    assert allow(holding, "copy.mp3", "listened to it today: it is somebody else").new
    with Catalog(holding).open() as connection:
        connection.execute("DELETE FROM facts WHERE name = ?", [FACT])
    bring_up_to_date(holding, PASSES, Inline())
    assert copies(here) == []
    after = show(holding, "copy.mp3", here.people, PublishSettings())[0]
    assert (before.may_release, after.may_release) == (False, True)


def test_what_may_return_leaves_no_marks_of_how_it_sounds(home: Path, tmp_path: Path) -> None:
    take(home, MADE / "media" / "anna_sadness.flac")
    forget(collection.find(home), "anna_sadness.flac", "file", How(may_return=True))
    assert Catalog(home).rows("SELECT count(*) FROM tombstones") == [(0,)]
    take(home, heard("anna_sadness.flac", tmp_path / "copy.mp3", "-b:a", "64k"))
    assert copies(collection.find(home)) == []


def test_what_others_that_stay_sound_like_too_is_no_mark(home: Path, tmp_path: Path) -> None:
    lead = heard("gwen_anger.flac", tmp_path / "lead.wav", "-t", "0.7")
    for name in SOUNDS[::2]:
        joined = "[1:a]aresample=16000[a];[0:a]aresample=16000[b];[a][b]concat=n=2:v=0:a=1"
        heard(name, tmp_path / name, "-i", str(lead), "-filter_complex", joined)
    take(home, tmp_path / SOUNDS[0], tmp_path / SOUNDS[2])
    assert forget(collection.find(home), SOUNDS[0], "file", How(sure=True)).alike == ()
    take(home, heard("gwen_anger.flac", tmp_path / "jingle.flac", "-t", "0.7"))
    assert copies(collection.find(home)) == []


def test_a_copy_that_is_here_already_is_named_and_one_that_comes_later_is_told_all_the_same(
    home: Path, tmp_path: Path
) -> None:
    twin = heard("anna_sadness.flac", tmp_path / "twin.wav")
    take(home, MADE / "media" / "anna_sadness.flac", MADE / "media" / "gwen_anger.flac", twin)
    [(asset,)] = Catalog(home).rows("SELECT DISTINCT asset FROM statements WHERE name = 'twin.wav'")
    assert forget(collection.find(home), "anna_sadness.flac", "file", How(sure=True)).alike == (asset,)
    take(home, heard("anna_sadness.flac", tmp_path / "copy.mp3", "-b:a", "64k"))
    assert [copy.name for copy in copies(collection.find(home))] == ["copy.mp3"]


def test_a_run_that_ends_early_leaves_no_copy_to_those_who_ask_or_release(holding: Path, tmp_path: Path) -> None:
    here = collection.find(holding)
    path = heard("anna_sadness.flac", tmp_path / "copy.mp3", "-b:a", "64k")
    add(Intake(holding, SOURCE, Metadata({}), here.people), [path])
    bring_up_to_date(holding, PASSES[:1], Inline())
    assert copies(here) == []
    look_for_copies(holding)
    assert [copy.name for copy in copies(here)] == ["copy.mp3"]


def test_what_is_forgotten_a_second_time_without_marks_leaves_those_of_the_first(holding: Path, tmp_path: Path) -> None:
    take(holding, heard("anna_sadness.flac", tmp_path / "copy.mp3", "-b:a", "64k"))
    forget(collection.find(holding), "copy.mp3", "file", How(may_return=True))
    take(holding, heard("anna_sadness.flac", tmp_path / "again.mp3", "-b:a", "96k"))
    assert [copy.name for copy in copies(collection.find(holding))] == ["again.mp3"]
