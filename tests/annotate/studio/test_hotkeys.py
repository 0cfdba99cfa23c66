"""Which key answers what."""

from hypothesis import given
from hypothesis import strategies as st

from annotate.studio.hotkeys import hotkeys, ticks


@given(st.lists(st.integers(0, 50), max_size=45))
def test_every_question_gets_as_many_keys_as_it_wants_and_none_is_given_twice(wanted: list[int]) -> None:
    given_keys = hotkeys(wanted)
    assert [len(keys) for keys in given_keys] == wanted
    used = [key for keys in given_keys for key in keys if key]
    assert len(set(used)) == len(used)


def test_a_question_gets_a_row_of_its_own_while_there_are_rows() -> None:
    assert ["".join(map(str, keys)) for keys in hotkeys([5, 7, 9])] == ["12345", "qwertyu", "asdfghjkl"]


def test_a_scale_from_nought_to_ten_has_its_nought_below_its_row() -> None:
    assert hotkeys([3, 11])[1] == ("a", *"qwertyuiop")


def test_the_keyboard_may_run_out_and_the_rest_goes_without() -> None:
    (keys,) = hotkeys([70])
    assert (keys[0], keys[-1]) == ("1", None)


def test_many_points_have_eleven_ticks_from_end_to_end() -> None:
    for points in (12, 21, 101):
        places = ticks(points)
        assert (len(set(places)), places[0], places[-1]) == (11, 0, points - 1)
