"""Rank correlations between raters two at a time."""

from itertools import pairwise

import numpy as np
from scipy.stats import kendalltau

from annotate.agreement.coefficients import ratio, running_sums
from annotate.agreement.pairs import Pairs, Side, Weighed
from annotate.arrays import Floats


def spearman(weighed: Weighed) -> Floats:
    """Spearman's rank correlation with mid-ranks, per pair and replicate; NaN where a rater never varies."""
    left, right = weighed.pairs.left, weighed.pairs.right
    x, x_spread = _ranks(left, weighed.left, weighed.n)
    y, y_spread = _ranks(right, weighed.right, weighed.n)
    others = y.take(right.entry, axis=0)
    others *= weighed.cells
    together = left.gather @ others
    together *= x
    return ratio(left.by_pair @ together, np.sqrt(x_spread * y_spread))


def kendall(pairs: Pairs) -> Floats:
    """Kendall's tau-b per pair, from the tables as they are; NaN where a rater never varies."""
    times = pairs.items.sum(axis=1, dtype=np.int64)
    starts = np.searchsorted(pairs.pair, np.arange(len(pairs.raters) + 1))
    found = np.full(len(pairs.raters), np.nan)
    for place, (begin, end) in enumerate(pairwise(starts)):
        one = np.repeat(pairs.first[begin:end], times[begin:end])
        other = np.repeat(pairs.second[begin:end], times[begin:end])
        found[place] = kendalltau(one, other).statistic
    return found


def _ranks(side: Side, given: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Mid-ranks of a side's entries about their mean, and their sum of squares per pair."""
    ranks = given.copy()
    # sums that go on from pair to pair, taken back at the first entry of each
    ranks[side.starts] -= n / 2
    ranks[side.starts[1:]] -= n[:-1] / 2
    running_sums(ranks)
    ranks -= given / 2
    squares = ranks * ranks
    squares *= given
    return ranks, side.by_pair @ squares
