"""What a search is likely to have missed: from known misses, with an interval that holds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.missed import COPIES, MissRate, expected


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_holds_what_was_measured(missed: int, more: int) -> None:
    low, middle, high = MissRate(missed, missed + more, "").rates()
    assert 0 <= low <= middle < high <= 1
    assert middle == missed / (missed + more)


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    assert MissRate(10, 100, "").rates() == pytest.approx((0.04900, 0.1, 0.17622), abs=1e-4)


def test_of_what_was_found_as_many_are_missing_as_the_rate_says() -> None:
    tenth = MissRate(10, 100, "")
    assert expected([(tenth, 90)], 1.0) == (10.0, 4.638, 19.253)
    assert expected([(tenth, 90), (tenth, 90)], 0.5) == (10.0, 4.638, 19.253)


def test_a_search_that_found_nothing_it_should_have_says_nothing() -> None:
    assert expected([(MissRate(3, 3, ""), 0)], 0.5) is None
    assert expected([], 0.5) is None


def test_a_rate_is_said_with_its_interval_and_its_origin() -> None:
    assert str(COPIES["face"]).startswith("1.3 % (0.27 to 3.7) are missed: 3 of 232 copies of photographs")
