"""`run`: what is owed is done, once, whoever does it and in whatever order."""

import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.engine import todo
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.columns import values_of
from pipelines.engine.lease import lease
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline, Pool
from pipelines.find.run import Tally, bring_up_to_date
from schemas.errors import Busy
from schemas.media import Asset
from schemas.stage import Signal
from tests.pipelines.conftest import take_in
from tests.pipelines.engine.odd_stages import Brightness, Corner, Halve, Loudest, Trouble
from tests.pipelines.engine.runs import count, culprit, run, tables


def test_every_file_gets_its_clips_and_every_clip_its_scores(visited: Path) -> None:
    assert count(visited, "clips WHERE kind = 'utterance'") == 8
    assert count(visited, "clips WHERE kind = 'face'") == 3
    assert count(visited, "scores") == 11
    assert count(visited, "live_clips") == 11


def test_a_second_run_does_nothing(visited: Path) -> None:
    before = tables(visited)
    assert run(visited).total == 0
    assert tables(visited) == before


def test_a_run_after_one_that_found_nothing_owed_looks_for_nothing(
    visited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(visited).total == 0
    monkeypatch.setattr("pipelines.find.run.owed_assets", pytest.fail)
    assert run(visited).total == 0


def test_what_comes_while_a_run_finds_nothing_owed_is_owed_to_the_next(taken_in: Path) -> None:
    def come(connection: DuckDBPyConnection) -> None:
        insert(connection, "assets", values_of(Asset, [Asset("f" * 32, "sound", "wav", 4)]))

    passes = [Pass((Halve(),)), Pass((), step=come)]
    bring_up_to_date(taken_in, passes[:1], Inline())
    assert [bring_up_to_date(taken_in, passes, Inline()).total for _ in range(2)] == [0, 1]


def test_which_rows_a_pass_takes_is_part_of_what_nothing_was_owed_to(taken_in: Path) -> None:
    none, all_of_them = (Pass((Halve(),), where=where) for where in ("false", "true"))
    assert [bring_up_to_date(taken_in, [none], Inline()).total for _ in range(2)] == [0, 0]
    assert bring_up_to_date(taken_in, [all_of_them], Inline()).total > 0


def test_what_failed_is_tried_again_after_a_run_that_found_nothing_owed(taken_in: Path) -> None:
    one = [Pass((Trouble(culprit(taken_in), "raise"),))]
    assert [bring_up_to_date(taken_in, one, Inline()).total for _ in range(3)] == [7, 0, 0]
    assert bring_up_to_date(taken_in, one, Inline(), retry=True).total == 1


def test_a_file_that_fails_in_several_passes_failed_once(taken_in: Path) -> None:
    """Each culprit is one file of seven, whatever fails on it."""
    bad = culprit(taken_in)
    tally = bring_up_to_date(taken_in, [Pass((Trouble(bad, "raise"),)), Pass((Listening(bad, "raise"),))], Inline())
    assert (tally.total, tally.files, tally.failed, tally.open) == (7, 7, 1, 1)


def test_a_stage_that_is_added_later_leaves_what_others_did_alone(taken_in: Path) -> None:
    run(taken_in, [Halve(), Corner()])
    receipts = {row[:2] for row in tables(taken_in)["receipts"]}
    run(taken_in)
    assert receipts < {row[:2] for row in tables(taken_in)["receipts"]}
    assert count(taken_in, "scores") == 11


def test_going_back_to_old_parameters_costs_nothing(visited: Path) -> None:
    run(visited, [Halve(ms=600), Loudest(), Corner(), Brightness()])
    assert run(visited).total == 0
    assert count(visited, "live_clips") == 11


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 8), seed=st.randoms())
def test_how_files_are_batched_and_ordered_does_not_matter(
    taken_in: Path, tmp_path: Path, size: int, seed: Any
) -> None:
    home = tmp_path / f"copy-{size}-{seed.random()}"
    shutil.copytree(taken_in, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(todo, "BATCH_FILES", size)
        patch.setattr(todo, "PORTION", 9 - size)
        owed = todo.owed_assets

        def shuffled(*given: Any) -> Any:
            rows = list(owed(*given))
            seed.shuffle(rows)
            return rows

        patch.setattr("pipelines.find.run.owed_assets", shuffled)
        run(home)
    if not count(taken_in, "receipts WHERE stage LIKE 'Halve%'"):
        run(taken_in)
    assert tables(home) == tables(taken_in)


class Listening(Trouble):
    """Does it once the sound has been heard."""

    reads: ClassVar[Signal] = Signal.SOUND


def test_while_a_file_takes_long_it_is_named_and_what_others_gave_is_committed(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMMIT_S", "LONG_S"):
        monkeypatch.setattr(f"pipelines.find.run.{name}", 0.0)
    bad = culprit(taken_in)
    (name,) = Catalog(taken_in).rows("SELECT name FROM statements WHERE asset = ?", [bad])[0]
    said: list[tuple[str, int]] = []

    def report(tally: Tally, at_work: str) -> None:
        said.append((at_work, tally.files))

    tally = bring_up_to_date(taken_in, [Pass((Listening(bad, "hang"),))], Pool(2, 4), report=report)
    named = {
        at_work.partition(" s (")[2] for at_work, files in said if at_work.startswith(f"{name} for ") and files == 6
    }
    assert named - {""} == {"Listening, 0:00:01 of sound)"}
    sizes = Catalog(taken_in).rows("SELECT sum(size) FROM assets")[0][0]
    assert (tally.bytes, tally.total_bytes, tally.failed) == (sizes, sizes, 1)


def test_two_runs_at_once_are_refused(taken_in: Path) -> None:
    with lease(taken_in, "run"), pytest.raises(Busy, match="another `emocurate run`"):
        run(taken_in)


def test_a_stored_file_that_lost_its_bytes_fails_until_it_is_added_again(taken_in: Path, media: Path) -> None:
    bad = culprit(taken_in)
    stored = taken_in / "media" / bad[:2] / bad
    size = stored.stat().st_size
    os.truncate(stored, 0)
    assert run(taken_in).failed == 1
    (reason,) = Catalog(taken_in).rows("SELECT DISTINCT reason FROM open_failures")
    assert f"0 of {size} bytes are left in media; add the file again" in reason[0]
    take_in(taken_in, [media])
    assert run(taken_in, retry=True).failed == 0
    assert (stored.stat().st_size, count(taken_in, "open_failures"), count(taken_in, "clips")) == (size, 0, 11)


def test_a_file_whose_bytes_have_gone_fails_and_is_told(taken_in: Path) -> None:
    bad = culprit(taken_in)
    (taken_in / "media" / bad[:2] / bad).unlink()
    run(taken_in)
    reasons = Catalog(taken_in).rows("SELECT DISTINCT reason FROM open_failures")
    assert len(reasons) == 1
    assert reasons[0][0] == "the file has gone from media; add the file again, then run --retry"
