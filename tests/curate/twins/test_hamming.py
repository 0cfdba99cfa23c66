"""Pairs of close fingerprints: all of them, each once, whatever the table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.twins import hamming
from curate.twins.hamming import close_pairs


def planted(count: int, most: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Distinct fingerprints of which a fifth differ from another in up to `most` + 2 bits."""
    random = np.random.default_rng(seed)
    prints = random.integers(0, 2**64, count, dtype=np.uint64)
    copies = prints[: count // 5].copy()
    for row, flips in enumerate(random.integers(1, most + 3, len(copies))):
        for place in random.choice(64, flips, replace=False):
            copies[row] ^= np.uint64(1) << np.uint64(place)
    return np.unique(np.concatenate([prints, copies]))


@given(st.integers(0, 12), st.integers(0, 2**32 - 1), st.booleans())
def test_the_search_finds_exactly_what_comparing_each_with_each_finds(most: int, seed: int, few: bool) -> None:
    prints = planted(300, most, seed)
    distances = np.bitwise_count(prints[:, None] ^ prints[None])
    wanted = {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(distances <= most, 1)), strict=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming, "SMALL", 10_000 if few else 0)
        patch.setattr(hamming, "AT_ONCE", 50)
        first, second, bits = close_pairs(prints, most)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == wanted
    assert len(first) == len(wanted)
    assert bits.tolist() == distances[first, second].tolist()


def test_nothing_and_one_have_no_pairs() -> None:
    for count in (0, 1):
        assert [len(part) for part in close_pairs(np.arange(count, dtype=np.uint64), 3)] == [0, 0, 0]
