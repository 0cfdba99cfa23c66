"""All answers to one question as they were given: who, when, how fast, in what role, after which suggestion."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.answers.votes import Votes
from schemas.scheme import Measure

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


TIES = 0.01  # share of neighbouring answers to an item with equal times up to which times tell their order


@dataclass(frozen=True, eq=False)
class AnswerLog:
    """Every answer to one question, repeats too: columns of equal length, one row per answer.

    `values` are positions in `categories` for choices and numbers for scales. Codes of raters and asks mean the same
    in all logs of a collection, codes of items in this one; `scheme` is the id of the scheme. `times_us` count
    microseconds and need not be known: they order answers only where they differ. `yes` is 1 where an answer says that
    what was asked about is there, 0 where it says that it is not; `truth` is the gold answer, `suggested` what a
    pre-label says of the item, `shown` whether the rater saw that. NaN in a column of numbers: not known, or no such
    thing.
    """

    scheme: str
    question: str
    items: Codes
    raters: Codes
    asks: Codes
    values: Floats
    item_ids: tuple[str, ...]
    rater_ids: tuple[str, ...]
    categories: tuple[str, ...]
    points: tuple[float, ...]
    measure: Measure
    times_us: Ints
    durations_ms: Floats
    contrast: Flags
    shown: Flags
    yes: Floats
    truth: Floats
    suggested: Floats

    @cached_property
    def latest(self) -> Ints:
        """The rows that count: of each rater's answers to an item the latest, in order of item, then rater."""
        rows: Ints = np.lexsort((self.asks, self.times_us, self.raters, self.items))
        items, raters = self.items[rows], self.raters[rows]
        last = np.ones(len(rows), np.bool_)
        last[:-1] = (items[1:] != items[:-1]) | (raters[1:] != raters[:-1])
        return rows[last]

    def votes(self, among: Flags | None = None) -> Votes:
        """The answers that count as votes, by all raters or those marked."""
        rows = self.latest if among is None else self.latest[among[self.raters[self.latest]]]
        values = self.values[rows]
        whole = Votes(
            self.items[rows],
            self.raters[rows],
            values.astype(np.int32) if self.categories else values,
            self.item_ids,
            self.rater_ids,
            self.categories,
            self.measure,
            self.points,
            self.times_us[rows] if self._told_apart(rows) else None,
        )
        return whole.kept(np.ones(len(rows), np.bool_))

    def _told_apart(self, rows: Ints) -> bool:
        """Whether times tell earlier from later answers to an item: hardly any two of them are equal."""
        order = np.lexsort((self.times_us[rows], self.items[rows]))
        items, times = self.items[rows][order], self.times_us[rows][order]
        together = items[1:] == items[:-1]
        return bool((together & (times[1:] == times[:-1])).sum() <= TIES * together.sum())

    def kept(self, rows: Flags) -> "AnswerLog":
        """The answers marked true; items without an answer are gone, raters stay."""
        left, items = np.unique(self.items[rows], return_inverse=True)
        columns = [(one.name, getattr(self, one.name)) for one in fields(self)]
        kept: dict[str, Any] = {name: values[rows] for name, values in columns if isinstance(values, np.ndarray)}
        return replace(self, **kept | {"items": items.astype(np.int32)}, item_ids=tuple(self.item_ids[k] for k in left))

    @property
    def reach(self) -> float:
        """The distance between the ends of a scale: 1 for choices, and for a scale without points what occurs."""
        if self.categories:
            return 1.0
        ends = self.points or self.values
        return float(max(ends) - min(ends)) or 1.0


@dataclass(frozen=True, eq=False)
class Pool:
    """The answers of several logs laid end to end; `log` is the place of an answer's log, `items` differ between logs.

    `right` and `followed` say how near an answer is to the truth and to the suggestion: 1 if equal, 0 for another
    choice or the other end of the scale, NaN where there is none.
    """

    log: Ints
    items: Ints
    raters: Ints
    asks: Ints
    values: Floats
    times_us: Ints
    durations_ms: Floats
    contrast: Flags
    shown: Flags
    yes: Floats
    right: Floats
    followed: Floats
    reach: Floats

    def __len__(self) -> int:
        return len(self.log)

    def kept(self, rows: Flags) -> "Pool":
        """The answers marked true."""
        return Pool(*(getattr(self, column.name)[rows] for column in fields(self)))


def pooled(logs: Sequence[AnswerLog]) -> Pool:
    """All answers of some logs."""
    sizes = [len(log.items) for log in logs]
    place = np.repeat(np.arange(len(logs)), sizes)
    first_item = np.cumsum([0, *(len(log.item_ids) for log in logs)])[:-1]
    reach = np.repeat([log.reach for log in logs], sizes).astype(np.float64)

    def column(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(log, name) for log in logs])

    values = column("values").astype(np.float64)

    def near(name: str) -> Floats:
        return np.maximum(0.0, 1 - abs(values - column(name).astype(np.float64)) / reach)

    return Pool(
        log=place,
        items=column("items").astype(np.int64) + first_item[place],
        raters=column("raters").astype(np.int64),
        asks=column("asks").astype(np.int64),
        values=values,
        times_us=column("times_us").astype(np.int64),
        durations_ms=column("durations_ms").astype(np.float64),
        contrast=column("contrast").astype(np.bool_),
        shown=column("shown").astype(np.bool_),
        yes=column("yes").astype(np.float64),
        right=near("truth"),
        followed=near("suggested"),
        reach=reach,
    )
