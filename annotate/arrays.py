"""Arrays of the rooms of statistics: their element types, and codes in order, without gaps."""

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
