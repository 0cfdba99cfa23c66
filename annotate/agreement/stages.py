"""Agreement that sequential designs identify, stage by stage and for two raters who both answer every item.

Rule "stop". Let p be the probability that a rater drawn at random goes on at an item, and raters be exchangeable: who
comes first has nothing to do with the item. With m1 = E[p] and m2 = E[p^2], the first answers of all items give m1, and
the second answers give P(second goes on | first did) = q2 = m2 / m1. Two raters who both answer every item would both
go on with probability m2 = m1 q2 and differ with 2 (m1 - m2), so that

    raw agreement = 1 - 2 m1 (1 - q2),   alpha = 1 - (m1 - m2) / (m1 (1 - m1)) = (q2 - m1) / (1 - m1),

the intraclass kappa of go-on against stop, to which Krippendorff's alpha tends in a fixed design. It needs, beside
exchangeable raters, that whether the follow-up came does not depend on the item once the first answer was to go on;
mixing in questions that are never followed up (contrast questions) breaks this. Where the first two or more answers are
always asked, they are a fixed design by themselves: whoever was asked beyond them had nothing but answers that went on.

Rule "agree". The first two answers are a fixed design. Of items with three answers the first two differ: of {a, a, b}
they were a and b; of {a, b, c} any two, one as likely as another.

Nothing here recovers agreement on values beyond go-on against stop, except from first answers whose order is known.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from annotate.agreement.coefficients import alpha, gwet, ratio, raw
from annotate.agreement.designs import Design, contradicting
from annotate.agreement.intervals import Interval, estimates
from annotate.agreement.tallies import Tally, tally, tally_of
from annotate.answers.votes import Votes
from annotate.arrays import Floats

DOUBT = 3  # standard errors
ESTIMATES = ("raw", "alpha", "ac1")


@dataclass(frozen=True)
class Stage:
    """Items asked for the `place`-th time, those of them that went on, and their share with its 95 % interval."""

    place: int
    asked: int
    went_on: int
    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Staged:
    """Agreement estimated from a sequential design; raw, alpha and ac1 are for two raters who both answer every item.

    `patterns` are (answers, answers that went on, items), or for the rule "agree" (answers, answers equal to the most
    frequent, items). `broken` items contradict the rule and are left out. `doubt` says why the estimates do not hold:
    later raters went on less often than exchangeable ones could, so that the estimate of alpha is but a lower bound,
    `alpha_at_least`, and stands in the place of all three.
    """

    stages: tuple[Stage, ...]
    patterns: tuple[tuple[int, int, int], ...]
    broken: int
    raw: float | None = None
    alpha: float | None = None
    ac1: float | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)
    doubt: str | None = None
    alpha_at_least: float | None = None


def staged(votes: Votes, design: Design, bootstraps: int = 0, seed: int = 0) -> Staged | None:
    """Agreement in a sequential design, with intervals clustered by item; None for other designs and unknown rules."""
    if design.rule is None or not len(votes):
        return None
    broken = contradicting(votes, design)
    sound = votes.kept(~broken[votes.items])
    rule = _StopRule(sound, design) if design.rule == "stop" else _AgreeRule(sound)
    point, ends = estimates(rule.statistics, rule.pattern, len(rule.sizes), bootstraps, seed)
    stages = tuple(
        Stage(place, asked, went_on, point[f"stage {place}"], *ends.get(f"stage {place}", (None, None)))
        for place, asked, went_on in rule.asked()
    )
    doubt = _doubt(stages) if design.rule == "stop" else None
    return Staged(
        stages=stages,
        patterns=rule.patterns(),
        broken=int(broken.sum()),
        **({} if doubt else {name: point.get(name) for name in ESTIMATES}),
        intervals={} if doubt else {name: ends[name] for name in ESTIMATES if name in ends},
        doubt=doubt,
        alpha_at_least=point.get("alpha") if doubt else None,
    )


class _StopRule:
    """Items counted by how many answers they have and how many of them were the stop."""

    def __init__(self, votes: Votes, design: Design) -> None:
        stops = np.bincount(votes.items, votes.codes == design.level, len(votes.item_ids)).astype(np.int64)
        kinds, pattern = np.unique(np.stack([votes.sizes, stops], axis=1), axis=0, return_inverse=True)
        self.sizes, self.stops = kinds[:, 0], kinds[:, 1]
        self.pattern = pattern.ravel()
        self.first = design.first
        self.places = range(self.first, int(self.sizes.max(initial=0)) + 1)
        self.times = np.bincount(self.pattern, minlength=len(kinds)).astype(float)[None, :]

    def statistics(self, weights: Floats) -> dict[str, Floats]:
        """Shares that went on at each place, and raw agreement, alpha and AC1 of two raters asked in any case."""
        columns = {f"stage {place}": self.at(place) for place in self.places}
        found = {name: ratio(weights @ went_on, weights @ asked) for name, (asked, went_on) in columns.items()}
        if self.first >= 2:
            block = self.first_block()
            found |= {"raw": raw(block, weights), "alpha": alpha(block, weights, "nominal")}
            return found | {"ac1": gwet(block, weights, "nominal")}
        once, again = found["stage 1"], found.get("stage 2", found["stage 1"] * float("nan"))
        agreed, chance = 1 - 2 * once * (1 - again), 2 * once * (1 - once)
        found["raw"], found["alpha"] = agreed, ratio(again - once, 1 - once)
        return found | {"ac1": ratio(agreed - chance, 1 - chance)}

    def at(self, place: int) -> tuple[Floats, Floats]:
        """For each pattern: was it asked up to this place, and had nobody stopped it by then (ones and zeros)."""
        asked = self.sizes >= place
        went_on = asked & ((self.sizes > place) | (self.stops == 0))
        return asked.astype(float), went_on.astype(float)

    def first_block(self) -> Tally:
        """The answers asked in any case: whoever was asked beyond them had nothing but answers that went on."""
        stops = np.where(self.sizes > self.first, 0, self.stops)
        rows = np.stack([stops, np.minimum(self.sizes, self.first) - stops], axis=1)
        return tally_of(rows, np.arange(len(rows)))

    def asked(self) -> list[tuple[int, int, int]]:
        """Places with the items asked and those that went on."""
        times = self.times[0]
        columns = ((place, *self.at(place)) for place in self.places)
        return [(place, int(times @ asked), int(times @ went_on)) for place, asked, went_on in columns]

    def patterns(self) -> tuple[tuple[int, int, int], ...]:
        rows = zip(self.sizes, self.stops, self.times[0], strict=True)
        return tuple((int(size), int(size - stops), int(items)) for size, stops, items in rows)


class _AgreeRule:
    """Items counted by their answers; the first two of three are known, or known to be any two of three."""

    def __init__(self, votes: Votes) -> None:
        self.tally = tally(votes)
        self.pattern, self.times = self.tally.pattern, self.tally.times
        self.sizes = self.tally.sizes
        self.paired = (self.sizes >= 2).astype(float)
        self.differing = self.paired * (np.diff(self.tally.counts.starts) > 1)
        self.knows_first_two = votes.measure == "nominal" and bool((self.sizes <= 3).all())

    def statistics(self, weights: Floats) -> dict[str, Floats]:
        """The share that goes on to a third answer, and for choices alpha and AC1 of the first two answers."""
        items, apart = weights @ self.paired, weights @ self.differing
        found = {"stage 2": ratio(apart, items), "raw": 1 - ratio(apart, items)}
        if not self.knows_first_two:
            return found
        given: Floats = (self.first_two().T @ weights.T).T
        share = ratio(given, given.sum(axis=1)[:, None])
        varied = np.where((given > 0).sum(axis=1) > 1, 1.0, np.nan)
        expected = ratio((2 * items) ** 2 - (given**2).sum(axis=1), 2 * items * (2 * items - 1)) * varied
        chance = (share * (1 - share)).sum(axis=1) / (given.shape[1] - 1)
        return found | {
            "alpha": 1 - ratio(found["stage 2"], expected),
            "ac1": ratio(found["raw"] - chance, 1 - chance),
        }

    def first_two(self) -> Floats:
        """How often each level is expected among the first two answers: patterns by levels, dense."""
        counts = self.tally.counts
        table = np.zeros((len(self.sizes), len(self.tally.levels)))
        kinds = np.diff(counts.starts)[counts.rows]  # levels that occur in the pattern
        whole = (counts.counts > 0) * (2 / kinds)  # one of each where two occur, two thirds of each where three do
        table[counts.rows, counts.levels] = whole * self.paired[counts.rows]
        return table

    def asked(self) -> list[tuple[int, int, int]]:
        """The items with two answers, and those whose two differ."""
        return [(2, int(self.times[0] @ self.paired), int(self.times[0] @ self.differing))]

    def patterns(self) -> tuple[tuple[int, int, int], ...]:
        rows = np.stack([self.sizes, self.tally.counts.peaks()], axis=1).astype(np.int64)
        kinds, kind = np.unique(rows, axis=0, return_inverse=True)
        items = np.bincount(kind.ravel(), self.times[0])
        return tuple((int(size), int(top), int(count)) for (size, top), count in zip(kinds, items, strict=True))


def _variance(stage: Stage) -> float:
    """Of the share that went on; one success and one failure more, or the share of few has none."""
    share = (stage.went_on + 1) / (stage.asked + 2)
    return share * (1 - share) / stage.asked


def _doubt(stages: tuple[Stage, ...]) -> str | None:
    """With exchangeable raters those asked later can only go on more often; the opposite refutes the assumption."""
    for before, after in pairwise(stages):
        if before.share is None or after.share is None:
            continue
        variances = map(_variance, (before, after))
        if before.share - after.share > DOUBT * sum(variances) ** 0.5:
            return (
                f"at place {after.place} fewer go on ({after.share:.3f}) than at place {before.place} "
                f"({before.share:.3f}): raters or follow-ups were not chosen by chance"
            )
    return None
