"""Where in a longer sound a clip is heard again, by its fingerprint: a recording that was published anew."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.prints.sounds import sound_print
from curate.prints.words import HEARD, STEP_MS, TAIL_MS
from curate.read.sounds import SPEECH_HZ
from curate.twins.sounds import Words, allowed, overlaps

LEAST = 0.8  # of a clip that has to be heard again
FINE_MS = 2  # how closely its beginning is looked for
COARSE_MS = 8  # first: so much beside its place a clip of frames of 256 ms still fits better than farther away
NEAR_STRICTNESS, NEAR_WRONG = 3.5, 0.2  # of what is looked for in few places, see `allowed`
APART_MS = 2 * STEP_MS  # two places closer than this are one


@dataclass(frozen=True)
class Sought:
    """Where a clip begins, in ms, to within a few; the share of the bits heard in both that are wrong there."""

    start_ms: int
    error: float
    heard: int


def sought(clip: Words, speech: NDArray[np.int16], whole: Words) -> Sought | None:
    """The one place of a clip in sound at 16 kHz, (samples,); None where it is heard nowhere or in several places.

    `whole` is the fingerprint of all of that sound, which takes longer than the search.
    """
    shared = [one for one in overlaps([clip, whole]) if one.length_ms >= LEAST * (len(clip) * STEP_MS)]
    starts = sorted({one.other_ms - one.one_ms for one in shared})
    if not starts or starts[-1] - starts[0] > APART_MS:
        return None
    return _best(clip, speech, starts[0])


def sought_near(clip: Words, speech: NDArray[np.int16], starts_ms: Iterable[int]) -> Sought | None:
    """The one place of a clip close to where it may begin; None where it is heard close to none or to several of them.

    What is too short to be told from everything else in a recording, such as a laugh of half a second, is told from
    what lies in few places: those to which longer clips of its recording have moved.
    """
    there = []
    for start_ms in starts_ms:
        best = _best(clip, speech, start_ms)
        if best and best.error <= allowed(best.heard, NEAR_STRICTNESS, NEAR_WRONG):
            there.append(best)
    return there[0] if len(there) == 1 else None


def moves(apart_ms: Iterable[int]) -> list[int]:
    """By how much clips of a recording have moved, in ms; what is closer than two places can be told apart is one."""
    kept: list[int] = []
    for ms in sorted(apart_ms):
        if not kept or ms - kept[-1] > APART_MS:
            kept.append(ms)
    return kept


def _best(clip: Words, speech: NDArray[np.int16], start_ms: int) -> Sought | None:
    """The place close to one where a clip fits best; None where the sound ends before."""
    coarse = range(max(0, start_ms - STEP_MS), start_ms + STEP_MS + 1, COARSE_MS)
    best = min(_fitting(clip, speech, coarse), key=_rank, default=None)
    if best is None:
        return None
    fine = range(max(0, best.start_ms - COARSE_MS + FINE_MS), best.start_ms + COARSE_MS, FINE_MS)
    return min(_fitting(clip, speech, fine), key=_rank, default=best)


def _rank(place: Sought) -> tuple[float, int]:
    return place.error, place.start_ms


def _fitting(clip: Words, speech: NDArray[np.int16], places_ms: Iterable[int]) -> Iterator[Sought]:
    """How well a clip fits in each of some places."""
    length_ms = (len(clip) - 1) * STEP_MS + TAIL_MS + STEP_MS
    for place in places_ms:
        words = sound_print(speech[_sample(place) : _sample(place + length_ms)])[: len(clip)]
        if len(words) >= LEAST * len(clip):
            yield _compared(place, clip[: len(words)], words)


def _compared(start_ms: int, clip: Words, words: Any) -> Sought:
    bits = (clip & words) >> HEARD
    heard = int(np.bitwise_count(bits).sum())
    return Sought(start_ms, int(np.bitwise_count((clip ^ words) & bits).sum()) / max(1, heard), heard)


def _sample(ms: int) -> int:
    return ms * SPEECH_HZ // 1000
