"""All answers to one question as they were given: who, when, how fast, in what role, after which suggestion."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.answers.votes import Votes
from annotate.arrays import is_flat, renumbered, taken
from schemas.answers import RaterKind
from schemas.scheme import Measure, Question, Scheme

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


TIES = 0.01  # share of neighbouring answers to an item with equal times up to which times tell their order
PEOPLE: tuple[RaterKind, ...] = ("person",)
ANONYMOUS = r"/vote-\d+$"  # how the votes of a published count are named: by their place in it


@dataclass(frozen=True, eq=False)
class AnswerLog:
    """Every answer to one question of a scheme, or to one category of a question that takes several; repeats too.

    Columns of equal length hold one row per answer; those that say the same of every answer may be broadcast. `values`
    are positions in `categories` for choices and numbers for scales. Codes of raters and asks mean the same in all logs
    of a collection, codes of items in this one: `item_ids` (an item, or "item category" where one category was asked
    about alone), `wholes` (the item behind it) and `modalities` ('' without media) go together, as do `rater_ids` and
    `rater_kinds`.

    `series` is equal for asks about the names of one file, which differ in their `repeats` alone, and -1 elsewhere.
    `times_us` count microseconds and need not be known: they order answers only where they differ. `yes` is 1 where an
    answer says that what was asked about is there, 0 where it says that it is not; `truth` is the gold answer,
    `suggested` what a pre-label says of the item, `shown` whether the rater saw that. NaN: not known, or no such thing.
    """

    scheme: Scheme
    question: Question
    name: str
    categories: tuple[str, ...]
    item_ids: tuple[str, ...]
    wholes: tuple[str, ...]
    modalities: tuple[str, ...]
    rater_ids: tuple[str, ...]
    rater_kinds: tuple[RaterKind, ...]
    items: Codes
    raters: Codes
    asks: Codes
    values: NDArray[Any]
    rounds: Codes
    repeats: Codes
    series: Codes
    times_us: Ints
    durations_ms: Floats
    contrast: Flags
    shown: Flags
    yes: Floats
    truth: Floats
    suggested: Floats

    def __len__(self) -> int:
        return len(self.items)

    @property
    def key(self) -> tuple[str, str]:
        """What tells the question from all others of a collection: the id of its scheme, and its name."""
        return self.scheme.id, self.name

    @property
    def points(self) -> tuple[float, ...]:
        """The numbers a scale allows; none for a choice."""
        return self.question.scale.points if self.question.scale else ()

    @property
    def measure(self) -> Measure:
        """How differences between answers count."""
        return "nominal" if self.categories else self.question.measure

    @property
    def reach(self) -> float:
        """The distance between the ends of a scale: 1 for choices, and for a scale without points what occurs."""
        if self.categories:
            return 1.0
        ends = self.points or self.values
        return float(max(ends) - min(ends)) or 1.0

    @cached_property
    def anonymous(self) -> Flags:
        """Which raters (a flag per code) are only places in a published count: nobody in particular."""
        return np.array([is_anonymous(rater) for rater in self.rater_ids], np.bool_)

    def counted(self, left_out: Container[str] = (), kinds: Sequence[RaterKind] = PEOPLE) -> Flags:
        """Who counts, a flag per code: raters of these kinds that are not left out; anonymous votes are of people."""
        of_kind = np.array([kind in kinds for kind in self.rater_kinds], np.bool_)
        left = np.array([rater in left_out for rater in self.rater_ids], np.bool_)
        return (of_kind | self.anonymous if "person" in kinds else of_kind) & ~left

    @cached_property
    def contradictory(self) -> Flags:
        """Answers of raters who said different things of one file under its several names."""
        contradict: Flags = np.broadcast_to(np.False_, self.items.shape)
        rows = np.flatnonzero(self.series >= 0)
        if not len(rows):
            return contradict
        key = self.series[rows].astype(np.int64) * len(self.rater_ids) + self.raters[rows]
        _, group = np.unique(key, return_inverse=True)
        lowest, highest = np.full(group.max() + 1, np.inf), np.full(group.max() + 1, -np.inf)
        np.minimum.at(lowest, group, self.values[rows])
        np.maximum.at(highest, group, self.values[rows])
        contradict = contradict.copy()
        contradict[rows] = (lowest < highest)[group]
        return contradict

    @cached_property
    def _last(self) -> Ints:
        key = self.items * np.int64(len(self.rater_ids)) + self.raters
        if (key[1:] > key[:-1]).all():  # in order already, one answer each, as nearly all logs are
            return np.arange(len(key))
        rows: Ints = np.lexsort((self.asks, self.times_us, key))
        is_last = np.ones(len(rows), np.bool_)
        is_last[:-1] = key[rows[1:]] != key[rows[:-1]]
        return rows[is_last]

    @cached_property
    def latest(self) -> Ints:
        """The rows that count: of each rater's answers to an item the latest, in order of item, then rater.

        None of a rater who contradicts themselves about one file.
        """
        opposed = self.contradictory[self._last]
        return self._last[~opposed] if opposed.any() else self._last

    def contested(self, counted: Flags) -> Ints:
        """The codes of items about which a rater who counts says different things under different file names."""
        opposed = self._last[self.contradictory[self._last]]
        return np.unique(self.items[opposed[counted[self.raters[opposed]]]]).astype(np.int64)

    def votes(self, counted: Flags | None = None) -> Votes:
        """The answers that count as votes, by all raters or those marked (a flag per code)."""
        marked = b"" if counted is None else counted.tobytes()
        if marked not in self._votes:
            self._votes.clear()  # those asked for last are asked for again
            self._votes[marked] = self._votes_of(counted)
        return self._votes[marked]

    @cached_property
    def _votes(self) -> dict[bytes, Votes]:
        return {}

    def _votes_of(self, counted: Flags | None) -> Votes:
        rows = self.latest if counted is None else self.latest[counted[self.raters[self.latest]]]
        values: Any = self.values[rows].astype(np.int32 if self.categories else np.float64)
        votes = Votes(
            self.items[rows],
            self.raters[rows],
            values,
            self.item_ids,
            self.rater_ids,
            self.categories,
            self.measure,
            self.points,
            self.times_us[rows] if self._is_ordered(rows) else None,
        )
        return votes.kept(np.ones(len(rows), np.bool_))

    def value(self, row: int) -> str | float:
        """The category or the number of an answer."""
        return self.categories[int(self.values[row])] if self.categories else float(self.values[row])

    def truths(self) -> dict[str, str]:
        """The true category of items whose gold answer is known."""
        if not self.categories:
            return {}
        rows = np.flatnonzero(np.isfinite(self.truth))
        return {self.item_ids[self.items[row]]: self.categories[int(self.truth[row])] for row in rows}

    def present(self, counted: Flags) -> tuple[list[str], Flags] | None:
        """The whole items that the raters marked were asked about, and whether over half of them say it is there.

        None for choices among several categories and for scales that do not say whether something is there.
        """
        rows = self.latest[counted[self.raters[self.latest]]]
        rows = rows[np.isfinite(self.yes[rows])]
        if not len(rows) or len(self.categories) > 2:
            return None
        items, group = np.unique(self.items[rows], return_inverse=True)
        there = np.bincount(group, self.yes[rows]) > np.bincount(group) / 2
        return [self.wholes[item] for item in items], there

    def by_modality(self) -> Iterator[tuple[str, "AnswerLog"]]:
        """The answers apart by the modality of their items; '' is that of items without media."""
        names = sorted(set(self.modalities))
        if len(names) == 1:
            yield names[0], self
            return
        codes = np.array([names.index(modality) for modality in self.modalities], np.int8)
        for code, modality in enumerate(names):
            yield modality, self.kept((codes == code)[self.items])

    def kept(self, rows: Flags) -> "AnswerLog":
        """The answers marked true; items without an answer are gone, raters stay."""
        if rows.all():
            return self
        left, items = renumbered(self.items[rows], len(self.item_ids))
        columns = [(field.name, getattr(self, field.name)) for field in fields(self)]
        kept: dict[str, Any] = {name: taken(values, rows) for name, values in columns if isinstance(values, np.ndarray)}
        kept |= {name: tuple(getattr(self, name)[code] for code in left) for name in ("wholes", "modalities")}
        kept["item_ids"] = (
            kept["wholes"] if self.item_ids is self.wholes else tuple(self.item_ids[code] for code in left)
        )
        return replace(self, **kept | {"items": items})

    def _is_ordered(self, rows: Ints) -> bool:
        """Whether times tell earlier from later answers to an item: hardly any two of them are equal."""
        items, times = self.items[rows], self.times_us[rows]
        together = items[1:] == items[:-1]  # the rows that count stand in order of item
        if is_flat(self.times_us):
            return not together.any()
        times = times[np.lexsort((times, items))]
        return bool((together & (times[1:] == times[:-1])).sum() <= TIES * together.sum())


def is_anonymous(rater: str) -> bool:
    """Whether a rater is only the place of a vote in a published count: nobody in particular."""
    return re.search(ANONYMOUS, rater) is not None


@dataclass(frozen=True, eq=False)
class Pool:
    """The answers of several logs laid end to end; `log` is the position of an answer's log, `items` differ by log.

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
    """All answers of several logs."""
    sizes = [len(log) for log in logs]
    log = np.repeat(np.arange(len(logs)), sizes)
    first_item = np.cumsum([0, *(len(log.item_ids) for log in logs)])[:-1]
    reach = np.repeat([log.reach for log in logs], sizes).astype(np.float64)
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(log, name) for log in logs])
        for name in ("items", "raters", "asks", "times_us", "durations_ms", "contrast", "shown", "yes")
    }
    columns |= {name: columns[name].astype(np.int64) for name in ("items", "raters", "asks")}
    values, truth, suggested = (
        np.concatenate([getattr(log, name) for log in logs]).astype(np.float64)
        for name in ("values", "truth", "suggested")
    )
    columns["items"] += first_item[log]
    columns |= {"right": _nearness(values, truth, reach), "followed": _nearness(values, suggested, reach)}
    return Pool(log=log, values=values, reach=reach, **columns)


def _nearness(values: Floats, wanted: Floats, reach: Floats) -> Floats:
    return np.maximum(0.0, 1 - abs(values - wanted) / reach)
