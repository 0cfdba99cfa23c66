"""The result of a consensus method: one value per item with its distribution, as arrays and as labels."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from annotate.answers.votes import Counts, Votes
from annotate.arrays import Codes, Flags, Floats, Ints
from schemas.answers import Label

NOTHING = -1  # the code of "no category"
EQUAL = 1e-9  # relative difference below which two shares are a tie
Ties = Literal["shown", "first", "frequent"]


@dataclass(frozen=True, eq=False)
class Consensus:
    """The outcome for all items as arrays; `labels` turns it into rows.

    `winner` holds positions in `names` (NOTHING: none) for choices, `value` the numbers (NaN: none) for scales.
    `shares` is the distribution over `names`, row by row without zeros, and `lead` marks its entries that share the
    first place. `deviation` and `agreement` (share of agreeing pairs of answers) are NaN where undefined.
    """

    method: str
    item_ids: tuple[str, ...]
    n: Ints
    names: tuple[str, ...]
    shares: Counts
    lead: Flags
    agreement: Floats
    winner: Codes | None = None
    value: Floats | None = None
    deviation: Floats | None = None

    def values(self) -> list[str | float | None]:
        """The winning category or the number of every item; None for a tie and where there is nothing to say."""
        if self.winner is None:
            return [*_or_none(self.value, len(self.item_ids))]
        return [None if code == NOTHING else self.names[code] for code in self.winner.tolist()]

    def labels(self, scheme: str, question: str) -> Iterator[Label]:
        """One Label per item, in order of item; the distribution leaves out what nobody gave."""
        count = len(self.item_ids)
        names = [self.names[level] for level in self.shares.levels]
        shares, lead, starts = self.shares.counts.tolist(), self.lead.tolist(), self.shares.starts.tolist()
        columns = zip(
            self.item_ids,
            self.n.tolist(),
            self.values(),
            _or_none(self.deviation, count),
            _or_none(self.agreement, count),
            strict=True,
        )
        for place, (item, n, value, deviation, agreement) in enumerate(columns):
            row = slice(starts[place], starts[place + 1])
            leaders = tuple(name for name, leads in zip(names[row], lead[row], strict=True) if leads)
            tied = leaders if self.winner is not None and value is None and len(leaders) > 1 else ()
            spread = tuple(zip(names[row], shares[row], strict=True))
            yield Label(item, scheme, question, self.method, n, value, tied, spread, deviation, agreement)


def outcome(votes: Votes, method: str, shares: Counts, **found: Any) -> Consensus:
    """A Consensus over the votes' items; `found` holds what the method decided (winner, or value and deviation)."""
    found.setdefault("names", votes.categories or tuple(f"{level:g}" for level in votes.levels))
    found.setdefault("lead", leaders(shares))
    return Consensus(
        method=method, item_ids=votes.item_ids, n=votes.sizes, shares=shares, agreement=pair_agreement(votes), **found
    )


def signed(method: Callable[..., Any], name: str, **parameters: Any) -> str:
    """The name and version of a method with the parameters that differ from its defaults: "threshold@1(m=3)"."""
    defaults = inspect.signature(method).parameters
    given = [f"{key}={value}" for key, value in sorted(parameters.items()) if value != defaults[key].default]
    return f"{name}({','.join(given)})" if given else name


def vote_shares(votes: Votes) -> Counts:
    """The share of the answers to each item at each level that occurs."""
    counts = votes.counts
    return Counts(counts.starts, counts.levels, counts.counts / counts.sizes[counts.rows])


def leaders(shares: Counts) -> Flags:
    """Which entries share the first place of their row; nothing leads a row of zeros."""
    top = shares.peaks()[shares.rows]
    return np.asarray((shares.counts >= top * (1 - EQUAL)) & (top > 0))


def winners(shares: Counts, lead: Flags, ties: Ties = "shown") -> Codes:
    """The leading level of every row; ties stay open, go to the first in order or to the most frequent overall."""
    if ties not in ("shown", "first", "frequent"):
        raise ValueError(f"ties are shown, first or frequent, not {ties!r}")
    levels = shares.levels.astype(np.int64)
    worth = -levels
    if ties == "frequent":
        overall = np.bincount(levels, shares.counts)
        worth = np.argsort(np.lexsort((-np.arange(len(overall)), overall)))[levels]
    rows, entries = shares.rows[lead], np.flatnonzero(lead)
    best = entries[np.lexsort((-worth[lead], rows))]
    _, first, tied = np.unique(shares.rows[best], return_index=True, return_counts=True)
    winner = np.full(len(shares.starts) - 1, NOTHING, np.int32)
    decided = (tied == 1) | (ties != "shown")
    winner[shares.rows[best[first[decided]]]] = levels[best[first[decided]]]
    return winner


def pair_agreement(votes: Votes) -> Floats:
    """The share of agreeing pairs among the answers to each item; NaN with fewer than two."""
    counts = votes.counts
    pairs = counts.sizes * (counts.sizes - 1)
    agreeing = counts.sums(counts.counts * (counts.counts - 1))
    share = np.full(len(pairs), np.nan)
    np.divide(agreeing, pairs, out=share, where=pairs > 0)
    return share


def _or_none(numbers: Floats | None, count: int) -> list[float | None]:
    if numbers is None:
        return [None] * count
    return [None if number != number else number for number in numbers.tolist()]  # noqa: PLR0124 - NaN alone differs
