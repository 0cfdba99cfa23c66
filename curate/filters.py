"""Filters of scipy.signal, a library of half a second to import: only processes that filter sound do."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def _signal() -> ModuleType:
    from scipy import signal  # noqa: PLC0415 - the driver knows every stage and filters nothing

    module: ModuleType = signal
    return module


def decimated(samples: NDArray[Any], factor: int) -> NDArray[Any]:
    """One of so many samples, (samples / factor,), with what is too high for that taken out."""
    low: NDArray[Any] = _signal().resample_poly(samples, 1, factor)
    return low


def band_passed(samples: Doubles, low_hz: float, high_hz: float, order: int, rate_hz: int) -> Doubles:
    """The part of a sound between two frequencies, with nothing delayed (Butterworth, there and back)."""
    band = _signal().butter(order, [low_hz, high_hz], "band", fs=rate_hz, output="sos")
    passed: Doubles = _signal().sosfiltfilt(band, samples)
    return passed


def spread(values: Doubles, fade: float) -> Doubles:
    """Every row with its neighbours to both sides, each step away `fade` times as much, (rows, columns)."""
    before, after = (_signal().lfilter([1], [1, -fade], some, axis=0) for some in (values, values[::-1]))
    around: Doubles = before + after[::-1] - values
    return around
