"""A stage tried on a batch of rows: what goes wrong with one of them costs the others nothing."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.stage import Outcome, Stage


@dataclass(frozen=True)
class Failed:
    """Why something went wrong, in words: the error itself would keep alive everything that was at hand."""

    reason: str


def attempt(stage: Stage, rows: Sequence[Any], signals: Sequence[Any]) -> list[Outcome | Failed]:
    """One outcome or failure per row: a batch that raises is taken apart, so that only the culprit fails."""
    if not rows:
        return []
    try:
        outcomes: list[Outcome | Failed] = list(stage(rows, signals))
        if len(outcomes) != len(rows):
            raise RuntimeError(f"{type(stage).__name__} gave {len(outcomes)} outcomes for {len(rows)} rows")
    except Exception as error:  # noqa: BLE001  # here a failure becomes a receipt
        if len(rows) == 1:
            return [Failed(told(error))]
        singles = zip(rows, signals, strict=True)
        return [outcome for row, signal in singles for outcome in attempt(stage, [row], [signal])]
    return outcomes


def told(error: Exception) -> str:
    """An error in words, with where it was raised."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
