"""Mapped samples: as they lie in the file, and not all of them in memory."""

from pathlib import Path

import numpy as np
import psutil

from curate.read.mapped import MappedSamples
from curate.read.sounds import Tape

SAMPLES = 100_000_000


def test_what_was_taken_out_before_stays_good(tmp_path: Path) -> None:
    np.arange(20_000, dtype=np.int16).tofile(tmp_path / "samples")
    whole = MappedSamples(tmp_path / "samples", np.int16, mode="r", shape=(10_000, 2))
    left = whole[:, 0]
    first, last = left[:5], left[-5:]
    assert first.tolist() == [0, 2, 4, 6, 8]
    assert last.tolist() == [19_990, 19_992, 19_994, 19_996, 19_998]


def test_a_long_tape_that_is_read_in_slices_does_not_stay_in_memory() -> None:
    tape = Tape(1, 1_000)
    for _ in range(100):
        tape.write(np.ones((SAMPLES // 100, 1), np.int16))
    samples = tape.whole[:, 0]
    before = psutil.Process().memory_info().rss
    total = sum(int(samples[at : at + 100_000].sum()) for at in range(0, SAMPLES, 100_000))
    grown = psutil.Process().memory_info().rss - before
    assert total == SAMPLES
    assert grown < SAMPLES // 4  # of two bytes each
