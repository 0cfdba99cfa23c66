"""Two sets of labels of the same items held against each other, item by item."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from annotate.agreement.question import agreement
from annotate.answers.votes import Votes, votes
from schemas.scheme import Measure

ROUNDING = 1e-9  # numbers that differ by less are the same


@dataclass(frozen=True)
class Difference:
    """An item on which two sets of labels differ."""

    item: str
    one: str | float
    other: str | float


@dataclass(frozen=True)
class Comparison:
    """How far two sets of labels agree on the items they share; `differences` are all others of these.

    `alpha` is Krippendorff's, nominal for words and interval for numbers; None where nothing varies.
    """

    shared: int
    equal: int
    only_one: int
    only_other: int
    alpha: float | None
    differences: tuple[Difference, ...]


def comparison(one: Mapping[str, str | float], other: Mapping[str, str | float]) -> Comparison | None:
    """The labels of two sources by item, numbers farthest apart first; None where they share no item."""
    shared = [item for item in one if item in other]
    if not shared:
        return None
    pairs = [(item, one[item], other[item]) for item in shared]
    differences = [Difference(*pair) for pair in pairs if _distance(*pair[1:]) > ROUNDING]
    differences.sort(key=lambda pair: (-_distance(pair.one, pair.other), pair.item))
    equal, known = len(shared) - len(differences), len(shared)
    return Comparison(known, equal, len(one) - known, len(other) - known, _alpha(pairs), tuple(differences))


def leading(some: Votes) -> dict[str, str | float]:
    """What the votes on every item say: the mean on a scale, or the commonest category ("a / b" where tied)."""
    if not some.is_choice:
        means = np.bincount(some.items, some.values) / some.sizes
        return dict(zip(some.item_ids, means.tolist(), strict=True))
    counts = some.counts
    leads = np.flatnonzero(counts.counts == counts.peaks()[counts.rows])
    found: dict[str, str | float] = {}
    for row, level in zip(counts.rows[leads].tolist(), counts.levels[leads].tolist(), strict=True):
        item, name = some.item_ids[row], some.categories[level]
        found[item] = f"{found[item]} / {name}" if item in found else name
    return found


def _distance(one: str | float, other: str | float) -> float:
    if isinstance(one, str) or isinstance(other, str):
        return float(str(one).casefold() != str(other).casefold())
    return abs(one - other)


def _alpha(pairs: list[tuple[str, str | float, str | float]]) -> float | None:
    """Two sources as two raters of the items they share."""
    is_choice = any(isinstance(value, str) for _, *both in pairs for value in both)
    values = [str(value).casefold() if is_choice else value for _, *both in pairs for value in both]
    items = [item for item, *_ in pairs for _ in range(2)]
    names = sorted(set(map(str, values))) if is_choice else None
    measure: Measure = "nominal" if is_choice else "interval"
    return agreement(votes(items, ["one", "other"] * len(pairs), values, names, measure), bootstraps=0).alpha
