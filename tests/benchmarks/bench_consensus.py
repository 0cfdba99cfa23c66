"""Compares our rater models with crowd-kit's on the same answers, and draws consensus from a million answers."""

import importlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from annotate.answers.votes import Votes, votes
from annotate.consensus.specs import SCALE, consensus
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, peak_mb, say, spent

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORIES = [f"category{code}" for code in range(8)]
OUTSIDE = {"outside": tuple(CATEGORIES[-2:])}
METHODS: dict[str, dict[str, Any]] = {
    "majority": {},
    "strict": {},
    "threshold": {},
    "soft": {"smoothing": 0.5},
    "gold": {"gold": {f"{key:032x}": CATEGORIES[key % 8] for key in range(1000)}},
    "ferplus-majority": OUTSIDE,
    "ferplus-probability": OUTSIDE,
    "ferplus-multi-target": OUTSIDE,
    "dawid-skene": {},
    "one-coin": {},
    "mace": {},
    "glad": {},
    "mean": {},
    "median": {},
    "trimmed": {},
    "ewe": {},
}
Columns = tuple[list[str], list[str], list[Any]]


def crowd(items: int, raters: int, asked: int, scale: bool = False) -> Columns:
    """Answers of raters who name the truth with 30 to 95 % probability, or come that near to it on 0 to 100."""
    draw = np.random.default_rng(7)
    who = (draw.integers(0, raters, (items, 1)) + np.arange(asked) * 7) % raters
    truth = draw.integers(0, len(CATEGORIES), (items, 1))
    skill = draw.uniform(0.3, 0.95, raters)[who]
    guess = draw.integers(0, len(CATEGORIES), who.shape)
    told = np.where(draw.random(who.shape) < skill, truth, guess)
    keys = np.repeat([f"{key:032x}" for key in range(items)], asked).tolist()
    names = [f"rater{rater:04}" for rater in as_first_seen(who.ravel())]
    if scale:
        near = np.clip(truth * 14 + draw.normal(0, 60 * (1 - skill)), 0, 100).round()
        return keys, names, near.ravel().tolist()
    return keys, names, [CATEGORIES[code] for code in as_first_seen(told.ravel())]


def as_first_seen(codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Codes renumbered in order of first occurrence: crowd-kit's MACE mixes up raters whose names do not so occur."""
    values, first = np.unique(codes, return_index=True)
    return first.argsort().argsort()[np.searchsorted(values, codes)]


def asked(columns: Columns, scale: bool = False) -> Votes:
    """The columns as votes on a choice among eight, or on 0 to 100."""
    return votes(*columns, list(range(101)), "interval") if scale else votes(*columns, CATEGORIES)


def against_crowd_kit(items: int) -> dict[str, float]:
    """Tell both times of every model, from columns to labels, and how many labels differ; returns the ratios."""
    warnings.simplefilter("ignore")  # crowd-kit writes for an older pandas
    aggregation = importlib.import_module("crowdkit.aggregation")
    peers: dict[str, Callable[[], Any]] = {
        "majority": aggregation.MajorityVote,
        "dawid-skene": aggregation.DawidSkene,
        "one-coin": aggregation.OneCoinDawidSkene,
        "mace": lambda: aggregation.MACE(n_restarts=1),  # its restarts all start alike
        "glad": aggregation.GLAD,
    }
    # crowd-kit's GLAD takes minutes for more
    return {
        method: compared(method, peer, items // 20 if method == "glad" else items) for method, peer in peers.items()
    }


def compared(method: str, peer: Callable[[], Any], items: int) -> float:
    """Tell both times and the number of labels that differ where ours is no open tie; returns their ratio."""
    frames = importlib.import_module("pandas")
    columns = crowd(items, 50, 5)
    options = {"restarts": 1} if method == "mace" else {}

    def theirs() -> list[str]:
        frame = frames.DataFrame(dict(zip(("task", "worker", "label"), columns, strict=True)))
        return [*peer().fit_predict(frame).sort_index()]

    def ours() -> list[str | float | None]:
        return consensus(asked(columns), method, **options).values()

    differ = sum(one not in (None, other) for one, other in zip(ours(), theirs(), strict=True))
    # in turns, so that both meet what else the machine does
    mine, other = medians([(spent(ours).wall_s, spent(theirs).wall_s) for _ in range(ROUNDS)])
    say(
        f"consensus: {method}, {items:,} items x 5 raters x 8 classes: {mine:.3f} s, crowd-kit {other:.3f} s, "
        f"ratio {other / mine:.1f}, labels that differ: {differ}"
    )
    return other / mine


def large(method: str, items: int) -> tuple[float, float, float, float]:
    """Seconds from columns of text to arrays, to the consensus, and to labels; and the peak of memory in megabytes."""
    scale = method in SCALE
    columns = crowd(items, 100, 5, scale)
    started = time.perf_counter()
    some = asked(columns, scale)
    built = time.perf_counter() - started
    drawn = consensus(some, method, **METHODS[method])
    found = time.perf_counter() - started - built
    count = sum(1 for _ in drawn.labels("scheme", "question"))
    told = time.perf_counter() - started - built - found
    if count != items:
        raise ValueError(f"{count} labels of {items} items")
    return built, found, told, peak_mb()


def a_million(items: int) -> list[Figure]:
    """The slowest method and the largest memory on five answers per item, each method in a process of its own."""
    sums, peaks = [], []
    for method in METHODS:
        built, drawn, told, peak = apart(large, method, items)
        sums.append(built + drawn + told)
        peaks.append(peak)
        say(
            f"consensus: {method}, {items * 5:,} answers: columns to votes {built:.2f} s, consensus {drawn:.2f} s, "
            f"rows of labels {told:.2f} s, sum {sums[-1]:.2f} s, peak {peak:,.0f} MB"
        )
    what = f"consensus, {items * 5:,} answers"
    return [
        Figure(f"{what}, slowest method", "s", max(sums), 10, True),
        Figure(f"{what}, memory", "MB", max(peaks), 1000, True),
    ]


def main(items: int = 10_000, many: int = 200_000) -> Iterator[Figure]:
    """Both comparisons."""
    yield from a_million(many)
    faster = against_crowd_kit(items)
    yield Figure(f"Dawid-Skene, {items:,} x 5 answers", "x crowd-kit", faster["dawid-skene"], 5)


if __name__ == "__main__":
    for told in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(told.cells))
