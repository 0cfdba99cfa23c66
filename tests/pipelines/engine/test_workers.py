"""Workers: a process that crashes or hangs costs the file that did it, and where visits are made leaves no trace."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.engine import workers
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from pipelines.engine.visit import Task
from pipelines.engine.workers import ONE_THREAD, PER_CARD, Inline, Pool, cores, failures, processes_for, workers_for
from schemas.errors import BadSetting
from schemas.media import Asset, Clip
from schemas.stage import Receipt, stage_key
from tests.pipelines.engine.odd_stages import Halve, Loudest, Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run, tables


@pytest.mark.parametrize(("how", "told"), [("crash", "SIGKILL"), ("exit", "exit code 3"), ("hang", "took longer")])
def test_a_file_that_brings_its_process_down_costs_only_itself(taken_in: Path, how: str, told: str) -> None:
    bad = culprit(taken_in)
    run(taken_in, [Trouble(bad, how), *STAGES], Pool(2, 2))
    failures = Catalog(taken_in).rows('SELECT DISTINCT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert told in failures[0][1]
    assert count(taken_in, "receipts WHERE state = 'done' AND stage LIKE 'Trouble%'") == 6
    assert count(taken_in, "clips") == 9


def test_pool_and_inline_leave_identical_tables(taken_in: Path, tmp_path: Path) -> None:
    shutil.copytree(taken_in, tmp_path / "other")
    run(taken_in)
    run(tmp_path / "other", workers=Pool(2, 60))
    assert tables(taken_in) == tables(tmp_path / "other")


ONE_PASS = Pass((Trouble("nobody"),))
KEY = ONE_PASS.keys[0]


def gone(number: int, pass_: Pass = ONE_PASS, size: int = 1) -> Task:
    """A task about a file that is not there: its receipt says so."""
    return Task(Asset(f"{number:032x}", "sound", "wav", size), Store(Path("/nowhere")), frozenset(pass_.keys))


def rows(receipts: list[list[Receipt]]) -> list[int]:
    return sorted(int(receipt.row, 16) for batch in receipts for receipt in batch)


@pytest.mark.parametrize("team", [Inline(), Pool(2, 60)])
def test_every_visit_gives_its_receipts(team: workers.Workers) -> None:
    visits = [[gone(1), gone(2)], [gone(3)], [gone(4)], [gone(5)]]
    receipts = list(team.map(ONE_PASS, visits))
    assert (len(receipts), rows(receipts)) == (4, [1, 2, 3, 4, 5])


def test_no_visit_starts_no_process() -> None:
    assert list(Pool(2, 60).map(ONE_PASS, [])) == []


def test_there_are_never_more_processes_than_wanted_nor_more_than_visits() -> None:
    before = set(multiprocessing.active_children())
    team = Pool(2, 60).map(ONE_PASS, ([gone(number)] for number in range(6)))
    next(team)
    assert len(set(multiprocessing.active_children()) - before) == 2
    assert len(list(team)) == 5
    team = Pool(3, 60).map(ONE_PASS, [[gone(1)]])
    next(team)
    assert len(set(multiprocessing.active_children()) - before) == 1
    team.close()  # type: ignore[attr-defined]


def test_whoever_stops_listening_ends_the_processes() -> None:
    before = set(multiprocessing.active_children())
    team = Pool(2, 60).map(ONE_PASS, ([gone(number)] for number in range(99)))
    next(team)
    team.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) <= before


def test_a_process_that_was_killed_while_it_was_idle_costs_nothing() -> None:
    before = set(multiprocessing.active_children())

    def visits() -> Iterator[list[Task]]:
        yield [gone(1)]
        (process,) = set(multiprocessing.active_children()) - before
        psutil.Process(process.pid).kill()
        process.join()
        yield [gone(2), gone(3)]
        yield [gone(4)]

    receipts = list(Pool(1, 60).map(ONE_PASS, visits()))
    assert rows(receipts) == [1, 2, 3, 4]
    assert {receipt.reason for batch in receipts for receipt in batch} == {
        "the file has gone from media; add the file again, then run --retry"
    }


HANGS = """
import sys
from pathlib import Path
from pipelines.engine.workers import Pool
from tests.pipelines.engine.odd_stages import Trouble
from tests.pipelines.engine.runs import run

run(Path(sys.argv[1]), [Trouble(sys.argv[2], "hang")], Pool(2, 3600))
"""


def test_processes_at_work_end_when_their_driver_is_killed(taken_in: Path, tmp_path: Path) -> None:
    mark = tmp_path / "hangs"
    command = [sys.executable, "-c", HANGS, str(taken_in), culprit(taken_in)]
    driver = subprocess.Popen(command, env={**os.environ, "TESTS_HANG_MARK": str(mark)})
    try:
        while not mark.exists():
            assert driver.poll() is None
            time.sleep(0.1)
        team = psutil.Process(driver.pid).children()
    finally:
        driver.kill()
        driver.wait()
    assert len(team) >= 2
    _, alive = psutil.wait_procs(team, timeout=30)
    assert alive == []


def test_while_nothing_comes_whoever_waits_is_told_what_takes_long(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BEAT_S", 0.05)
    seen: list[tuple[int, float]] = []
    visits = [[gone(1), gone(2)], [gone(3)]]
    list(Pool(1, 60).map(ONE_PASS, visits, lambda tasks, for_s, _: seen.append((int(tasks[0].asset.id, 16), for_s))))
    assert seen[0][0] == 1
    assert [for_s for number, for_s in seen if number == 1] == sorted(for_s for number, for_s in seen if number == 1)


def test_a_hanging_file_has_its_time_and_more_for_each_megabyte(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SECONDS_PER_MB", 2)
    given: list[float] = []
    give = workers._Worker.give

    def noting(self: workers._Worker, tasks: workers.Visit, limit_s: float) -> None:
        given.append(limit_s)
        give(self, tasks, limit_s)

    monkeypatch.setattr(workers._Worker, "give", noting)
    list(Pool(1, 3).map(ONE_PASS, [[gone(1, size=1_000_000), gone(2, size=500_000)]]))
    assert given == [3 + 2 + 3 + 1]


def test_a_visit_has_as_long_again_as_its_sound_lasts_however_often_that_is_told() -> None:
    worker = object.__new__(workers._Worker)
    worker.pipe, process = multiprocessing.Pipe()
    worker.started = True
    worker.give([gone(1)], 5.0)
    until_s = worker.deadline
    for doing in (("pictures seen up to 0:00:01", 0), ("FindSpeech, 3:00:00 of sound", 10_800_000)) * 2:
        process.send(doing)
        assert not worker.has_answered()
    assert worker.doing == "FindSpeech, 3:00:00 of sound"
    assert worker.deadline == pytest.approx(until_s + 10_800)
    assert worker.limit_s == 10_805


def test_all_that_was_owed_to_a_culprit_fails() -> None:
    clip = Clip("0" * 32, "utterance", 0, 500)
    pass_ = Pass((Halve(), Loudest()))
    halve, loudest = map(stage_key, pass_.stages)
    owed = Task(Asset("1" * 32, "sound", "wav", 1), Store(Path()), frozenset({halve}), ((clip, {loudest}),), attempt=4)  # type: ignore[arg-type]
    assert list(failures(pass_, owed, "it hangs")) == [
        Receipt(halve, "1" * 32, "failed", "it hangs", 4),
        Receipt(loudest, clip.id, "failed", "it hangs", 4),
    ]


@pytest.mark.parametrize(
    ("code", "told"), [(-signal.SIGKILL, "SIGKILL"), (3, "exit code 3"), (0, "exit code 0"), (-63, "signal 63")]
)
def test_how_a_process_ended_is_told(code: int, told: str) -> None:
    assert workers._told(code) == told


def test_processes_compute_with_one_thread_each(taken_in: Path) -> None:
    list(Pool(1, 60).map(ONE_PASS, [[gone(1)]]))
    assert {os.environ[name] for name in ONE_THREAD} == {"1"}


def test_there_is_a_core_to_work_with() -> None:
    assert cores() >= 1


def test_processes_take_the_devices_in_turn() -> None:
    team = Pool(3, 60, ("cuda:0", "cuda:1"))
    assert [team.free_device(busy) for busy in ([], ["cuda:0"], ["cuda:0", "cuda:1"])] == ["cuda:0", "cuda:1", "cuda:0"]


def test_several_processes_share_a_card_and_never_more_than_there_are_cores() -> None:
    assert processes_for(("cpu",)) == processes_for(("cpu", "cuda:0")) == cores()
    assert processes_for(("cuda:0",)) == min(cores(), PER_CARD)
    assert processes_for(("cuda:0",) * 1000) == cores()


def test_a_device_that_is_not_here_is_refused_before_a_process_starts() -> None:
    with pytest.raises(BadSetting, match="is no device"):
        workers_for("pool", None, 60, ("gpu",))
