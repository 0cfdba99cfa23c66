"""How well predictions meet references: every figure as a function of how often each item is drawn."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.stats import rankdata

from annotate.agreement.coefficients import NEGLIGIBLE, ratio
from annotate.agreement.pairs import sums_by
from annotate.arrays import Floats, Ints

Better = Literal["higher", "lower"]
BETTER: dict[str, Better] = {
    "kappa_quadratic": "higher",
    "spearman": "higher",
    "pearson": "higher",
    "ccc": "higher",
    "mae": "lower",
    "rmse": "lower",
    "accuracy": "higher",
    "uar": "higher",
    "uar_over_chance": "higher",
    "macro_f1": "higher",
    "recall": "higher",
    "f1": "higher",
    "kappa": "higher",
    "js": "lower",
    "emd": "lower",
    "cosine": "lower",
    "cross_entropy": "lower",
}


class Judged(Protocol):
    """Predictions beside their references: something that gives figures for weights of items."""

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Every figure by its name, one number per replicate, from weights (replicates by items)."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers predicted against numbers; `rows` is the item each pair is about."""

    rows: Ints
    reference: Floats
    prediction: Floats

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Pearson, CCC, MAE and RMSE from sums over pairs, Spearman from mid-ranks."""
        n, one, other, ones, others, product, apart, squared = (weights[:, : len(self._by_item)] @ self._by_item).T
        left, right = _spread(n, one, ones), _spread(n, other, others)
        between = ratio(n * product - one * other, n**2)
        gap = ratio(one - other, n) + self._gap
        return {
            "spearman": self._spearman(weights),
            "pearson": ratio(between, np.sqrt(_positive(left, ones, n) * _positive(right, others, n))),
            "ccc": ratio(2 * between, left + right + gap**2),
            "mae": ratio(apart, n),
            "rmse": np.sqrt(ratio(squared, n)),
        }

    @cached_property
    def _gap(self) -> float:
        """How far the means lie apart; both sides are moved to a mean of zero so that squares keep their digits."""
        return float(self.reference.mean() - self.prediction.mean()) if len(self.rows) else 0.0

    @cached_property
    def _by_item(self) -> Floats:
        """n, x, y, x^2, y^2, x y, |x - y| and (x - y)^2 summed over the pairs of each item."""
        if not len(self.rows):
            return np.zeros((0, 8))
        x, y = self.reference - self.reference.mean(), self.prediction - self.prediction.mean()
        apart = self.reference - self.prediction
        columns = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y, abs(apart), apart**2], axis=1)
        return np.asarray(sums_by(self.rows, int(self.rows.max()) + 1) @ columns)

    def _spearman(self, weights: Floats) -> Floats:
        """Pearson's correlation of mid-ranks among the pairs as drawn."""
        drawn = np.ascontiguousarray(weights.T)[self.rows]  # rows are copied whole, which is quick
        (left, left_squares), (right, right_squares) = (_ranks(*side, drawn) for side in self._levels)
        together = np.einsum("pb,pb,pb->b", drawn, left, right)
        return ratio(together, np.sqrt(left_squares * right_squares))

    @cached_property
    def _levels(self) -> tuple[tuple[Ints, Any], tuple[Ints, Any]]:
        """Of each side the place of every pair among the distinct numbers, and what sums pairs into those places."""
        found = [np.unique(side, return_inverse=True) for side in (self.reference, self.prediction)]
        left, right = ((level, sums_by(level, len(distinct))) for distinct, level in found)
        return left, right


@dataclass(frozen=True, eq=False)
class Categories:
    """Categories predicted against categories, by code; a tied reference stands in several rows that share one."""

    rows: Ints
    reference: Ints
    prediction: Ints
    shares: Floats
    count: int

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Accuracy, unweighted average recall (plain, and rescaled to 0 at chance) and macro F1.

        Recall is averaged over the categories that occur among the references, F1 over those that occur at all. The
        unweighted average recall is what others call balanced accuracy.
        """
        table = self.confusion(weights)
        hits = np.einsum("bkk->bk", table)
        given, said = table.sum(axis=2), table.sum(axis=1)
        uar = _mean(ratio(hits, given))
        chance = ratio(np.ones(len(table)), (given > 0).sum(axis=1).astype(float))
        return {
            "accuracy": ratio(hits.sum(axis=1), given.sum(axis=1)),
            "uar": uar,
            "uar_over_chance": ratio(uar - chance, 1 - chance),
            "macro_f1": _mean(ratio(2 * hits, given + said)),
        }

    def by_category(self, weights: Floats) -> tuple[Floats, Floats]:
        """Recall and F1 of each category (replicates by categories); NaN where a category does not occur."""
        table = self.confusion(weights)
        hits = np.einsum("bkk->bk", table)
        given, said = table.sum(axis=2), table.sum(axis=1)
        return ratio(hits, given), ratio(2 * hits, given + said)

    def confusion(self, weights: Floats) -> Floats:
        """How often each reference (second axis) met each prediction (third axis), per replicate."""
        counts: Floats = (self._cells @ weights[:, : self._cells.shape[1]].T).T
        return counts.reshape(len(weights), self.count, self.count)

    @cached_property
    def _cells(self) -> Any:
        """What each item adds to each cell of the table: cells by items, sparse."""
        cell = self.reference * self.count + self.prediction
        return csr_array((self.shares, (cell, self.rows)), shape=(self.count**2, _width(self.rows)))


@dataclass(frozen=True, eq=False)
class AgainstRaters:
    """Predictions against each rater alone: kappa with every rater who shares items with them, then the mean.

    On a scale, `reference` and `prediction` hold numbers and kappa has quadratic weights; for a choice they hold codes
    of `count` categories and kappa is Cohen's plain one. It compares with the mean kappa between two raters.
    """

    rows: Ints
    raters: Ints
    reference: Floats
    prediction: Floats
    count: int = 0

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """The mean over raters of kappa with quadratic weights (scales) or without weights (choices)."""
        if not len(self.rows):
            return {}
        return {"kappa": self._plain(weights)} if self.count else {"kappa_quadratic": self._quadratic(weights)}

    @cached_property
    def _raters(self) -> int:
        return _width(self.raters)

    @cached_property
    def _moments(self) -> Any:
        """What each item adds to n, x, y, x^2 + y^2 and (x - y)^2 of every rater, one block of rows after the other."""
        middle = float(np.median(self.reference))  # so that squares keep their digits
        x, y = self.reference - middle, self.prediction - middle
        columns = (np.ones(len(x)), x, y, x * x + y * y, (x - y) ** 2)
        shape = (self._raters, _width(self.rows))
        return csr_array(vstack([csr_array((each, (self.raters, self.rows)), shape=shape) for each in columns]))

    @cached_property
    def _cells(self) -> Any:
        """What each item adds to each cell of each rater's table."""
        cell = (self.raters * self.count + self.reference.astype(np.int64)) * self.count
        place, shape = cell + self.prediction.astype(np.int64), (self._raters * self.count**2, _width(self.rows))
        return csr_array((np.ones(len(place)), (place, self.rows)), shape=shape)

    def _quadratic(self, weights: Floats) -> Floats:
        """1 - mean square / mean square expected from the margins (Cohen 1968): on equal steps, Lin's coefficient."""
        sums = self._moments @ weights[:, : self._moments.shape[1]].T
        n, one, other, squares, apart = np.split(sums.T, 5, axis=1)
        chance = squares - 2 * ratio(one * other, n)
        return _mean(1 - ratio(apart, np.where(chance > NEGLIGIBLE * squares, chance, np.nan)))

    def _plain(self, weights: Floats) -> Floats:
        flat = (self._cells @ weights[:, : self._cells.shape[1]].T).T
        table = flat.reshape(len(weights), self._raters, self.count, self.count)
        n = table.sum(axis=(2, 3))
        agreed = ratio(np.einsum("brkk->br", table), n)
        chance = ratio((table.sum(axis=2) * table.sum(axis=3)).sum(axis=2), n**2)
        return _mean(ratio(agreed - chance, 1 - chance))


def calibrated(prediction: Floats, human: Floats) -> Floats:
    """Predictions moved onto the distribution of human answers, rank by rank; equal predictions stay equal.

    The mid-rank share of a prediction is looked up among the sorted human answers (nearest rank).
    """
    if not len(prediction) or not len(human):
        return prediction
    share = (rankdata(prediction) - 0.5) / len(prediction)
    place = np.minimum((share * len(human)).astype(np.int64), len(human) - 1)
    return np.asarray(np.sort(human)[place])


def _width(places: Ints) -> int:
    return int(places.max()) + 1 if len(places) else 0


def _ranks(level: Ints, gather: Any, drawn: Floats) -> tuple[Floats, Floats]:
    """The mid-rank of every pair about the mean rank (pairs by replicates), and the sum of their squares.

    The sum is NaN where all are equal.
    """
    given = gather @ drawn
    ranks = np.cumsum(given, axis=0) - (given + given.sum(axis=0)) / 2
    squares = np.einsum("lb,lb,lb->b", given, ranks, ranks)
    varied = (given > 0).sum(axis=0) > 1
    return ranks[level], np.where(varied, squares, np.nan)


def _spread(n: Floats, total: Floats, squares: Floats) -> Floats:
    """The variance (divided by n) of numbers whose sum and sum of squares are known."""
    return np.maximum(ratio(n * squares - total**2, n**2), 0)


def _positive(spread: Floats, squares: Floats, n: Floats) -> Floats:
    """A variance, NaN where it is nothing but rounding."""
    return np.where(spread * n > NEGLIGIBLE * squares, spread, np.nan)


def _mean(numbers: Floats) -> Floats:
    """The mean over the last axis of what is defined."""
    defined = np.isfinite(numbers)
    return ratio(np.where(defined, numbers, 0).sum(axis=-1), defined.sum(axis=-1).astype(float))
