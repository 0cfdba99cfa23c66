"""Filters: what they keep and take out, and that whoever filters nothing does not load them."""

import subprocess
import sys

import numpy as np
from scipy.signal import resample_poly

from curate.filters import band_passed, decimated, spread

RATE_HZ = 16_000
SECONDS = np.arange(RATE_HZ) / RATE_HZ


def level(sound: np.ndarray) -> float:
    """The root mean square without the ends, where filters settle."""
    return float(np.sqrt(np.square(sound[1_000:-1_000]).mean()))


def test_one_sample_of_two_is_what_scipy_makes_of_them() -> None:
    noise = np.random.default_rng(1).normal(size=5_001).astype(np.float32)
    assert np.array_equal(decimated(noise, 2), resample_poly(noise, 1, 2))


def test_a_band_passes_what_lies_in_it_alone_and_delays_nothing() -> None:
    inside, below, above = (np.sin(2 * np.pi * hz * SECONDS) for hz in (1_000, 50, 6_000))
    passed = band_passed(inside + below + above, 300, 3_000, 4, RATE_HZ)
    assert level(passed - inside) < 0.01 * level(inside)


def test_every_row_has_its_neighbours_by_their_distance() -> None:
    assert spread(np.array([[0.0], [1.0], [0.0], [0.0]]), 0.5).ravel().tolist() == [0.5, 1.0, 0.5, 0.25]


def test_the_driver_of_a_run_does_not_load_scipy_signal() -> None:
    asked = "import sys, pipelines.find.run, pipelines.find.pipeline; sys.exit('scipy.signal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
