"""Small logs of answers for tests, and EmoNet-Face Binary as one."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from annotate.answers.log import AnswerLog
from annotate.raters.reports import Standing

NAN = float("nan")


@dataclass(frozen=True)
class Given:
    """One answer; everything but who, what and the value has a default."""

    item: str
    rater: str
    value: Any
    question: str = "emotion"
    ask: str | None = None
    at: int = 0
    took_ms: float = NAN
    contrast: bool = False
    shown: bool = False
    yes: float = NAN
    truth: Any = NAN
    suggested: Any = NAN


def logs_of(
    given: Sequence[Given], categories: tuple[str, ...] = (), points: tuple[float, ...] = ()
) -> list[AnswerLog]:
    """One log per question; without categories the values are numbers."""
    raters = tuple(sorted({one.rater for one in given}))
    asks = sorted({one.ask or one.item for one in given})
    found = []
    for question in sorted({one.question for one in given}):
        rows = [one for one in given if one.question == question]
        items = tuple(sorted({one.item for one in rows}))
        columns = {field.name: [getattr(one, field.name) for one in rows] for field in fields(Given)}

        def numbers(name: str, columns: dict[str, list[Any]] = columns) -> Any:
            return np.array([float(categories.index(v)) if isinstance(v, str) else float(v) for v in columns[name]])

        found.append(
            AnswerLog(
                scheme="scheme",
                question=question,
                items=np.array([items.index(one.item) for one in rows], np.int32),
                raters=np.array([raters.index(one.rater) for one in rows], np.int32),
                asks=np.array([asks.index(one.ask or one.item) for one in rows], np.int32),
                values=numbers("value"),
                item_ids=items,
                rater_ids=raters,
                categories=categories,
                points=points,
                measure="nominal" if categories else "interval",
                times_us=np.array(columns["at"], np.int64),
                durations_ms=np.array(columns["took_ms"], np.float64),
                contrast=np.array(columns["contrast"], np.bool_),
                shown=np.array(columns["shown"], np.bool_),
                yes=np.array(columns["yes"], np.float64),
                truth=numbers("truth"),
                suggested=numbers("suggested"),
            )
        )
    return found


def people(logs: Sequence[AnswerLog], **more: Any) -> Standing:
    """All raters of some logs as people."""
    return Standing(dict.fromkeys(logs[0].rater_ids, "person"), more.pop("excluded", {}), **more)


def emonet_face_binary(shared: Path) -> AnswerLog:
    """All answers as one yes/no question about (image, emotion); what human-3, -5 and -7 were asked are contrasts."""
    with (shared / "annotations" / "emonet_face_binary.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    items, item = np.unique([f"{row['path']} {row['emotion']}" for row in rows], return_inverse=True)
    raters, rater = np.unique([row["annotator"] for row in rows], return_inverse=True)
    yes = np.array([row["value"] == "True" for row in rows]).astype(np.float64)
    contrast = np.isin(raters[rater], ["human-3", "human-5", "human-7"])
    nothing = np.full(len(rows), NAN)
    return AnswerLog(
        scheme="binary",
        question="visible",
        items=item.astype(np.int32),
        raters=rater.astype(np.int32),
        asks=item.astype(np.int32),
        values=yes,
        item_ids=tuple(items.tolist()),
        rater_ids=tuple(raters.tolist()),
        categories=("no", "yes"),
        points=(),
        measure="nominal",
        times_us=np.zeros(len(rows), np.int64),
        durations_ms=nothing,
        contrast=contrast,
        shown=np.zeros(len(rows), np.bool_),
        yes=yes,
        truth=nothing,
        suggested=nothing,
    )
