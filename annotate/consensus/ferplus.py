"""The three ways FER+ turns ten votes into a label (Barsoum et al. 2016 and its published loader)."""

import numpy as np

from annotate.agreement.tallies import counts_of
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from annotate.consensus.outcome import Consensus, outcome, signed

OUTSIDE = ("unknown", "NF")  # the answers that name no emotion; the first is what an item without label becomes
MOST = 3  # labels of one item
ENOUGH = 0.75  # of the votes explained: no further label is taken
SHARED = 0.3  # of the votes make one of several labels


def ferplus_majority(votes: Votes, outside: tuple[str, ...] = OUTSIDE) -> Consensus:
    """The category with more than half of the votes, single votes not counted; else unknown."""
    table = _Table(votes, outside)
    top = table.heard.max(axis=1, keepdims=True)
    taken = table.heard * (table.heard == top) * (top > table.total / 2)
    return _decided(table, taken, signed(ferplus_majority, "ferplus-majority@1", outside=outside))


def ferplus_probability(votes: Votes, outside: tuple[str, ...] = OUTSIDE) -> Consensus:
    """The leading categories until they explain 75 % of the votes, at most three, stopping at unknown or no face.

    Single votes are not counted. Unknown where half of the votes or less are explained or more than three tie.
    """
    table = _Table(votes, outside)
    left, taken = table.heard.copy(), np.zeros_like(table.heard)
    explained, count, going = np.zeros(len(left)), np.zeros(len(left)), np.ones(len(left), bool)
    for _ in range(MOST):
        going &= (explained < ENOUGH * table.total[:, 0]) & (count < MOST)
        lead = (left == left.max(axis=1, keepdims=True)) & going[:, None] & (left > 0)
        end = lead & table.is_outside & (np.cumsum(lead & table.is_outside, axis=1) == 1)
        lead &= ~table.is_outside | end
        explained += (left * lead).sum(axis=1)
        ended = end.any(axis=1)
        others = (taken + left * (lead & ~end)).any(axis=1)
        added = lead & ~(end & others[:, None])  # unknown counts only where no emotion came before it
        taken += left * added
        count += added.sum(axis=1)
        left[lead] = 0
        going &= ~ended
    taken *= (count <= MOST)[:, None]
    named = signed(ferplus_probability, "ferplus-probability@1", outside=outside)
    return _decided(table, taken * (taken.sum(axis=1, keepdims=True) > table.total / 2), named)


def ferplus_multi_target(votes: Votes, outside: tuple[str, ...] = OUTSIDE) -> Consensus:
    """Every category with 30 % of the votes or more, single votes not counted; unknown if they explain half or less."""
    table = _Table(votes, outside)
    taken = table.heard * (table.heard >= SHARED * table.total)
    taken *= taken.sum(axis=1, keepdims=True) > table.total / 2
    return _decided(table, taken, signed(ferplus_multi_target, "ferplus-multi-target@1", outside=outside))


class _Table:
    """Votes as a table (items by categories) without single votes, which FER+ takes for noise."""

    def __init__(self, votes: Votes, outside: tuple[str, ...]) -> None:
        names, aside = ([name.casefold() for name in column] for column in (votes.categories, outside))
        missing = [name for name in outside if name.casefold() not in names]
        if missing or not outside:
            raise ValueError(f"FER+ needs answers outside the emotions; {missing} are not among the categories")
        self.votes, counts = votes, votes.counts
        self.heard = np.zeros((len(votes.item_ids), len(names)))
        self.heard[counts.rows, counts.levels] = counts.counts * (counts.counts > 1)
        self.total = self.heard.sum(axis=1, keepdims=True)
        self.is_outside = np.isin(names, aside)
        self.unlabelled = names.index(aside[0])  # the category of an item without label


def _decided(table: _Table, taken: Floats, method: str) -> Consensus:
    """The first of the leading categories; where it is an emotion, the distribution is over emotions only."""
    outside, chosen = table.is_outside, taken.copy()
    chosen[~taken.any(axis=1), table.unlabelled] = 1
    winner = chosen.argmax(axis=1).astype(np.int32)
    chosen[np.ix_(~outside[winner], outside)] = 0
    shares = counts_of(chosen / chosen.sum(axis=1, keepdims=True))
    return outcome(table.votes, method, shares, winner=winner)
