"""Agreement between two raters over the items both answered, for all pairs of raters: kappas and rank correlations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import kendalltau

from annotate.agreement.coefficients import NEGLIGIBLE, ratio, running_sums
from annotate.agreement.sums import Side, sums_by
from annotate.agreement.tallies import about_median
from annotate.answers.votes import Votes, pair_blocks, pairs_within
from annotate.arrays import Codes, Floats, Ints, in_order, renumbered

SHARED = 2  # items two raters must share before anything is said about the two
CACHED = 4096  # cells of contingency tables worked on at a time
EXACT = 2**24  # up to here single precision holds every whole number


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
    times: Ints  # how often each cell occurs
    table: Callable[[], Any]  # makes `items`, which only drawing items again needs

    @cached_property
    def items(self) -> Any:
        """Cells by items, sparse: how many of the item's answers make up the cell."""
        return self.table()

    def part(self, begin: int, end: int) -> "Pairs":
        """The pairs from `begin` up to `end`."""
        cells = slice(*np.searchsorted(self.pair, [begin, end]))
        tables = self.pair[cells] - begin, self.first[cells], self.second[cells]
        return Pairs(self.raters[begin:end], *tables, self.values, self.times[cells], lambda: self.items[cells])

    @cached_property
    def parts(self) -> "tuple[Pairs, ...]":
        """All pairs, few enough at a time for a processor's cache to hold many replicates of their cells."""
        return tuple(self.split(CACHED))

    def split(self, cells: int) -> "Iterator[Pairs]":
        """All pairs, so many at a time that they have about this many cells."""
        starts = np.searchsorted(self.pair, np.arange(len(self.raters)))
        _, begins = np.unique(starts // cells, return_index=True)
        yield from (self.part(begin, end) for begin, end in pairwise([*begins, len(self.raters)]))

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
    raters, width = max(len(votes.rater_ids), 1), max(len(votes.levels), 1)
    # a kind of answer is a rater with a level; two of them make a cell, found as (rater, level, rater, level)
    kinds, kind = renumbered(votes.raters.astype(np.int64) * width + votes.codes, raters * width)
    cells, times = np.unique(_two_kinds(votes, kind, len(kinds)), return_counts=True)
    both = np.stack(np.divmod(kinds[np.stack(np.divmod(cells, max(len(kinds), 1)))], width))
    (one, other), (first, second) = both
    names, pair = renumbered(one * raters + other, raters**2)
    enough = np.bincount(pair, times, len(names)) >= shared
    order = in_order(pair, np.zeros_like(pair))
    order = order[enough[pair[order]]]

    def items() -> tuple[Ints, Codes]:
        places = np.full(len(cells), -1)
        places[order] = np.arange(len(order))
        place = places[np.searchsorted(cells, _two_kinds(votes, kind, len(kinds)))]
        left, _ = pairs_within(votes.starts if votes.rater_ids else votes.starts[:0])
        return place[place >= 0], votes.items[left][place >= 0]

    return Pairs(
        np.stack(np.divmod(names[enough], raters), axis=1).astype(np.int32),
        (np.cumsum(enough) - 1)[pair[order]],
        first[order],
        second[order],
        _about_median(votes.levels, votes.codes),
        times[order],
        lambda: _sparse(*items(), (len(order), len(votes.item_ids))),
    )


def paired(pair: Ints, first: Floats, second: Floats, items: Ints) -> Pairs:
    """Two columns of numbers side by side, row by row: the pair they belong to (0, 1, ...) and the item they are of."""
    levels, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    left, right = codes.reshape(2, -1)
    width = max(len(levels), 1)
    cells, cell, times = np.unique((pair * width + left) * width + right, return_inverse=True, return_counts=True)
    shape = (len(cells), int(items.max(initial=-1)) + 1)
    return Pairs(
        np.zeros((int(pair.max(initial=-1)) + 1, 2), np.int32),
        cells // width**2,
        cells // width % width,
        cells % width,
        _about_median(levels, codes),
        times,
        lambda: _sparse(cell, items, shape),
    )


def _two_kinds(votes: Votes, kind: Codes, kinds: int) -> Ints:
    """A number for the kinds of every two answers to the same item; none where nobody knows who answered."""
    found = np.empty(int((votes.sizes * (votes.sizes - 1)).sum()) // 2 if votes.rater_ids else 0, np.int64)
    end = 0
    for left, right in pair_blocks(votes.starts) if len(found) else ():
        block = found[end : (end := end + len(left))]
        np.multiply(kind[left], kinds, out=block, dtype=np.int64)
        block += kind[right]
    return found


def _sparse(cells: Ints, items: Ints | Codes, shape: tuple[int, int]) -> Any:
    """How often each cell has an answer to each item."""
    return csr_array((np.ones(len(cells), np.float32), (cells, items)), shape=shape)


def _about_median(levels: Floats, codes: NDArray[Any]) -> Floats:
    return about_median(levels, np.bincount(codes, minlength=len(levels)))


def means(pairs: Pairs, items: Floats, coefficients: Sequence[Coefficient]) -> list[PairMean]:
    """The mean over all pairs of each coefficient, from weights of items (replicates by items)."""
    sums, defined = np.zeros((2, len(coefficients), len(items)))
    # most of the time goes into fetching these weights: half of the bytes do wherever they are exact
    single = items.sum(axis=1).max(initial=0) < EXACT
    upright = np.ascontiguousarray(items.T, np.float32 if single else np.float64)
    as_they_are = len(items) == 1 and bool((items == 1).all())
    for part in pairs.split(64 * CACHED) if as_they_are else pairs.parts:  # the cache holds that of one replicate
        cells = part.times[:, None] if as_they_are else part.items @ upright
        weighed = Weighed(part, cells.astype(np.float64))
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
    times = pairs.times
    starts = np.searchsorted(pairs.pair, np.arange(len(pairs.raters) + 1))
    found = np.full(len(pairs.raters), np.nan)
    for place, (begin, end) in enumerate(pairwise(starts)):
        one = np.repeat(pairs.first[begin:end], times[begin:end])
        other = np.repeat(pairs.second[begin:end], times[begin:end])
        found[place] = kendalltau(one, other).statistic
    return found


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
