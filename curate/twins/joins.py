"""What belongs together: pairs joined into groups, and stretches that many recordings repeat, which join nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from curate.twins.sounds import Overlap

HALF = 0.5


def components(count: int, first: Sequence[int] | NDArray[Any], second: Sequence[int] | NDArray[Any]) -> NDArray[Any]:
    """The number of the group of each of `count` things, (count,), that pairs of them join, one after the other."""
    if not count:
        return np.empty(0, np.int32)
    edges = np.asarray(first, np.int64), np.asarray(second, np.int64)
    graph = coo_array((np.ones(len(edges[0]), np.int8), edges), (count, count))
    groups: NDArray[Any] = connected_components(graph, directed=False)[1]
    return groups


@dataclass(frozen=True)
class Repeats:
    """Which overlaps are of content that recordings repeat, by place; and where each recording has some.

    `stretches` are sound, from ms, to ms, and the number of the content; of one content all are told.
    """

    overlaps: frozenset[int]
    stretches: tuple[tuple[int, int, int, int], ...]


def repeats(shared: Sequence[Overlap], lengths_ms: Sequence[int], least: int) -> Repeats:
    """Content that is a small part of at least `least` recordings: a jingle, an intro, an advertisement.

    Recordings that are most of each other are one recording. A part is small below half of the whole.
    """
    whole = [o for o in shared if o.length_ms >= HALF * max(lengths_ms[o.one], lengths_ms[o.other])]
    recordings = components(len(lengths_ms), [o.one for o in whole], [o.other for o in whole])
    ends = [end for o in shared for end in ((o.one, o.one_ms, o.length_ms), (o.other, o.other_ms, o.length_ms))]
    first, second = _same_stretch(ends)
    first += range(0, len(ends), 2)
    second += range(1, len(ends), 2)
    contents = components(len(ends), first, second)
    small: dict[int, set[int]] = defaultdict(set)
    for content, (sound, _, length_ms) in zip(contents.tolist(), ends, strict=True):
        if length_ms < HALF * lengths_ms[sound]:
            small[content].add(int(recordings[sound]))
    repeated = {content for content, where in small.items() if len(where) >= least}
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for content, (sound, at_ms, length_ms) in zip(contents.tolist(), ends, strict=True):
        if content in repeated:
            low, high = found.get((content, sound), (at_ms, at_ms + length_ms))
            found[content, sound] = min(low, at_ms), max(high, at_ms + length_ms)
    numbers = {content: number for number, content in enumerate(sorted(repeated))}
    return Repeats(
        frozenset(place for place in range(len(shared)) if contents[2 * place] in repeated),
        tuple(sorted((sound, low, high, numbers[content]) for (content, sound), (low, high) in found.items())),
    )


def _same_stretch(ends: Sequence[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    """Pairs of stretches of one sound that share more than half of what they cover, each with the first such one."""
    of_sound: dict[int, list[int]] = defaultdict(list)
    for place, (sound, _, _) in enumerate(ends):
        of_sound[sound].append(place)
    first, second = list[int](), list[int]()
    for places in of_sound.values():
        heads: list[int] = []
        for place in sorted(places, key=lambda one: -ends[one][2]):
            head = next((one for one in heads if _iou(ends[one][1:], ends[place][1:]) > HALF), None)
            if head is None:
                heads.append(place)
            else:
                first.append(head)
                second.append(place)
    return first, second


def _iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The share that two stretches, from ms and how long, have of what they cover together."""
    shared = min(sum(one), sum(other)) - max(one[0], other[0])
    return shared / (max(sum(one), sum(other)) - min(one[0], other[0]))
