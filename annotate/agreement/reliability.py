"""Reliability of numbers given by the same raters: intraclass correlation and Cronbach's alpha."""

from typing import TYPE_CHECKING

from annotate.agreement.coefficients import NEGLIGIBLE, ratio
from annotate.agreement.pairs import sums_by
from annotate.votes import Votes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def crossed(votes: Votes) -> tuple["Ints", "Floats"]:
    """The items that every rater answered, and their answers (items by raters)."""
    import numpy as np

    raters = len(votes.rater_ids)
    items = np.flatnonzero(votes.sizes == raters) if raters else np.zeros(0, np.int64)
    rows = np.isin(votes.items, items)
    # rows stand in order of item, then rater
    return items, votes.levels[votes.codes[rows]].reshape(len(items), raters)


def icc(answers: "Floats", times: "Floats") -> tuple["Floats", "Floats"]:
    """ICC(2,1) and ICC(2,k), two-way random, absolute agreement (Shrout & Fleiss 1979), per replicate.

    `answers` are items by raters without gaps, `times` weights of the items (replicates by items). NaN with fewer
    than two raters or items, or where no answer differs.
    """
    import numpy as np

    raters = answers.shape[1]
    if raters < 2 or len(answers) < 2:
        return np.full(len(times), np.nan), np.full(len(times), np.nan)
    answers = answers - np.median(answers)
    items = times.sum(axis=1)
    item_means = answers.mean(axis=1)
    rater_means = ratio(times @ answers, items[:, None])
    correction = items * raters * rater_means.mean(axis=1) ** 2
    squares = times @ (answers**2).sum(axis=1)
    total = np.where(squares - correction > NEGLIGIBLE * squares, squares - correction, np.nan)
    between = raters * (times @ item_means**2) - correction
    leaning = items * (rater_means**2).sum(axis=1) - correction
    item_square, rater_square = ratio(between, items - 1), leaning / (raters - 1)
    error = ratio(total - between - leaning, (items - 1) * (raters - 1))
    bias = ratio(rater_square - error, items)
    single = ratio(item_square - error, item_square + (raters - 1) * error + raters * bias)
    return single, ratio(item_square - error, item_square + bias)


def cronbach(votes: Votes, covariances: "Floats", items: "Floats") -> "Floats":
    """Cronbach's alpha (1951) with raters as the parts of the sum, per replicate.

    `covariances` are those of all pairs of raters over the items the two share (pairs by replicates), `items` weights
    of items. NaN unless every two raters share items.
    """
    import numpy as np

    raters = len(votes.rater_ids)
    if raters < 2 or len(covariances) < raters * (raters - 1) // 2:
        return np.full(len(items), np.nan)
    own = _variances(votes, items).sum(axis=0)
    total = own + 2 * covariances.sum(axis=0)
    return raters / (raters - 1) * (1 - ratio(own, np.where(abs(total) > NEGLIGIBLE * own, total, np.nan)))


def _variances(votes: Votes, items: "Floats") -> "Floats":
    """Sample variance (n - 1) of every rater's answers (raters by replicates)."""
    import numpy as np
    from scipy.sparse import csr_array

    width = max(len(votes.levels), 1)
    keys, entry = np.unique(votes.raters * np.int64(width) + votes.codes, return_inverse=True)
    matrix = csr_array((np.ones(len(votes)), (entry, votes.items)), shape=(len(keys), len(votes.item_ids)))
    given = matrix @ np.ascontiguousarray(items.T)
    values = (votes.levels[keys % width] - np.median(votes.levels))[:, None]
    by_rater = sums_by(keys // width, len(votes.rater_ids))
    n, x, squares = by_rater @ given, by_rater @ (given * values), by_rater @ (given * values**2)
    return ratio(squares - ratio(x**2, n), n - 1)
