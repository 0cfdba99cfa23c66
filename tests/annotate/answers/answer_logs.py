"""Small logs of answers for tests, and EmoNet-Face Binary as one."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotate.answers.log import AnswerLog
from annotate.raters.reports import Standing
from schemas.scheme import Category, Question, Scale, Scheme

NAN = float("nan")
SCHEME = Scheme("scheme", 1, "Scheme", ("voice",), ())


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
    repeat: int = 0
    series: int = -1
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

        log = plain_log(
            question_of(question, categories, points),
            items=np.array([items.index(one.item) for one in rows], np.int32),
            raters=np.array([raters.index(one.rater) for one in rows], np.int32),
            asks=np.array([asks.index(one.ask or one.item) for one in rows], np.int32),
            values=numbers("value"),
            item_ids=items,
            rater_ids=raters,
            categories=categories,
        )
        found.append(
            replace(
                log,
                times_us=np.array(columns["at"], np.int64),
                durations_ms=np.array(columns["took_ms"], np.float64),
                contrast=np.array(columns["contrast"], np.bool_),
                shown=np.array(columns["shown"], np.bool_),
                repeats=np.array(columns["repeat"], np.int32),
                series=np.array(columns["series"], np.int32),
                yes=np.array(columns["yes"], np.float64),
                truth=numbers("truth"),
                suggested=numbers("suggested"),
            )
        )
    return found


def question_of(name: str, categories: tuple[str, ...], points: tuple[float, ...]) -> Question:
    """A choice among these categories, or a scale of these points."""
    if categories:
        return Question(name, name, "choice", categories=tuple(Category(one, one) for one in categories))
    scale = Scale(points[0], points[-1], points[1] - points[0], "interval")
    return Question(name, name, "scale", scale=scale)


def plain_log(question: Question, **columns: Any) -> AnswerLog:
    """A log of people's answers of which nothing is known but who said what of which item in which ask."""
    n, items, raters = len(columns["items"]), columns["item_ids"], columns["rater_ids"]
    zeros, nothing = np.zeros(n, np.int32), np.full(n, NAN)
    plain: dict[str, Any] = {
        "scheme": SCHEME,
        "question": question,
        "name": question.name,
        "wholes": items,
        "modalities": ("",) * len(items),
        "rater_kinds": ("person",) * len(raters),
        "rounds": zeros,
        "repeats": zeros,
        "series": zeros - 1,
        "times_us": np.zeros(n, np.int64),
        **dict.fromkeys(("durations_ms", "yes", "truth", "suggested"), nothing),
        **dict.fromkeys(("contrast", "shown"), np.zeros(n, np.bool_)),
    }
    return AnswerLog(**plain | columns)


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
    return plain_log(
        question_of("visible", ("no", "yes"), ()),
        items=item.astype(np.int32),
        raters=rater.astype(np.int32),
        asks=item.astype(np.int32),
        values=yes,
        item_ids=tuple(items.tolist()),
        rater_ids=tuple(raters.tolist()),
        categories=("no", "yes"),
        contrast=contrast,
        yes=yes,
    )
