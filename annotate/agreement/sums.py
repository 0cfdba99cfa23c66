"""Sums of rows by group as sparse matrices, and over what one rater of every pair answered."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from annotate.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Side:
    """What one rater of every pair answered: entries are (pair, level), in that order."""

    pair: Ints
    value: Floats  # of the level
    key: Ints  # pair and level in one number
    entry: Ints  # of every cell
    pairs: int

    @cached_property
    def gather(self) -> Any:
        """Sums cells into entries."""
        return sums_by(self.entry, len(self.pair))

    @cached_property
    def by_pair(self) -> Any:
        """Sums entries into pairs."""
        return sums_by(self.pair, self.pairs)

    @cached_property
    def moments(self) -> Any:
        """Sums entries into the number of items, the sum and the sum of squares of each pair."""
        return moments_by(self.pair, self.value, self.pairs)

    @cached_property
    def starts(self) -> Ints:
        """The first entry of every pair."""
        return np.searchsorted(self.pair, np.arange(self.pairs))


def sums_by(group: Ints, groups: int, *times: Floats) -> Any:
    """A sparse matrix that sums rows into their groups, each row once, or as often as each column of `times` says.

    Its rows are the groups, one block of them for each column of `times`.
    """
    # assembled here: from coordinates scipy takes several times as long, which is felt where matrices are small
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=groups))
    columns = times or (np.ones(len(group)),)
    starts = np.concatenate([[0], *(ends + block * len(group) for block in range(len(columns)))])
    numbers = np.concatenate([column[order] for column in columns])
    return csr_array((numbers, np.tile(order, len(columns)), starts), shape=(groups * len(columns), len(group)))


def moments_by(group: Ints, value: Floats, groups: int) -> Any:
    """A sparse matrix that sums rows into how many there are, their values and their squares (3 groups by rows)."""
    return sums_by(group, groups, np.ones(len(group)), value, value**2)
