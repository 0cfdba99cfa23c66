"""Answers counted by pattern: what most coefficients need to know, many items at a time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from annotate.answers.votes import Counts, Votes
from annotate.arrays import Floats, Ints, renumbered
from schemas.scheme import Measure


@dataclass(frozen=True, eq=False)
class Tally:
    """Items with the same answers, whoever gave them, counted together as one pattern.

    Every coefficient takes `weights` (replicates by patterns): how often each pattern occurs. `times` is what did.
    """

    counts: Counts
    levels: Floats
    measure: Measure
    pattern: Ints

    @cached_property
    def times(self) -> Floats:
        """How many items show each pattern: one row of weights."""
        return np.bincount(self.pattern, minlength=len(self.sizes)).astype(float)[None, :]

    @property
    def sizes(self) -> Floats:
        """Answers per item of each pattern."""
        return self.counts.sizes

    @cached_property
    def several(self) -> Floats:
        """One for a pattern of two or more answers, else zero."""
        return (self.sizes >= 2).astype(float)

    @cached_property
    def matrix(self) -> Any:
        """Counts as a sparse matrix, patterns by levels."""
        return self.sparse(self.counts.counts)

    @cached_property
    def shares(self) -> Any:
        """Like `matrix`, with shares of the answers to an item."""
        return self.sparse(self.counts.counts / self.sizes[self.counts.rows])

    def sparse(self, entries: Floats) -> Any:
        """A sparse matrix, patterns by levels, with these numbers in place of the counts."""
        shape = (len(self.sizes), len(self.levels))
        return csr_array((entries, self.counts.levels, self.counts.starts), shape=shape)

    @cached_property
    def differing(self) -> Floats:
        """The share of differing pairs among the answers of each pattern (zero where there is no pair)."""
        pairs: Floats = np.maximum(self.sizes * (self.sizes - 1), 1)
        return self.counts.sums(self.counts.counts * (self.sizes[self.counts.rows] - self.counts.counts)) / pairs

    @cached_property
    def values(self) -> Floats:
        """The levels about the median answer, so that squares keep their digits wherever on the scale answers are."""
        counts = self.counts.counts * self.times[0][self.counts.rows]
        return about_median(self.levels, np.bincount(self.counts.levels, counts, len(self.levels)))

    @cached_property
    def sums(self) -> Floats:
        """The sum of the values of each pattern."""
        return self.counts.sums(self.counts.counts * self.values[self.counts.levels])

    @cached_property
    def squares(self) -> Floats:
        """The sum of the squared values of each pattern."""
        return self.counts.sums(self.counts.counts * self.values[self.counts.levels] ** 2)


def tally(votes: Votes) -> Tally:
    """The patterns of answers of some votes."""
    pattern = _patterns(votes)
    shown = np.zeros(int(pattern.max(initial=-1)) + 1, np.int64)
    shown[pattern] = np.arange(len(pattern))  # of the items that show a pattern any
    counts = votes.counts
    lengths = np.diff(counts.starts)[shown]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    entries = np.repeat(counts.starts[shown] - starts[:-1], lengths) + np.arange(starts[-1])
    return Tally(Counts(starts, counts.levels[entries], counts.counts[entries]), votes.levels, votes.measure, pattern)


def tally_of(rows: NDArray[Any], pattern: Ints) -> Tally:
    """A nominal tally from a table of counts (patterns by levels) and the pattern of every item."""
    return Tally(counts_of(rows), np.arange(rows.shape[1], dtype=np.float64), "nominal", pattern)


def counts_of(table: NDArray[Any]) -> Counts:
    """A dense table (rows by levels) without its zeros."""
    rows, levels = np.nonzero(table)
    starts = np.searchsorted(rows, np.arange(len(table) + 1))
    return Counts(starts, levels.astype(np.int32), table[rows, levels].astype(np.float64))


def about_median(levels: Floats, times: NDArray[Any]) -> Floats:
    """Ascending levels less the median of answers that name each so many times."""
    upto = np.cumsum(times)
    return np.asarray(levels - levels[np.searchsorted(upto, upto[-1] / 2)] if len(levels) else levels)


def _patterns(votes: Votes) -> Ints:
    """The same number for items with the same multiset of answers; refined answer by answer."""
    width = max(len(votes.levels), 1)
    codes = np.sort(votes.items.astype(np.int64) * width + votes.codes) % width
    group, groups, before = np.zeros(len(votes.item_ids), np.int64), 1, 0
    for place in range(int(votes.sizes.max(initial=0))):
        longer = np.flatnonzero(votes.sizes > place)
        keys = (group[longer] - before) * width + codes[votes.starts[longer] + place]
        distinct, refined = renumbered(keys, groups * width)
        before, groups = before + groups, len(distinct)  # apart from the items that ended earlier
        group[longer] = refined + before
    return renumbered(group, before + groups)[1].astype(np.int64)
