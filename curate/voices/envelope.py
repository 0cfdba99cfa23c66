"""MeasureEnvelope: how loud a voice is from moment to moment, to be held against what lips do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from curate.filters import band_passed
from curate.read.sounds import SPEECH_HZ, Sound
from curate.vectors import vector
from schemas.media import Clip
from schemas.stage import Outcome, Signal

NAME = "envelope"
STEP_MS = 40  # as video frames mostly follow each other
LOWEST_HZ, HIGHEST_HZ, ORDER = 300, 3_000, 4  # where the mouth shapes the voice
AROUND_MS = 200  # heard before and after, so that the filter has settled


@dataclass(frozen=True)
class MeasureEnvelope:
    """Measures the level of an utterance every 40 ms, between 300 and 3,000 Hz.

    `envelope`: the fourth roots of the amplitudes (root mean square over 80 ms, 16-bit levels) from its start on, in
    which a loud syllable does not hide the others.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("utterance",)
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound]) -> Iterable[Outcome]:
        """One outcome per utterance: its envelope."""
        for clip, sound in zip(rows, signals, strict=True):
            start_ms, end_ms = clip.start_ms or 0, clip.end_ms or sound.duration_ms
            first_ms = max(0, start_ms - AROUND_MS)
            heard = sound.speech_span(first_ms, end_ms + AROUND_MS)
            yield [vector(clip.id, NAME, envelope(heard, start_ms - first_ms, (end_ms - start_ms) // STEP_MS))]


def envelope(samples: NDArray[np.int16], from_ms: int, steps: int) -> NDArray[np.float64]:
    """So many fourth roots of amplitudes of 16 kHz sound, one each 40 ms, from a time on."""
    power: NDArray[np.float64] = np.zeros(len(samples))
    if len(samples) > 10 * ORDER:
        power = np.square(band_passed(samples.astype(float), LOWEST_HZ, HIGHEST_HZ, ORDER, SPEECH_HZ))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    step = STEP_MS * SPEECH_HZ // 1000
    middles = from_ms * SPEECH_HZ // 1000 + step * np.arange(steps)
    low, high = np.clip(middles - step, 0, len(samples)), np.clip(middles + step, 0, len(samples))
    means = (sums[high] - sums[low]) / np.maximum(high - low, 1)
    return np.asarray(np.maximum(means, 0) ** (1 / 8), float)
