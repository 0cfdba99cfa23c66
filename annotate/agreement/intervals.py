"""Cluster bootstrap: items are resampled, each with all its answers."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from annotate.agreement.coefficients import first_or_none
from annotate.arrays import Floats, Ints

LEVEL = 0.95
CELLS = 2_000_000  # numbers of one block of weights: 16 MB, whatever the number of items
FEW = 10  # items per pattern from which drawing counts is faster than drawing items
BLOCK = 64  # replicates weighed together: more gains no speed and costs memory

Statistics = Callable[[Floats], Mapping[str, Floats]]
Interval = tuple[float, float]


def weights(pattern: Ints, patterns: int, bootstraps: int, seed: int) -> Iterator[Floats]:
    """Blocks (replicates by patterns) that say how often each pattern of answers occurs among items drawn again.

    `pattern` gives the pattern of every item; items of one pattern are interchangeable, so counting patterns is
    enough, and where they are few the counts are drawn directly. The same seed gives the same blocks.
    """
    draw = np.random.default_rng(seed)
    items = len(pattern)
    share = np.bincount(pattern, minlength=patterns) / items
    block = max(1, min(BLOCK, CELLS // max(patterns, 1)))
    for first in range(0, bootstraps, block):
        count = min(block, bootstraps - first)
        if patterns * FEW <= items:
            yield draw.multinomial(items, share, size=count).astype(np.float64)
            continue
        drawn = np.empty((count, patterns))
        for row in drawn:
            again = draw.integers(items, size=items, dtype=np.uint32)
            row[:] = np.bincount(pattern[again], minlength=patterns)
        yield drawn


def estimates(
    statistics: Statistics, pattern: Ints, patterns: int, bootstraps: int, seed: int
) -> tuple[dict[str, float | None], dict[str, Interval]]:
    """Every statistic of the items as they are (None: undefined), and its interval where `bootstraps` are asked for."""
    once = np.bincount(pattern, minlength=patterns).astype(float)[None, :]
    values = {name: first_or_none(numbers) for name, numbers in statistics(once).items()}
    return values, intervals(statistics, pattern, patterns, bootstraps, seed) if bootstraps else {}


def intervals(statistics: Statistics, pattern: Ints, patterns: int, bootstraps: int, seed: int) -> dict[str, Interval]:
    """The 95 % percentile interval of every statistic over items drawn again.

    `statistics` takes weights (replicates by patterns) and gives one number per replicate and name. Replicates in
    which a statistic is undefined (NaN) do not count for it; a statistic that is never defined has no interval.
    """
    blocks: dict[str, list[Floats]] = {}
    for drawn in weights(pattern, patterns, bootstraps, seed) if len(pattern) else ():
        for name, numbers in statistics(drawn).items():
            blocks.setdefault(name, []).append(numbers)
    replicates = {name: np.concatenate(parts) for name, parts in blocks.items()}
    return {name: percentiles(numbers) for name, numbers in replicates.items() if np.isfinite(numbers).any()}


def percentiles(numbers: Floats) -> Interval:
    """The ends of the middle 95 % of the numbers that are defined."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(numbers[np.isfinite(numbers)], [tail, 1 - tail])
    return float(low), float(high)
