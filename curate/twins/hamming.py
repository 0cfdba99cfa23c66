"""Fingerprints of 64 bits that differ in few: every pair of a table, found without comparing each with each."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]  # row numbers, the smaller first
BITS, BLOCK = 64, 16
BLOCKS = BITS // BLOCK
AT_ONCE = 8_000_000  # candidate pairs held at a time
SMALL = 2_000  # so many are compared each with each


def close_pairs(
    prints: NDArray[np.uint64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """All pairs of distinct fingerprints that differ in at most `most` bits, with how many: exact, each pair once.

    `prints` has no value twice (fold those first: a black frame's copies are as many pairs as their number squared).
    Of four blocks of 16 bits one differs in at most most // 4 (multi-index hashing, Norouzi et al. 2012,
    doi:10.1109/CVPR.2012.6248043).
    """
    if len(prints) <= SMALL:
        kept = [_near(prints, *np.triu_indices(len(prints), 1), most)]
    else:
        kept = [pairs for block in range(BLOCKS) for pairs in _block_pairs(prints, block, most)]
    first, second = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    first, second = np.minimum(first, second), np.maximum(first, second)
    code = np.unique(first * len(prints) + second)  # a pair is met once for each block in which it is near
    first, second = np.divmod(code, max(len(prints), 1))
    return first, second, np.bitwise_count(prints[first] ^ prints[second])


def _near(prints: NDArray[np.uint64], first: Any, second: Any, most: int) -> Pairs:
    near = np.bitwise_count(prints[first] ^ prints[second]) <= most
    return first[near].astype(np.int64), second[near].astype(np.int64)


def _block_pairs(prints: NDArray[np.uint64], block: int, most: int) -> Iterator[Pairs]:
    """The near pairs of which one block is equal but for some bits."""
    key = ((prints >> np.uint64(BLOCK * block)) & np.uint64(0xFFFF)).astype(np.uint16)
    order = np.argsort(key, kind="stable")
    key, ordered = key[order], prints[order]
    for first, second in _neighbours(key, ordered, most):
        yield order[first], order[second]
    starts = np.searchsorted(key, np.arange((1 << BLOCK) + 1)).astype(np.int32)
    for count in range(1, most // BLOCKS + 1):
        for places in combinations(range(BLOCK), count):
            for candidates in _joined(key, starts, sum(1 << place for place in places)):
                first, second = _near(ordered, *candidates, most)
                yield order[first], order[second]


def _neighbours(key: NDArray[np.uint16], ordered: NDArray[np.uint64], most: int) -> Iterator[Pairs]:
    """Near pairs of equal keys: each with the next, the one after that, and so on while keys are equal anywhere."""
    here: NDArray[Any] = np.arange(len(key) - 1)
    for apart in range(1, len(key)):
        here = here[: np.searchsorted(here, len(key) - apart)]
        here = here[key[here] == key[here + apart]]
        if not len(here):
            return
        near = np.bitwise_count(ordered[here] ^ ordered[here + apart]) <= most
        yield here[near], here[near] + apart


def _joined(key: NDArray[np.uint16], starts: NDArray[np.int32], mask: int) -> Iterator[Pairs]:
    """Places of all pairs whose keys differ by a mask, so many at a time; `starts` is where each key begins."""
    here = np.flatnonzero((key & (1 << mask.bit_length() - 1)) == 0)
    other = key[here] ^ np.uint16(mask)
    from_, counts = starts[other], starts[other.astype(np.int32) + 1] - starts[other]
    here, from_, counts = here[counts > 0], from_[counts > 0], counts[counts > 0]
    ends = np.cumsum(counts, dtype=np.int64)
    low = 0
    while low < len(here):
        high = max(int(np.searchsorted(ends, (ends[low - 1] if low else 0) + AT_ONCE, "right")), low + 1)
        some = counts[low:high]
        within = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        yield np.repeat(here[low:high], some), np.repeat(from_[low:high], some) + within
        low = high
