"""Pictures that are close: each is joined with those like it, turned ones only when that is wanted."""

import numpy as np

from curate.prints.pictures import turned
from curate.twins.joins import components
from curate.twins.pictures import Alike, alike_pictures

RANDOM = np.random.default_rng(3)


def test_copies_and_near_copies_are_joined_and_nothing_else() -> None:
    prints = RANDOM.integers(0, 2**64, 400, dtype=np.uint64)
    prints[10] = prints[20] = prints[5]
    prints[30] = prints[20] ^ np.uint64(0b1011)
    pairs = alike_pictures(prints, 6)
    groups = components(len(prints), [one.one for one in pairs], [one.other for one in pairs])
    assert {place for place in range(400) if groups[place] == groups[5]} == {5, 10, 20, 30}
    assert len(set(groups.tolist())) == 397


def test_a_thousand_copies_make_a_thousand_pairs() -> None:
    assert len(alike_pictures(np.full(1000, 7, np.uint64), 6)) == 999


def test_turned_copies_are_found_when_wanted() -> None:
    prints = RANDOM.integers(0, 2**64, 50, dtype=np.uint64)
    prints[9] = turned(prints[4:5])[4][0]
    assert alike_pictures(prints, 6) == []
    assert alike_pictures(prints, 6, turns=True) == [Alike(4, 9, 0, 6)]
