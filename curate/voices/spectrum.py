"""One short-time spectrum of a stretch of sound, summed up as loudness, noise and bandwidth want it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float32]


HOP_MS = 25
SLICE = 64  # frames transformed at a time: what fits into the processor's cache
LOWEST_HZ = 100  # where the bands begin: below, there is no voice but much rumble
BANDS_PER_OCTAVE = 4
VOICE_HZ = (60, 8_000)  # where the shape of a spectrum is looked at
PEAK_BINS = 3  # to each side of a frame's strongest frequency: what the window makes of one that hardly moves
FULL_SCALE = 32_768

# ITU-R BS.1770-4, tables 1 and 2: the two filters of K-weighting at 48 kHz, as (b0, b1, b2), (1, a1, a2).
K_FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
K_RATE_HZ = 48_000


@dataclass(frozen=True, eq=False)
class Plan:
    """What a sampling rate decides: frames of two hops under a sine window, whose squares add up to one everywhere.

    The transform may be a little longer than a frame, where that is quicker.
    """

    rate_hz: int
    hop: int
    length: int
    window: Array
    weighting: Array
    bands: tuple[int, ...]

    @property
    def bin_hz(self) -> float:
        """The distance of two frequencies of the transform."""
        return self.rate_hz / self.length

    @property
    def voice(self) -> slice:
        """The frequencies of the transform at which the shape of a spectrum is looked at."""
        first, last = (round(hz / self.bin_hz) for hz in VOICE_HZ)
        return slice(min(first, self.length // 2), last)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Powers as the mean square they add at full scale 1.

    `clip`: the frames of the clip, one at least. `weighted` (frames,): K-weighted, channels added up. `bands` (frames,
    bands): quarters of an octave from 100 Hz up, a mean over channels. `mean` (bins,): over channels and the clip.
    From 60 Hz to 8 kHz and added up over channels, of each frame of the clip: `power`, `peak` (what of it lies at the
    strongest frequency) and `norm` (the Euclidean length of its spectrum), each (frames of the clip,).
    """

    plan: Plan
    clip: slice
    weighted: Array
    bands: Array
    mean: Array
    power: Array
    peak: Array
    norm: Array
    channels: int


def spectrum(native: NDArray[np.int16], rate_hz: int, clip: slice) -> Spectrum:
    """The spectrum of sound at its own rate, (samples, channels), with a clip (samples) in it.

    Frame `i` is centred at sample `(i + 1/2) * hop`; silence is taken to stand before and after the sound.
    """
    plan = _plan(rate_hz)
    samples, channels = native.shape
    frames = max(round(samples / plan.hop), 1)
    first = min(round(clip.start / plan.hop), frames - 1)
    inside = slice(first, min(first + max((clip.stop - clip.start) // plan.hop, 1), frames))
    weighted = np.zeros(frames, np.float32)
    bands = np.zeros((frames, len(plan.bands)), np.float32)
    mean = np.zeros(plan.length // 2 + 1, np.float32)
    shape = np.zeros((3, frames), np.float32)
    for first in range(0, frames, SLICE):
        part = slice(first, min(first + SLICE, frames))
        within = slice(max(inside.start - first, 0), max(inside.stop - first, 0))
        for channel in _stretch(native, part, plan.hop):
            spectra = _power(channel, plan)
            weighted[part] += np.einsum("fb,b->f", spectra, plan.weighting)
            bands[part] += np.add.reduceat(spectra, plan.bands, axis=1)
            mean += spectra[within].sum(axis=0)
            shape[:, part][:, within] += _shape(spectra[within, plan.voice])
    count = channels * (inside.stop - inside.start)
    power, peak, norm = shape[:, inside]
    mean /= np.float32(count)
    return Spectrum(plan, inside, weighted, bands / np.float32(channels), mean, power, peak, norm, channels)


def _shape(power: Array) -> Array:
    """Of every frame its power, the power about its strongest frequency, and its length, (3, frames)."""
    padded = np.pad(power, ((0, 0), (PEAK_BINS, PEAK_BINS)))
    around = power.argmax(axis=1)[:, None] + np.arange(2 * PEAK_BINS + 1)
    peak = np.take_along_axis(padded, around, axis=1).sum(axis=1)
    return np.stack([power.sum(axis=1), peak, np.sqrt(np.einsum("fb,fb->f", power, power))])


def _stretch(native: NDArray[np.int16], part: slice, hop: int) -> Array:
    """The samples under some frames, (channels, samples), -1 to 1; zeros outside the sound."""
    start = part.start * hop - hop // 2
    stretch = np.zeros((native.shape[1], (part.stop - part.start + 1) * hop), np.float32)
    inside = native[max(start, 0) : start + stretch.shape[1]]
    offset = max(-start, 0)
    stretch[:, offset : offset + len(inside)] = inside.T
    stretch *= np.float32(1 / FULL_SCALE)
    return stretch


def _power(channel: Array, plan: Plan) -> Array:
    """Power of every frequency of every frame, (frames, bins); a frame sums to what it adds to the mean square."""
    frames = np.lib.stride_tricks.sliding_window_view(channel, 2 * plan.hop)[:: plan.hop]
    windowed = np.zeros((len(frames), plan.length), np.float32)
    np.multiply(frames, plan.window, out=windowed[:, : 2 * plan.hop])
    transformed = fft.rfft(windowed)
    power: Array = np.square(transformed.real)
    power += np.square(transformed.imag)
    return power


@cache
def _plan(rate_hz: int) -> Plan:
    hop = max(round(rate_hz * HOP_MS / 1000), 1)
    length = fft.next_fast_len(2 * hop, real=True)
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)) * np.sqrt(2 / length / hop)
    bins = length // 2 + 1
    weighting = _k_weighting(np.arange(bins) * rate_hz / length)
    return Plan(
        rate_hz, hop, length, window.astype(np.float32), weighting.astype(np.float32), _bands(bins, rate_hz / length)
    )


def _bands(bins: int, bin_hz: float) -> tuple[int, ...]:
    """The first bins of bands that are a quarter of an octave wide, and no narrower than 100 Hz."""
    edges, edge_hz = [], float(LOWEST_HZ)
    while round(edge_hz / bin_hz) < bins:
        edges.append(round(edge_hz / bin_hz))
        edge_hz += max(edge_hz * (2 ** (1 / BANDS_PER_OCTAVE) - 1), LOWEST_HZ)
    return tuple(edges or [bins - 1])


def _k_weighting(frequency_hz: Any) -> Any:
    """How much the power at a frequency counts in loudness (BS.1770-4); what lies above 24 kHz counts as if there."""
    delay = np.exp(-2j * np.pi * np.minimum(frequency_hz, K_RATE_HZ / 2) / K_RATE_HZ)
    powers = np.stack([np.ones_like(delay), delay, delay**2])
    gains = [
        np.abs(np.array(above) @ powers) ** 2 / np.abs(np.array(below) @ powers) ** 2 for above, below in K_FILTERS
    ]
    return np.prod(gains, axis=0)
