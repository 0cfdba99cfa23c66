"""What is owed: rows without a receipt, each once, a few at a time, and failures only when asked."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.engine import todo
from tests.pipelines.engine.odd_stages import Trouble
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
    assert looked_up == [3, 2, 2]
