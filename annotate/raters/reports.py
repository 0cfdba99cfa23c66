"""What is known of each rater, as numbers with intervals; what to do about it is for people to decide."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from annotate.answers.log import AnswerLog, Pool, pooled
from annotate.arrays import Flags, Floats
from annotate.raters import response_patterns
from annotate.raters.leave_one_out import Compared, compared, confusions, drift, leanings
from annotate.raters.response_patterns import Lines, Speed
from annotate.raters.shares import Difference, Share, around, cluster_means, difference, mean_share
from schemas.answers import RaterKind

FAST, SLOW = 0.2, 10.0  # of the median duration of an ask of the same scheme
SEVERAL = 2  # categories up to which a choice has no leaning but a share of yes


@dataclass(frozen=True)
class Leaning:
    """A category one rater gives more often (negative: less often) than the others give it at the same n items."""

    question: str
    category: str
    difference: float
    n: int


@dataclass(frozen=True)
class Leniency:
    """How readily a rater says yes: to contrast questions (where yes is a false alarm), and altogether.

    `shift` is the mean distance to the others at the same items, in lengths of the scale or shares of yes, `low` and
    `high` are the ends of its interval. `leanings` are the most overused and underused category of each choice.
    """

    contrast: Share
    yes: Share
    shift: float | None = None
    low: float | None = None
    high: float | None = None
    leanings: tuple[Leaning, ...] = ()


@dataclass(frozen=True)
class Confusion:
    """Of the items whose truth is the row's category, the share to which this rater gave the column's.

    `weights` are how many items each row rests on, in expectation; None where it rests on nothing.
    """

    question: str
    categories: tuple[str, ...]
    shares: tuple[tuple[float | None, ...], ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class RaterReport:
    """Everything known of one rater.

    `leave_one_out` is agreement with the consensus of the others, `same_items` what these reach at the same items.
    `drift` compares the first with the last third of the asks, `anchoring` how near answers given blind and answers
    given after a suggestion are to it.
    """

    rater: str
    kind: RaterKind
    excluded: str | None
    answers: int
    asks: int
    speed: Speed
    lines: Lines
    leniency: Leniency
    gold: Share
    consistency: Share
    leave_one_out: Share
    same_items: float | None
    drift: Difference | None
    anchoring: Difference | None
    confusions: tuple[Confusion, ...]


@dataclass(frozen=True)
class Standing:
    """What is known of raters beforehand: their kind, and the reason why if they are excluded.

    `sequential` are the questions (scheme, question) whose asking stopped early: there agreement with the others means
    nothing, for they exist only because of what this rater said. `fast_ms` and `slow_ms` replace the limits that
    follow from the median when they are not 0.
    """

    kinds: Mapping[str, RaterKind]
    excluded: Mapping[str, str]
    sequential: frozenset[tuple[str, str]] = frozenset()
    fast_ms: float = 0
    slow_ms: float = 0


def rater_reports(logs: Sequence[AnswerLog], standing: Standing) -> list[RaterReport]:
    """A report per rater in order of name; only people who are not excluded make up the consensus of the others."""
    if not logs:
        return []
    ids = logs[0].rater_ids
    everybody = _Everybody(logs, standing)
    return [everybody.report(code) for code in np.flatnonzero(np.bincount(everybody.pool.raters, minlength=len(ids)))]


@dataclass(frozen=True, eq=False)
class _Everybody:
    """All answers of all raters, with what takes one look at everybody."""

    logs: Sequence[AnswerLog]
    standing: Standing

    @cached_property
    def pool(self) -> Pool:
        return pooled(self.logs)

    @cached_property
    def counted(self) -> Flags:
        kinds, excluded = self.standing.kinds, self.standing.excluded
        ids = self.logs[0].rater_ids
        return np.array([kinds[rater] == "person" and rater not in excluded for rater in ids], np.bool_)

    @cached_property
    def comparable(self) -> list[AnswerLog]:
        return [log for log in self.logs if log.key not in self.standing.sequential]

    @cached_property
    def compared(self) -> Compared:
        return compared(self.comparable, self.counted)

    @cached_property
    def limits_ms(self) -> Floats:
        """The shortest and longest usual duration of an ask, for each log."""
        medians = {scheme: self._median(scheme) for scheme in {log.scheme.id for log in self.logs}}
        fast, slow = self.standing.fast_ms, self.standing.slow_ms
        return np.array(
            [(fast or FAST * medians[log.scheme.id], slow or SLOW * medians[log.scheme.id]) for log in self.logs]
        )

    @cached_property
    def confusions(self) -> Mapping[int, list[Confusion]]:
        """The confusions of every rater, one for each choice."""
        by_rater: dict[int, list[Confusion]] = defaultdict(list)
        for log in (log for log in self.logs if log.categories):
            raters = np.unique(log.raters)
            for rater, table in zip(raters, confusions(log.votes(), self.counted[raters]), strict=True):
                by_rater[int(rater)].append(_confusion(log, table))
        return by_rater

    @cached_property
    def leanings(self) -> Mapping[int, list[Leaning]]:
        """What every rater leans to in each comparable choice among several categories."""
        by_rater: dict[int, list[Leaning]] = defaultdict(list)
        for log in (log for log in self.comparable if len(log.categories) > SEVERAL):
            raters = np.unique(log.raters)
            for rater, row, n in zip(raters, *leanings(log.votes(), self.counted[raters]), strict=True):
                by_rater[int(rater)] += _extremes(log, row, int(n)) if n else []
        return by_rater

    @cached_property
    def blind(self) -> Pool:
        """Blind answers of people to items for which a suggestion is known."""
        pool = self.pool
        return pool.kept(~pool.shown & np.isfinite(pool.followed) & self.counted[pool.raters])

    def report(self, rater: int) -> RaterReport:
        mine, against = self.pool.kept(self.pool.raters == rater), self.compared.kept(self.compared.raters == rater)
        name = self.logs[0].rater_ids[rater]
        beside = against.others[np.isfinite(against.others)]
        return RaterReport(
            rater=name,
            kind=self.standing.kinds[name],
            excluded=self.standing.excluded.get(name),
            answers=len(mine),
            asks=len(np.unique(mine.asks)),
            speed=response_patterns.speed(mine, self.limits_ms),
            lines=response_patterns.lines(mine, self.logs),
            leniency=self._leniency(rater, mine, against),
            gold=mean_share(mine.right, mine.asks),
            consistency=response_patterns.consistency(mine),
            leave_one_out=mean_share(against.score, against.asks),
            same_items=float(beside.mean()) if len(beside) else None,
            drift=drift(against),
            anchoring=self._anchoring(mine),
            confusions=tuple(self.confusions.get(rater, ())),
        )

    def _leniency(self, rater: int, mine: Pool, against: Compared) -> Leniency:
        contrast = mine.kept(mine.contrast)
        shifts = cluster_means(against.shift, against.asks)
        shift, low, high = around(shifts) or (None, None, None)
        contrast_yes, yes = mean_share(contrast.yes, contrast.asks), mean_share(mine.yes, mine.asks)
        return Leniency(contrast_yes, yes, shift, low, high, tuple(self.leanings.get(rater, ())))

    def _anchoring(self, mine: Pool) -> Difference | None:
        """Blind answers are the rater's own at other items where there are some, else those of everybody."""
        after = mine.kept(mine.shown & np.isfinite(mine.followed))
        own = mine.kept(~mine.shown & np.isfinite(mine.followed))
        blind = own if len(own) else self.blind
        return difference(*(cluster_means(part.followed, part.asks) for part in (blind, after)))

    def _median(self, scheme: str) -> float:
        """The median duration of an ask in ms; NaN when no duration is known."""
        mine = np.array([log.scheme.id == scheme for log in self.logs])[self.pool.log] & self.counted[self.pool.raters]
        some = self.pool.kept(mine & np.isfinite(self.pool.durations_ms))
        _, first = np.unique(np.stack([some.raters, some.asks]), axis=1, return_index=True)
        return float(np.median(some.durations_ms[first])) if len(first) else float("nan")


def _confusion(log: AnswerLog, table: Floats) -> Confusion:
    weights = table.sum(axis=1)
    rows = zip(table.tolist(), weights.tolist(), strict=True)
    shares = [tuple(cell / weight if weight > 0 else None for cell in row) for row, weight in rows]
    return Confusion(log.name, log.categories, tuple(shares), tuple(weights.tolist()))


def _extremes(log: AnswerLog, row: Floats, n: int) -> list[Leaning]:
    """The most overused and the most underused category."""
    places = (int(row.argmax()), int(row.argmin()))
    return [Leaning(log.name, log.categories[place], float(row[place]), n) for place in places]
