"""SIGKILL while something is forgotten, then the same command: the end of one that nobody disturbed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in
from tests.pipelines.release.test_export import files_of
from tests.processes import emocurate, points

POINTS = points(
    "pathlib:Path.replace after 15",  # the old folder is aside, and the new one has no name yet
    "pipelines.forget.forget:remove_bytes before 1",
    heavy=(
        "pipelines.release.withdraw:seal after 1",
        "pathlib:Path.replace after 14",  # the last file
        "pathlib:Path.replace after 16",  # the new folder
        "pathlib:Path.unlink after 3",
        "pipelines.engine.rewrite:sync_folder before 1",
    ),
)
TABLES = ("assets", "arrivals", "statements", "sources", "clips", "items", "asks", "answers", "released", "tombstones")


def end(home: Path) -> tuple[object, ...]:
    """All that is there: rows, media, cuts and releases; not what is made anew at every look."""
    held = [name for (name,) in Catalog(home).rows("SELECT body FROM releases")]
    rows = [Catalog(home).rows(f"SELECT t::VARCHAR FROM {table} t ORDER BY 1") for table in TABLES]
    files = {name: data for name, data in files_of(home).items() if not name.startswith(("catalog", "locks/"))}
    return held, rows, files


@pytest.fixture(scope="module")
def collections(made_once: Callable[[Builder], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A collection with a release, and a copy of it from which one recording was taken out without a break."""
    folder = tmp_path_factory.mktemp("forget")
    shutil.copytree(made_once(spoken_in) / "home", folder / "before")
    keys = shutil.copytree(made_once(spoken_in) / "keys", folder / "keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(keys))
        shutil.copytree(folder / "before", folder / "undisturbed")
        told = ("--report", str(folder / "report.txt"))
        assert emocurate("forget", "tone-1.wav", "--home", str(folder / "undisturbed"), *told) == 0
    return folder, keys


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_and_the_same_command_again_come_to_the_same_end(
    point: str, collections: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keys = collections
    monkeypatch.setenv("EMOCURATE_KEYS", str(keys))
    home = tmp_path / "home"
    shutil.copytree(folder / "before", home)
    assert emocurate("forget", "tone-1.wav", "--home", str(home), kill=point) < 0, "it was killed"
    report = tmp_path / "report.txt"
    assert emocurate("forget", "tone-1.wav", "--home", str(home), "--report", str(report)) == 0
    assert end(home) == end(folder / "undisturbed")
    assert report.read_text("utf-8") == (folder / "report.txt").read_text("utf-8")
