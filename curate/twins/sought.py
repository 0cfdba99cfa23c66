"""Where in a longer sound a clip is heard again, by its fingerprint: a recording that was published anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.prints.sounds import sound_print
from curate.prints.words import HEARD, STEP_MS, TAIL_MS
from curate.read.sounds import SPEECH_HZ
from curate.twins.sounds import Words, overlaps

LEAST = 0.8  # of a clip that has to be heard again
FINE_MS = 2  # how closely its beginning is looked for
APART_MS = 2 * STEP_MS  # two places closer than this are one


@dataclass(frozen=True)
class Sought:
    """Where a clip begins, in ms, to within a few; the share of the bits of its fingerprint that are wrong there."""

    start_ms: int
    error: float


def sought(clip: Words, speech: NDArray[np.int16], whole: Words) -> Sought | None:
    """The one place of a clip in sound at 16 kHz, (samples,); None where it is heard nowhere or in several places.

    `whole` is the fingerprint of all of that sound, which takes longer than the search.
    """
    shared = [one for one in overlaps([clip, whole]) if one.length_ms >= LEAST * (len(clip) * STEP_MS)]
    starts = sorted({one.other_ms - one.one_ms for one in shared})
    if not starts or starts[-1] - starts[0] > APART_MS:
        return None
    return min(_around(clip, speech, starts[0]), key=lambda place: (place.error, place.start_ms), default=None)


def _around(clip: Words, speech: NDArray[np.int16], start_ms: int) -> Iterator[Sought]:
    """Every place close to one, with how well the clip fits there."""
    length_ms = (len(clip) - 1) * STEP_MS + TAIL_MS + STEP_MS
    for place in range(max(0, start_ms - STEP_MS), start_ms + STEP_MS + 1, FINE_MS):
        words = sound_print(speech[_sample(place) : _sample(place + length_ms)])[: len(clip)]
        if len(words) >= LEAST * len(clip):
            yield Sought(place, _error(clip[: len(words)], words))


def _error(clip: Words, words: Any) -> float:
    heard = (clip & words) >> HEARD
    wrong = np.bitwise_count((clip ^ words) & heard).sum()
    return float(wrong / max(1, int(np.bitwise_count(heard).sum())))


def _sample(ms: int) -> int:
    return ms * SPEECH_HZ // 1000
