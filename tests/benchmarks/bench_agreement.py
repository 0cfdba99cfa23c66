"""Times agreement with 1,000 bootstraps on 200,000 answers, and checks estimates and intervals against known truth."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import krippendorff
import numpy as np
from numpy.typing import NDArray

from annotate.agreement.coefficients import alpha
from annotate.agreement.designs import recognised
from annotate.agreement.intervals import intervals
from annotate.agreement.question import agreement
from annotate.agreement.stages import staged
from annotate.agreement.tallies import tally
from annotate.answers.votes import Votes, votes
from schemas.scheme import Measure, Protocol
from tests.benchmarks.figures import ROUNDS, Figure, Spent, apart, medians, peak_mb, say, spent

RATERS, ASKED = 20, 5
POPULATION = 1_000_000  # items whose agreement is the truth, beside the few of one collection
YES_NO = ("no", "yes")
FOUR = ("c0", "c1", "c2", "c3")

Codes = NDArray[np.int64]


class Kind(NamedTuple):
    """A question: how many levels, whether they are categories, and what distance is between them."""

    levels: int
    choice: bool
    measure: Measure


KINDS = {
    "choice among 8": Kind(8, True, "nominal"),
    "choice among 40": Kind(40, True, "nominal"),
    "choice of 8 in order": Kind(8, True, "ordinal"),
    "scale of 0 to 7": Kind(8, False, "ordinal"),
    "scale of 0 to 100, ordinal": Kind(101, False, "ordinal"),
    "scale of 0 to 100, interval": Kind(101, False, "interval"),
    "scale of 0 to 100, ratio": Kind(101, False, "ratio"),
}


def answers(items: int, kind: Kind) -> tuple[Votes, NDArray[np.float64]]:
    """Five of twenty raters per item, each near the truth; as votes and as the table a peer reads (raters by items)."""
    draw, levels = np.random.default_rng(3), kind.levels
    who = draw.random((items, RATERS)).argsort(axis=1)[:, :ASKED]
    truth = draw.integers(0, levels, (items, 1))
    told = np.clip(truth + draw.normal(0, levels / 5, who.shape).round(), 0, levels - 1)
    if kind.measure == "nominal":
        told = np.where(draw.random(who.shape) < 0.6, truth, draw.integers(0, levels, who.shape)).astype(float)
    table = np.full((items, RATERS), np.nan)
    np.put_along_axis(table, who, told, axis=1)
    keys = [f"item{item:06}" for item in np.repeat(np.arange(items), ASKED)]
    raters = [f"rater{rater:02}" for rater in who.ravel()]
    names = [f"c{level:02}" for level in range(levels)]
    given = [names[int(level)] for level in told.ravel()] if kind.choice else told.ravel()
    return votes(keys, raters, given, names if kind.choice else range(levels), kind.measure), table.T


def timed(items: int, kind: Kind, bootstraps: int) -> tuple[Spent, float]:
    """The median time of all coefficients with their intervals, and the peak of memory in megabytes."""
    some, _ = answers(items, kind)
    rounds = [spent(lambda: agreement(some, bootstraps=bootstraps)) for _ in range(ROUNDS)]
    return Spent(*medians(rounds)), peak_mb()


def all_coefficients(items: int, bootstraps: int) -> list[Figure]:
    """The slowest question and the largest memory, each question in a process of its own."""
    found = []
    for name, kind in KINDS.items():
        took, peak = apart(timed, items, kind, bootstraps)
        say(
            f"agreement: {name}, {items * ASKED:,} answers, all coefficients with {bootstraps:,} bootstraps: "
            f"{took.wall_s:.2f} s ({took.cpu_s:.2f} s of processor), peak {peak:,.0f} MB"
        )
        found.append((took.wall_s, peak))
    slowest, peak = (max(column) for column in zip(*found, strict=True))
    what = f"agreement, {items * ASKED:,} answers, {bootstraps:,} bootstraps"
    return [Figure(f"{what}, slowest", "s", slowest, 10, True), Figure(f"{what}, memory", "MB", peak, 1000, True)]


def against_krippendorff(items: int) -> None:
    """Tell the time of alpha alone beside that of the krippendorff package."""
    for name, kind in KINDS.items():
        some, table = answers(items, kind)
        mine = medians([spent(lambda some=some: plain_alpha(some)) for _ in range(ROUNDS)])[0]  # type: ignore[misc]
        peer = medians([spent(lambda table=table, kind=kind: theirs(table, kind)) for _ in range(ROUNDS)])[0]  # type: ignore[misc]
        say(
            f"agreement: {name}, {len(some):,} answers, alpha alone: {mine:.3f} s, krippendorff {peer:.3f} s, "
            f"ratio {peer / mine:.1f}"
        )


def plain_alpha(some: Votes) -> float:
    """Krippendorff's alpha as if the design were fixed."""
    counted = tally(some)
    return float(alpha(counted, counted.times, some.measure)[0])


def theirs(table: NDArray[np.float64], kind: Kind) -> float:
    """Alpha by the krippendorff package."""
    return float(krippendorff.alpha(table, level_of_measurement=kind.measure))


def said(draw: np.random.Generator, items: int, spread: float) -> Codes:
    """What ten raters of different leniency would all say about every item (1: yes)."""
    presence = draw.normal(-0.4, spread, (items, 1))
    return (draw.random((items, 10)) < 1 / (1 + np.exp(-presence - np.linspace(-1, 1, 10)))).astype(np.int64)


def named(draw: np.random.Generator, items: int, hit: float) -> Codes:
    """Which of four categories ten raters, some better than others, would all name for every item."""
    truth = draw.choice(4, (items, 1), p=[0.4, 0.3, 0.2, 0.1])
    guess = draw.choice(4, (items, 10), p=[0.4, 0.3, 0.2, 0.1])
    return np.where(draw.random((items, 10)) < np.linspace(hit - 0.2, hit + 0.2, 10), truth, guess)


@dataclass(frozen=True)
class Collecting:
    """A way of collecting: what all raters would say, and how many are asked, in any case and beyond.

    Under "stop" asking goes on while all say yes, and then with a probability of `follow`; under "agree" once more
    where the first two differ.
    """

    rule: str | None
    everybody: Callable[[np.random.Generator, int, float], Codes]
    spread: float
    first: int
    follow: float = 1.0

    @property
    def name(self) -> str:
        what = f"{self.rule}, follow-up {self.follow:.0%}" if self.rule else "all asked"
        return f"{what}, first {self.first}, {self.everybody.__name__} {self.spread}"

    def collected(self, draw: np.random.Generator, items: int) -> Votes:
        """Answers of raters in random order, whoever is asked."""
        full = self.everybody(draw, items, self.spread)
        who = draw.random(full.shape).argsort(axis=1)[:, : self.first + 2]
        given = np.take_along_axis(full, who, axis=1)
        going = np.zeros(given.shape, bool)
        going[:, : self.first] = True
        if self.rule == "stop":
            for place in range(self.first, self.first + 2):
                agreed = given[:, :place].all(axis=1) & (draw.random(items) < self.follow)
                going[:, place] = going[:, place - 1] & agreed
        if self.rule == "agree":
            going[:, 2] = given[:, 0] != given[:, 1]
        rows, places = np.nonzero(going)
        names = YES_NO if self.everybody is said else FOUR
        told = [names[code] for code in given[rows, places].tolist()]
        return votes(rows.tolist(), who[rows, places].tolist(), told, names)

    def truth(self, draw: np.random.Generator) -> float:
        """Alpha of two different raters who both answer every item, over far more items than one collection has."""
        full = self.everybody(draw, POPULATION, self.spread)
        times = np.stack([(full == code).sum(axis=1) for code in range(int(full.max()) + 1)], axis=1)
        raters = full.shape[1]
        apart = 1 - (times * (times - 1)).sum(axis=1).mean() / (raters * (raters - 1))
        return float(1 - apart / (1 - ((times.mean(axis=0) / raters) ** 2).sum()))


WAYS = (
    Collecting("stop", said, 1.0, 1),
    Collecting("stop", said, 2.5, 1),
    Collecting("stop", said, 2.5, 1, 0.7),
    Collecting("stop", said, 1.0, 2),
    Collecting("stop", said, 2.5, 2, 0.7),
    Collecting("agree", named, 0.6, 2),
    Collecting(None, named, 0.6, 3),
)


def estimate(some: Votes, way: Collecting, seed: int) -> tuple[float, tuple[float, float]]:
    """Alpha as the design lets us know it, and its 95 % interval."""
    if way.rule is None:
        table = tally(some)
        ends = intervals(
            lambda weights: {"alpha": alpha(table, weights, "nominal")}, table.pattern, table.times.shape[1], 1000, seed
        )
        return float(alpha(table, table.times, "nominal")[0]), ends["alpha"]
    found = staged(some, recognised(some, Protocol("sequential")), bootstraps=1000, seed=seed)
    if found is None or found.alpha is None:
        return float("nan"), (float("nan"), float("nan"))
    return found.alpha, found.intervals["alpha"]


def simulated(runs: int, items: int) -> Iterator[tuple[float, float]]:
    """Bias and coverage of alpha over many collections from populations of known alpha, for every way of collecting."""
    for place, way in enumerate(WAYS):
        draw = np.random.default_rng([11, place])
        truth, found, plain, covered = way.truth(draw), [], [], 0
        for run in range(runs):
            some = way.collected(draw, items)
            value, (low, high) = estimate(some, way, run)
            covered += low <= truth <= high
            found.append(value)
            plain.append(plain_alpha(some))
        bias = float(np.mean(found)) - truth
        say(
            f"agreement: {runs} collections of {items:,} items ({way.name}): true alpha {truth:.3f}, plain "
            f"{np.mean(plain):+.3f}, ours {np.mean(found):.3f} (bias {bias:+.4f}, deviation {np.std(found):.3f}), "
            f"95 % interval covers {covered / runs:.1%}"
        )
        yield bias, 100 * covered / runs


def main(items: int = 40_000, bootstraps: int = 1000, runs: int = 2000) -> Iterator[Figure]:
    """All parts, with the bars that they must reach."""
    yield from all_coefficients(items, bootstraps)
    against_krippendorff(items // 5)  # it needs gigabytes for a scale of 101 points
    bias, covered = zip(*simulated(runs, 2000), strict=True)
    yield Figure("agreement, bias in known designs", "alpha", max(abs(one) for one in bias), 0.03, True)
    yield Figure("agreement, 95 % intervals that cover, fewest", "%", min(covered), 93)
    yield Figure("agreement, 95 % intervals that cover, most", "%", max(covered), 97, True)


if __name__ == "__main__":
    for told in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(told.cells))
