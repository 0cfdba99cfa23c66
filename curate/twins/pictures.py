"""Pictures that are close to each other, turned or mirrored ones too when that is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.prints.pictures import turned
from curate.twins.hamming import close_pairs


@dataclass(frozen=True)
class Alike:
    """Two pictures by number, the smaller first, in how many of 64 bits they differ, and the way one is turned.

    `turn` is what makes the other look like the one: 4 for a swap of its axes, then 1 for left and right swapped and 2
    for above and below; 0 where both stand alike.
    """

    one: int
    other: int
    bits: int
    turn: int


def alike_pictures(prints: NDArray[np.uint64], most: int, turns: bool = False) -> list[Alike]:
    """Pairs that join all pictures that differ in at most `most` bits, (pictures,) of uint64.

    Of pictures with one fingerprint only the first is paired with others, and each of the others with it: a thousand
    copies make a thousand pairs and not half a million.
    """
    kept: dict[tuple[int, int], Alike] = {}
    for turn, others in enumerate([prints, *turned(prints)] if turns else [prints]):
        for one, other, bits in _pairs(prints, others, most):
            pair = min(one, other), max(one, other)
            kept.setdefault(pair, Alike(*pair, bits, turn if one < other else turned_back(turn)))
    return [kept[pair] for pair in sorted(kept)]


def turned_back(turn: int) -> int:
    """The turn that undoes another, both as `Alike` has them."""
    return {5: 6, 6: 5}.get(turn, turn)  # a quarter turn is undone by the other one, all else by itself


def _pairs(prints: NDArray[np.uint64], others: NDArray[np.uint64], most: int) -> Iterator[tuple[int, int, int]]:
    """Pictures of the first list and of the second that are close, by the first picture with each fingerprint."""
    values, firsts, numbers = np.unique(prints, return_index=True, return_inverse=True)
    for place in np.flatnonzero(firsts[numbers] != np.arange(len(prints))).tolist():
        yield int(firsts[numbers[place]]), place, 0
    there, there_first = np.unique(others, return_index=True)
    known = np.union1d(values, there)
    first, second, bits = close_pairs(known, most)
    same = np.arange(len(known))
    here_at, there_at = (_places(known, some, at) for some, at in ((values, firsts), (there, there_first)))
    first, second = np.concatenate([first, second, same]), np.concatenate([second, first, same])
    bits = np.concatenate([bits, bits, np.zeros(len(known), np.uint8)])
    one, other = here_at[first], there_at[second]
    good = (one >= 0) & (other >= 0) & (one != other)
    yield from zip(one[good].tolist(), other[good].tolist(), bits[good].tolist(), strict=True)


def _places(known: NDArray[np.uint64], values: NDArray[np.uint64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which picture stands for each known fingerprint; -1 where there is none."""
    found = np.full(len(known), -1, np.int64)
    found[np.searchsorted(known, values)] = at
    return found
