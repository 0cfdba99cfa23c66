"""A collection with a few small real files in it, for the tests of everything that works on collections."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from curate.read.probe import Probe
from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, Noun, insert
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.run import Tally, bring_up_to_date
from pipelines.release.notices import record_notice
from schemas.answers import Answer, Ask, Item, Rater
from schemas.ids import canonical
from schemas.media import Source
from schemas.scheme import shipped_schemes
from tests.pipelines.engine import runs
from tests.pipelines.engine.odd_stages import Corner, Halve

Builder = Callable[[Path, Path], object]
SOURCE = Source("licence", "CC-BY-4.0", "made by the tests")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """The folder of `small_media`."""
    return small_media(tmp_path / "incoming")


def small_media(folder: Path) -> Path:
    """A folder of four sounds and three pictures, all different and all small; made unless it is there."""
    folder.mkdir(exist_ok=True)
    for number in range(4):
        tone = 0.2 * np.sin(np.arange(16_000) / (5 + number))
        soundfile.write(folder / f"tone-{number}.wav", tone, 16_000, "PCM_16")
    for number in range(3):
        Image.new("RGB", (64, 48), (40 * number + 20, 90, 120)).save(folder / f"plain-{number}.png")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Builder], Path]:
    """The folder in which a function made a collection `home`, its media `incoming` and its `keys`, once a session."""
    made: dict[Builder, Path] = {}

    def folder_of(build: Builder) -> Path:
        if build not in made:
            made[build] = tmp_path_factory.mktemp("made")
            (made[build] / "keys").mkdir()
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("EMOCURATE_KEYS", str(made[build] / "keys"))
                build(made[build] / "home", made[build] / "incoming")
        return made[build]

    return folder_of


@pytest.fixture
def copy_of(made_once: Callable[[Builder], Path], tmp_path: Path) -> Callable[[Builder], Path]:
    """Copies for this test alone what a function made once: the collection `home`, its media and its keys."""

    def copy(build: Builder) -> Path:
        shutil.rmtree(tmp_path / "home", ignore_errors=True)
        targets = {"home": tmp_path / "home", "incoming": tmp_path / "incoming", "keys": os.environ["EMOCURATE_KEYS"]}
        for name, target in targets.items():
            if (made_once(build) / name).exists():
                shutil.copytree(made_once(build) / name, target, dirs_exist_ok=True)
        return tmp_path / "home"

    return copy


@pytest.fixture
def home(tmp_path: Path, copy_of: Callable[[Builder], Path]) -> Path:
    """A collection without media."""
    there = tmp_path / "home"
    return there if there.exists() else copy_of(empty_in)


def empty_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `home`."""
    collection.make(home, "test", ("ekman",))


@pytest.fixture
def taken_in(copy_of: Callable[[Builder], Path], media: Path) -> Path:
    """A collection with the media of the fixture `media`."""
    return copy_of(taken_in_in)


def taken_in_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `taken_in`."""
    empty_in(home, media)
    take_in(home, [small_media(media)])


@pytest.fixture
def searched(copy_of: Callable[[Builder], Path], media: Path) -> Path:
    """A collection with the media of the fixture `media`, in which `run` has found all there is."""
    return copy_of(searched_in)


@pytest.fixture
def visited(copy_of: Callable[[Builder], Path], media: Path) -> Path:
    """A collection with the media of the fixture `media`, on which the small stages of `runs` were run."""
    return copy_of(visited_in)


def visited_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `visited`."""
    taken_in_in(home, media)
    runs.run(home)


def searched_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `searched`."""
    taken_in_in(home, media)
    run(home)


@pytest.fixture
def linked_in(home: Path, media: Path) -> Path:
    """A collection that is linked to the media of the fixture `media`, which nobody has touched for an hour."""
    link_in(home, media)
    return home


def link_in(home: Path, media: Path) -> None:
    """Link a collection to a folder of media which nobody has touched for an hour."""
    for path in media.iterdir():
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    take_in(home, [media], link=True)


def take_in(home: Path, paths: list[Path], source: Source = SOURCE, link: bool = False) -> None:
    """Add media the way the command does."""
    add(Intake(home, source, Metadata(), collection.find(home).people, link), paths)


@pytest.fixture
def intake(home: Path) -> Callable[[list[Path]], None]:
    """Adds media to the collection `home`."""
    return lambda paths: take_in(home, paths)


@pytest.fixture
def answered(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection whose clips were asked about, with answers of three raters in the catalog."""
    return copy_of(answered_in)


def answered_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `answered`."""
    searched_in(home, media)
    answer(home)


def run(home: Path) -> Tally:
    """Two utterances of every sound, a face of every picture."""
    return bring_up_to_date(home, [Pass((Probe(), Halve(), Corner(px=32)))], Inline())


def answer(home: Path, origin: str = "origin-1") -> None:
    """Three raters answer ekman about every live clip: they agree on most, and the third sees it otherwise."""
    scheme = shipped_schemes()["ekman"]
    catalog = Catalog(home)
    body = {"id": [scheme.id], "name": [scheme.name], "version": [scheme.version], "body": [canonical(asdict(scheme))]}
    with catalog.open() as connection:
        insert(connection, "schemes", body)
    names = [category.name for category in scheme.questions[0].categories]
    nouns: list[Noun] = []
    for place, (clip,) in enumerate(catalog.rows("SELECT id FROM live_clips ORDER BY id")):
        item = Item("clip", clip)
        ask = Ask(item.id, scheme.id)
        nouns += [item, ask]
        for number in range(3):
            rater = Rater(f"p{number:016x}", "person")
            name = names[(place + (number == 2 and place % 3 == 0)) % len(names)]
            told = {"emotion": canonical(name), "intensity": canonical(10 * number + 40)}
            time = f"2026-01-02T03:04:0{number}.000000Z"
            nouns += [rater, *(Answer(origin, ask.id, q, rater.id, time, v, "given", 900) for q, v in told.items())]
    catalog.add(nouns)
    live.refresh(catalog, [key for (key,) in catalog.rows("SELECT stage FROM active_stages")])


def notified(home: Path) -> None:
    """Raters were told that their answers are passed on."""
    notice = home / "notice.md"
    notice.write_text("Your answers are passed on under a pseudonym.", "utf-8")
    record_notice(home, notice)
