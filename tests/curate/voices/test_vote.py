"""A vote gives every frame to whom most give it, whatever numbers they use."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.voices.timeline import NOBODY
from curate.voices.vote import voted

OWNERS = st.lists(st.integers(-1, 3), min_size=1, max_size=40)


def owner(*values: int) -> Any:
    return np.array(values, np.int16)


def test_voices_are_matched_before_they_are_counted() -> None:
    votes = [owner(0, 0, 1, 1, 1, NOBODY), owner(1, 1, 0, 0, 0, NOBODY), owner(0, 0, 0, 1, 1, NOBODY)]
    assert voted(votes).tolist() == [0, 0, 1, 1, 1, NOBODY]


def test_a_voice_that_only_one_hears_does_not_stand_against_the_others() -> None:
    votes = [owner(0, 0, 1, 1), owner(0, 0, 1, 1), owner(0, 2, 1, 1)]
    assert voted(votes).tolist() == [0, 0, 1, 1]


@given(OWNERS, st.permutations(range(4)))
def test_those_who_agree_win_by_any_numbers(values: list[int], names: list[int]) -> None:
    first = owner(*values)
    renamed = np.where(first == NOBODY, NOBODY, np.array(names)[first]).astype(np.int16)
    result = voted([first, renamed, first])
    assert (np.equal.outer(result, result) == np.equal.outer(first, first)).all()
    assert ((result == NOBODY) == (first == NOBODY)).all()


def test_nobody_may_be_all_there_is() -> None:
    assert voted([owner(NOBODY, NOBODY), owner(NOBODY, NOBODY)]).tolist() == [NOBODY, NOBODY]
