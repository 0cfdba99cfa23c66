"""SIGKILL at random moments of a withdrawal, then the same command: the end is always the same.

`make test-all` strikes 30 times, evenly over the whole withdrawal; otherwise twice.
"""

import random
import shutil
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from tests.pipelines.collect.test_consents import consents
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in
from tests.pipelines.forget.test_kill import end
from tests.processes import begun

pytestmark = pytest.mark.long

KILLS = 30  # spread over the withdrawal; one of them is not for the complete run alone
MOMENTS = [pytest.param(number, marks=[pytest.mark.heavy] * (number != 20)) for number in range(KILLS)]
WORDS = "speaker 1"
MORE_TABLES = ("consents", "decisions", "receipts", "scores", "raters", "refusals", "answer_notes", "releases")


def withdrawal(home: Path) -> BaseProcess:
    """A withdrawal that has its lease: before that, nothing can be changed."""
    held = home / "locks" / "forget"
    held.unlink(missing_ok=True)
    process = begun("forget", WORDS, "--home", str(home))
    while not held.exists() and process.is_alive():
        time.sleep(0.002)
    return process


def finished(home: Path) -> float:
    """Seconds that a withdrawal takes from its lease to its end."""
    process, start = withdrawal(home), time.monotonic()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - start


def whole_end(home: Path) -> tuple[object, ...]:
    """All that is there but for times of their own."""
    rows = [
        Catalog(home).rows(f"SELECT (COLUMNS(* EXCLUDE (id)))::VARCHAR FROM {table} ORDER BY ALL")
        if table == "releases"
        else Catalog(home).rows(f"SELECT t::VARCHAR FROM {table} t ORDER BY 1")
        for table in MORE_TABLES
    ]
    return (*end(home), rows)


@pytest.fixture(scope="module")
def undisturbed(
    made_once: Callable[[Builder], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, float]:
    """The folder of a collection before a withdrawal and after it, that of its keys, and the seconds it took."""
    folder = tmp_path_factory.mktemp("kills")
    home = shutil.copytree(made_once(spoken_in) / "home", folder / "before")
    keys = shutil.copytree(made_once(spoken_in) / "keys", folder / "keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(keys))
        consents(home, "speaker 1,train publish,CC-BY-4.0,,2999-01-01\n")
        shutil.copytree(home, folder / "after")
        return folder, keys, finished(folder / "after")


@pytest.mark.parametrize("number", MOMENTS)
def test_killed_at_a_random_moment_and_typed_again_it_comes_to_the_same_end(
    number: int, undisturbed: tuple[Path, Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keys, took_s = undisturbed
    monkeypatch.setenv("EMOCURATE_KEYS", str(keys))
    home = Path(shutil.copytree(folder / "before", tmp_path / "home"))
    process = withdrawal(home)
    time.sleep(took_s * (number + random.random()) / KILLS)  # noqa: S311  # no secret
    process.kill()
    process.join()
    finished(home)
    assert whole_end(home) == whole_end(folder / "after")
