"""FingerprintSound: 64 bits for every 32 ms of sound that re-encoding, gain and some noise hardly change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d

from curate.filters import decimated
from curate.prints.words import APART, HEARD, HOP, RATE_HZ, SOUND_PRINT, WINDOW
from curate.read.sounds import SPEECH_HZ, Sound
from curate.vectors import bits
from schemas.media import Asset
from schemas.stage import Dropped, Outcome, Signal

BANDS = 33
RANGE_HZ = (200, 3_400)
FLOOR = 3e-3  # 25 dB below the loudest band of about half a second to each side nothing is heard
AROUND = 16  # hops
STRETCH = 2_500  # hops at a time (80 s), so that memory stays flat however long the sound
SILENCE = 1e-9
_LIMITS = np.geomspace(*RANGE_HZ, BANDS + 1) * WINDOW / RATE_HZ
EDGES = np.round(_LIMITS).astype(int)
HANN = np.hanning(WINDOW).astype(np.float32)


@dataclass(frozen=True)
class FingerprintSound:
    """Notes the fingerprint of a file's whole sound: a score `sound_print` of 8 bytes for every 32 ms.

    The fingerprint of a part is a part of the fingerprint, so that clips need none of their own.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per asset: its fingerprint; none where nothing can be heard."""
        for asset, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
            else:
                words = sound_print(sound.speech)
                yield [bits(asset.id, SOUND_PRINT, words)] if words.any() else []


def sound_print(speech: NDArray[np.int16]) -> NDArray[np.uint64]:
    """The fingerprint of sound at 16 kHz, (samples,): a word for every 32 ms, uint64.

    The lower 32 bits say whether the difference of two neighbouring bands rises from one frame to another, 64 ms later
    (after Haitsma and Kalker 2002, "A highly robust audio fingerprinting system"); the upper 32 which of them count,
    because there is something to be heard. Frames of 256 ms; sound shorter than 320 ms has no word.
    """
    words = [_words(part) for part in _stretches(speech)]
    return np.concatenate(words) if words else np.empty(0, np.uint64)


def _stretches(speech: NDArray[np.int16]) -> Iterable[tuple[NDArray[np.float32], int, int]]:
    """Sound at 8 kHz in stretches, each with what is heard around it, and which of its words count."""
    scale = SPEECH_HZ // RATE_HZ
    total = max(0, (-(-len(speech) // scale) - WINDOW) // HOP + 1 - APART)
    for first in range(0, total, STRETCH):
        last = min(first + STRETCH, total)
        before = min(first, AROUND)
        start = (first - before) * HOP * scale
        end = ((last + APART + AROUND - 1) * HOP + WINDOW) * scale
        margin = 100 * scale  # the filter's reach
        lead = min(start, margin)
        part = np.asarray(speech[start - lead : end + margin], np.float32) / 32_768
        low = decimated(part, scale).astype(np.float32)[lead // scale :]
        yield low[: (end - start) // scale], before, last - first


def _words(stretch: tuple[NDArray[np.float32], int, int]) -> NDArray[np.uint64]:
    low, before, count = stretch
    power = _bands(low)
    floor = FLOOR * maximum_filter1d(power.max(axis=1), 2 * AROUND + 1)[:, None] + SILENCE
    level = np.log(power + floor)
    rising = np.diff(level, axis=1)
    heard = power > floor
    counts = heard[:, 1:] | heard[:, :-1]
    here, then = slice(before, before + count), slice(before + APART, before + APART + count)
    return _packed(rising[then] > rising[here]) | (_packed(counts[then] | counts[here]) << HEARD)


def _bands(low: NDArray[np.float32]) -> NDArray[np.float32]:
    """The power in each band of each frame, (frames, bands)."""
    frames = np.lib.stride_tricks.sliding_window_view(low, WINDOW)[::HOP]
    power = np.empty((len(frames), BANDS), np.float32)
    for at in range(0, len(frames), 256):  # what fits into the processor's cache
        spectrum = np.square(np.abs(fft.rfft(frames[at : at + 256] * HANN, axis=1)))
        power[at : at + 256] = np.add.reduceat(spectrum[:, : EDGES[-1]], EDGES[:-1], axis=1)
    return power


def _packed(flags: NDArray[Any]) -> NDArray[np.uint64]:
    return np.packbits(flags, axis=1, bitorder="little").view("<u4").ravel().astype(np.uint64)
