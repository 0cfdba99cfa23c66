"""What is owed: rows without a receipt, each once, a few at a time, and failures only when asked."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine import live, todo
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from pipelines.engine.visit import Task
from schemas.media import Asset, Clip
from schemas.stage import LINK, Receipt, stage_key
from tests.pipelines.engine.odd_stages import Corner, Halve, Loudest, Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run


def test_failures_are_tried_again_only_when_asked(taken_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [Trouble(culprit(taken_in)), *STAGES]
    run(taken_in, stages)
    assert run(taken_in, stages).total == 0
    monkeypatch.setattr(Trouble, "_strike", lambda self: None)
    assert run(taken_in, stages, retry=True).failed == 0
    assert count(taken_in, "open_failures") == 0
    assert run(taken_in, stages, retry=True).total == 0


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
    assert looked_up == [2, 2, 3]


FIND, MEASURE = Halve(), Loudest()
ONE_PASS = Pass((FIND, MEASURE))
FIND_KEY, MEASURE_KEY = stage_key(FIND), stage_key(MEASURE)
SOUND = Asset("5" * 32, "sound", "wav", 10)
FIRST, SECOND = Clip(SOUND.id, "utterance", 0, 500), Clip(SOUND.id, "utterance", 500, 1000)
FOUND = Receipt(FIND_KEY, SOUND.id, "done", made=(FIRST, SECOND))


def with_receipts(home: Path, *receipts: Receipt, assets: tuple[Asset, ...] = (SOUND,)) -> Catalog:
    catalog = Catalog(home)
    catalog.add(assets, receipts)
    live.refresh(catalog, ONE_PASS.keys)
    return catalog


def tasks(home: Path, retry: bool = False) -> list[Task]:
    catalog, store = Catalog(home), Store(home / "media")
    owed = todo.owed_assets(catalog, ONE_PASS, retry)
    return [task for tasks in todo.visits(catalog, store, ONE_PASS, owed, retry) for task in tasks]


def test_a_new_asset_lacks_the_stages_that_take_its_kind(home: Path) -> None:
    picture = Asset("7" * 32, "picture", "png", 1)
    with_receipts(home, assets=(SOUND, picture))
    assert tasks(home) == [Task(SOUND, Store(home / "media"), frozenset({FIND_KEY}))]


def test_a_clip_that_lacks_a_stage_brings_its_asset(home: Path) -> None:
    with_receipts(home, FOUND, Receipt(MEASURE_KEY, FIRST.id, "done"))
    (task,) = tasks(home)
    assert task.lacks == frozenset()
    assert task.clips == ((SECOND, frozenset({MEASURE_KEY})),)
    assert task.known == frozenset({(FIND_KEY, SOUND.id), (MEASURE_KEY, FIRST.id)})


def test_a_dropped_row_is_settled(home: Path) -> None:
    with_receipts(home, Receipt(FIND_KEY, SOUND.id, "dropped", "nothing in it"))
    assert tasks(home) == []
    assert tasks(home, retry=True) == []


def test_a_failure_is_owed_when_asked_with_the_next_attempt(home: Path) -> None:
    with_receipts(home, Receipt(FIND_KEY, SOUND.id, "failed", "boom", 1), Receipt(FIND_KEY, SOUND.id, "failed", "", 2))
    assert tasks(home) == []
    (task,) = tasks(home, retry=True)
    assert (task.lacks, task.attempt, task.known) == (frozenset({FIND_KEY}), 3, frozenset())


def test_the_failure_of_a_clip_is_owed_when_asked(home: Path) -> None:
    with_receipts(
        home, FOUND, Receipt(MEASURE_KEY, FIRST.id, "failed", "boom"), Receipt(MEASURE_KEY, SECOND.id, "done")
    )
    assert tasks(home) == []
    (task,) = tasks(home, retry=True)
    assert (task.clips, task.attempt) == (((FIRST, frozenset({MEASURE_KEY})),), 2)


def test_a_failure_that_was_mended_is_settled(home: Path) -> None:
    with_receipts(home, Receipt(FIND_KEY, SOUND.id, "failed", "boom"), Receipt(FIND_KEY, SOUND.id, "done", attempt=2))
    assert tasks(home, retry=True) == []


def test_a_clip_that_is_not_live_is_owed_nothing(home: Path) -> None:
    with_receipts(home, Receipt("Other@1", SOUND.id, "done", made=(FIRST,)), Receipt(FIND_KEY, SOUND.id, "done"))
    assert tasks(home) == []


def test_an_asset_whose_file_has_changed_is_owed_nothing_until_it_is_whole_again(home: Path) -> None:
    with_receipts(home, Receipt(LINK, SOUND.id, "failed", "gone"))
    assert tasks(home) == []
    assert tasks(home, retry=True) == []
    with_receipts(home, Receipt(LINK, SOUND.id, "done", attempt=2))
    assert len(tasks(home)) == 1


def test_similar_files_come_together(home: Path) -> None:
    assets = tuple(
        Asset(f"{number:032x}", kind, "x", size)
        for number, (kind, size) in enumerate(
            [("video", 10), ("sound", 3_000_000), ("video", 9), ("sound", 2_900_000), ("sound", 20)]
        )
    )  # type: ignore[arg-type]
    catalog = with_receipts(home, assets=assets)
    owed = todo.owed_assets(catalog, ONE_PASS, False)
    assert [int(row.asset, 16) for row in owed] == [0, 2, 1, 3, 4]


def batches(sizes: dict[str, list[int]], processes: int) -> list[list[int]]:
    owed = [
        todo.Owed(f"{number:032x}", 0, kind, size)  # type: ignore[arg-type]
        for kind, some in sizes.items()
        for number, size in enumerate(some)
    ]
    tasks = [Task(Asset(row.asset, row.kind, "x", row.size), Store(Path()), frozenset()) for row in owed]
    return [[task.asset.size for task in batch] for batch in todo.Batches.of(owed, processes).packed(tasks)]


def test_a_few_videos_are_shared_among_the_processes() -> None:
    assert len(batches({"video": [2_000_000] * 8}, 1)) == 1
    assert batches({"video": [2_000_000] * 8}, 2) == [[2_000_000]] * 8


def test_kinds_of_media_are_shared_one_by_one() -> None:
    made = batches({"video": [2_000_000] * 8, "picture": [200_000] * 1000}, 2)
    assert len(made[:8]) == 8
    assert {len(batch) for batch in made[8:]} <= {32, 1000 % 32}


@given(sizes=st.lists(st.integers(0, 60_000_000), min_size=1, max_size=200), processes=st.integers(1, 32))
def test_every_process_gets_something_where_there_are_as_many_files_and_no_file_is_left_out(
    sizes: list[int], processes: int
) -> None:
    made = batches({"video": sizes}, processes)
    assert [size for batch in made for size in batch] == sizes
    assert len(made) >= min(processes, len(sizes))
    assert all(len(batch) == 1 or sum(batch) <= todo.BATCH_BYTES for batch in made)


@pytest.mark.parametrize(
    ("weights", "most", "heaviest", "together"),
    [
        ([1, 1, 1, 1, 1], 2, 99, [2, 2, 1]),
        ([3, 3, 3], 99, 6, [2, 1]),
        ([3, 4, 3], 99, 6, [1, 1, 1]),
        ([50, 1, 1], 99, 6, [1, 2]),  # what is too heavy goes alone
        ([], 2, 6, []),
    ],
)
def test_files_go_together_while_they_are_few_and_light(
    weights: list[int], most: int, heaviest: int, together: list[int]
) -> None:
    packed = list(todo._packed(weights, lambda weight: weight, most, heaviest))
    assert [len(batch) for batch in packed] == together
    assert [weight for batch in packed for weight in batch] == weights


def test_a_stage_of_pictures_is_not_owed_to_sounds(home: Path) -> None:
    catalog = with_receipts(home)
    assert todo.owed_assets(catalog, Pass((Corner(),)), False) == []
