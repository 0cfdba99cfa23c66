"""Consensus on categories: plurality rules, soft labels, and votes weighed by what raters got right."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from annotate.agreement.tallies import counts_of
from annotate.answers.votes import Counts, Votes
from annotate.arrays import Floats
from annotate.consensus.outcome import NOTHING, Consensus, Ties, leaders, outcome, signed, vote_shares, winners
from annotate.consensus.rater_models import Posterior
from schemas.ids import short_id


def majority(votes: Votes, ties: Ties = "shown") -> Consensus:
    """The category most answers name; ties stay open ("shown") or go to the first or the most frequent category."""
    shares = vote_shares(votes)
    lead = leaders(votes.counts)
    winner = winners(votes.counts, lead, ties)
    return outcome(votes, signed(majority, "majority@1", ties=ties), shares, winner=winner, lead=lead)


def strict(votes: Votes, n: int = 2) -> Consensus:
    """The category that all answers name, where there are at least `n` (EmoNet-Face Binary: three); else none."""
    alone = np.diff(votes.counts.starts) == 1
    winner = np.full(len(votes.item_ids), NOTHING, np.int32)
    settled = alone & (votes.sizes >= n)
    winner[settled] = votes.counts.levels[votes.counts.starts[:-1][settled]]
    lead = leaders(votes.counts) & settled[votes.counts.rows]  # where not all agree nothing leads, and nothing ties
    return outcome(votes, signed(strict, "strict@1", n=n), vote_shares(votes), winner=winner, lead=lead)


def threshold(votes: Votes, m: int = 2, n: int = 3, fallback: str | None = None, of: str | None = None) -> Consensus:
    """The leading category where at least `m` of at least `n` answers name it, else the fallback; ties stay open.

    With `of` that category is taken wherever `m` name it, whatever leads: `of=yes, fallback=no` is the rule of
    GoEmotions. Items with fewer than `n` answers have no value. The fallback need not be a category of the question.
    """
    if m > n:
        raise ValueError(f"{m} of {n} answers cannot be")
    counts = votes.counts
    lead = leaders(counts) if of is None else counts.levels == _place(votes, of)
    winner = winners(counts, lead)
    names = votes.categories if fallback in (None, *votes.categories) else (*votes.categories, str(fallback))
    short = (counts.peaks() if of is None else counts.sums(counts.counts * lead)) < m
    winner[short] = NOTHING if fallback is None else names.index(fallback)
    winner[votes.sizes < n] = NOTHING
    named = signed(threshold, "threshold@1", m=m, n=n, fallback=fallback, of=of)
    lead &= ~(short | (votes.sizes < n))[counts.rows]  # else a missing value would look like a tie
    return outcome(votes, named, vote_shares(votes), winner=winner, names=names, lead=lead)


def _place(votes: Votes, category: str) -> int:
    if category not in votes.categories:
        raise ValueError(f"{category!r} is no category; there are: {', '.join(votes.categories)}")
    return votes.categories.index(category)


def soft(votes: Votes, smoothing: float = 0.0) -> Consensus:
    """The distribution (count + s) / (n + s K) over all K categories, and its leading category; ties stay open."""
    if smoothing < 0:
        raise ValueError(f"smoothing is added to counts and cannot be {smoothing}")
    shares = vote_shares(votes)
    if smoothing:
        table = np.full((len(votes.item_ids), len(votes.categories)), float(smoothing))
        table[votes.counts.rows, votes.counts.levels] += votes.counts.counts
        shares = counts_of(table / table.sum(axis=1, keepdims=True))
    return outcome(votes, signed(soft, "soft@1", smoothing=smoothing), shares, winner=winners(shares, leaders(shares)))


def gold_weighted(votes: Votes, gold: Mapping[str, str], ties: Ties = "shown") -> Consensus:
    """The category with the most weight; a rater weighs their share of right answers on items of known truth.

    `gold` gives the true category of items. A rater without such items weighs as much as the others do on average.
    Raises ValueError where nobody answered a gold item.
    """
    weights = gold_weights(votes, gold)
    counts = _weighed(votes, weights)
    total = counts.sizes[counts.rows]
    shares = Counts(counts.starts, counts.levels, counts.counts / (total + (total == 0)))
    method = signed(gold_weighted, f"gold@1[{short_id(gold=dict(gold))}]", ties=ties)
    lead = leaders(shares)
    return outcome(votes, method, shares, winner=winners(shares, lead, ties), lead=lead)


def gold_weights(votes: Votes, gold: Mapping[str, str]) -> Floats:
    """Every rater's share of right answers on gold items, in order of rater; the mean for those who met none."""
    if not votes.rater_ids:
        raise ValueError("weights need to know who answered")
    places = {name: place for place, name in enumerate(votes.categories)}
    strange = sorted(set(gold.values()) - set(places))
    if strange:
        raise ValueError(f"gold says {strange}, which are not among the categories {list(places)}")
    truth = np.array([places[gold[item]] if item in gold else NOTHING for item in votes.item_ids])[votes.items]
    met = np.bincount(votes.raters, truth != NOTHING, len(votes.rater_ids))
    right = np.bincount(votes.raters, truth == votes.codes, len(votes.rater_ids))
    if not met.any():
        raise ValueError("none of the items with known truth has been answered")
    weights = right / np.maximum(met, 1)
    return np.where(met > 0, weights, weights[met > 0].mean())


def by_model(name: str, model: Callable[..., Posterior]) -> Callable[..., Consensus]:
    """The method that takes the most probable category by a model of raters, with that model's parameters."""

    @wraps(model)
    def method(votes: Votes, **parameters: Any) -> Consensus:
        shares = model(votes, **parameters).shares if len(votes) else np.zeros((0, len(votes.categories)))
        counts = counts_of(shares)
        winner = winners(counts, leaders(counts))
        return outcome(votes, signed(model, name, **parameters), counts, winner=winner)

    return method


def _weighed(votes: Votes, weights: Floats) -> Counts:
    """The sum of the raters' weights in place of counts."""
    counts = votes.counts
    width = len(votes.categories)
    keys = counts.rows * width + counts.levels
    entry = np.searchsorted(keys, votes.items.astype(np.int64) * width + votes.codes)
    sums = np.bincount(entry, weights[votes.raters], len(keys)).astype(float, copy=False)
    return Counts(counts.starts, counts.levels, sums)
