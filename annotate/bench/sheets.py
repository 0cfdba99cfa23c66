"""Predictions for one task laid beside its references: what is compared with what, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from annotate.agreement.coefficients import ratio
from annotate.agreement.pairs import SHARED
from annotate.arrays import Floats, Ints
from annotate.bench.benchmark import Benchmark, Reference, Task
from annotate.bench.distances import Distances, distances
from annotate.bench.metrics import Categories, Judged, Numbers, calibrated, kappa_with_raters

NONE = -1  # the code of no category
WHOLE = 0.999  # shares were rounded when they were frozen


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model says, one entry per reference of a task: numbers (NaN: nothing), codes of categories (-1: nothing).

    `shares` are soft labels (references by levels, rows of NaN: nothing), None where a model gives none.
    """

    numbers: Floats | None = None
    codes: Ints | None = None
    shares: Floats | None = None


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of people to one task: the item of each, who gave it, and its value in the units of the benchmark."""

    rows: Ints
    raters: Ints
    values: Floats
    place: Ints  # of the reference each answer belongs to


@dataclass(frozen=True, eq=False)
class Sheet:
    """The references of one task: `rows` is the item of each among all items of the benchmark."""

    task: Task
    items: int
    rows: Ints
    references: tuple[Reference, ...]

    def __len__(self) -> int:
        return len(self.references)

    @cached_property
    def numbers(self) -> Floats:
        """The number to be predicted, in the units of the benchmark; NaN where there is none."""
        missing = float("nan")
        raw = [missing if one.number is None else one.number for one in self.references]
        return self.task.reported(np.asarray(raw, np.float64))

    @cached_property
    def hard(self) -> Floats:
        """The share of the reference each category holds: one, equal parts where several tie, zero without a label."""
        table = np.zeros((len(self), len(self.task.categories)))
        for place, one in enumerate(self.references):
            leaders = one.tied or ((one.category,) if one.category is not None else ())
            for name in leaders:
                table[place, self.task.categories.index(name)] = 1 / len(leaders)
        return table

    @cached_property
    def levels(self) -> Floats:
        """The numbers people could give, in the units of the benchmark."""
        given = np.asarray([number for one in self.references for number in one.numbers], np.float64)
        return self.task.reported(np.union1d(np.asarray(self.task.points, np.float64), given))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of a soft label: categories, or the points people were offered."""
        return self.task.categories or tuple(f"{point:.12g}" for point in self.task.points)

    @cached_property
    def soft(self) -> Floats:
        """The share of answers that went to each of `names`; NaN where answers lie between the points."""
        places = {name: place for place, name in enumerate(self.names)}
        table = np.zeros((len(self), len(places)))
        for row, one in enumerate(self.references):
            for name, share in zip(one.names, one.shares, strict=True):
                if name in places:
                    table[row, places[name]] = share
        total = table.sum(axis=1, keepdims=True)
        return ratio(table, np.where(total > WHOLE, total, 0))

    @cached_property
    def answers(self) -> Answers:
        """Every answer of people behind the references."""
        sizes = [len(one.categories or one.numbers) for one in self.references]
        place = np.repeat(np.arange(len(self)), sizes)
        nobody = [one.raters or (NONE,) * size for one, size in zip(self.references, sizes, strict=True)]
        raters = np.asarray([code for codes in nobody for code in codes], np.int64)
        if self.task.is_choice:
            codes = {name: code for code, name in enumerate(self.task.categories)}
            values = np.asarray([codes[name] for one in self.references for name in one.categories], np.float64)
        else:
            raw = [number for one in self.references for number in one.numbers]
            values = self.task.reported(np.asarray(raw, np.float64))
        return Answers(self.rows[place], raters, values, place)

    @property
    def spacing(self) -> Floats | None:
        """The points soft labels move between; None where categories have no order."""
        return None if self.task.is_choice else self.task.reported(np.asarray(self.task.points, np.float64))


def sheets(benchmark: Benchmark) -> dict[str, Sheet]:
    """The sheet of every task, by its name."""
    places = {item: place for place, item in enumerate(benchmark.items)}
    apart: dict[str, list[Reference]] = {task.name: [] for task in benchmark.tasks}
    for reference in benchmark.references:
        apart[reference.task].append(reference)
    return {
        task.name: Sheet(
            task,
            len(places),
            np.asarray([places[one.item] for one in apart[task.name]], np.int64),
            tuple(apart[task.name]),
        )
        for task in benchmark.tasks
    }


def judged(sheet: Sheet, predicted: Predicted, calibrate: bool = False) -> list[Judged]:
    """Everything that can be said of predictions for one task; what was not predicted is left out.

    With `calibrate` numbers are first moved onto the distribution of people's answers, rank by rank.
    """
    found: list[Judged] = []
    if predicted.numbers is not None:
        found += _numbers(sheet, predicted.numbers, calibrate)
    if predicted.codes is not None:
        found += _categories(sheet, predicted.codes)
    if predicted.shares is not None and len(sheet.names):
        found += _soft(sheet, predicted.shares)
    return found


def pooled(parts: Sequence[Sequence[Judged]]) -> list[Judged]:
    """The predictions for several tasks of one kind as if they were one task; kappa with single raters is left out."""
    joined: list[Judged] = []
    for kind in (Numbers, Categories, Distances):
        alike = [one for part in parts for one in part if isinstance(one, kind)]
        if alike:
            columns = {column.name: [getattr(one, column.name) for one in alike] for column in fields(kind)}
            joined.append(kind(**{name: _joined(values) for name, values in columns.items()}))
    return joined


def hard_pairs(rows: Ints, shares: Floats, codes: Ints) -> Categories:
    """Predicted codes against the share each category holds of the reference, row by row."""
    place, category = np.nonzero(shares)
    return Categories(rows[place], category, codes[place], shares[place, category], shares.shape[1])


def _joined(parts: Sequence[Any]) -> Any:
    """Arrays, or tables of arrays, end to end; of anything else the first."""
    if isinstance(parts[0], Mapping):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else parts[0]


def _numbers(sheet: Sheet, numbers: Floats, calibrate: bool) -> list[Judged]:
    known = np.isfinite(numbers) & np.isfinite(sheet.numbers)
    if calibrate:
        numbers = numbers.copy()
        numbers[known] = calibrated(numbers[known], sheet.answers.values)
    pairs = Numbers(sheet.rows[known], sheet.numbers[known], numbers[known])
    nearest = np.full(len(numbers), np.nan)
    nearest[known] = _nearest(sheet.levels, numbers[known])
    return [pairs, *_against_raters(sheet, nearest)]


def _categories(sheet: Sheet, codes: Ints) -> list[Judged]:
    known = codes != NONE
    pairs = hard_pairs(sheet.rows[known], sheet.hard[known], codes[known])
    return [pairs, *_against_raters(sheet, np.where(known, codes, np.nan))]


def _soft(sheet: Sheet, shares: Floats) -> list[Judged]:
    known = np.isfinite(shares).all(axis=1) & np.isfinite(sheet.soft).all(axis=1)
    return [Distances(sheet.rows[known], distances(sheet.soft[known], shares[known], sheet.spacing))]


def _against_raters(sheet: Sheet, predicted: Floats) -> list[Judged]:
    """Kappa with every rater who shares two items or more with the predictions; none where asking stopped early.

    There a rater meets the items that others have let pass, and kappa would measure that.
    """
    if sheet.task.refused:
        return []
    answers = sheet.answers
    mine = predicted[answers.place]
    known = np.isfinite(mine) & (answers.raters != NONE)
    shared = np.bincount(answers.raters[known], minlength=1)
    known[known] = shared[answers.raters[known]] >= SHARED
    if not known.any():
        return []
    columns = (answers.rows[known], answers.raters[known], answers.values[known], mine[known])
    return [kappa_with_raters(*columns, sheet.task.is_choice)]


def _nearest(levels: Floats, numbers: Floats) -> Floats:
    """Each number moved to the nearest level (the lower of two equally near)."""
    if len(levels) < 2:
        return np.broadcast_to(levels, (len(numbers),)) if len(levels) else numbers
    middles = (levels[1:] + levels[:-1]) / 2
    return np.asarray(levels[np.searchsorted(middles, numbers, side="left")])
