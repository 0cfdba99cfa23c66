"""The coefficients of agreement as formulas over weighted patterns of answers, many replicates at a time."""

import numpy as np

from annotate.agreement.tallies import Tally
from annotate.answers.votes import Counts, pairs_within
from annotate.arrays import Flags, Floats
from schemas.scheme import Measure

NEGLIGIBLE = 1e-12  # a variance this small against the mean square is rounding, not difference
TABLE = 4_000_000  # distances between levels held at once
CHUNK = 32  # rows of a table of running sums that are added up apart from the others


def raw(tally: Tally, weights: Floats) -> Floats:
    """Mean share of agreeing pairs of answers over items with two or more (Gwet's p_a, Fleiss' P)."""
    return 1 - ratio(weighed(weights, tally.differing * tally.several), weighed(weights, tally.several))


def alpha(tally: Tally, weights: Floats, measure: Measure) -> Floats:
    """Krippendorff's alpha, 1 - D_o / D_e over pairable answers (Krippendorff 2011); NaN where all are equal."""
    pairable = weights * tally.several
    observed, expected = _DISAGREEMENT[measure](tally, pairable)
    others = weighed(pairable, tally.sizes) - 1
    return 1 - ratio(observed * others, np.where(_varied(tally, pairable), expected, np.nan))


def gwet(tally: Tally, weights: Floats, measure: Measure) -> Floats:
    """Gwet's AC1 (nominal) or AC2 with quadratic weights (other measures), Gwet 2014, chapters 4 and 5.

    Chance agreement is T_w / (q (q - 1)) * sum of p_k (1 - p_k), with q the levels that could be given; NaN for q < 2.
    """
    levels, count = tally.values, len(tally.levels)
    if count < 2:
        return np.full(len(weights), np.nan)
    prevalence = ratio(tally.shares.T @ weights.T, weights.sum(axis=1))
    if measure == "nominal":
        agreed, alike = raw(tally, weights), float(count)
    else:
        reach = float(levels[-1] - levels[0]) ** 2
        apart = _spread(tally) / np.maximum(tally.sizes * (tally.sizes - 1), 1) / reach
        agreed = 1 - ratio(weighed(weights, apart * tally.several), weighed(weights, tally.several))
        alike = count**2 - 2 * (count * float((levels**2).sum()) - float(levels.sum()) ** 2) / reach
    chance = alike / (count * (count - 1)) * (prevalence * (1 - prevalence)).sum(axis=0)
    return ratio(agreed - chance, 1 - chance)


def per_category(tally: Tally, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Raw agreement, alpha and AC1 of each category against all others: categories by replicates."""
    counts, sizes = tally.counts, tally.sizes[tally.counts.rows]
    pairable = weights * tally.several
    given, total = _given(tally, pairable), weighed(pairable, tally.sizes)
    # pairs of which only one answer names the category, as a share of all pairs and per other answer
    mixed = 2 * counts.counts * (sizes - counts.counts)
    others = np.maximum(sizes - 1, 1)
    apart, observed = (tally.sparse(mixed / below).T @ pairable.T for below in (sizes * others, others))
    agreed = 1 - ratio(apart, weighed(weights, tally.several))
    share = ratio(tally.shares.T @ weights.T, weights.sum(axis=1))
    chance = 2 * share * (1 - share)
    return agreed, 1 - ratio(observed * (total - 1), 2 * given * (total - given)), ratio(agreed - chance, 1 - chance)


def named_again(tally: Tally, weights: Floats) -> Floats:
    """How often another rater names a category that one has named: categories by replicates.

    Proportions of specific agreement (Fleiss 1975; Cicchetti and Feinstein 1990) over items with two or more answers,
    each as often as answers name it; what a system that is scored against single raters can reach per category.
    """
    counts, pairable = tally.counts, weights * tally.several
    others = np.maximum(tally.sizes[counts.rows] - 1, 1)
    again = tally.sparse(counts.counts * (counts.counts - 1) / others).T @ pairable.T
    return ratio(again, _given(tally, pairable))


def fleiss(tally: Tally, weights: Floats, size: int) -> Floats:
    """Fleiss' kappa (1971) over the items with exactly `size` answers; NaN where all answers are equal."""
    fixed = weights * (tally.sizes == size)
    given, total = _given(tally, fixed), size * fixed.sum(axis=1)
    # whole numbers as long as possible: shares would lose digits where nearly all answers are the same
    chance = ratio((given * (total - given)).sum(axis=0), total**2)
    return 1 - ratio(ratio(weighed(fixed, tally.differing), weighed(fixed, tally.several)), chance)


def commonest_size(tally: Tally) -> int:
    """The number of answers, two or more, that most items have (the larger of equals); 0 without such items."""
    items = np.bincount(tally.sizes.astype(int), weights=tally.times[0] * tally.several)
    return 0 if items.sum() == 0 else len(items) - 1 - int(np.argmax(items[::-1]))


def ceiling(tally: Tally, weights: Floats) -> Floats:
    """How often an answer equals the majority of the other answers to its item; k tied leaders count 1/k each."""
    counts, rows = tally.counts, tally.counts.rows
    top = counts.peaks()
    leads = counts.counts == top[rows]
    rest = Counts(counts.starts, counts.levels, np.where(leads, 0, counts.counts))
    second = rest.peaks()
    seconds = rest.sums((rest.counts == second[rows]).astype(float) * (second[rows] > 0))
    # an answer can meet the majority of the others only if its level leads alone
    alone = counts.sums(leads.astype(float)) == 1
    hits = alone * top * np.where(top - 1 > second, 1, 1 / (1 + seconds))
    return ratio(weighed(weights, hits * tally.several), weighed(weights, tally.sizes * tally.several))


def ceiling_on_scale(tally: Tally, weights: Floats) -> tuple[Floats, Floats]:
    """Pearson correlation and mean absolute error between each answer and the mean of the others to its item."""
    counts, rows, sums, squares = tally.counts, tally.counts.rows, tally.sums, tally.squares
    others = np.maximum(tally.sizes - 1, 1)
    value = tally.values[counts.levels]
    errors = counts.sums(counts.counts * abs(value - (sums[rows] - value) / others[rows]))
    products = (sums**2 - squares) / others
    means = ((tally.sizes - 2) * sums**2 + squares) / others**2
    columns = (tally.sizes, sums, squares, products, means, errors)
    n, total, own, cross, other, error = (weighed(weights, column * tally.several) for column in columns)
    spread = variation(n, total, own) * variation(n, total, other)
    return ratio(n * cross - total**2, np.sqrt(spread)), ratio(error, n)


def weighed(weights: Floats, column: Floats) -> Floats:
    """The sum of a column of numbers per replicate, each as often as the weights (replicates by rows) say.

    A matrix product would start threads for this, which wait long for each other where the cores are busy.
    """
    return np.asarray(np.einsum("bp,p->b", weights, column))


def ratio(above: Floats, below: Floats) -> Floats:
    """A quotient that is NaN where nothing stands below the line."""
    return np.asarray(above / np.where(below == 0, np.nan, below))


def mean_of_defined(numbers: Floats, axis: int) -> Floats:
    """The mean along an axis of what is not NaN; NaN where nothing is defined."""
    defined = np.isfinite(numbers)
    return ratio(np.where(defined, numbers, 0).sum(axis=axis), defined.sum(axis=axis).astype(float))


def first_or_none(numbers: Floats) -> float | None:
    """The value in the first replicate; None where it is not defined."""
    return float(numbers[0]) if np.isfinite(numbers[0]) else None


def variation(n: Floats, total: Floats, squares: Floats) -> Floats:
    """n times the sum of squared deviations from the mean; NaN where it is nothing but rounding."""
    spread = n * squares - total**2
    return np.where(spread > NEGLIGIBLE * n * squares, spread, np.nan)


def running_sums(table: Floats) -> Floats:
    """The sums of all rows up to each, in place of the table.

    Like cumsum(axis=0), which adds number by number; whole rows at a time, in chunks, take a third of that.
    """
    whole = len(table) // CHUNK * CHUNK
    chunks, rest = table[:whole].reshape(-1, CHUNK, table.shape[1]), table[whole:]
    for place in range(1, CHUNK):
        chunks[:, place] += chunks[:, place - 1]
    before = np.cumsum(chunks[:, -1], axis=0)
    chunks[1:] += before[:-1, None]
    rest[:1] += before[-1:].sum(axis=0)
    np.cumsum(rest, axis=0, out=rest)
    return table


def _given(tally: Tally, weights: Floats) -> Floats:
    """How often each level was given: levels by replicates."""
    return np.asarray(tally.matrix.T @ weights.T)


def _varied(tally: Tally, pairable: Floats) -> Flags:
    """Whether any two answers of a replicate differ."""
    starts, levels = tally.counts.starts, tally.counts.levels
    varied: Flags = weighed(pairable, (np.diff(starts) > 1).astype(float)) > 0
    if varied.all():
        return varied
    # answers may differ between items though they do not within
    low = np.where(pairable > 0, levels[starts[:-1]], len(tally.levels)).min(axis=1, initial=len(tally.levels))
    high = np.where(pairable > 0, levels[starts[1:] - 1], -1).max(axis=1, initial=-1)
    varied |= low < high
    return varied


def _nominal(tally: Tally, pairable: Floats) -> tuple[Floats, Floats]:
    total, given = weighed(pairable, tally.sizes), _given(tally, pairable)
    return weighed(pairable, tally.sizes * tally.differing), (given * (total - given)).sum(axis=0)


def _interval(tally: Tally, pairable: Floats) -> tuple[Floats, Floats]:
    n, total, squares = (weighed(pairable, column) for column in (tally.sizes, tally.sums, tally.squares))
    return weighed(pairable, _spread(tally) / _others(tally)), 2 * (n * squares - total**2)


def _ordinal(tally: Tally, pairable: Floats) -> tuple[Floats, Floats]:
    """Ordinal distance is the squared difference of mid-ranks among all pairable answers."""
    given, total = _given(tally, pairable), weighed(pairable, tally.sizes)
    ranks = running_sums(given.copy())
    ranks -= (given + total) / 2
    sums = tally.matrix @ ranks
    sums *= sums
    ranks *= ranks
    shares = pairable / _others(tally)
    within = _given(tally, shares * tally.sizes)
    observed = np.einsum("lb,lb->b", within, ranks) - np.einsum("bp,pb->b", shares, sums)
    return 2 * observed, 2 * total * np.einsum("lb,lb->b", given, ranks)


def _ratio_measure(tally: Tally, pairable: Floats) -> tuple[Floats, Floats]:
    """Ratio distance needs every pair of levels: quadratic time in their number, taken in blocks."""
    counts = tally.counts
    left, right = pairs_within(counts.starts)
    near = counts.counts[left] * counts.counts[right]
    near = near * _relative(tally.levels[counts.levels[left]], tally.levels[counts.levels[right]])
    spread = 2 * np.bincount(counts.rows[left], weights=near, minlength=len(tally.sizes))
    given = _given(tally, pairable)
    expected = np.zeros(len(pairable))
    step = max(1, TABLE // max(len(tally.levels), 1))
    for first in range(0, len(tally.levels), step):
        block = slice(first, first + step)
        distances = _relative(tally.levels[block, None], tally.levels[None, :])
        expected += (given[block] * (distances @ given)).sum(axis=0)
    return weighed(pairable, spread / _others(tally)), expected


_DISAGREEMENT = {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval, "ratio": _ratio_measure}


def _relative(one: Floats, other: Floats) -> Floats:
    return np.nan_to_num(ratio(one - other, one + other)) ** 2


def _others(tally: Tally) -> Floats:
    return np.maximum(tally.sizes - 1, 1)


def _spread(tally: Tally) -> Floats:
    """Sum of squared differences over ordered pairs of answers of each pattern."""
    return 2 * (tally.sizes * tally.squares - tally.sums**2)
