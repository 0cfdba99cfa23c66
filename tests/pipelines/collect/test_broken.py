"""Broken media: no crash, no hang, a reason for each, and nothing lost of the others."""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect import metadata
from pipelines.collect.add import Intake, add
from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Pool
from pipelines.find import pipeline as stages
from pipelines.find.run import bring_up_to_date
from pipelines.status import status
from schemas.settings import Settings
from tests.media.broken import broken_files
from tests.pipelines.conftest import SOURCE, small_media

WORKER_BYTES = 1 << 30


def through(home: Path, folder: Path) -> None:
    add(Intake(home, SOURCE, metadata.Metadata(), collection.find(home).people), [folder])
    bring_up_to_date(home, stages.pipeline(Settings()), Pool(1, 60))


def peak_of_workers(home: Path, folder: Path) -> int:
    """The most bytes that a worker of this process has held, after a run over a folder."""
    through(home, folder)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


@pytest.fixture(scope="module")
def run_through(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A collection of broken files and good ones after one run, and the most bytes that a worker held."""
    folder = tmp_path_factory.mktemp("broken")
    media = small_media(folder / "incoming")
    (media / "broken").mkdir()
    assert len(broken_files(media / "broken")) >= 40
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        home = collection.make(folder / "home", "test", ("ekman",)).home
        # a process of its own: the peak of children is that of all a process ever had, those of other tests too
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            return home, alone.submit(peak_of_workers, home, media).result()


def states(home: Path) -> dict[str, tuple[str, str | None]]:
    rows = Catalog(home).rows("SELECT name, state, reason FROM file_states")
    return {name: (state, reason) for name, state, reason in rows}


def test_forty_broken_files_end_with_a_reason_and_the_good_ones_among_them_are_kept(
    run_through: tuple[Path, int],
) -> None:
    told = states(run_through[0])
    assert not [name for name, (state, _) in told.items() if state in ("failed", "waiting")]
    assert all(reason for state, reason in told.values() if state == "dropped")
    good = [state for name, (state, _) in told.items() if not name.startswith("broken/")]
    assert good == ["kept"] * 7
    assert sum(state == "dropped" for state, _ in told.values()) >= 25


def test_no_worker_takes_a_gigabyte_for_broken_files(run_through: tuple[Path, int]) -> None:
    assert run_through[1] < WORKER_BYTES


@pytest.mark.shared
def test_the_messy_folder_ends_with_a_reason_each(home: Path, shared: Path) -> None:
    through(home, shared / "messy")
    told = states(home)
    assert not [name for name, (state, _) in told.items() if state in ("failed", "waiting")]
    assert {name for name, (state, _) in told.items() if state == "kept"} >= {
        "fixture.flac",
        "fixture.m4a",
        "fixture.opus",
    }
    files = status(home, Settings()).files
    assert files.total == files.kept + sum(files.dropped.values())
