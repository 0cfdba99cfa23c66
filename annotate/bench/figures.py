"""The figures of a model on a benchmark with their intervals, each beside people, a constant and chance."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotate.agreement.coefficients import mean_of_defined
from annotate.agreement.intervals import Interval, estimates
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from annotate.bench.baselines import at_random, ceiling, constants, countable
from annotate.bench.benchmark import Benchmark
from annotate.bench.metrics import BETTER, Better, Categories, Judged
from annotate.bench.sheets import Predicted, Sheet, judged, pooled, sheets

MEAN = "(mean)"
POOLED = "(pooled)"
DRAWS = 25
DIGITS = 6  # of what is written down: more would differ between machines
Parts = Mapping[str, Sequence[Judged]]


@dataclass(frozen=True)
class Baseline:
    """What one figure is for people (with its interval), for the best constant answer and for answers at random."""

    ceiling: float | None = None
    ceiling_low: float | None = None
    ceiling_high: float | None = None
    constant: float | None = None
    random: float | None = None


@dataclass(frozen=True)
class Figure:
    """One figure of a model: its metric, which way is better, its 95 % interval over items, and its baselines.

    `task` is a task of the benchmark, "(mean)" over tasks, or "(pooled)" as if all tasks were one.
    """

    task: str
    metric: str
    better: Better
    value: float | None
    low: float | None
    high: float | None
    baseline: Baseline


def figures(
    benchmark: Benchmark,
    predictions: Mapping[str, Predicted],
    baselines: Mapping[str, Baseline],
    *,
    calibrate: bool = False,
    bootstraps: int = 1000,
    seed: int = 0,
) -> list[Figure]:
    """Every figure of a model's predictions, by task; a figure nothing is known of is left out.

    `baselines` are those of the benchmark by "metric task".
    """
    laid = sheets(benchmark)
    parts = {name: judged(laid[name], some, calibrate) for name, some in predictions.items()}
    value, ends = _measured(laid, parts, bootstraps, seed)
    found = []
    for name, number in value.items():
        metric, _, task = name.partition(" ")
        low, high = ends.get(name, (None, None))
        baseline = baselines.get(name, Baseline())
        found.append(Figure(task, metric, BETTER[metric.partition(":")[0]], number, low, high, baseline))
    return found


def baselines(
    benchmark: Benchmark, votes: Mapping[str, Votes], bootstraps: int = 1000, seed: int = 0
) -> dict[str, Baseline]:
    """The baselines of every figure by "metric task", rounded to six digits.

    Where answers were collected in sequence the ceiling rests on what was asked in any case, or is missing.
    """
    laid = sheets(benchmark)
    basis = {name: countable(some, benchmark.scheme.protocol) for name, some in votes.items()}
    people = {name: ceiling(laid[name], some, seed) for name, some in basis.items() if some is not None}
    whole = all(some is not None for some in basis.values())
    value, ends = _measured(laid, people, bootstraps, seed, overall=whole)
    steady = _constant(laid)
    chance = _random(laid, seed)
    found = {}
    for name in sorted({*value, *steady, *chance}):
        low, high = ends.get(name, (None, None))
        numbers = (value.get(name), low, high, steady.get(name), chance.get(name))
        found[name] = Baseline(*map(_rounded, numbers))
    return found


def _measured(
    laid: Mapping[str, Sheet], parts: Parts, bootstraps: int, seed: int, overall: bool = True
) -> tuple[dict[str, float | None], dict[str, Interval]]:
    """Every figure by "metric task", and its interval over items drawn again."""
    statistics = _statistics(laid, parts, overall)
    items = next((sheet.items for sheet in laid.values()), 0)
    return estimates(statistics, np.arange(items), items, bootstraps, seed)


def _statistics(laid: Mapping[str, Sheet], parts: Parts, overall: bool) -> Callable[[Floats], dict[str, Floats]]:
    """Figures of each task, their mean over tasks, and, for tasks of one kind, all of them pooled."""
    alike = len({laid[name].task.kind for name in parts}) == 1
    joined = pooled(list(parts.values())) if overall and alike and len(parts) > 1 else []

    def statistics(weights: Floats) -> dict[str, Floats]:
        found = {name: _of_task(part, laid[name], weights) for name, part in parts.items()}
        named = {f"{metric} {name}": each for name, some in found.items() for metric, each in some.items()}
        if overall and len(parts) > 1:
            named |= {f"{metric} {MEAN}": each for metric, each in _means(found.values()).items()}
            named |= {f"{metric} {POOLED}": each for one in joined for metric, each in one.figures(weights).items()}
        return named

    return statistics


def _of_task(part: Iterable[Judged], sheet: Sheet, weights: Floats) -> dict[str, Floats]:
    """The figures of one task, with recall and F1 of each category."""
    found: dict[str, Floats] = {}
    for one in part:
        found |= one.figures(weights)
        if isinstance(one, Categories):
            recall, f1 = one.by_category(weights)
            for place, category in enumerate(sheet.task.categories):
                found |= {f"recall:{_joined(category)}": recall[:, place], f"f1:{_joined(category)}": f1[:, place]}
    return found


def _means(found: Iterable[Mapping[str, Floats]]) -> dict[str, Floats]:
    """The plain mean over tasks of every figure that several of them have, leaving out where it is undefined."""
    apart: dict[str, list[Floats]] = {}
    for some in found:
        for metric, each in some.items():
            apart.setdefault(metric, []).append(each)
    means = {}
    for metric, several in apart.items():
        if len(several) > 1 and ":" not in metric:
            means[metric] = mean_of_defined(np.stack(several), axis=0)
    return means


def _constant(laid: Mapping[str, Sheet]) -> dict[str, float | None]:
    """The figures of constant answers, each taken from the constant that is best at it."""
    best = {name: constants(sheet) for name, sheet in laid.items()}
    found: dict[str, float | None] = {}
    for aim in sorted({aim for each in best.values() for aim in each}):
        parts = {name: judged(laid[name], each.get(aim, each[""])) for name, each in best.items()}
        value, _ = _measured(laid, parts, 0, 0)
        found |= {name: number for name, number in value.items() if not aim or name.partition(" ")[0] == aim}
    return found


def _random(laid: Mapping[str, Sheet], seed: int) -> dict[str, float | None]:
    """The figures of random answers, averaged over draws."""
    totals: dict[str, list[float]] = {}
    draws = {name: at_random(sheet, DRAWS, seed + place) for place, (name, sheet) in enumerate(sorted(laid.items()))}
    for _ in range(DRAWS):
        parts = {name: judged(laid[name], next(drawn)) for name, drawn in draws.items()}
        value, _ends = _measured(laid, parts, 0, 0)
        for name, number in value.items():
            totals.setdefault(name, []).extend([] if number is None else [number])
    return {name: sum(some) / len(some) if some else None for name, some in totals.items()}


def _joined(category: str) -> str:
    """A category as part of a figure's name, which ends at the first space."""
    return category.replace(" ", "_")


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DIGITS) + 0.0
