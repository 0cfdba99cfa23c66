"""Response patterns of a rater, seen without the others: speed, straight-lining, copied sheets, self-consistency."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotate.answers.log import AnswerLog, Pool
from annotate.arrays import Floats
from annotate.raters.shares import Share, mean_share, share

VECTOR = 3  # answers on like scales from which a sheet of equal ones looks like a straight line
RUN = 5  # answers to a question from which its runs are looked at


@dataclass(frozen=True)
class Speed:
    """The median duration of an ask, and the shares of asks that were answered too fast or too slowly."""

    median_ms: float | None
    fast: Share
    slow: Share


@dataclass(frozen=True)
class Run:
    """The unlikeliest run of equal answers to one question, and the probability of one as long by chance alone.

    Chance means answers drawn one by one with the shares this rater gives them.
    """

    question: str
    answer: str
    length: int
    of: int
    chance: float


@dataclass(frozen=True)
class Lines:
    """Signs of answering without looking: runs, sheets with one answer on all scales, sheets like the one before."""

    run: Run | None
    flat: Share
    copied: Share


def speed(mine: Pool, limits_ms: Floats) -> Speed:
    """How fast one rater answers; `limits_ms` are the shortest and longest usual durations (logs of the pool by 2)."""
    _, first = np.unique(mine.asks, return_index=True)
    first = first[np.isfinite(mine.durations_ms[first])]
    if not len(first):
        return Speed(None, Share(None, 0), Share(None, 0))
    took = mine.durations_ms[first]
    shortest, longest = limits_ms[mine.log[first]].T
    fast, slow = (share(int(marked.sum()), len(took)) for marked in (took < shortest, took > longest))
    return Speed(float(np.median(took)), fast, slow)


def lines(mine: Pool, logs: Sequence[AnswerLog]) -> Lines:
    """Runs and sheets of one rater; runs and copies need times that tell the order of the answers."""
    ordered = in_order(mine)
    run = _unlikeliest_run(mine, logs) if ordered else None
    return Lines(run, _flat(mine, logs), _copied(mine) if ordered else Share(None, 0))


def consistency(mine: Pool) -> Share:
    """How well each answer to an item that was asked before equals the answer before it (1 if equal)."""
    rows = np.lexsort((mine.asks, mine.times_us, mine.items))
    again = np.flatnonzero(np.diff(mine.items[rows]) == 0) + 1
    apart = abs(mine.values[rows[again]] - mine.values[rows[again - 1]]) / mine.reach[rows[again]]
    return mean_share(np.maximum(0.0, 1 - apart), mine.asks[rows[again]])


def in_order(mine: Pool) -> bool:
    """Whether times tell the order in which one rater answered asks: most of them differ."""
    asks = len(np.unique(mine.asks))
    return asks > 1 and len(np.unique(mine.times_us)) > asks / 2


def longest_run(values: Floats) -> tuple[int, float, float]:
    """Length, value and chance of the unlikeliest run of equal values in a sequence that is not empty.

    The chance of a run of length r of a value with share p among n is 1 - exp(-((n - r) (1 - p) + 1) p^r), the
    declumped Poisson approximation (Arratia, Goldstein & Gordon 1990); somebody who gives one answer only has chance 1.
    """
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    lengths = np.diff(ends, prepend=-1)
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    given = (times / len(values))[place[ends]]
    clumps = ((len(values) - lengths) * (1 - given) + 1) * given**lengths
    chances = np.where(given < 1, -np.expm1(-clumps), 1.0)
    worst = int(np.lexsort((-lengths, chances))[0])
    return int(lengths[worst]), float(values[ends[worst]]), float(chances[worst])


def _unlikeliest_run(mine: Pool, logs: Sequence[AnswerLog]) -> Run | None:
    found = []
    for place in np.unique(mine.log):
        some = mine.kept(mine.log == place)
        if len(some) >= RUN:
            rows = np.lexsort((some.asks, some.times_us))
            length, value, chance = longest_run(some.values[rows])
            log = logs[place]
            answer = log.categories[int(value)] if log.categories else f"{value:g}"
            found.append(Run(log.name, answer, length, len(some), chance))
    return min(found, key=lambda run: (run.chance, -run.length), default=None)


def _flat(mine: Pool, logs: Sequence[AnswerLog]) -> Share:
    """Of the asks with three or more answers on like scales, those where all of these are equal."""
    scales = sorted({log.points for log in logs if not log.categories})
    kind = np.array([-1 if log.categories else scales.index(log.points) for log in logs])[mine.log]
    if not (kind >= 0).any():
        return Share(None, 0)
    key, values = (mine.asks * len(scales) + kind)[kind >= 0], mine.values[kind >= 0]
    _, place, times = np.unique(key, return_inverse=True, return_counts=True)
    lowest, highest = np.full(len(times), np.inf), np.full(len(times), -np.inf)
    np.minimum.at(lowest, place, values)
    np.maximum.at(highest, place, values)
    sheets = times >= VECTOR
    return share(int((lowest == highest)[sheets].sum()), int(sheets.sum()))


def _copied(mine: Pool) -> Share:
    """Of the sheets with two or more answers that follow one on the same questions, those that equal it."""
    rows = np.lexsort((mine.log, mine.asks, mine.times_us))
    asks, log, values = mine.asks[rows], mine.log[rows], mine.values[rows]
    starts = np.flatnonzero(np.append(True, np.diff(asks) != 0))
    lengths = np.diff(np.append(starts, len(asks)))
    pairs = np.flatnonzero((lengths[1:] == lengths[:-1]) & (lengths[1:] >= 2)) + 1
    sheet = np.repeat(np.arange(len(pairs)), lengths[pairs])
    inside = np.arange(len(sheet)) - np.searchsorted(sheet, sheet)
    before, now = starts[pairs - 1][sheet] + inside, starts[pairs][sheet] + inside
    same = np.bincount(sheet, log[now] != log[before], len(pairs)) == 0
    equal = np.bincount(sheet, values[now] != values[before], len(pairs)) == 0
    return share(int((same & equal).sum()), int(same.sum()))
