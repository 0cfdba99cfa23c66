"""Which categories are taken for each other, and which are perceived in the same items."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from annotate.agreement.coefficients import ratio
from annotate.answers.votes import Votes
from annotate.arrays import Floats


def coincidences(votes: Votes) -> Floats:
    """What a second rater says where a first says the row, over all pairs of answers to an item; NaN without any.

    Rows of Krippendorff's table of coincidences, in which every item counts for as many pairs as it has answers.
    """
    counts = votes.counts
    others = (counts.sizes - 1)[counts.rows]
    shares = np.where(others > 0, counts.counts / np.maximum(others, 1), 0)
    table, weighed = _sparse(votes, counts.counts * (others > 0)), _sparse(votes, shares)
    own = np.bincount(counts.levels, shares, len(votes.levels))
    pairs = (table.T @ weighed).toarray() - np.diag(own)
    return ratio(pairs, pairs.sum(axis=1, keepdims=True))


def named_by_another(votes: Votes) -> Floats:
    """Of the items for which somebody names the row, the share for which somebody else names the column.

    Items with two or more answers; NaN where nobody names the row.
    """
    counts = votes.counts
    named = _sparse(votes, (counts.sizes > 1)[counts.rows].astype(np.float64))
    both = (named.T @ named).toarray()
    return ratio(both, np.diag(both)[:, None])


def present_too(items: Sequence[NDArray[np.int64]], present: Sequence[NDArray[np.bool_]]) -> Floats:
    """Of the items in which the row is present and the column was asked too, the share in which that is present.

    For every category the codes of the items it was asked about, and whether it is present there; NaN without such
    items.
    """
    sizes = [len(one) for one in items]
    rows = np.repeat(np.arange(len(sizes)), sizes)
    columns = np.concatenate([np.zeros(0, np.int64), *items])
    shape = (len(sizes), int(columns.max(initial=-1)) + 1)
    asked = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    there = csr_array((np.concatenate([np.zeros(0), *present]).astype(np.float64), (rows, columns)), shape=shape)
    return ratio((there @ there.T).toarray(), (there @ asked.T).toarray())


def mean_shares(votes: Votes) -> Floats:
    """The mean over items of the share of answers for each category: every item counts the same."""
    counts = votes.counts
    shares = counts.counts / counts.sizes[counts.rows]
    return np.bincount(counts.levels, shares, len(votes.levels)) / max(len(votes.item_ids), 1)


def _sparse(votes: Votes, entries: Floats) -> Any:
    """A table of items by levels with these numbers in place of the counts."""
    counts = votes.counts
    return csr_array((entries, counts.levels, counts.starts), shape=(len(votes.item_ids), len(votes.levels)))
