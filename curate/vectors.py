"""Scores that are more than a number: float32 vectors and bit fingerprints, from numpy arrays and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.media import SCORE_DIGITS, Score

FLOAT = np.dtype("<f4")  # as DuckDB and Arrow hold it


def vector(row: str, name: str, values: Any) -> Score:
    """A Score holding several numbers, each rounded to four decimals; raises ValueError where one is not finite."""
    numbers = np.round(np.asarray(values, np.float64).ravel(), SCORE_DIGITS).astype(FLOAT)
    if not np.isfinite(numbers).all():
        raise ValueError(f"score {name} of {row} has numbers that are not finite")
    return Score(row, name, vector=numbers.tobytes())


def numbers(measured: Score) -> NDArray[np.float32]:
    """The numbers of a Score that is a vector, read-only."""
    return np.frombuffer(measured.vector or b"", FLOAT)


def bits(row: str, name: str, words: NDArray[Any]) -> Score:
    """A Score holding a fingerprint: the bytes of an array of unsigned integers, little-endian."""
    return Score(row, name, bits=words.astype(words.dtype.newbyteorder("<")).tobytes())
