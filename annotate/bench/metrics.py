"""How well predictions meet references: every metric as a function of how often each item is drawn."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import rankdata

from annotate.agreement import pairs
from annotate.agreement.coefficients import NEGLIGIBLE, mean_of_defined, ratio
from annotate.agreement.sums import sums_by
from annotate.arrays import Floats, Ints

Better = Literal["higher", "lower"]
BETTER: dict[str, Better] = {
    **dict.fromkeys(("kappa_quadratic", "spearman", "pearson", "ccc"), "higher"),
    **dict.fromkeys(("mae", "rmse"), "lower"),
    **dict.fromkeys(("accuracy", "uar", "uar_over_chance", "macro_f1", "recall", "f1", "kappa"), "higher"),
    **dict.fromkeys(("js", "emd", "cosine", "cross_entropy"), "lower"),
}


class Judged(Protocol):
    """Predictions beside their references, from which metrics follow for any weights of items."""

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
        if not len(self.rows):
            return dict.fromkeys(("spearman", "pearson", "ccc", "mae", "rmse"), np.full(len(weights), np.nan))
        weights = weights[:, : len(self._by_item)]
        n, x, y, xx, yy, xy, apart, squared = (weights @ self._by_item).T
        left, right = _variance(n, x, xx), _variance(n, y, yy)
        covariance = ratio(n * xy - x * y, n**2)
        gap = ratio(x - y, n) + float(self.reference.mean() - self.prediction.mean())
        (spearman,) = pairs.means(self._pair, weights, [pairs.spearman])
        return {
            "spearman": spearman.mean,
            "pearson": ratio(covariance, np.sqrt(_positive(left, xx, n) * _positive(right, yy, n))),
            "ccc": ratio(2 * covariance, left + right + gap**2),
            "mae": ratio(apart, n),
            "rmse": np.sqrt(ratio(squared, n)),
        }

    @cached_property
    def _by_item(self) -> Floats:
        """n, x, y, x^2, y^2, x y, |x - y| and (x - y)^2 summed over the pairs of each item.

        In the first five sums both sides are taken about their means, so that squares keep their digits.
        """
        x, y = self.reference - self.reference.mean(), self.prediction - self.prediction.mean()
        apart = self.reference - self.prediction
        columns = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y, abs(apart), apart**2], axis=1)
        return np.asarray(sums_by(self.rows, int(self.rows.max()) + 1) @ columns)

    @cached_property
    def _pair(self) -> pairs.Pairs:
        """References and predictions as the answers of one pair of raters."""
        return pairs.paired(np.zeros_like(self.rows), self.reference, self.prediction, self.rows)


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
        recall, f1 = _recall_and_f1(table)
        uar = mean_of_defined(recall, axis=1)
        chance = ratio(np.ones(len(table)), np.isfinite(recall).sum(axis=1).astype(float))
        return {
            "accuracy": ratio(np.einsum("bkk->b", table), table.sum(axis=(1, 2))),
            "uar": uar,
            "uar_over_chance": ratio(uar - chance, 1 - chance),
            "macro_f1": mean_of_defined(f1, axis=1),
        }

    def by_category(self, weights: Floats) -> tuple[Floats, Floats]:
        """Recall and F1 of each category (replicates by categories); NaN where a category does not occur."""
        return _recall_and_f1(self.confusion(weights))

    def confusion(self, weights: Floats) -> Floats:
        """How often each reference (second axis) met each prediction (third axis), per replicate."""
        counts = np.asarray((self._cells @ weights[:, : self._cells.shape[1]].T).T)
        return counts.reshape(len(weights), self.count, self.count)

    @cached_property
    def _cells(self) -> Any:
        """What each item adds to each cell of the table: cells by items, sparse."""
        cell = self.reference * self.count + self.prediction
        return csr_array((self.shares, (cell, self.rows)), shape=(self.count**2, int(self.rows.max(initial=-1)) + 1))


@dataclass(frozen=True, eq=False)
class PairKappa:
    """The mean over pairs of raters of Cohen's kappa, on a scale with quadratic weights.

    The pairs are two people, or a person and a model; `rows` gives the item of the benchmark for each item of theirs.
    """

    pairs: pairs.Pairs
    rows: Ints
    is_choice: bool

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Plain kappa for a choice, kappa with quadratic weights for a scale."""
        name, kappa = ("kappa", pairs.cohen) if self.is_choice else ("kappa_quadratic", pairs.cohen_quadratic)
        (over_pairs,) = pairs.means(self.pairs, weights[:, self.rows], [kappa])
        return {name: over_pairs.mean}


def kappa_with_raters(rows: Ints, raters: Ints, answers: Floats, predictions: Floats, is_choice: bool) -> PairKappa:
    """Predictions against each rater alone: row by row the item, the rater, the answer and the prediction."""
    _, pair = np.unique(raters, return_inverse=True)
    return PairKappa(pairs.paired(pair, answers, predictions, rows), np.arange(rows.max() + 1), is_choice)


def calibrated(prediction: Floats, human: Floats) -> Floats:
    """Predictions moved onto the distribution of human answers, rank by rank; equal predictions stay equal.

    The mid-rank share of a prediction is looked up among the sorted human answers (nearest rank).
    """
    if not len(prediction) or not len(human):
        return prediction
    share = (rankdata(prediction) - 0.5) / len(prediction)
    place = np.minimum((share * len(human)).astype(np.int64), len(human) - 1)
    return np.asarray(np.sort(human)[place])


def _recall_and_f1(confusion: Floats) -> tuple[Floats, Floats]:
    hits, references = np.einsum("bkk->bk", confusion), confusion.sum(axis=2)
    return ratio(hits, references), ratio(2 * hits, references + confusion.sum(axis=1))


def _variance(n: Floats, total: Floats, squares: Floats) -> Floats:
    """The variance (divided by n) of numbers whose sum and sum of squares are known."""
    return np.maximum(ratio(n * squares - total**2, n**2), 0)


def _positive(spread: Floats, squares: Floats, n: Floats) -> Floats:
    """A variance, NaN where it is nothing but rounding."""
    return np.where(spread * n > NEGLIGIBLE * squares, spread, np.nan)
