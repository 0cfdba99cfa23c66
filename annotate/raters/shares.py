"""Shares and differences of means with their 95 % intervals; the answers to one ask are one observation."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from annotate.arrays import Floats, Ints

NORMAL_95 = 1.959963984540054  # the 97.5 % point of the normal distribution


@dataclass(frozen=True)
class Share:
    """A share between 0 and 1 of `n` observations with its 95 % interval; None where there are none."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """Two means, and the difference between them with its 95 % interval.

    `difference` need not be `after` minus `before`: it may be adjusted for how hard the items were.
    """

    before: float
    after: float
    n_before: int
    n_after: int
    difference: float
    low: float
    high: float


def share(hits: float, n: int) -> Share:
    """The share of hits among n observations with Wilson's score interval (1927), which stays between 0 and 1."""
    if n == 0:
        return Share(None, 0)
    value, square = hits / n, NORMAL_95**2
    middle = (value + square / (2 * n)) / (1 + square / n)
    reach = NORMAL_95 / (1 + square / n) * float(value * (1 - value) / n + square / (4 * n**2)) ** 0.5
    return Share(value, n, max(0.0, middle - reach), min(1.0, middle + reach))


def share_apart(hits: int, n: int, other_hits: int, other_n: int) -> tuple[float, float, float] | None:
    """One share minus another with Newcombe's hybrid score interval; None where one of them is of nothing.

    Method 10 of Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    ours, theirs = share(hits, n), share(other_hits, other_n)
    if ours.value is None or theirs.value is None:
        return None
    low, high = (ours.low or 0.0, ours.high or 0.0), (theirs.low or 0.0, theirs.high or 0.0)
    apart = ours.value - theirs.value
    down = ((ours.value - low[0]) ** 2 + (high[1] - theirs.value) ** 2) ** 0.5
    up = ((low[1] - ours.value) ** 2 + (theirs.value - high[0]) ** 2) ** 0.5
    return apart, apart - down, apart + up


def mean_share(scores: Floats, clusters: Ints) -> Share:
    """The mean of scores between 0 and 1 (NaN: not known) over clusters, each cluster one observation.

    Wilson's interval is too wide rather than too narrow here: no score between 0 and 1 varies more than a hit or miss.
    """
    means = cluster_means(scores, clusters)
    return share(float(means.sum()), len(means))


def cluster_means(scores: Floats, clusters: Ints) -> Floats:
    """The mean score of every cluster that has one, in order of the clusters."""
    known = np.isfinite(scores)
    _, place = np.unique(clusters[known], return_inverse=True)
    return np.asarray(np.bincount(place, scores[known]) / np.maximum(np.bincount(place), 1))


def difference(before: Floats, after: Floats) -> Difference | None:
    """The mean of `after` minus the mean of `before` with Welch's interval (1947); None with fewer than two of each."""
    if min(len(before), len(after)) < 2:
        return None
    parts = np.array([before.var(ddof=1) / len(before), after.var(ddof=1) / len(after)])
    means, reach = (float(before.mean()), float(after.mean())), 0.0
    if parts.sum() > 0:
        freedom = parts.sum() ** 2 / (parts**2 / (np.array([len(before), len(after)]) - 1)).sum()
        reach = float(stdtrit(freedom, 0.975)) * float(parts.sum()) ** 0.5
    apart = means[1] - means[0]
    return Difference(*means, len(before), len(after), apart, apart - reach, apart + reach)


def around(numbers: Floats) -> tuple[float, float, float] | None:
    """The mean of numbers with Student's interval; None with fewer than two of them."""
    if len(numbers) < 2:
        return None
    mean = float(numbers.mean())
    reach = float(stdtrit(len(numbers) - 1, 0.975) * numbers.std(ddof=1) / np.sqrt(len(numbers)))
    return mean, mean - reach, mean + reach
