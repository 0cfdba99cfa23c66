"""Agreement between raters two at a time, from the items both answered: kappas and rank correlations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from annotate.agreement.coefficients import NEGLIGIBLE, ratio
from annotate.votes import Votes, pairs_within

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SHARED = 2  # items two raters must share before anything is said about the two
CACHED = 4096  # cells of contingency tables worked on at a time


@dataclass(frozen=True, eq=False)
class Side:
    """What one rater of every pair answered: entries are (pair, level), in that order."""

    pair: "Ints"
    level: "Ints"
    entry: "Ints"  # of every cell
    pairs: int

    @cached_property
    def gather(self) -> Any:
        """Sums cells into entries."""
        return sums_by(self.entry, len(self.pair))

    @cached_property
    def by_pair(self) -> Any:
        """Sums entries into pairs."""
        return sums_by(self.pair, self.pairs)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some pairs of raters with the cells of their contingency tables that are not empty.

    A cell is (pair, level of the first, level of the second).
    """

    raters: "NDArray[np.int32]"  # pairs by 2
    pair: "Ints"  # of every cell, ascending
    first: "Ints"
    second: "Ints"
    levels: "Floats"
    items: Any  # cells by items, sparse: how many of the item's answers make up the cell

    def part(self, begin: int, end: int) -> "Pairs":
        """The pairs from `begin` up to `end`."""
        import numpy as np

        cells = slice(*np.searchsorted(self.pair, [begin, end]))
        tables = self.pair[cells] - begin, self.first[cells], self.second[cells]
        return Pairs(self.raters[begin:end], *tables, self.levels, self.items[cells])

    @cached_property
    def parts(self) -> "tuple[Pairs, ...]":
        """All pairs, few enough at a time for a processor's cache to hold many replicates of their cells."""
        import numpy as np

        starts = np.searchsorted(self.pair, np.arange(len(self.raters)))
        _, begins = np.unique(starts // CACHED, return_index=True)
        return tuple(self.part(begin, end) for begin, end in pairwise([*begins, len(self.raters)]))

    @cached_property
    def gather(self) -> Any:
        """Sums cells into pairs."""
        return sums_by(self.pair, len(self.raters))

    @cached_property
    def values(self) -> "Floats":
        """The numbers of the levels, moved towards zero so that squares keep their digits."""
        return self.levels - (self.levels[len(self.levels) // 2] if len(self.levels) else 0)

    @cached_property
    def products(self) -> Any:
        """Sums the products of both answers over the cells of each pair."""
        from scipy.sparse import diags_array

        return self.gather @ diags_array(self.values[self.first] * self.values[self.second], format="csr")

    @cached_property
    def left(self) -> Side:
        """What the first of each pair answered."""
        return self._side(self.first)

    @cached_property
    def right(self) -> Side:
        """What the second of each pair answered."""
        return self._side(self.second)

    def _side(self, level: "Ints") -> Side:
        import numpy as np

        width = max(len(self.levels), 1)
        keys, entry = np.unique(self.pair * width + level, return_inverse=True)
        return Side(keys // width, keys % width, entry, len(self.raters))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Pairs with the weights of their cells (cells by replicates), and sums that several coefficients need."""

    pairs: Pairs
    cells: "Floats"

    @cached_property
    def n(self) -> "Floats":
        """Items the two share: pairs by replicates."""
        n: Floats = self.pairs.gather @ self.cells
        return n

    @cached_property
    def left(self) -> "Floats":
        """How often the first of each pair gave each level: entries by replicates."""
        left: Floats = self.pairs.left.gather @ self.cells
        return left

    @cached_property
    def right(self) -> "Floats":
        """How often the second of each pair gave each level: entries by replicates."""
        right: Floats = self.pairs.right.gather @ self.cells
        return right

    @cached_property
    def moments(self) -> "tuple[Floats, Floats, Floats, Floats]":
        """Sums of x, y, x^2 + y^2 and x y over the items each pair shares: pairs by replicates."""
        pairs, values = self.pairs, self.pairs.values
        x, y = values[pairs.left.level][:, None], values[pairs.right.level][:, None]
        left, right = self.left * x, self.right * y
        squares = pairs.left.by_pair @ (left * x) + pairs.right.by_pair @ (right * y)
        return pairs.left.by_pair @ left, pairs.right.by_pair @ right, squares, pairs.products @ self.cells


Coefficient = Callable[[Weighed], "Floats"]


def rater_pairs(votes: Votes, shared: int = SHARED) -> Pairs:
    """All pairs of raters who both answered at least `shared` items."""
    import numpy as np
    from scipy.sparse import csr_array

    starts = np.concatenate([[0], np.cumsum(votes.sizes)])
    left, right = pairs_within(starts) if votes.rater_ids else (starts[:0], starts[:0])
    who = votes.raters[left].astype(np.int64) * len(votes.rater_ids) + votes.raters[right]
    keys, pair, together = np.unique(who, return_inverse=True, return_counts=True)
    enough = together >= shared
    rows = enough[pair]
    left, right, pair = left[rows], right[rows], (np.cumsum(enough) - 1)[pair[rows]]
    width = max(len(votes.levels), 1)
    codes = votes.codes.astype(np.int64)
    cells, cell = np.unique((pair * width + codes[left]) * width + codes[right], return_inverse=True)
    shape = (len(cells), len(votes.item_ids))
    items = csr_array((np.ones(len(cell)), (cell, votes.items[left])), shape=shape)
    raters = np.stack(np.divmod(keys[enough], max(len(votes.rater_ids), 1)), axis=1).astype(np.int32)
    return Pairs(raters, cells // width**2, cells // width % width, cells % width, votes.levels, items)


def per_pair(pairs: Pairs, items: "Floats", coefficients: Sequence[Coefficient]) -> list["Floats"]:
    """Coefficients of all pairs (pairs by replicates) from weights of items (replicates by items)."""
    import numpy as np

    found = []
    upright = np.ascontiguousarray(items.T)
    for part in pairs.parts:
        weighed = Weighed(part, part.items @ upright)
        found.append([coefficient(weighed) for coefficient in coefficients])
    nothing = np.zeros((0, len(items)))
    return [np.concatenate([nothing, *blocks]) for blocks in zip(*found, strict=True)] or [nothing] * len(coefficients)


def cohen(weighed: Weighed) -> "Floats":
    """Cohen's kappa (1960) per pair and replicate; NaN where both give one and the same answer throughout."""
    import numpy as np

    pairs, n = weighed.pairs, weighed.n
    same = pairs.first == pairs.second
    agreed = ratio(pairs.gather[:, same] @ weighed.cells[same], n)
    left, right, width = pairs.left, pairs.right, len(pairs.levels)
    both = np.intersect1d(left.pair * width + left.level, right.pair * width + right.level, return_indices=True)
    products = weighed.left[both[1]] * weighed.right[both[2]]
    chance = ratio(sums_by(left.pair[both[1]], len(pairs.raters)) @ products, n**2)
    return ratio(agreed - chance, 1 - chance)


def cohen_quadratic(weighed: Weighed) -> "Floats":
    """Cohen's kappa with quadratic weights (1968) over the levels' values, per pair and replicate."""
    import numpy as np

    n, (x, y, squares, products) = weighed.n, weighed.moments
    chance = n * squares - 2 * x * y
    return 1 - ratio(n * (squares - 2 * products), np.where(chance > NEGLIGIBLE * n * squares, chance, np.nan))


def spearman(weighed: Weighed) -> "Floats":
    """Spearman's rank correlation with mid-ranks, per pair and replicate; NaN where a rater never varies."""
    import numpy as np

    pairs = weighed.pairs
    left, left_spread = _ranks(pairs.left, weighed.left, weighed.n)
    right, right_spread = _ranks(pairs.right, weighed.right, weighed.n)
    together = left[pairs.left.entry]
    together *= right[pairs.right.entry]
    together *= weighed.cells
    return ratio(pairs.gather @ together, np.sqrt(left_spread * right_spread))


def covariance(weighed: Weighed) -> "Floats":
    """Sample covariance (n - 1) of the two raters' answers, per pair and replicate."""
    n, (x, y, _, products) = weighed.n, weighed.moments
    return ratio(products - ratio(x * y, n), n - 1)


def kendall(pairs: Pairs) -> "Floats":
    """Kendall's tau-b per pair, from the tables as they are; NaN where a rater never varies."""
    import numpy as np
    from scipy.stats import kendalltau

    times = pairs.items.sum(axis=1).astype(int)
    starts = np.searchsorted(pairs.pair, np.arange(len(pairs.raters) + 1))
    found = np.full(len(pairs.raters), np.nan)
    for place, (begin, end) in enumerate(pairwise(starts)):
        one = np.repeat(pairs.first[begin:end], times[begin:end])
        other = np.repeat(pairs.second[begin:end], times[begin:end])
        found[place] = kendalltau(one, other).statistic
    return found


def pair_mean(numbers: "Floats") -> "Floats":
    """The plain mean over pairs of every replicate, leaving out pairs for which nothing is defined."""
    import numpy as np

    defined = np.isfinite(numbers)
    return ratio(np.where(defined, numbers, 0).sum(axis=0), defined.sum(axis=0).astype(float))


def sums_by(group: "Ints", groups: int) -> Any:
    """A sparse matrix that sums rows into their groups (groups by rows)."""
    import numpy as np
    from scipy.sparse import csr_array

    rows = np.arange(len(group))
    return csr_array((np.ones(len(group)), (group, rows)), shape=(groups, len(group)))


def _ranks(side: Side, given: "Floats", n: "Floats") -> tuple["Floats", "Floats"]:
    """Mid-ranks of a side's entries about their mean, and their sum of squares per pair."""
    import numpy as np

    ranks = np.cumsum(given, axis=0)
    starts = np.searchsorted(side.pair, np.arange(side.pairs))
    before = ranks[starts] - given[starts]
    ranks -= given / 2
    ranks -= (before + n / 2)[side.pair]
    return ranks, side.by_pair @ (given * ranks**2)
