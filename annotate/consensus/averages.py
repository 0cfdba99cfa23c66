"""Consensus on scales: mean, median, trimmed mean and the evaluator weighted estimator."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotate.agreement.coefficients import ratio, variation
from annotate.answers.votes import Votes
from annotate.arrays import Floats, Ints
from annotate.consensus.outcome import Consensus, outcome, signed, vote_shares

Deviation = Literal["population", "sample"]


def mean(votes: Votes, deviation: Deviation = "population") -> Consensus:
    """The plain mean of the answers; the deviation is that of the population (n) unless "sample" (n - 1) is asked."""
    method = signed(mean, "mean@1", deviation=deviation)
    return outcome(votes, method, vote_shares(votes), value=_means(votes), deviation=_spread(votes, deviation))


def median(votes: Votes, deviation: Deviation = "population") -> Consensus:
    """The median, halfway between the middle two of an even number; the deviation is taken about the mean."""
    rows, starts = _ascending(votes)
    low, high = starts + (votes.sizes - 1) // 2, starts + votes.sizes // 2
    middle = (votes.values[rows[low]] + votes.values[rows[high]]) / 2
    method = signed(median, "median@1", deviation=deviation)
    return outcome(votes, method, vote_shares(votes), value=middle, deviation=_spread(votes, deviation))


def trimmed(votes: Votes, share: float = 0.1, deviation: Deviation = "population") -> Consensus:
    """The mean without the lowest and highest `share` of the answers (rounded down to whole answers at each end).

    The deviation is that of all answers. Raises ValueError unless 0 <= share < 0.5.
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"share must be at least 0 and below 0.5 at each end, not {share}")
    rows, starts = _ascending(votes)
    # a whisker more, so that 0.3 of 10 answers are 3 and not 2
    cut = np.floor(votes.sizes * share + 1e-9).astype(np.int64)
    items = votes.items[rows]
    place = np.arange(len(votes)) - starts[items]
    kept = (place >= cut[items]) & (place < (votes.sizes - cut)[items])
    value = _sums(votes, votes.values[rows] * kept, items) / (votes.sizes - 2 * cut)
    method = signed(trimmed, "trimmed@1", share=share, deviation=deviation)
    return outcome(votes, method, vote_shares(votes), value=value, deviation=_spread(votes, deviation))


def ewe(votes: Votes) -> Consensus:
    """The evaluator weighted estimator (Grimm & Kroschel 2005): answers weighed by their rater's reliability.

    The deviation is the weighted population deviation. An item answered only by raters of no weight has no value.
    Raises ValueError where nobody knows who answered.
    """
    weights = reliability(votes)[votes.raters]
    total = _sums(votes, weights, votes.items)
    value = ratio(_sums(votes, weights * votes.values, votes.items), total)
    apart = (votes.values - np.nan_to_num(value)[votes.items]) ** 2
    deviation = np.sqrt(ratio(_sums(votes, weights * apart, votes.items), total))
    return outcome(votes, "ewe@1", vote_shares(votes), value=value, deviation=deviation)


def reliability(votes: Votes) -> Floats:
    """Every rater's correlation with the mean of all raters over the items they answered, in order of rater.

    Negative ones, and those of raters without variation or with fewer than two items, are zero.
    """
    if len(votes) and not votes.rater_ids:
        raise ValueError("weights need to know who answered")
    raters = len(votes.rater_ids)
    middle = float(np.median(votes.values)) if len(votes) else 0.0
    own, others = votes.values - middle, _means(votes)[votes.items] - middle
    n, x, y, xx, yy, xy = (
        np.bincount(votes.raters, column, raters).astype(float, copy=False)
        for column in (np.ones(len(votes)), own, others, own**2, others**2, own * others)
    )
    found = ratio(n * xy - x * y, np.sqrt(variation(n, x, xx) * variation(n, y, yy)))
    return np.clip(np.nan_to_num(found), 0, 1)


def _means(votes: Votes) -> Floats:
    return _sums(votes, votes.values, votes.items) / votes.sizes


def _spread(votes: Votes, deviation: Deviation) -> Floats:
    if deviation not in ("population", "sample"):
        raise ValueError(f"deviation is population or sample, not {deviation!r}")
    squares = _sums(votes, (votes.values - _means(votes)[votes.items]) ** 2, votes.items)
    return np.sqrt(ratio(squares, (votes.sizes - (deviation == "sample")).astype(float)))


def _sums(votes: Votes, numbers: NDArray[np.generic], items: NDArray[np.integer]) -> Floats:
    return np.bincount(items, numbers, len(votes.item_ids)).astype(float, copy=False)


def _ascending(votes: Votes) -> tuple[Ints, Ints]:
    """Rows in order of item, then value, and where each item starts among them."""
    return np.lexsort((votes.values, votes.items)), np.cumsum(votes.sizes) - votes.sizes
