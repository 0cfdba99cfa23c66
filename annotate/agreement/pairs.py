"""Agreement between two raters over the items both answered, for all pairs of raters: kappas and rank correlations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import kendalltau

from annotate.agreement.coefficients import NEGLIGIBLE, ratio, running_sums
from annotate.agreement.tallies import about_median
from annotate.answers.votes import Votes, pairs_within
from annotate.arrays import Codes, Floats, Ints

SHARED = 2  # items two raters must share before anything is said about the two
CACHED = 4096  # cells of contingency tables worked on at a time
EXACT = 2**24  # up to here single precision holds every whole number


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


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some pairs of raters with the cells of their contingency tables that are not empty.

    A cell is (pair, level of the first, level of the second).
    """

    raters: Codes  # pairs by 2
    pair: Ints  # of every cell, ascending
    first: Ints
    second: Ints
    values: Floats  # of the levels, about the median answer
    items: Any  # cells by items, sparse: how many of the item's answers make up the cell

    def part(self, begin: int, end: int) -> "Pairs":
        """The pairs from `begin` up to `end`."""
        cells = slice(*np.searchsorted(self.pair, [begin, end]))
        tables = self.pair[cells] - begin, self.first[cells], self.second[cells]
        return Pairs(self.raters[begin:end], *tables, self.values, self.items[cells])

    @cached_property
    def parts(self) -> "tuple[Pairs, ...]":
        """All pairs, few enough at a time for a processor's cache to hold many replicates of their cells."""
        starts = np.searchsorted(self.pair, np.arange(len(self.raters)))
        _, begins = np.unique(starts // CACHED, return_index=True)
        return tuple(self.part(begin, end) for begin, end in pairwise([*begins, len(self.raters)]))

    @cached_property
    def gather(self) -> Any:
        """Sums cells into pairs."""
        return sums_by(self.pair, len(self.raters))

    @cached_property
    def products(self) -> Any:
        """Sums the products of both answers over the cells of each pair."""
        return sums_by(self.pair, len(self.raters), self.values[self.first] * self.values[self.second])

    @cached_property
    def common(self) -> tuple[Ints, Ints]:
        """Entries of the left and of the right side that are of the same pair and level."""
        _, left, right = np.intersect1d(self.left.key, self.right.key, assume_unique=True, return_indices=True)
        return left, right

    @cached_property
    def left(self) -> Side:
        """What the first of each pair answered."""
        return self._side(self.first)

    @cached_property
    def right(self) -> Side:
        """What the second of each pair answered."""
        return self._side(self.second)

    def _side(self, level: Ints) -> Side:
        width = max(len(self.values), 1)
        keys, entry = np.unique(self.pair * width + level, return_inverse=True)
        return Side(keys // width, self.values[keys % width], keys, entry, len(self.raters))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Pairs with the weights of their cells (cells by replicates), and sums that several coefficients need."""

    pairs: Pairs
    cells: Floats

    @cached_property
    def left(self) -> Floats:
        """How often the first of each pair gave each level: entries by replicates."""
        return np.asarray(self.pairs.left.gather @ self.cells)

    @cached_property
    def right(self) -> Floats:
        """How often the second of each pair gave each level: entries by replicates."""
        return np.asarray(self.pairs.right.gather @ self.cells)

    @cached_property
    def n(self) -> Floats:
        """Items the two share: pairs by replicates."""
        return np.asarray(self.pairs.left.by_pair @ self.left)

    @cached_property
    def moments(self) -> tuple[Floats, ...]:
        """Sums of 1, x, x^2, y, y^2 and x y over the items each pair shares: pairs by replicates."""
        shape = (3, len(self.pairs.raters), -1)
        n, x, xx = (self.pairs.left.moments @ self.left).reshape(shape)
        _, y, yy = (self.pairs.right.moments @ self.right).reshape(shape)
        return n, x, xx, y, yy, self.pairs.products @ self.cells


Coefficient = Callable[[Weighed], Floats]


class PairMean(NamedTuple):
    """The plain mean over the pairs for which something is defined, and how many those are, of every replicate."""

    mean: Floats
    defined: Floats


def rater_pairs(votes: Votes, shared: int = SHARED) -> Pairs:
    """All pairs of raters who both answered at least `shared` items."""
    starts = np.concatenate([[0], np.cumsum(votes.sizes)])
    left, right = pairs_within(starts) if votes.rater_ids else (starts[:0], starts[:0])
    who = votes.raters[left].astype(np.int64) * len(votes.rater_ids) + votes.raters[right]
    keys, pair, common = np.unique(who, return_inverse=True, return_counts=True)
    enough = common >= shared
    rows = enough[pair]
    left, right, pair = left[rows], right[rows], (np.cumsum(enough) - 1)[pair[rows]]
    raters = np.stack(np.divmod(keys[enough], max(len(votes.rater_ids), 1)), axis=1).astype(np.int32)
    codes = votes.codes.astype(np.int64)
    values = about_median(votes.levels, np.bincount(codes, minlength=len(votes.levels)))
    answers = pair, codes[left], codes[right], votes.items[left].astype(np.int64)
    return _tables(answers, raters, values, len(votes.item_ids))


def paired(pair: Ints, first: Floats, second: Floats, items: Ints) -> Pairs:
    """Two columns of numbers side by side, row by row: the pair they belong to (0, 1, ...) and the item they are of."""
    levels, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    left, right = codes.reshape(2, -1)
    raters = np.zeros((int(pair.max(initial=-1)) + 1, 2), np.int32)
    values = about_median(levels, np.bincount(codes, minlength=len(levels)))
    return _tables((pair, left, right, items), raters, values, int(items.max(initial=-1)) + 1)


def _tables(answers: Sequence[Ints], raters: Codes, values: Floats, items: int) -> Pairs:
    """Columns of pair, level of the first, level of the second, and item, counted as cells of contingency tables."""
    pair, first, second, item = answers
    width = max(len(values), 1)
    cells, cell = np.unique((pair * width + first) * width + second, return_inverse=True)
    table = csr_array((np.ones(len(cell), np.float32), (cell, item)), shape=(len(cells), items))
    return Pairs(raters, cells // width**2, cells // width % width, cells % width, values, table)


def means(pairs: Pairs, items: Floats, coefficients: Sequence[Coefficient]) -> list[PairMean]:
    """The mean over all pairs of each coefficient, from weights of items (replicates by items)."""
    sums, defined = np.zeros((2, len(coefficients), len(items)))
    # most of the time goes into fetching these weights: half of the bytes do wherever they are exact
    single = items.sum(axis=1).max(initial=0) < EXACT
    upright = np.ascontiguousarray(items.T, np.float32 if single else np.float64)
    for part in pairs.parts:
        weighed = Weighed(part, (part.items @ upright).astype(np.float64))
        for row, coefficient in enumerate(coefficients):
            numbers = coefficient(weighed)
            known = np.isfinite(numbers)
            sums[row] += np.where(known, numbers, 0).sum(axis=0)
            defined[row] += known.sum(axis=0)
    return [PairMean(*both) for both in zip(ratio(sums, defined), defined, strict=True)]


def cohen(weighed: Weighed) -> Floats:
    """Cohen's kappa (1960) per pair and replicate; NaN where both give one and the same answer throughout."""
    pairs, n = weighed.pairs, weighed.n
    same = pairs.first == pairs.second
    agreed = pairs.gather[:, same] @ weighed.cells[same]
    left, right = pairs.common
    by_chance = sums_by(pairs.left.pair[left], len(pairs.raters)) @ (weighed.left[left] * weighed.right[right])
    # whole numbers to the end: shares would lose digits where nearly all answers are the same
    return 1 - ratio(n * (n - agreed), n**2 - by_chance)


def cohen_quadratic(weighed: Weighed) -> Floats:
    """Cohen's kappa with quadratic weights (1968) over the levels' values, per pair and replicate."""
    n, x, xx, y, yy, products = weighed.moments
    squares = xx + yy
    chance = n * squares - 2 * x * y
    return 1 - ratio(n * (squares - 2 * products), np.where(chance > NEGLIGIBLE * n * squares, chance, np.nan))


def covariance(weighed: Weighed) -> Floats:
    """Sample covariance (n - 1) of the two raters' answers, per pair and replicate."""
    n, x, _, y, _, products = weighed.moments
    return ratio(products - ratio(x * y, n), n - 1)


def spearman(weighed: Weighed) -> Floats:
    """Spearman's rank correlation with mid-ranks, per pair and replicate; NaN where a rater never varies."""
    left, right = weighed.pairs.left, weighed.pairs.right
    x, x_spread = _ranks(left, weighed.left, weighed.n)
    y, y_spread = _ranks(right, weighed.right, weighed.n)
    others = y.take(right.entry, axis=0)
    others *= weighed.cells
    together = left.gather @ others
    together *= x
    return ratio(left.by_pair @ together, np.sqrt(x_spread * y_spread))


def kendall(pairs: Pairs) -> Floats:
    """Kendall's tau-b per pair, from the tables as they are; NaN where a rater never varies."""
    times = pairs.items.sum(axis=1, dtype=np.int64)
    starts = np.searchsorted(pairs.pair, np.arange(len(pairs.raters) + 1))
    found = np.full(len(pairs.raters), np.nan)
    for place, (begin, end) in enumerate(pairwise(starts)):
        one = np.repeat(pairs.first[begin:end], times[begin:end])
        other = np.repeat(pairs.second[begin:end], times[begin:end])
        found[place] = kendalltau(one, other).statistic
    return found


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


def _ranks(side: Side, given: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Mid-ranks of a side's entries about their mean, and their sum of squares per pair."""
    ranks = given.copy()
    # sums that go on from pair to pair, taken back at the first entry of each
    ranks[side.starts] -= n / 2
    ranks[side.starts[1:]] -= n[:-1] / 2
    running_sums(ranks)
    ranks -= given / 2
    squares = ranks * ranks
    squares *= given
    return ranks, side.by_pair @ squares
