"""Videos that show the same: frames whose fingerprints are close, at one distance in time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from curate.twins.hamming import close_pairs

NEAR_MS = 500  # frames of two videos that are compared lie no further apart
AGREEING = 0.8  # of the frames that are compared
COVERED = 0.5  # of the shorter video
FEWEST = 3  # pictures that are not close to each other: a still shows too little to say that two videos are one
PAIRS = 200  # of one picture: what stands in more videos than that says nothing of two of them


@dataclass(frozen=True, eq=False)
class Frames:
    """The fingerprints of a video's frames, in order: `at_ms` (frames,) and `prints` (frames,) of uint64."""

    at_ms: NDArray[np.int64]
    prints: NDArray[np.uint64]


@dataclass(frozen=True)
class Shown:
    """Two videos that show the same: what stands in one at t stands in the other at t + shift_ms; bits that differ."""

    one: int
    other: int
    shift_ms: int
    bits: float


def agree(one: Frames, other: Frames, shift_ms: int, most: int) -> float | None:
    """The mean number of bits in which frames shown at the same time differ; None where other things are shown."""
    if not len(one.at_ms) or not len(other.at_ms):
        return None
    wanted = one.at_ms + shift_ms
    right = np.clip(np.searchsorted(other.at_ms, wanted), 1, max(len(other.at_ms) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(other.at_ms) - 1)
    nearest = np.where(wanted - other.at_ms[left] <= other.at_ms[right] - wanted, left, right)
    met = np.abs(other.at_ms[nearest] - wanted) <= NEAR_MS
    if met.sum() < max(1, COVERED * min(len(one.at_ms), len(other.at_ms))):
        return None
    bits = np.bitwise_count(one.prints[met] ^ other.prints[nearest[met]])
    return float(bits.mean()) if (bits <= most).mean() >= AGREEING else None


def shown_twice(videos: Sequence[Frames], most: int) -> list[Shown]:
    """Pairs of videos, the smaller number first, that show the same by their pictures alone."""
    found: dict[tuple[int, int], Shown] = {}
    for (one, other), shifts in sorted(_shifts(videos, most).items()):
        for shift_ms in sorted(shifts, key=lambda shift: (-shifts[shift], shift)):
            bits = agree(videos[one], videos[other], shift_ms, most)
            if bits is not None:
                found[one, other] = Shown(one, other, shift_ms, round(bits, 2))
                break
    return list(found.values())


def _shifts(videos: Sequence[Frames], most: int) -> dict[tuple[int, int], dict[int, int]]:
    """By how much videos may lie apart, with how many pictures say so."""
    where: dict[int, dict[int, int]] = defaultdict(dict)  # print -> video -> when it is first shown
    for number, video in enumerate(videos):
        if _tells(video, most):
            for at_ms, shown in zip(video.at_ms.tolist(), video.prints.tolist(), strict=True):
                where[shown].setdefault(number, at_ms)
    prints = np.array(sorted(where), np.uint64)
    first, second, _ = close_pairs(prints, most)
    same = np.arange(len(prints))
    votes: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for a, b in zip(np.r_[same, first].tolist(), np.r_[same, second].tolist(), strict=True):
        here, there = where[int(prints[a])], where[int(prints[b])]
        if len(here) * len(there) > PAIRS**2:
            continue
        for one, one_ms in here.items():
            for other, other_ms in there.items():
                if one != other:
                    pair, shift = (
                        ((one, other), other_ms - one_ms) if one < other else ((other, one), one_ms - other_ms)
                    )
                    votes[pair][shift] += 1
    return votes


def _tells(video: Frames, most: int) -> bool:
    """Whether a video shows several things one after the other."""
    changes = [(a ^ b).bit_count() > most for a, b in pairwise(map(int, video.prints))]
    return sum(changes) + 1 >= FEWEST
