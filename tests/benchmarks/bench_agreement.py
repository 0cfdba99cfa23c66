"""Times agreement with 1,000 bootstraps on 200,000 answers, and checks the sequential estimates against known truth."""

import resource
import statistics
import sys
import time
from collections.abc import Callable

import krippendorff
import numpy as np
from numpy.typing import NDArray

from annotate.agreement.designs import recognised
from annotate.agreement.question import agreement, krippendorff_alpha
from annotate.agreement.stages import staged
from annotate.votes import Votes, votes
from schemas.scheme import Protocol

ROUNDS = 3
RATERS, ASKED = 20, 5
KINDS = {"choice among 8": 8, "scale of 0 to 7": 8, "scale of 0 to 100": 101}


def answers(items: int, levels: int, choice: bool) -> tuple[Votes, NDArray[np.float64]]:
    """Five of twenty raters per item, each near the truth; as votes and as the table a peer reads (raters by items)."""
    draw = np.random.default_rng(3)
    who = draw.random((items, RATERS)).argsort(axis=1)[:, :ASKED]
    truth = draw.integers(0, levels, (items, 1))
    told = np.clip(truth + draw.normal(0, levels / 5, who.shape).round(), 0, levels - 1)
    if choice:
        told = np.where(draw.random(who.shape) < 0.6, truth, draw.integers(0, levels, who.shape)).astype(float)
    table = np.full((items, RATERS), np.nan)
    np.put_along_axis(table, who, told, axis=1)
    keys = [f"item{item:06}" for item in np.repeat(np.arange(items), ASKED)]
    raters = [f"rater{rater:02}" for rater in who.ravel()]
    if choice:
        names = [f"c{level}" for level in range(levels)]
        return votes(keys, raters, [names[int(level)] for level in told.ravel()], names), table.T
    return votes(keys, raters, told.ravel(), range(levels), "ordinal"), table.T


def median_seconds(action: Callable[[], object]) -> float:
    """The median time of three runs."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def timed(items: int, bootstraps: int) -> float:
    """Print the time of all coefficients with their intervals; returns the slowest."""
    slowest = 0.0
    for kind, levels in KINDS.items():
        some, _ = answers(items, levels, kind.startswith("choice"))
        whole = median_seconds(lambda some=some: agreement(some, bootstraps=bootstraps))  # type: ignore[misc]
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"agreement: {kind}, {len(some):,} answers, all coefficients with {bootstraps:,} bootstraps: {whole:.2f} s, "
            f"peak so far {memory_mb:,.0f} MB"
        )
        slowest = max(slowest, whole)
    return slowest


def against_krippendorff(items: int) -> None:
    """Print the time of alpha alone beside that of the krippendorff package."""
    for kind, levels in KINDS.items():
        some, table = answers(items, levels, kind.startswith("choice"))
        mine = median_seconds(lambda some=some: krippendorff_alpha(some))  # type: ignore[misc]
        peer = median_seconds(
            lambda some=some, table=table: krippendorff.alpha(table, level_of_measurement=some.measure)  # type: ignore[misc]
        )
        print(
            f"agreement: {kind}, {len(some):,} answers, alpha alone: {mine:.3f} s, krippendorff {peer:.3f} s, "
            f"ratio {peer / mine:.1f}"
        )


def said(draw: np.random.Generator, items: int, spread: float) -> NDArray[np.bool_]:
    """What ten raters of different leniency would all say about every item (true: yes)."""
    presence = draw.normal(-0.4, spread, (items, 1))
    return draw.random((items, 10)) < 1 / (1 + np.exp(-presence - np.linspace(-1, 1, 10)))


def collected(draw: np.random.Generator, full: NDArray[np.bool_], first: int, follow: float) -> Votes:
    """Raters in random order, asked beyond the first ones only while all say yes, and then not always."""
    who = draw.random(full.shape).argsort(axis=1)[:, : first + 2]
    given = np.take_along_axis(full, who, axis=1)
    going = np.ones(given.shape, bool)
    for place in range(first, first + 2):
        going[:, place] = going[:, place - 1] & given[:, :place].all(axis=1) & (draw.random(len(full)) < follow)
    items, places = np.nonzero(going)
    names = np.array(["no", "yes"])[given[items, places].astype(int)]
    return votes(items.tolist(), who[items, places].tolist(), names, ("no", "yes"))


def simulated(runs: int, items: int) -> None:
    """Print bias, error and coverage of the sequential alpha over many collections from populations of known alpha."""
    for first, spread, follow in ((1, 1.0, 1.0), (1, 2.5, 1.0), (1, 2.5, 0.7), (2, 1.0, 1.0), (2, 2.5, 0.7)):
        draw = np.random.default_rng(11)
        population = said(draw, 1_000_000, spread)
        yes = population.sum(axis=1)
        both, once = (yes * (yes - 1) / 90).mean(), population.mean()
        truth = (both - once**2) / (once - once**2)
        found, naive, covered = [], [], 0
        for run in range(runs):
            some = collected(draw, said(draw, items, spread), first, follow)
            estimate = staged(some, recognised(some, Protocol("sequential")), bootstraps=1000, seed=run)
            if estimate is None or estimate.alpha is None:
                continue
            low, high = estimate.intervals["alpha"]
            covered += low <= truth <= high
            found.append(estimate.alpha)
            naive.append(krippendorff_alpha(some) or 0)
        print(
            f"agreement: {runs} sequential collections of {items:,} items (first {first}, spread {spread}, follow-up "
            f"{follow:.0%}): true alpha {truth:.3f}, plain {np.mean(naive):+.3f}, ours {np.mean(found):.3f} (bias "
            f"{np.mean(found) - truth:+.4f}, deviation {np.std(found):.3f}), 95 % interval covers {covered / runs:.1%}"
        )


def main(items: int = 40_000, bootstraps: int = 1000, runs: int = 2000) -> float:
    """All parts; returns the slowest time of all coefficients with their intervals, in seconds."""
    slowest = timed(items, bootstraps)
    against_krippendorff(items // 5)  # it needs gigabytes for a scale of 101 points
    simulated(runs, 2000)
    return slowest


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
