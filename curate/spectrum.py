"""One short-time spectrum of a stretch of sound, summed up as loudness, noise and bandwidth want it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

HOP_MS = 25
SLICE = 64  # frames transformed at a time: what fits into the processor's cache
BAND_BINS = 5  # neighbours summed into one band of about 100 Hz
FULL_SCALE = 32_768

# ITU-R BS.1770-4, tables 1 and 2: the two filters of K-weighting at 48 kHz, as (b0, b1, b2), (1, a1, a2).
K_FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
K_RATE_HZ = 48_000


@dataclass(frozen=True, eq=False)
class Plan:
    """What a sampling rate decides: frames of two hops under a sine window, whose squares add up to one everywhere."""

    rate_hz: int
    hop: int
    length: int  # of the transform, a little longer than a frame where that is quicker
    window: "Array"
    weighting: "Array"  # of the two squares of every bin, for loudness
    starts: "NDArray[np.int64]"  # first square of every band
    band_hz: float


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power per frame, as the mean square it adds at full scale 1: K-weighted (frames,) and in bands (frames, bands).

    Frame `i` is centred at sample `(i + 1/2) * hop`. Channels are added up in loudness and averaged in bands.
    """

    plan: Plan
    weighted: "Array"
    bands: "Array"


def spectrum(native: "NDArray[np.int16]", rate_hz: int) -> Spectrum:
    """The spectrum of sound at its own rate, (samples, channels); silence is taken to stand before and after it."""
    import numpy as np

    plan = _plan(rate_hz)
    samples, channels = native.shape
    frames = max(round(samples / plan.hop), 1)
    weighted = np.zeros(frames, np.float32)
    bands = np.zeros((frames, len(plan.starts)), np.float32)
    for first in range(0, frames, SLICE):
        part = slice(first, min(first + SLICE, frames))
        for channel in _stretch(native, part, plan.hop):
            squares = _squares(channel, plan)
            weighted[part] += np.einsum("fb,b->f", squares, plan.weighting)
            bands[part] += np.add.reduceat(squares, plan.starts, axis=1)
    return Spectrum(plan, weighted, bands / np.float32(channels))


def _stretch(native: "NDArray[np.int16]", part: slice, hop: int) -> "Array":
    """The samples under some frames, (channels, samples), -1 to 1; zeros outside the sound."""
    import numpy as np

    start = part.start * hop - hop // 2
    stretch = np.zeros((native.shape[1], (part.stop - part.start + 1) * hop), np.float32)
    inside = native[max(start, 0) : start + stretch.shape[1]]
    offset = max(-start, 0)
    stretch[:, offset : offset + len(inside)] = inside.T
    stretch *= np.float32(1 / FULL_SCALE)
    return stretch


def _squares(channel: "Array", plan: Plan) -> "Array":
    """Squares of the real and imaginary parts, side by side as they lie in memory, of every frame, (frames, 2 * bins).

    So scaled that a frame sums to what it adds to the mean square.
    """
    import numpy as np
    from scipy import fft

    frames = np.lib.stride_tricks.sliding_window_view(channel, 2 * plan.hop)[:: plan.hop]
    windowed = np.zeros((len(frames), plan.length), np.float32)
    np.multiply(frames, plan.window, out=windowed[:, : 2 * plan.hop])
    parts: Array = fft.rfft(windowed).view(np.float32)
    return np.square(parts, out=parts)


@cache
def _plan(rate_hz: int) -> Plan:
    import numpy as np
    from scipy import fft

    hop = max(round(rate_hz * HOP_MS / 1000), 1)
    length = fft.next_fast_len(2 * hop, real=True)
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)) * np.sqrt(2 / length / hop)
    bins = length // 2 + 1
    bin_hz = rate_hz / length
    return Plan(
        rate_hz=rate_hz,
        hop=hop,
        length=length,
        window=window.astype(np.float32),
        weighting=_k_weighting(np.arange(bins) * bin_hz).astype(np.float32).repeat(2),
        starts=np.arange(0, 2 * bins, 2 * BAND_BINS),
        band_hz=BAND_BINS * bin_hz,
    )


def _k_weighting(frequency_hz: Any) -> Any:
    """How much the power at a frequency counts in loudness (BS.1770-4); what lies above 24 kHz counts as if there."""
    import numpy as np

    delay = np.exp(-2j * np.pi * np.minimum(frequency_hz, K_RATE_HZ / 2) / K_RATE_HZ)
    powers = np.stack([np.ones_like(delay), delay, delay**2])
    gains = [
        np.abs(np.array(above) @ powers) ** 2 / np.abs(np.array(below) @ powers) ** 2 for above, below in K_FILTERS
    ]
    return np.prod(gains, axis=0)
