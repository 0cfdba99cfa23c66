"""Numbers far from all others: codes and slips are doubted, the ends of a scale are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ratings.farvalues import far_values

SEVEN = {float(point): 20 for point in range(1, 8)}
SLIDER = {float(point): 1 for point in range(0, 101, 5)}


@pytest.mark.parametrize("code", [-99, 999, 77, 88, 99, -9, -1, 9999, 66])
def test_codes_for_no_answer_are_doubted_however_frequent(code: int) -> None:
    assert far_values(SEVEN | {float(code): 60}) == (code,)


def test_a_lone_slip_is_doubted_and_a_frequent_value_is_not() -> None:
    assert far_values(SEVEN | {55.0: 1}) == (55.0,)
    assert far_values(SEVEN | {55.0: 100}) == ()


def test_several_codes_do_not_hide_each_other() -> None:
    assert far_values(SEVEN | {-99.0: 8, 999.0: 8, 77.0: 1, 88.0: 1, 99.0: 1}) == (-99.0, 77.0, 88.0, 99.0, 999.0)


@pytest.mark.parametrize(
    "numbers",
    [
        SEVEN,
        SLIDER,
        SLIDER | {99.0: 1, 77.0: 1, 88.0: 1},
        {0.0: 50, 1.0: 3, 7.0: 1},
        {-3.0: 1, -1.0: 5, 0.0: 9, 1.0: 5, 3.0: 1},
        {-1.0: 5, 0.0: 5, 1.0: 5},
        {1.0: 5, 9.0: 1},
        {5.0: 3},
        {},
    ],
)
def test_scales_as_people_use_them_are_believed(numbers: dict[float, int]) -> None:
    assert far_values(numbers) == ()


@given(st.dictionaries(st.integers(-10, 10).map(float), st.integers(1, 50)))
def test_what_is_doubted_was_there_and_never_all_of_it(numbers: dict[float, int]) -> None:
    doubted = far_values(numbers)
    assert set(doubted) <= set(numbers)
    assert not numbers or len(doubted) < len(numbers)
