"""How well predictions meet references: every figure as a function of how often each item is drawn."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from annotate.coefficients import NEGLIGIBLE, ratio
from annotate.pairs import sums_by

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

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

    def figures(self, weights: "Floats") -> dict[str, "Floats"]:
        """Every figure by its name, one number per replicate, from weights (replicates by items)."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers predicted against numbers; `rows` is the item each pair is about."""

    rows: "Ints"
    reference: "Floats"
    prediction: "Floats"

    def figures(self, weights: "Floats") -> dict[str, "Floats"]:
        """Pearson, CCC, MAE and RMSE from sums over pairs, Spearman from mid-ranks."""
        import numpy as np

        n, one, other, ones, others, product, apart, squared = self._sums(weights)
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
    def _columns(self) -> "Floats":
        import numpy as np

        if not len(self.rows):
            return np.zeros((0, 8))
        x, y = self.reference - self.reference.mean(), self.prediction - self.prediction.mean()
        apart = self.reference - self.prediction
        return np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y, abs(apart), apart**2], axis=1)

    def _sums(self, weights: "Floats") -> "Floats":
        by_item = sums_by(self.rows, weights.shape[1]) @ self._columns
        sums: Floats = (weights @ by_item).T
        return sums

    def _spearman(self, weights: "Floats") -> "Floats":
        """Pearson's correlation of mid-ranks among the pairs as drawn."""
        import numpy as np

        (left, left_squares), (right, right_squares) = (self._ranks(side, weights) for side in self._levels)
        together = np.einsum("bp,bp,bp->b", weights[:, self.rows], left, right)
        return ratio(together, np.sqrt(left_squares * right_squares))

    @cached_property
    def _levels(self) -> "tuple[tuple[Ints, int], tuple[Ints, int]]":
        import numpy as np

        found = [np.unique(side, return_inverse=True) for side in (self.reference, self.prediction)]
        (one, left), (other, right) = found
        return (left, len(one)), (right, len(other))

    def _ranks(self, side: "tuple[Ints, int]", weights: "Floats") -> tuple["Floats", "Floats"]:
        """The mid-rank of every pair about the mean rank, and the sum of their squares; NaN where all are equal."""
        import numpy as np

        level, count = side
        drawn = (sums_by(level, count) @ weights[:, self.rows].T).T
        ranks = np.cumsum(drawn, axis=1) - (drawn + drawn.sum(axis=1, keepdims=True)) / 2
        squares = (drawn * ranks**2).sum(axis=1)
        varied = (drawn > 0).sum(axis=1) > 1
        return ranks[:, level], np.where(varied, squares, np.nan)


@dataclass(frozen=True, eq=False)
class Categories:
    """Categories predicted against categories, by code; a tied reference stands in several rows that share one."""

    rows: "Ints"
    reference: "Ints"
    prediction: "Ints"
    shares: "Floats"
    count: int

    def figures(self, weights: "Floats") -> dict[str, "Floats"]:
        """Accuracy, unweighted average recall (plain, and rescaled to 0 at chance) and macro F1.

        Recall is averaged over the categories that occur among the references, F1 over those that occur at all. The
        unweighted average recall is what others call balanced accuracy.
        """
        import numpy as np

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

    def by_category(self, weights: "Floats") -> tuple["Floats", "Floats"]:
        """Recall and F1 of each category (replicates by categories); NaN where a category does not occur."""
        import numpy as np

        table = self.confusion(weights)
        hits = np.einsum("bkk->bk", table)
        given, said = table.sum(axis=2), table.sum(axis=1)
        return ratio(hits, given), ratio(2 * hits, given + said)

    def confusion(self, weights: "Floats") -> "Floats":
        """How often each reference (second axis) met each prediction (third axis), per replicate."""
        from scipy.sparse import csr_array

        cell = self.reference * self.count + self.prediction
        table = csr_array((self.shares, (cell, self.rows)), shape=(self.count**2, weights.shape[1]))
        counts: Floats = (table @ weights.T).T
        return counts.reshape(len(weights), self.count, self.count)


@dataclass(frozen=True, eq=False)
class AgainstRaters:
    """Predictions against each rater alone: kappa with every rater who shares items with them, then the mean.

    On a scale, `reference` and `prediction` hold numbers and kappa has quadratic weights; for a choice they hold codes
    of `count` categories and kappa is Cohen's plain one. It compares with the mean kappa between two raters.
    """

    rows: "Ints"
    raters: "Ints"
    reference: "Floats"
    prediction: "Floats"
    count: int = 0

    def figures(self, weights: "Floats") -> dict[str, "Floats"]:
        """The mean over raters of kappa with quadratic weights (scales) or without weights (choices)."""
        if not len(self.rows):
            return {}
        return {"kappa": self._plain(weights)} if self.count else {"kappa_quadratic": self._quadratic(weights)}

    @property
    def _width(self) -> int:
        return int(self.raters.max()) + 1

    def _by_rater(self, column: "Floats", weights: "Floats", place: "Ints", width: int) -> "Floats":
        from scipy.sparse import csr_array

        table = csr_array((column, (place, self.rows)), shape=(width, weights.shape[1]))
        sums: Floats = (table @ weights.T).T
        return sums

    def _quadratic(self, weights: "Floats") -> "Floats":
        """1 - mean square / mean square expected from the margins (Cohen 1968): on equal steps, Lin's coefficient."""
        import numpy as np

        middle = float(np.median(self.reference))
        x, y = self.reference - middle, self.prediction - middle
        columns = (np.ones(len(x)), x, y, x * x + y * y, (x - y) ** 2)
        n, one, other, squares, apart = (
            self._by_rater(column, weights, self.raters, self._width) for column in columns
        )
        chance = squares - 2 * ratio(one * other, n)
        return _mean(1 - ratio(apart, np.where(chance > NEGLIGIBLE * squares, chance, np.nan)))

    def _plain(self, weights: "Floats") -> "Floats":
        import numpy as np

        cell = (self.raters * self.count + self.reference.astype(np.int64)) * self.count
        place, width = cell + self.prediction.astype(np.int64), self._width * self.count**2
        flat = self._by_rater(np.ones(len(self.rows)), weights, place, width)
        table = flat.reshape(len(weights), self._width, self.count, self.count)
        n = table.sum(axis=(2, 3))
        agreed = ratio(np.einsum("brkk->br", table), n)
        chance = ratio((table.sum(axis=2) * table.sum(axis=3)).sum(axis=2), n**2)
        return _mean(ratio(agreed - chance, 1 - chance))


def calibrated(prediction: "Floats", human: "Floats") -> "Floats":
    """Predictions moved onto the distribution of human answers, rank by rank; equal predictions stay equal.

    The mid-rank share of a prediction is looked up among the sorted human answers (nearest rank).
    """
    import numpy as np
    from scipy.stats import rankdata

    if not len(prediction) or not len(human):
        return prediction
    share = (rankdata(prediction) - 0.5) / len(prediction)
    place = np.minimum((share * len(human)).astype(np.int64), len(human) - 1)
    moved: Floats = np.sort(human)[place]
    return moved


def _spread(n: "Floats", total: "Floats", squares: "Floats") -> "Floats":
    """The variance (divided by n) of numbers whose sum and sum of squares are known."""
    import numpy as np

    return np.maximum(ratio(n * squares - total**2, n**2), 0)


def _positive(spread: "Floats", squares: "Floats", n: "Floats") -> "Floats":
    """A variance, NaN where it is nothing but rounding."""
    import numpy as np

    return np.where(spread * n > NEGLIGIBLE * squares, spread, np.nan)


def _mean(numbers: "Floats") -> "Floats":
    """The mean over the last axis of what is defined."""
    import numpy as np

    defined = np.isfinite(numbers)
    return ratio(np.where(defined, numbers, 0).sum(axis=-1), defined.sum(axis=-1).astype(float))
