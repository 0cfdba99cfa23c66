"""A model's predictions read into the sheets of a benchmark, with every row accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotate.bench.benchmark import Benchmark
from annotate.bench.names import Names
from annotate.bench.sheets import NONE, Predicted, Sheet, sheets
from annotate.ratings.meanings import as_number, category_of, spellings
from schemas.errors import BadInput, BadSetting, nearest
from schemas.scheme import Category

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


SHOWN = 5
ROUNDING = 1e-6
NARROW = 0.2  # share of a scale; predictions that cover less may be told in other units
USUAL_ENDS = ((0.0, 1.0), (-1.0, 1.0))
SUM_ROUNDING = 1e-3  # shares are often written with four digits


@dataclass(frozen=True)
class Row:
    """One prediction as it stands in a table; `value` None and `shares` empty: nothing was answered."""

    line: int
    model: str
    item: str
    task: str | None
    state: str
    value: str | None
    shares: Mapping[str, float | None]


@dataclass
class Tally:
    """What became of the rows: answered + refused + unreadable + missing are the predictions asked for.

    `refused` are rows that say so or hold nothing, `unreadable` those that say what is neither a category nor a number
    (or report an error). Rows about unknown items or tasks are left out. `normalised` are soft labels that did not add
    up to one, `outside` numbers beyond the ends of the scale (they count as they are).
    """

    asked: int
    answered: int = 0
    refused: int = 0
    unreadable: int = 0
    missing: int = 0
    unknown_items: int = 0
    unknown_tasks: int = 0
    normalised: int = 0
    outside: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        """Keep the first few odd things for the report."""
        if len(self.examples) < SHOWN:
            self.examples.append(what)


@dataclass(frozen=True)
class Submission:
    """The predictions of one model for the tasks it answered."""

    model: str
    predicted: Mapping[str, Predicted]
    tally: Tally


def submissions(
    benchmark: Benchmark,
    rows: Iterable[Row],
    units: tuple[float, float] | None = None,
    called: Mapping[str, str] | None = None,
) -> list[Submission]:
    """The predictions of every model in some rows, models in order of first appearance.

    `units` are the ends of the models' own scale, mapped linearly onto the benchmark's; `called` is what people call
    its items, where that is not their id. Raises BadInput for a second
    prediction of one item and task, and for a table of which nothing belongs to the benchmark.
    """
    laid = sheets(benchmark)
    names = Names({item: (called or {}).get(item, item) for item in benchmark.items})
    models: dict[str, _Model] = {}
    first: Row | None = None
    for row in rows:
        first = first or row
        if row.model not in models:
            models[row.model] = _Model(benchmark, laid, names, units)
        models[row.model].take(row)
    if first is None:
        raise BadInput("the table of predictions is empty")
    if not any(model.knows_some for model in models.values()):
        raise _stranger(first, [model.tally for model in models.values()], names, list(laid))
    return [Submission(name, model.predicted(), model.tally) for name, model in models.items()]


def narrow(benchmark: Benchmark, predicted: Mapping[str, Predicted]) -> list[str]:
    """A hint for each scale of which predictions, told in its own units, cover less than a fifth."""
    scales: dict[tuple[float, float], list[Floats]] = {}
    for task in benchmark.tasks:
        numbers = predicted[task.name].numbers if task.name in predicted else None
        if numbers is not None:
            scales.setdefault((task.low, task.high), []).append(numbers[np.isfinite(numbers)])
    hints = []
    for (low, high), several in scales.items():
        least, most = (float(end(np.concatenate(several))) for end in (np.min, np.max))
        covered = min(most, high) - max(least, low)
        guess = next(((one, other) for one, other in USUAL_ENDS if one <= least and most <= other), None)
        if least < most and covered < NARROW * (high - low) and guess != (low, high):
            lie = f"predictions lie between {least:.3g} and {most:.3g}, the scale is {low:g} to {high:g}"
            hints.append(f"{lie}; give --from {'{:g}:{:g}'.format(*guess) if guess else 'LOW:HIGH'}?")
    return hints


def _stranger(first: Row, tallies: Iterable[Tally], names: Names, tasks: list[str]) -> BadInput:
    """The error for a table whose items, or whose tasks, all are unknown."""
    if any(tally.unknown_items for tally in tallies):
        return names.unknown(first.item)
    return BadInput(f"no row is about a question of the benchmark: {first.task!r}; {nearest(str(first.task), tasks)}")


class _Model:
    """The predictions of one model as they come in; `knows_some` once a row is about an item of the benchmark."""

    def __init__(
        self, benchmark: Benchmark, laid: Mapping[str, Sheet], items: Names, units: tuple[float, float] | None
    ) -> None:
        self.tally = Tally(sum(map(len, laid.values())))
        self.knows_some = False
        self._benchmark = benchmark
        self._tasks = {name: _Task(benchmark, sheet, units, self.tally) for name, sheet in laid.items()}
        self._names: dict[str | None, str | None] = {}
        self._items = items

    def take(self, row: Row) -> None:
        """Read one row; raises BadInput for a repeated one."""
        if row.task not in self._names:
            self._names[row.task] = self._task(row.task)
        name = self._names[row.task]
        meant = self._items.find(row.item)
        if name is None:
            self.tally.unknown_tasks += 1
            self.tally.note(f"line {row.line}: no task {row.task!r}")
        elif len(meant) != 1:
            self.tally.unknown_items += 1
            why = f"{row.item!r} may be any of {len(meant)} items" if meant else f"no item {row.item!r}"
            self.tally.note(f"line {row.line}: {why}")
        else:
            self.knows_some = True
            self._about(row, name, meant[0])

    def _about(self, row: Row, name: str, item: str) -> None:
        if item in self._tasks[name].places:
            self._tasks[name].take(row, item)
        elif row.value is not None or row.shares:  # a wide table has cells for everything
            self.tally.unknown_items += 1
            self.tally.note(f"line {row.line}: item {row.item!r} is not part of task {name!r}")

    def predicted(self) -> dict[str, Predicted]:
        """The predictions of every task that has any."""
        self.tally.missing = self.tally.asked - self.tally.answered - self.tally.refused - self.tally.unreadable
        return {name: task.predicted() for name, task in self._tasks.items() if task.answered}

    def _task(self, spelling: str | None) -> str | None:
        if spelling is None or spelling in self._tasks:
            return spelling
        question, colon, category = spelling.partition(":")
        try:
            asked = self._benchmark.scheme.question(question)
            name = asked.name + (f":{asked.category(category)}" if colon else "")
        except BadSetting:
            return None
        return name if name in self._tasks else None


class _Task:
    """The predictions of one model for one task."""

    def __init__(self, benchmark: Benchmark, sheet: Sheet, units: tuple[float, float] | None, tally: Tally) -> None:
        self.answered = 0
        self.places = {one.item: place for place, one in enumerate(sheet.references)}
        self._benchmark, self._sheet, self._units, self._tally = benchmark, sheet, units, tally
        self._seen: dict[str, int] = {}
        self._codes = {name: code for code, name in enumerate(sheet.task.categories)}
        self._spellings = self._known_spellings()
        self._values = np.full(len(sheet), NONE if sheet.task.is_choice else np.nan)
        self._soft: dict[int, list[float]] = {}

    def take(self, row: Row, item: str) -> None:
        """Read one row about an item of this task."""
        if item in self._seen:
            before = self._seen[item]
            told = f"line {row.line} predicts item {item!r} for {self._sheet.task.name!r} again"
            raise BadInput(f"{told} (first on line {before}); keep one, or tell models apart in a column 'model'")
        self._seen[item] = row.line
        if row.state == "refused" or (row.state == "given" and row.value is None and not row.shares):
            self._tally.refused += 1
            return
        shares = self._shares(row.shares) if row.shares else None
        value = self._read(row.value) if row.value is not None else self._from(shares)
        if row.state != "given" or value is None or (row.shares and shares is None):
            self._tally.unreadable += 1
            self._tally.note(f"line {row.line}: {row.value if row.value is not None else dict(row.shares)!r}")
            return
        self._values[self.places[item]] = value
        if shares is not None:
            self._soft[self.places[item]] = shares
        self.answered += 1
        self._tally.answered += 1

    def predicted(self) -> Predicted:
        """What came in; soft labels only where some did."""
        soft = np.full((len(self._sheet), len(self._sheet.names)), np.nan) if self._soft else None
        for place, shares in self._soft.items():
            if soft is not None:
                soft[place] = shares
        if self._sheet.task.is_choice:
            return Predicted(codes=self._values.astype(np.int64), shares=soft)
        return Predicted(numbers=self._values, shares=soft)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self._sheet.names)}

    def _known_spellings(self) -> Mapping[str, str]:
        """The category each spelling stands for; one asked about alone is answered by no and yes."""
        names = self._sheet.task.categories
        asked = self._benchmark.question(self._sheet.task).categories
        known = tuple(category for category in asked if category.name in names)
        return spellings(known or tuple(Category(name, name) for name in names), {})

    def _read(self, value: str) -> float | None:
        return self._category(value) if self._sheet.task.is_choice else self._number(value)

    def _category(self, spelling: str) -> int | None:
        """The code of a category, by any spelling the scheme knows."""
        return self._codes.get(category_of(spelling.strip(), self._spellings) or "")

    def _number(self, value: str) -> float | None:
        """A number in the units of the benchmark."""
        given = as_number(value.strip())
        if given is None:
            return None
        task = self._sheet.task
        if self._units is not None:
            low, high = self._units
            given = task.low + (given - low) * (task.high - task.low) / (high - low)
        self._tally.outside += not task.low - ROUNDING <= given <= task.high + ROUNDING
        return given

    def _shares(self, given: Mapping[str, float | None]) -> list[float] | None:
        """Shares in the order of the sheet, adding up to one; None where one is no share or belongs nowhere."""
        shares = [0.0] * len(self._places)
        for name, share in given.items():
            place = self._category(name) if self._sheet.task.is_choice else self._places.get(name)
            if place is None or share is None or share < 0:
                return None
            shares[place] += share
        total = sum(shares)
        if total <= 0:
            return None
        self._tally.normalised += abs(total - 1) > SUM_ROUNDING
        return [share / total for share in shares]

    def _from(self, shares: list[float] | None) -> float | None:
        """The category with the largest share (the first of equals), or the mean number."""
        if shares is None:
            return None
        spacing = self._sheet.spacing
        if spacing is None:
            return shares.index(max(shares))
        return sum(share * float(point) for share, point in zip(shares, spacing, strict=True))
