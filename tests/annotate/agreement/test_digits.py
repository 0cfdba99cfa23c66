"""Coefficients keep their digits, and do not depend on how the work is cut up."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotate.agreement import coefficients, pairs, reliability
from annotate.agreement.question import agreement
from annotate.agreement.tallies import tally
from annotate.answers.votes import Votes, votes
from schemas.scheme import Measure

Patterns = dict[tuple[int, ...], int]  # what the raters say in turn, and how many items show it
Distance = Callable[[int, int], Fraction]

HUGE: dict[str, Patterns] = {
    "nearly all the same": {(0, 0): 10**9, (0, 2): 1, (3, 3): 1},
    "two halves": {(0, 0): 10**9, (3, 3): 10**9, (0, 3): 5},
    "nobody agrees": {(0, 1): 10**9, (1, 0): 10**9 - 1},
    "as chance would have it": {(0, 0): 10**8, (0, 1): 10**8, (1, 0): 10**8, (1, 1): 10**8, (2, 1): 3},
}


def one_item_each(patterns: Patterns, offset: float = 0) -> Votes:
    """The answers to one item of each pattern on a scale of four points."""
    rows = [
        (f"item{item}", f"rater{rater}", value) for item, row in enumerate(patterns) for rater, value in enumerate(row)
    ]
    items, raters, values = zip(*rows, strict=True)
    return votes(items, raters, [value + offset for value in values], [point + offset for point in range(4)], "ordinal")


def times(patterns: Patterns) -> NDArray[np.float64]:
    """How often each item is to be counted."""
    return np.array([list(patterns.values())], np.float64)


def per_pair(two: pairs.Pairs, weights: NDArray[np.float64], coefficient: pairs.Coefficient) -> NDArray[np.float64]:
    """A coefficient of every pair of raters (pairs by replicates)."""
    return coefficient(pairs.Weighed(two, two.items @ weights.T))


def given_times(patterns: Patterns) -> Counter[int]:
    """How often each level is given."""
    counts: Counter[int] = Counter()
    for row, items in patterns.items():
        for value in row:
            counts[value] += items
    return counts


def distance(measure: Measure, counts: Counter[int]) -> Distance:
    """Krippendorff's squared difference of two levels."""
    if measure == "nominal":
        return lambda one, other: Fraction(one != other)
    if measure == "interval":
        return lambda one, other: Fraction((one - other) ** 2)
    if measure == "ratio":
        return lambda one, other: Fraction(one - other, max(one + other, 1)) ** 2

    def ordinal(one: int, other: int) -> Fraction:
        between = sum(counts[level] for level in range(min(one, other), max(one, other) + 1))
        return (between - Fraction(counts[one] + counts[other], 2)) ** 2 if one != other else Fraction(0)

    return ordinal


def exact_alpha(patterns: Patterns, measure: Measure) -> float:
    counts = given_times(patterns)
    apart = distance(measure, counts)
    observed = sum(2 * items * apart(one, other) for (one, other), items in patterns.items())
    expected = sum(counts[one] * counts[other] * apart(one, other) for one in counts for other in counts)
    return float(1 - observed * (counts.total() - 1) / Fraction(expected))


def exact_cohen(patterns: Patterns, apart: Distance) -> float:
    first, second = Counter[int](), Counter[int]()
    for (one, other), items in patterns.items():
        first[one] += items
        second[other] += items
    observed = sum(items * apart(one, other) for (one, other), items in patterns.items())
    expected = sum(first[one] * second[other] * apart(one, other) for one in first for other in second)
    return float(1 - observed * first.total() / Fraction(expected))


# ratios depend on where zero is
@pytest.mark.parametrize(
    ("measure", "offset"), [("ratio", 0), *product(("nominal", "ordinal", "interval"), (0, -2, 1_000_000))]
)
@pytest.mark.parametrize("name", sorted(HUGE))
def test_alpha_of_very_many_answers_is_exact(name: str, measure: Measure, offset: int) -> None:
    counted = tally(one_item_each(HUGE[name], offset))
    weights = np.zeros((1, len(counted.sizes)))
    np.add.at(weights[0], counted.pattern, times(HUGE[name])[0])
    found = float(coefficients.alpha(counted, weights, measure)[0])
    assert found == pytest.approx(exact_alpha(HUGE[name], measure), abs=1e-9)


@pytest.mark.parametrize("name", sorted(HUGE))
def test_fleiss_of_very_many_answers_is_exact(name: str) -> None:
    counted, counts = tally(one_item_each(HUGE[name])), given_times(HUGE[name])
    weights = np.zeros((1, len(counted.sizes)))
    np.add.at(weights[0], counted.pattern, times(HUGE[name])[0])
    agreed = Fraction(
        sum(items for (one, other), items in HUGE[name].items() if one == other), sum(HUGE[name].values())
    )
    chance = sum(Fraction(count, counts.total()) ** 2 for count in counts.values())
    found = float(coefficients.fleiss(counted, weights, 2)[0])
    assert found == pytest.approx(float((agreed - chance) / (1 - chance)), abs=1e-9)


@pytest.mark.parametrize("offset", [0, -2, 1_000_000])
@pytest.mark.parametrize("name", sorted(HUGE))
def test_the_kappas_of_very_many_answers_are_exact(name: str, offset: int) -> None:
    two = pairs.rater_pairs(one_item_each(HUGE[name], offset))
    plain, quadratic = (per_pair(two, times(HUGE[name]), kappa) for kappa in (pairs.cohen, pairs.cohen_quadratic))
    assert plain[0, 0] == pytest.approx(exact_cohen(HUGE[name], lambda one, other: Fraction(one != other)), abs=1e-9)
    expected = exact_cohen(HUGE[name], lambda one, other: Fraction((one - other) ** 2))
    assert quadratic[0, 0] == pytest.approx(expected, abs=1e-9)


def test_variances_keep_their_digits_far_from_the_middle_of_the_scale() -> None:
    draw = np.random.default_rng(2)
    table = draw.integers(0, 3, (40, 3)) / 8 + 1e6  # all answers at one end of a long scale
    items, raters = np.indices(table.shape)
    points = [0.0, 2e6, *np.unique(table)]
    some = votes(items.ravel().tolist(), raters.ravel().tolist(), table.ravel(), sorted(points), "interval")
    found = reliability.variances(some).of(np.ones((1, 40)))[:, 0]
    assert found == pytest.approx((table - 1e6).var(axis=0, ddof=1), abs=1e-12)
    near = votes(items.ravel().tolist(), raters.ravel().tolist(), table.ravel() - 1e6, None, "interval")
    for name in ("alpha", "cohen_quadratic", "spearman", "icc", "cronbach", "rest_correlation"):
        assert getattr(agreement(some), name) == pytest.approx(getattr(agreement(near), name), abs=1e-9)


@given(st.integers(0, 200), st.integers(1, 5))
def test_running_sums_are_cumulative_sums(rows: int, columns: int) -> None:
    table = np.random.default_rng(rows).integers(0, 9, (rows, columns)).astype(float)
    expected = np.cumsum(table, axis=0)
    assert (coefficients.running_sums(table) == expected).all()


@pytest.mark.parametrize(("name", "number"), [("CACHED", 9), ("EXACT", 1)])
def test_neither_parts_nor_precision_of_the_weights_change_a_coefficient(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    draw = np.random.default_rng(5)
    items, raters = np.nonzero(draw.random((60, 7)) < 0.7)
    names = items.tolist(), raters.tolist()
    some = votes(*names, draw.integers(0, 9, len(items)), range(9), "ordinal")
    at_once = agreement(some, bootstraps=20)
    monkeypatch.setattr(f"annotate.agreement.pairs.{name}", number)
    other = agreement(some, bootstraps=20)
    for coefficient in ("cohen_quadratic", "spearman", "cronbach"):
        assert getattr(other, coefficient) == pytest.approx(getattr(at_once, coefficient), abs=1e-12)
        assert other.intervals[coefficient] == pytest.approx(at_once.intervals[coefficient], abs=1e-12)


def test_ranks_of_one_pair_do_not_run_on_into_the_next() -> None:
    draw = np.random.default_rng(6)
    table = draw.integers(0, 5, (30, 4))
    items, raters = np.indices(table.shape)
    some = votes(items.ravel().tolist(), raters.ravel().tolist(), table.ravel(), range(5), "ordinal")
    together = per_pair(pairs.rater_pairs(some), np.ones((1, 30)), pairs.spearman)
    for place, (one, other) in enumerate(pairs.rater_pairs(some).raters):
        alone = votes(
            [*range(30)] * 2,
            ["a"] * 30 + ["b"] * 30,
            np.concatenate([table[:, one], table[:, other]]),
            range(5),
            "ordinal",
        )
        expected = per_pair(pairs.rater_pairs(alone), np.ones((1, 30)), pairs.spearman)
        assert together[place, 0] == pytest.approx(expected[0, 0], abs=1e-12)
