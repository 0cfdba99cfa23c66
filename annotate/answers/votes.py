"""The answers to one question as arrays: the shape agreement and consensus work on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.arrays import renumbered
from schemas.scheme import Measure

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


NOBODY = -1  # the code of a rater nobody recorded
ROUNDING = 1e-9  # of the length of a scale
AT_ONCE = 2_000_000  # pairs of answers


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each level occurs, row after row, without the zeros: row r is `starts[r]:starts[r + 1]`."""

    starts: Ints
    levels: Codes
    counts: Floats

    @cached_property
    def rows(self) -> Ints:
        """The row of every entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def sums(self, entries: Floats) -> Floats:
        """The sum of one number per entry over each row; every row has at least one entry."""
        return np.add.reduceat(entries, self.starts[:-1]) if len(entries) else np.zeros(0)

    def peaks(self) -> Floats:
        """The highest count of each row."""
        return np.maximum.reduceat(self.counts, self.starts[:-1]) if len(self.counts) else np.zeros(0)

    @cached_property
    def sizes(self) -> Floats:
        """Answers per row."""
        return self.sums(self.counts)


@dataclass(frozen=True, eq=False)
class Votes:
    """Who gave which answer about which item, for one question; rows stand in order of item, then rater.

    `values` are positions in `categories` (int32) for choices and the numbers themselves (float64) for scales;
    `points` are the numbers a scale allows, where they are known. `order` tells earlier from later answers to an item.
    Without raters (published counts) `rater_ids` is empty and every code is NOBODY.
    """

    items: Codes
    raters: Codes
    values: Codes | Floats
    item_ids: tuple[str, ...]
    rater_ids: tuple[str, ...]
    categories: tuple[str, ...]
    measure: Measure
    points: tuple[float, ...] = ()
    order: Ints | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def is_choice(self) -> bool:
        """Whether answers name categories rather than points of a scale."""
        return bool(self.categories)

    @cached_property
    def levels(self) -> Floats:
        """Every value an answer can take, ascending: positions of categories, or the points of the scale."""
        if self.is_choice:
            return np.arange(len(self.categories), dtype=np.float64)
        return np.union1d(np.asarray(self.points, np.float64), self.values)

    @cached_property
    def codes(self) -> Codes:
        """The position of every answer in `levels`."""
        place = self.values if self.is_choice else np.searchsorted(self.levels, self.values)
        return place.astype(np.int32, copy=False)

    @cached_property
    def sizes(self) -> Ints:
        """Answers per item."""
        return np.bincount(self.items, minlength=len(self.item_ids))

    @cached_property
    def starts(self) -> Ints:
        """Where the answers to each item begin, and where the last ones end."""
        return np.append(0, np.cumsum(self.sizes))

    @cached_property
    def counts(self) -> Counts:
        """How often each level was given to each item: one row per item."""
        width = max(len(self.levels), 1)
        keys, counts = np.unique(self.items.astype(np.int64) * width + self.codes, return_counts=True)
        starts = np.searchsorted(keys, np.arange(len(self.item_ids) + 1) * width)
        return Counts(starts, (keys % width).astype(np.int32), counts.astype(np.float64))

    @cached_property
    def places(self) -> Ints:
        """How many answers came before each answer to the same item; as rows stand where no order is known."""
        rows = np.arange(len(self)) if self.order is None else np.lexsort((self.order, self.items))
        places = np.empty(len(self), np.int64)
        places[rows] = np.arange(len(self)) - self.starts[self.items[rows]]
        return places

    def kept(self, keep: Flags) -> "Votes":
        """The rows marked true; items and raters without a row are gone, categories and points stay."""
        items, item_codes = renumbered(self.items[keep], len(self.item_ids))
        raters: Ints = np.zeros(0, np.int64)
        rater_codes = self.raters[keep]
        if self.rater_ids:
            raters, rater_codes = renumbered(rater_codes, len(self.rater_ids))
        return replace(
            self,
            items=item_codes,
            raters=rater_codes,
            values=self.values[keep],
            item_ids=self.item_ids
            if len(items) == len(self.item_ids)
            else tuple(self.item_ids[code] for code in items),
            rater_ids=tuple(self.rater_ids[code] for code in raters),
            order=None if self.order is None else self.order[keep],
        )

    def anonymous(self) -> "Votes":
        """The same answers where nobody knows who gave them."""
        return replace(self, raters=np.full(len(self), NOBODY, np.int32), rater_ids=())


def votes(
    items: Iterable[str],
    raters: Iterable[str] | None,
    values: Sequence[Any] | NDArray[Any],
    categories: Sequence[Any] | None = None,
    measure: Measure = "nominal",
    order: Sequence[int] | NDArray[Any] | None = None,
) -> Votes:
    """The answers to one question from columns of equal length, whatever the order of their rows.

    `categories` are the names a choice offers, or the points of a scale (None: whatever occurs). `order` counts up
    with time. Raises ValueError for columns of different length, a value that is not offered or not a number, and
    a rater who answers an item twice.
    """
    item_ids, item_codes = _coded(items)
    rater_ids, rater_codes = ((), np.full(len(item_codes), NOBODY, np.int32)) if raters is None else _coded(raters)
    answers, names, points = _answers(values, categories)
    times = None if order is None else np.asarray(order, np.int64)
    if not len(item_codes) == len(rater_codes) == len(answers) == len(answers if times is None else times):
        raise ValueError("the columns of items, raters, values and order must be equally long")
    rows = np.lexsort((answers, rater_codes, item_codes))
    made = Votes(item_codes, rater_codes, answers, item_ids, rater_ids, names, measure, points, times)
    if raters is not None:
        _refuse_repeats(made, rows)
    return _arranged(made, rows)


def pairs_within(starts: Ints) -> tuple[Ints, Ints]:
    """Every pair of different entries of the same row, as two columns of positions (left before right)."""
    nothing = np.zeros((2, 0), np.int64)
    left, right = np.concatenate([nothing, *map(np.stack, pair_blocks(starts))], axis=1)
    return left, right


def pair_blocks(starts: Ints) -> Iterator[tuple[Ints, Ints]]:
    """The same, few enough at a time to take little memory."""
    lengths = np.diff(starts)
    for length in np.unique(lengths[lengths > 1]):
        first, second = np.triu_indices(length, k=1)
        begins = starts[:-1][lengths == length, None]
        for begin in np.array_split(begins, -(-len(begins) * len(first) // AT_ONCE)):
            yield (begin + first).ravel(), (begin + second).ravel()


def _coded(names: Iterable[str]) -> tuple[tuple[str, ...], Codes]:
    """Distinct names in order, and the place of each name among them."""
    column = names.tolist() if hasattr(names, "tolist") else list(names)
    distinct = sorted(set(column))
    places = {name: place for place, name in enumerate(distinct)}
    return tuple(distinct), np.fromiter(map(places.__getitem__, column), np.int32, len(column))


def _answers(
    values: Sequence[Any] | NDArray[Any], offered: Sequence[Any] | None
) -> tuple[Codes | Floats, tuple[str, ...], tuple[float, ...]]:
    """Answers as codes with the names of a choice, or as numbers with the points of a scale."""
    column = values.tolist() if hasattr(values, "tolist") else list(values)
    known = list(offered) if offered is not None else None
    sample = column if known is None else known
    if sample and all(isinstance(value, str) for value in sample):
        names = known if known is not None else sorted(set(column))
        places = {name: place for place, name in enumerate(names)}
        strange = set(column) - set(places)
        if strange:
            raise ValueError(f"{sorted(map(repr, strange))[:5]} are not among the categories {names}")
        return np.fromiter(map(places.__getitem__, column), np.int32, len(column)), tuple(names), ()
    numbers = np.asarray(column, np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("an answer on a scale must be a finite number")
    points = np.sort(np.asarray(known or (), np.float64))
    return _on_points(numbers, points), (), tuple(points.tolist())


def _on_points(numbers: Floats, points: Floats) -> Floats:
    """Numbers that differ from a point of the scale by rounding only (0.1 + 0.2) become that point."""
    if len(points) < 2:
        return numbers
    above = np.searchsorted(points, numbers).clip(1, len(points) - 1)
    near = points[np.where(numbers - points[above - 1] < points[above] - numbers, above - 1, above)]
    return np.where(abs(near - numbers) < ROUNDING * (points[-1] - points[0]), near, numbers)


def _refuse_repeats(made: Votes, rows: Ints) -> None:
    """One rater has one answer per item; which of several counts is settled before (the latest)."""
    items, raters = made.items[rows], made.raters[rows]
    twice = (items[1:] == items[:-1]) & (raters[1:] == raters[:-1])
    if twice.any():
        row = int(twice.argmax())
        item, rater = made.item_ids[items[row]], made.rater_ids[raters[row]]
        raise ValueError(f"rater {rater!r} answers item {item!r} more than once; keep the latest answer only")


def _arranged(made: Votes, rows: Ints) -> Votes:
    return replace(
        made,
        items=made.items[rows],
        raters=made.raters[rows],
        values=made.values[rows],
        order=None if made.order is None else made.order[rows],
    )
