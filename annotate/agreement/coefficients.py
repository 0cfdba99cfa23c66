"""The coefficients of agreement as formulas over weighted patterns of answers, many replicates at a time."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from annotate.votes import Counts, Votes, pairs_within
from schemas.scheme import Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NEGLIGIBLE = 1e-12  # a variance this small against the mean square is rounding, not difference
TABLE = 4_000_000  # distances between levels held at once


@dataclass(frozen=True, eq=False)
class Tally:
    """Items with the same answers, whoever gave them, counted together as one pattern.

    Every coefficient takes `weights` (replicates by patterns): how often each pattern occurs. `times` is what did.
    """

    counts: Counts
    levels: "Floats"
    measure: Measure
    pattern: "Ints"

    @cached_property
    def times(self) -> "Floats":
        """How many items show each pattern: one row of weights."""
        import numpy as np

        return np.bincount(self.pattern, minlength=len(self.sizes)).astype(float)[None, :]

    @property
    def sizes(self) -> "Floats":
        """Answers per item of each pattern."""
        return self.counts.sizes

    @cached_property
    def several(self) -> "Floats":
        """One for a pattern of two or more answers, else zero."""
        return (self.sizes >= 2).astype(float)

    @cached_property
    def matrix(self) -> Any:
        """Counts as a sparse matrix, patterns by levels."""
        return self.sparse(self.counts.counts)

    def sparse(self, entries: "Floats") -> Any:
        """A sparse matrix, patterns by levels, with these numbers in place of the counts."""
        from scipy.sparse import csr_array

        shape = (len(self.sizes), len(self.levels))
        return csr_array((entries, self.counts.levels, self.counts.starts), shape=shape)

    @cached_property
    def agreeing(self) -> "Floats":
        """The share of agreeing pairs among the answers of each pattern (zero where there is no pair)."""
        import numpy as np

        pairs: Floats = np.maximum(self.sizes * (self.sizes - 1), 1)
        return self.counts.sums(self.counts.counts * (self.counts.counts - 1)) / pairs

    def apart(self, level: int) -> "Tally":
        """The same items, in the same patterns, with only this level (1) against all others (0)."""
        import numpy as np

        hit = np.bincount(self.counts.rows, self.counts.counts * (self.counts.levels == level), len(self.sizes))
        return tally_of(np.stack([self.sizes - hit, hit], axis=1), self.pattern)


def tally(votes: Votes) -> Tally:
    """The patterns of answers of some votes."""
    import numpy as np

    pattern = _patterns(votes)
    _, first = np.unique(pattern, return_index=True)
    counts = votes.counts
    lengths = np.diff(counts.starts)[first]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    entries = np.repeat(counts.starts[first] - starts[:-1], lengths) + np.arange(starts[-1])
    return Tally(Counts(starts, counts.levels[entries], counts.counts[entries]), votes.levels, votes.measure, pattern)


def tally_of(rows: "NDArray[Any]", pattern: "Ints") -> Tally:
    """A nominal tally from a table of counts (patterns by levels) and the pattern of every item."""
    import numpy as np

    places, levels = np.nonzero(rows)
    starts = np.searchsorted(places, np.arange(len(rows) + 1))
    counts = Counts(starts, levels.astype(np.int32), rows[places, levels].astype(np.float64))
    return Tally(counts, np.arange(rows.shape[1], dtype=np.float64), "nominal", pattern)


def raw(tally: Tally, weights: "Floats") -> "Floats":
    """Mean share of agreeing pairs of answers over items with two or more (Gwet's p_a, Fleiss' P)."""
    return ratio(weights @ (tally.agreeing * tally.several), weights @ tally.several)


def alpha(tally: Tally, weights: "Floats", measure: Measure) -> "Floats":
    """Krippendorff's alpha, 1 - D_o / D_e over pairable answers (Krippendorff 2011); NaN where all are equal."""
    import numpy as np

    pairable = weights * tally.several
    given = (tally.matrix.T @ pairable.T).T
    observed, expected = _DISAGREEMENT[measure](tally, pairable, given)
    varied = (given > 0).sum(axis=1) > 1
    return 1 - ratio(observed * (given.sum(axis=1) - 1), np.where(varied, expected, np.nan))


def gwet(tally: Tally, weights: "Floats", measure: Measure) -> "Floats":
    """Gwet's AC1 (nominal) or AC2 with quadratic weights (other measures), Gwet 2014, chapters 4 and 5.

    Chance agreement is T_w / (q (q - 1)) * sum of p_k (1 - p_k), with q the levels that could be given; NaN for q < 2.
    """
    import numpy as np

    levels, count = tally.levels, len(tally.levels)
    if count < 2:
        return np.full(len(weights), np.nan)
    shares = tally.sparse(tally.counts.counts / tally.sizes[tally.counts.rows])
    prevalence = ratio((shares.T @ weights.T).T, weights.sum(axis=1)[:, None])
    agreed, alike = raw(tally, weights), float(count)
    if measure != "nominal":
        reach = float(levels[-1] - levels[0]) ** 2
        apart = _spread(tally, levels) / np.maximum(tally.sizes * (tally.sizes - 1), 1) / reach
        agreed = 1 - ratio(weights @ (apart * tally.several), weights @ tally.several)
        alike = count**2 - 2 * (count * float((levels**2).sum()) - float(levels.sum()) ** 2) / reach
    chance = alike / (count * (count - 1)) * (prevalence * (1 - prevalence)).sum(axis=1)
    return ratio(agreed - chance, 1 - chance)


def fleiss(tally: Tally, weights: "Floats", size: int) -> "Floats":
    """Fleiss' kappa (1971) over the items with exactly `size` answers; NaN where all answers are equal."""
    fixed = weights * (tally.sizes == size)
    given = (tally.matrix.T @ fixed.T).T
    chance = (ratio(given, given.sum(axis=1)[:, None]) ** 2).sum(axis=1)
    return ratio(raw(tally, fixed) - chance, 1 - chance)


def commonest_size(tally: Tally) -> int:
    """The number of answers, two or more, that most items have (the larger of equals); 0 without such items."""
    import numpy as np

    items = np.bincount(tally.sizes.astype(int), weights=tally.times[0] * tally.several)
    return 0 if items.sum() == 0 else len(items) - 1 - int(np.argmax(items[::-1]))


def ceiling(tally: Tally, weights: "Floats") -> "Floats":
    """How often an answer equals the majority of the other answers to its item; k tied leaders count 1/k each."""
    import numpy as np

    counts, rows = tally.counts, tally.counts.rows
    top = counts.peaks()
    leads = counts.counts == top[rows]
    rest = Counts(counts.starts, counts.levels, np.where(leads, 0, counts.counts))
    second = rest.peaks()
    seconds = rest.sums((rest.counts == second[rows]).astype(float) * (second[rows] > 0))
    # an answer can meet the majority of the others only if its level leads alone
    alone = counts.sums(leads.astype(float)) == 1
    hits = alone * top * np.where(top - 1 > second, 1, 1 / (1 + seconds))
    return ratio(weights @ (hits * tally.several), weights @ (tally.sizes * tally.several))


def ceiling_on_scale(tally: Tally, weights: "Floats") -> tuple["Floats", "Floats"]:
    """Pearson correlation and mean absolute error between each answer and the mean of the others to its item."""
    import numpy as np

    levels = tally.levels - _middle(tally.levels)
    others = np.maximum(tally.sizes - 1, 1)
    sums, squares = tally.matrix @ levels, tally.matrix @ levels**2
    value = levels[tally.counts.levels]
    rows = tally.counts.rows
    errors = tally.counts.sums(tally.counts.counts * abs(value - (sums[rows] - value) / others[rows]))
    products = (sums**2 - squares) / others
    means = ((tally.sizes - 2) * sums**2 + squares) / others**2
    columns = np.stack([tally.sizes, sums, squares, products, means, errors], axis=1)
    n, total, own, cross, other, error = (weights @ (columns * tally.several[:, None])).T
    spread = variation(n, total, own) * variation(n, total, other)
    return ratio(n * cross - total**2, np.sqrt(spread)), ratio(error, n)


def ratio(above: "Floats", below: "Floats") -> "Floats":
    """A quotient that is NaN where nothing stands below the line."""
    import numpy as np

    quotient = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=quotient, where=np.broadcast_to(below != 0, quotient.shape))
    return quotient


def variation(n: "Floats", total: "Floats", squares: "Floats") -> "Floats":
    """n times the sum of squared deviations from the mean; NaN where it is nothing but rounding."""
    import numpy as np

    spread = n * squares - total**2
    return np.where(spread > NEGLIGIBLE * n * squares, spread, np.nan)


def _nominal(tally: Tally, pairable: "Floats", given: "Floats") -> tuple["Floats", "Floats"]:
    total = given.sum(axis=1)
    return pairable @ (tally.sizes * (1 - tally.agreeing)), total**2 - (given**2).sum(axis=1)


def _interval(tally: Tally, pairable: "Floats", given: "Floats") -> tuple["Floats", "Floats"]:
    levels = tally.levels - _middle(tally.levels)
    expected = 2 * (given.sum(axis=1) * (given @ levels**2) - (given @ levels) ** 2)
    return pairable @ (_spread(tally, levels) / _others(tally)), expected


def _ordinal(tally: Tally, pairable: "Floats", given: "Floats") -> tuple["Floats", "Floats"]:
    """Ordinal distance is the squared difference of mid-ranks among all pairable answers."""
    import numpy as np

    total = given.sum(axis=1, keepdims=True)
    ranks = np.cumsum(given, axis=1) - (given + total) / 2
    sums, squares = tally.matrix @ ranks.T, tally.matrix @ (ranks**2).T
    spread = 2 * (tally.sizes[:, None] * squares - sums**2) / _others(tally)[:, None]
    expected = 2 * total[:, 0] * (given * ranks**2).sum(axis=1)
    return np.einsum("bp,pb->b", pairable, spread), expected


def _ratio_measure(tally: Tally, pairable: "Floats", given: "Floats") -> tuple["Floats", "Floats"]:
    """Ratio distance needs every pair of levels: quadratic time in their number, taken in blocks."""
    import numpy as np

    counts = tally.counts
    left, right = pairs_within(counts.starts)
    near = counts.counts[left] * counts.counts[right]
    near = near * _relative(tally.levels[counts.levels[left]], tally.levels[counts.levels[right]])
    spread = 2 * np.bincount(counts.rows[left], weights=near, minlength=len(tally.sizes))
    expected = np.zeros(len(given))
    step = max(1, TABLE // max(len(tally.levels), 1))
    for first in range(0, len(tally.levels), step):
        block = slice(first, first + step)
        distances = _relative(tally.levels[block, None], tally.levels[None, :])
        expected += (given[:, block] * (given @ distances.T)).sum(axis=1)
    return pairable @ (spread / _others(tally)), expected


_DISAGREEMENT = {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval, "ratio": _ratio_measure}


def _relative(one: "Floats", other: "Floats") -> "Floats":
    import numpy as np

    return np.nan_to_num(ratio(one - other, one + other)) ** 2


def _others(tally: Tally) -> "Floats":
    import numpy as np

    return np.maximum(tally.sizes - 1, 1)


def _spread(tally: Tally, levels: "Floats") -> "Floats":
    """Sum of squared differences over ordered pairs of answers of each pattern."""
    levels = levels - _middle(levels)
    sums: Floats = tally.matrix @ levels
    squares: Floats = tally.matrix @ levels**2
    return 2 * (tally.sizes * squares - sums**2)


def _middle(levels: "Floats") -> float:
    return float(levels[len(levels) // 2])


def _patterns(votes: Votes) -> "Ints":
    """The same number for items with the same multiset of answers; refined answer by answer."""
    import numpy as np

    codes = votes.codes[np.lexsort((votes.codes, votes.items))].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(votes.sizes)])[:-1]
    group = np.zeros(len(votes.item_ids), np.int64)
    for place in range(int(votes.sizes.max(initial=0))):
        longer = np.flatnonzero(votes.sizes > place)
        keys = group[longer] * len(votes.levels) + codes[starts[longer] + place]
        _, refined = np.unique(keys, return_inverse=True)
        group[longer] = refined + len(group) * (place + 1)  # apart from the items that ended earlier
    _, pattern = np.unique(group, return_inverse=True)
    return pattern
