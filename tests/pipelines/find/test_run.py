"""`run`: what is owed is done, once, whoever does it and in whatever order."""

import os
import shutil
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.read.pictures import Picture
from pipelines.engine import todo, visit
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline, Pool
from pipelines.find.run import Tally, bring_up_to_date
from schemas.answers import Ask, Item
from schemas.errors import Busy
from tests.pipelines.conftest import take_in
from tests.pipelines.engine.odd_stages import Blind, Brightness, Corner, Halve, Loudest, Trouble

STAGES = (Halve(), Loudest(), Corner(), Brightness())
TABLES = {
    "clips": "id, asset, kind, start_ms, end_ms, box",
    "scores": '"row", stage, name, value, vector',
    "receipts": 'stage, "row", state, reason, attempt, made',
    "live_clips": "id, asset, kind, pinned",
}


def run(home: Path, stages: Sequence[Any] = STAGES, workers: Any = None, retry: bool = False) -> Tally:
    return bring_up_to_date(home, [Pass(tuple(stages), every_ms=1000)], workers or Inline(), retry=retry)


def tables(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: Catalog(home).rows(f"SELECT {columns} FROM {name} ORDER BY ALL") for name, columns in TABLES.items()}


def count(home: Path, query: str) -> int:
    return int(Catalog(home).rows(f"SELECT count(*) FROM {query}")[0][0])


def test_every_file_gets_its_clips_and_every_clip_its_scores(taken_in: Path) -> None:
    run(taken_in)
    assert count(taken_in, "clips WHERE kind = 'utterance'") == 8
    assert count(taken_in, "clips WHERE kind = 'face'") == 3
    assert count(taken_in, "scores") == 11
    assert count(taken_in, "live_clips") == 11


def test_a_second_run_does_nothing(taken_in: Path) -> None:
    run(taken_in)
    before = tables(taken_in)
    assert run(taken_in).total == 0
    assert tables(taken_in) == before


def test_one_visit_decodes_a_file_once_however_many_stages_look_at_it(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []
    decode = visit.decode

    def counting(path: Path, *rest: Any, **named: Any) -> Any:
        decoded.append(path)
        return decode(path, *rest, **named)

    monkeypatch.setattr(visit, "decode", counting)
    run(taken_in)
    assert len(decoded) == len(set(decoded)) == 7


def test_a_stage_that_is_added_later_leaves_what_others_did_alone(taken_in: Path) -> None:
    run(taken_in, [Halve(), Corner()])
    receipts = {row[:2] for row in tables(taken_in)["receipts"]}
    run(taken_in)
    assert receipts < {row[:2] for row in tables(taken_in)["receipts"]}
    assert count(taken_in, "scores") == 11


def test_a_changed_parameter_runs_its_stage_again_and_retires_its_old_clips(taken_in: Path) -> None:
    run(taken_in)
    run(taken_in, [Halve(ms=600), Loudest(), Corner(), Brightness()])
    assert count(taken_in, "live_clips WHERE kind = 'utterance'") == 8
    assert count(taken_in, "clips WHERE kind = 'utterance'") == 16
    assert count(taken_in, "receipts WHERE stage LIKE 'Corner%'") == 3


def test_going_back_to_old_parameters_costs_nothing(taken_in: Path) -> None:
    run(taken_in)
    run(taken_in, [Halve(ms=600), Loudest(), Corner(), Brightness()])
    assert run(taken_in).total == 0
    assert count(taken_in, "live_clips") == 11


def ask_about(home: Path, kind: str) -> None:
    clips = Catalog(home).rows("SELECT id FROM live_clips WHERE kind = ?", [kind])
    items = [Item("clip", clip) for (clip,) in clips]
    Catalog(home).add([*items, *(Ask(item.id, "scheme") for item in items)])


def test_a_clip_that_was_asked_about_stays_live_whatever_changes(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "utterance")
    asked = set(Catalog(taken_in).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    run(taken_in, [Halve(ms=400), Loudest(), Corner(), Brightness()])
    live = set(Catalog(taken_in).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    assert asked < live
    assert len(live) == 16


def test_a_new_clip_that_overlaps_an_asked_one_folds_onto_it(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "utterance")
    ask_about(taken_in, "face")
    asked = set(Catalog(taken_in).rows("SELECT id FROM live_clips"))
    run(taken_in, [Halve(ms=960), Loudest(), Corner(px=8), Brightness()])
    assert set(Catalog(taken_in).rows("SELECT id FROM live_clips")) == asked


def test_a_face_elsewhere_in_the_picture_does_not_fold(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "face")
    run(taken_in, [Halve(), Loudest(), Corner(px=4), Brightness()])
    assert count(taken_in, "live_clips WHERE kind = 'face'") == 6


def culprit(home: Path) -> str:
    return str(Catalog(home).rows("SELECT id FROM assets WHERE kind = 'sound' ORDER BY id LIMIT 1")[0][0])


def test_a_stage_that_raises_fails_one_file_and_no_other(taken_in: Path) -> None:
    bad = culprit(taken_in)
    tally = run(taken_in, [Trouble(bad), *STAGES])
    assert tally.failed == 1
    failures = Catalog(taken_in).rows('SELECT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert "this one is odd" in failures[0][1]
    assert count(taken_in, "clips") == 11


@pytest.mark.parametrize(("how", "told"), [("crash", "SIGKILL"), ("exit", "exit code 3"), ("hang", "took longer")])
def test_a_file_that_brings_its_process_down_costs_only_itself(taken_in: Path, how: str, told: str) -> None:
    bad = culprit(taken_in)
    run(taken_in, [Trouble(bad, how), *STAGES], Pool(2, 2))
    failures = Catalog(taken_in).rows('SELECT DISTINCT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert told in failures[0][1]
    assert count(taken_in, "receipts WHERE state = 'done' AND stage LIKE 'Trouble%'") == 6
    assert count(taken_in, "clips") == 9


def test_failures_are_tried_again_only_when_asked(taken_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [Trouble(culprit(taken_in)), *STAGES]
    run(taken_in, stages)
    assert run(taken_in, stages).total == 0
    monkeypatch.setattr(Trouble, "_strike", lambda self: None)
    assert run(taken_in, stages, retry=True).failed == 0
    assert count(taken_in, "open_failures") == 0
    assert run(taken_in, stages, retry=True).total == 0


def test_pool_and_inline_leave_identical_tables(taken_in: Path, tmp_path: Path) -> None:
    shutil.copytree(taken_in, tmp_path / "other")
    run(taken_in)
    run(tmp_path / "other", workers=Pool(2, 60))
    assert tables(taken_in) == tables(tmp_path / "other")


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


@pytest.mark.parametrize("stage", [Corner(), Blind()])
def test_a_picture_is_let_go_before_the_next_is_decoded(
    taken_in: Path, monkeypatch: pytest.MonkeyPatch, stage: Any
) -> None:
    pixels: list[weakref.ref[Any]] = []
    alive: list[int] = []
    decoded = Picture.decoded

    def watched(self: Picture) -> Any:
        alive.append(sum(one() is not None for one in pixels))
        rgb = decoded(self)
        pixels.append(weakref.ref(rgb))
        return rgb

    monkeypatch.setattr(Picture, "decoded", watched)
    monkeypatch.setattr(visit, "FRAME_BUDGET_PX", 1)
    run(taken_in, [stage])
    assert alive == [0, 0, 0]


def test_files_with_many_clips_are_looked_up_a_few_at_a_time(taken_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(taken_in)  # now a picture has one clip and a sound has two
    looked_up: list[int] = []
    tasks = todo._tasks

    def counting(*given: Any) -> Any:
        found = tasks(*given)
        looked_up.append(len(found))
        return found

    monkeypatch.setattr(todo, "_tasks", counting)
    monkeypatch.setattr(todo, "PORTION_CLIPS", 4)
    run(taken_in, [Trouble("nobody"), *STAGES])
    assert looked_up == [3, 2, 2]


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
