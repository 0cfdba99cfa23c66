"""Codes in order and without gaps, and columns that say one thing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotate.arrays import SPREAD, flat, in_order, is_flat, joined, renumbered

CODES = arrays(np.int32, st.integers(0, 40), elements=st.integers(0, 9))


@given(CODES)
def test_rows_in_order_of_two_codes_are_those_of_a_stable_sort(first: np.ndarray) -> None:
    second = first[::-1] // 3
    expected = np.lexsort((second, first)).tolist()
    assert in_order(first, second).tolist() == expected
    # numbers too large to ride together are sorted otherwise, with the same result
    assert in_order(first.astype(np.int64) << 40, second.astype(np.int64) << 20).tolist() == expected


@given(CODES, st.sampled_from([10, 10 + SPREAD * 1000]))
def test_renumbered_codes_are_the_places_among_those_that_occur(codes: np.ndarray, count: int) -> None:
    distinct, places = np.unique(codes, return_inverse=True)
    kept, renamed = renumbered(codes, count)
    assert (kept.tolist(), renamed.tolist()) == (distinct.tolist(), places.tolist())
    assert (kept.dtype, renamed.dtype) == (np.int64, np.int32)


@pytest.mark.parametrize("value", [3, float("nan")])
def test_a_column_that_says_one_thing_takes_no_memory_however_many_parts_it_has(value: float) -> None:
    parts = [flat(np.full(n, value)) for n in (1, 4)]
    column = joined(parts)
    assert is_flat(column)
    assert np.array_equal(column, np.full(5, value), equal_nan=True)


def test_parts_that_say_different_things_stay_apart() -> None:
    column = joined([flat(np.full(2, 1.0)), flat(np.full(3, 2.0))])
    assert column.tolist() == [1, 1, 2, 2, 2]
    assert not is_flat(column)
