"""Arrays of the rooms of statistics: element types, codes in order and without gaps, columns that say one thing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPREAD = 16  # codes that may be for one that there is, before sorting them is cheaper than marking those that occur


def in_order(first: Codes, second: Codes) -> Ints:
    """The rows in order of two columns of codes (0 and up); rows where both are equal stay in their order."""
    bits = [int(codes.max(initial=0)).bit_length() for codes in (first, second)]
    place = len(first).bit_length()
    if sum(bits) + place > 63:
        return np.asarray(np.lexsort((second, first)))
    # row numbers ride in the last bits: sorting numbers is ten times as fast as sorting places by them
    keys: Ints = first.astype(np.int64) << bits[1] | second
    keys <<= place
    keys |= np.arange(len(first))
    keys.sort()
    keys &= (1 << place) - 1
    return keys


def renumbered(codes: NDArray[Any], count: int) -> tuple[Ints, Codes]:
    """The codes that occur, ascending, and in place of every code its position among them; codes are below `count`."""
    if count > SPREAD * len(codes):
        distinct, places = np.unique(codes, return_inverse=True)
        return distinct.astype(np.int64), places.astype(np.int32)
    occurs = np.zeros(count, np.bool_)
    occurs[codes] = True
    places = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(occurs), places[codes]


def flat(column: NDArray[Any]) -> NDArray[Any]:
    """The same column; one that says the same in every row takes no memory."""
    if is_flat(column) or not len(column):
        return column
    first = column[0]
    alike = column == first if first == first else column != column  # noqa: PLR0124 - NaN alone differs
    return np.broadcast_to(first, column.shape) if alike.all() else column


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Parts of a column, none of them empty, in one piece; flat where they all say the same."""
    heads = flat(np.array([part[0] for part in parts]))
    if all(map(is_flat, (heads, *parts))):
        return np.broadcast_to(parts[0][0], sum(map(len, parts)))
    return np.concatenate(parts)


def is_flat(column: NDArray[Any]) -> bool:
    """Whether a column says the same in every row and takes no memory."""
    return column.strides == (0,) and len(column) > 0


def taken(column: NDArray[Any], rows: Flags) -> NDArray[Any]:
    """The rows of a column that are marked."""
    if is_flat(column):
        return np.broadcast_to(column[0], (int(rows.sum()),))
    return column[rows]


def at(column: NDArray[Any], codes: NDArray[Any]) -> NDArray[Any]:
    """The entries of a column with these codes."""
    return np.broadcast_to(column[0], codes.shape) if is_flat(column) else column[codes]
