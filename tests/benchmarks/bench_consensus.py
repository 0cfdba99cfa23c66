"""Compares our rater models with crowd-kit's on the same answers, and draws consensus from a million answers."""

import importlib
import multiprocessing
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from annotate.consensus.methods import consensus
from annotate.votes import Votes, votes

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 3
CATEGORIES = [f"category{code}" for code in range(8)]
CHOICES = ("majority", "strict", "threshold", "soft", "dawid-skene", "one-coin", "mace", "glad")
SCALES = ("mean", "median", "trimmed", "ewe")
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


def median_seconds(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median time of some runs."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def against_crowd_kit(items: int) -> dict[str, float]:
    """Print both times of every model, from columns to labels, and how many labels differ; returns the ratios."""
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
    """Print both times and the number of labels that differ where ours is no open tie; returns their ratio."""
    frames = importlib.import_module("pandas")
    columns = crowd(items, 50, 5)
    options = {"restarts": 1} if method == "mace" else {}

    def theirs() -> list[str]:
        frame = frames.DataFrame(dict(zip(("task", "worker", "label"), columns, strict=True)))
        return [*peer().fit_predict(frame).sort_index()]

    def ours() -> list[str | float | None]:
        return consensus(asked(columns), method, **options).values()

    differ = sum(one not in (None, other) for one, other in zip(ours(), theirs(), strict=True))
    mine, other = median_seconds(ours), median_seconds(theirs)
    print(
        f"consensus: {method}, {items:,} items x 5 raters x 8 classes: {mine:.3f} s, crowd-kit {other:.3f} s, "
        f"ratio {other / mine:.1f}, labels that differ: {differ}"
    )
    return other / mine


def large(method: str, items: int, queue: Any) -> None:
    """Time and peak memory of one method, in a process of its own: from columns of text to arrays, then to labels."""
    scale = method in SCALES
    columns = crowd(items, 100, 5, scale)
    started = time.perf_counter()
    some = asked(columns, scale)
    built = time.perf_counter() - started
    rounds = []
    for _ in range(ROUNDS if method not in ("mace", "glad") else 1):
        started = time.perf_counter()
        drawn = consensus(some, method)
        rounds.append(time.perf_counter() - started)
    started = time.perf_counter()
    count = sum(1 for _ in drawn.labels("scheme", "question"))
    told = time.perf_counter() - started
    queue.put(
        (built, statistics.median(rounds), told, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    )


def a_million(items: int) -> None:
    """Print time and memory of every method on five answers per item."""
    spawn = multiprocessing.get_context("spawn")
    for method in CHOICES + SCALES:
        queue = spawn.Queue()
        process = spawn.Process(target=large, args=(method, items, queue))
        process.start()
        built, drawn, told, _, memory_mb = queue.get()
        process.join()
        print(
            f"consensus: {method}, {items * 5:,} answers: columns to votes {built:.2f} s, consensus {drawn:.2f} s, "
            f"rows of labels {told:.2f} s, sum {built + drawn + told:.2f} s, peak {memory_mb:,.0f} MB"
        )


def main(items: int = 10_000, many: int = 200_000) -> float:
    """Both comparisons; returns how many times faster than crowd-kit Dawid-Skene is."""
    a_million(many)
    return against_crowd_kit(items)["dawid-skene"]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
