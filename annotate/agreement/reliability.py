"""Reliability of numbers given by the same raters: intraclass correlation and Cronbach's alpha."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from annotate.agreement.coefficients import NEGLIGIBLE, ratio, weighed
from annotate.agreement.pairs import PairMean
from annotate.agreement.sums import moments_by
from annotate.agreement.tallies import about_median
from annotate.answers.votes import NOBODY, Votes
from annotate.arrays import Floats, Ints, renumbered


def crossed(votes: Votes) -> tuple[Ints, Floats]:
    """The items that every rater answered, and their answers (items by raters)."""
    raters = len(votes.rater_ids)
    complete = (votes.sizes == raters) & (raters > 0)
    # rows stand in order of item, then rater
    return np.flatnonzero(complete), votes.levels[votes.codes[complete[votes.items]]].reshape(-1, max(raters, 1))


def icc(answers: Floats, times: Floats) -> tuple[Floats, Floats]:
    """ICC(2,1) and ICC(2,k), two-way random, absolute agreement (Shrout & Fleiss 1979), per replicate.

    `answers` are items by raters without gaps, `times` weights of the items (replicates by items). NaN with fewer
    than two raters or items, or where no answer differs.
    """
    raters = answers.shape[1]
    if raters < 2 or len(answers) < 2:
        return np.full(len(times), np.nan), np.full(len(times), np.nan)
    answers = answers - np.median(answers)
    items = times.sum(axis=1)
    item_means = answers.mean(axis=1)
    rater_means = ratio(np.stack([weighed(times, column) for column in answers.T], axis=1), items[:, None])
    correction = items * raters * rater_means.mean(axis=1) ** 2
    squares = weighed(times, (answers**2).sum(axis=1))
    total = np.where(squares - correction > NEGLIGIBLE * squares, squares - correction, np.nan)
    between = raters * weighed(times, item_means**2) - correction
    leaning = items * (rater_means**2).sum(axis=1) - correction
    item_square, rater_square = ratio(between, items - 1), leaning / (raters - 1)
    error = ratio(total - between - leaning, (items - 1) * (raters - 1))
    bias = ratio(rater_square - error, items)
    single = ratio(item_square - error, item_square + (raters - 1) * error + raters * bias)
    return single, ratio(item_square - error, item_square + bias)


@dataclass(frozen=True, eq=False)
class Variances:
    """The sample variance (n - 1) of every rater's answers, as a function of how often each item is drawn."""

    votes: Votes

    @cached_property
    def _tables(self) -> tuple[Any, Any]:
        """How often an entry (a rater and a level) occurs in each item, and what sums entries up for each rater."""
        votes, width = self.votes, max(len(self.votes.levels), 1)
        known = votes.raters != NOBODY
        answers = votes.raters[known].astype(np.int64) * width + votes.codes[known]
        keys, entry = renumbered(answers, len(votes.rater_ids) * width)
        entries = csr_array((np.ones(len(entry)), (entry, votes.items[known])), (len(keys), len(votes.item_ids)))
        values = about_median(votes.levels, np.bincount(votes.codes, minlength=width))
        return entries, moments_by(keys // width, values[keys % width], len(votes.rater_ids))

    def of(self, items: Floats) -> Floats:
        """Raters by replicates, from weights of items (replicates by items)."""
        entries, moments = self._tables
        n, x, squares = np.split(moments @ (entries @ np.ascontiguousarray(items.T)), 3)
        return ratio(squares - ratio(x**2, n), n - 1)


def variances(votes: Votes) -> Variances:
    """The variances of all raters."""
    return Variances(votes)


def cronbach(own: Floats, covariance: PairMean) -> Floats:
    """Cronbach's alpha (1951) with raters as the parts of the sum, per replicate.

    `own` are the variances of the raters (raters by replicates), the covariance of two raters is that over the items
    they share. NaN unless it is defined for every two raters.
    """
    raters = len(own)
    if raters < 2:
        return np.full(own.shape[1], np.nan)
    pairs = raters * (raters - 1)
    alone = own.sum(axis=0)
    total = alone + np.where(covariance.defined * 2 == pairs, pairs * covariance.mean, np.nan)
    return raters / (raters - 1) * (1 - ratio(alone, np.where(abs(total) > NEGLIGIBLE * alone, total, np.nan)))
