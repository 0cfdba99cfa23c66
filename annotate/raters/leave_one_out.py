"""Each answer against the other answers to its item: leave-one-out agreement, drift, leaning, and confusions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from annotate.answers.log import AnswerLog
from annotate.answers.votes import Votes, pairs_within
from annotate.arrays import Flags, Floats, Ints
from annotate.consensus.rater_models import dawid_skene
from annotate.raters.shares import Difference, cluster_means, difference

CELLS = 4_000_000  # numbers held at once
DRIFT = 6  # asks from which a first and a last third are compared


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """One row per answer, NaN where nobody else answered the item.

    `score` is 1 where a choice equals the majority of the others (k tied leaders count 1/k each) and falls with the
    distance from their mean on a scale; `others` is the mean score the others reach among themselves at the same item
    (NaN for fewer than two others), so that hard items count for what they are; `shift` is the answer minus the mean
    of the others, in lengths of the scale (for a choice of two: share of the second; NaN for one of several).
    """

    score: Floats
    others: Floats
    shift: Floats


@dataclass(frozen=True, eq=False)
class Compared(LeaveOneOut):
    """The answers of several logs that count, each against the others."""

    raters: Ints
    asks: Ints
    times_us: Ints

    def kept(self, rows: Flags) -> "Compared":
        """The answers marked true."""
        return Compared(*(getattr(self, column.name)[rows] for column in fields(self)))


def compared(logs: Sequence[AnswerLog], counted: Flags) -> Compared:
    """The answers of some logs against those of the raters that count (a flag per rater code of the logs)."""
    blocks: list[tuple[NDArray[Any], ...]] = [(np.zeros(0),) * 3 + (np.zeros(0, np.int64),) * 3]
    for log in logs:
        rows = log.latest
        among = leave_one_out(log.votes(), counted[np.unique(log.raters)], log.reach)
        blocks.append((among.score, among.others, among.shift, log.raters[rows], log.asks[rows], log.times_us[rows]))
    return Compared(*map(np.concatenate, zip(*blocks, strict=True)))


def drift(mine: Compared) -> Difference | None:
    """Agreement with the others in the first and in the last third of one rater's asks; None without their order.

    The difference is that of the scores beyond what the others reach at the same items, where there are two others.
    """
    mine = mine.kept(np.isfinite(mine.others if np.isfinite(mine.others).any() else mine.score))
    asks, first = np.unique(mine.asks, return_index=True)
    times = mine.times_us[first]
    if len(asks) < DRIFT or len(np.unique(times)) <= len(asks) / 2:
        return None
    order, third = asks[np.argsort(times, kind="stable")], len(asks) // 3
    early, late = (mine.kept(np.isin(mine.asks, some)) for some in (order[:third], order[-third:]))
    beyond = (cluster_means(part.score - np.nan_to_num(part.others), part.asks) for part in (early, late))
    apart = difference(*beyond)
    return apart and replace(apart, before=float(early.score.mean()), after=float(late.score.mean()))


def never_followed(votes: Votes, yes: Flags, at_least: int = 10) -> list[str]:
    """The raters whose yes (`yes` marks the answers) never led to a further answer, though they said it often enough.

    In a design that goes on after a yes they were asked what is never followed up: contrast questions.
    """
    alone = votes.sizes[votes.items] == 1
    said = np.bincount(votes.raters, yes, len(votes.rater_ids))
    followed = np.bincount(votes.raters, yes & ~alone, len(votes.rater_ids))
    return [votes.rater_ids[code] for code in np.flatnonzero((said >= at_least) & (followed == 0))]


def leave_one_out(votes: Votes, counted: Flags, reach: float = 1.0) -> LeaveOneOut:
    """Every answer against those of the raters that count (a flag per rater code); `reach` is the scale's length."""
    counts = counted[votes.raters].astype(np.float64)
    if not votes.is_choice:
        shift = _shift(votes, counts) / reach
        return LeaveOneOut(1 - abs(shift), 1 - _apart(votes, counts) / reach, shift)
    blocks = [(_hits(others, own), _ceiling(others)) for _, others, own in _rest(votes, counts)]
    score, among = (np.concatenate([np.zeros(0), *columns]) for columns in zip(*blocks, strict=True))
    shift = _shift(votes, counts) if len(votes.categories) == 2 else np.full(len(votes), np.nan)
    return LeaveOneOut(score, among, shift)


def confusions(votes: Votes, counted: Flags) -> Floats:
    """How often each rater gave an answer (last axis) where the truth was that category: raters by truth by answer.

    The truth is not known but weighed: by Dawid-Skene over the raters that count. Raters that do not count are held
    against the truth the others yield. Who shares no item with a rater that counts has nothing but zeros.
    """
    width = len(votes.categories)
    table = np.zeros((len(votes.rater_ids), width, width))
    if not counted[votes.raters].any():
        return table
    trusted = votes.kept(counted[votes.raters])
    shares = np.zeros((len(votes.item_ids), width))
    shares[np.searchsorted(votes.item_ids, trusted.item_ids)] = dawid_skene(trusted).shares
    answer = votes.raters.astype(np.int64) * width + votes.codes
    given = csr_array((np.ones(len(votes)), (answer, votes.items)), shape=(table.size // width, len(shares)))
    table = (given @ shares).reshape(table.shape).transpose(0, 2, 1)
    counts = counted[votes.raters].astype(np.float64)
    beside = np.bincount(votes.items, counts, len(votes.item_ids))[votes.items] - counts
    return np.asarray(table * (np.bincount(votes.raters, beside, len(votes.rater_ids)) > 0)[:, None, None])


def leanings(votes: Votes, counted: Flags) -> tuple[Floats, Floats]:
    """How much more often each rater gives each category than the others do at the same items: raters by categories.

    With it the number of such items per rater; NaN for raters who share no item with anybody.
    """
    raters, width = len(votes.rater_ids), len(votes.categories)
    given, expected, n = np.zeros((raters, width)), np.zeros((raters, width)), np.zeros(raters)
    counts = counted[votes.raters].astype(np.float64)
    for rows, others, own in _rest(votes, counts):
        total = others.sum(axis=1)
        known = total > 0
        who = votes.raters[rows][known]
        np.add.at(given, (who, own[known]), 1)
        np.add.at(expected, who, others[known] / total[known, None])
        n += np.bincount(who, minlength=raters)
    return (given - expected) / np.where(n > 0, n, np.nan)[:, None], n


def _rest(votes: Votes, counts: Floats) -> Iterator[tuple[slice, Floats, Ints]]:
    """Blocks of answers with how often the others gave each level (answers by levels), and the level of each answer."""
    width = max(len(votes.levels), 1)
    step = max(1, CELLS // width)
    starts = np.concatenate([[0], np.cumsum(votes.sizes)])
    begin = 0
    while begin < len(votes.item_ids):
        end = max(begin + 1, int(np.searchsorted(starts, starts[begin] + step, side="right")) - 1)
        rows = slice(int(starts[begin]), int(starts[end]))
        item, own = votes.items[rows].astype(np.int64) - begin, votes.codes[rows].astype(np.int64)
        table: Floats = np.bincount(item * width + own, counts[rows], (end - begin) * width).astype(np.float64)
        others = table.reshape(-1, width)[item]
        others[np.arange(len(item)), own] -= counts[rows]
        yield rows, others, own
        begin = end


def _hits(others: Floats, own: Ints) -> Floats:
    """Whether each answer leads among the others, split between tied leaders; NaN where there are no others."""
    top = others.max(axis=1, initial=0)
    leads = others == top[:, None]
    hit = leads[np.arange(len(own)), own] / np.maximum(leads.sum(axis=1), 1)
    return np.where(top > 0, hit, np.nan)


def _ceiling(others: Floats) -> Floats:
    """How often one of the others equals the majority of the rest of them, ties split; NaN for fewer than two."""
    n, top = others.sum(axis=1), others.max(axis=1, initial=0)
    leads = others == top[:, None]
    rest = np.where(leads, 0, others)
    second = rest.max(axis=1, initial=0)
    seconds = ((rest == second[:, None]) & (second[:, None] > 0)).sum(axis=1)
    # one of several leaders no longer leads when it is taken out; a single leader is joined by those just behind it
    hits = (
        (leads.sum(axis=1) == 1)
        * top
        * np.where(top - 1 > second, 1, np.where(top - 1 == second, 1 / (1 + seconds), 0))
    )
    return np.where(n >= 2, hits / np.maximum(n, 1), np.nan)


def _shift(votes: Votes, counts: Floats) -> Floats:
    """Every answer minus the mean of the others to its item that count; NaN where there are none."""
    values, items = votes.values.astype(np.float64), len(votes.item_ids)
    n = np.bincount(votes.items, counts, items)[votes.items] - counts
    total = np.bincount(votes.items, counts * values, items)[votes.items] - counts * values
    return np.where(n > 0, values - total / np.where(n > 0, n, 1), np.nan)


def _apart(votes: Votes, counts: Floats) -> Floats:
    """How far the others to each answer's item are from the mean of the rest of them; NaN for fewer than two."""
    values, items = votes.values.astype(np.float64), len(votes.item_ids)
    one, other = pairs_within(np.concatenate([[0], np.cumsum(votes.sizes)]))
    row, beside = np.concatenate([one, other]), np.concatenate([other, one])
    n = (np.bincount(votes.items, counts, items)[votes.items] - counts)[row]
    total = (np.bincount(votes.items, counts * values, items)[votes.items] - counts * values)[row]
    mean = (total - values[beside]) / np.maximum(n - 1, 1)
    sums = np.bincount(row, counts[beside] * abs(values[beside] - mean), len(votes))
    several = np.bincount(row, counts[beside], len(votes))
    return np.where(several >= 2, sums / np.maximum(several, 1), np.nan)
