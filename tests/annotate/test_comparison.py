"""Two sets of labels side by side."""

import krippendorff
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.answers.votes import votes
from annotate.comparison import Difference, comparison, leading
from tests.annotate.answers.counted import tallied

LABELS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["joy", "fear", "anger"]), max_size=8)


@given(LABELS, LABELS)
def test_every_item_is_counted_once_whichever_comes_first(one: dict[str, str], other: dict[str, str]) -> None:
    there, back = comparison(one, other), comparison(other, one)
    if there is None or back is None:
        assert not one.keys() & other.keys()
        return
    assert there.shared + there.only_one == len(one)
    assert there.shared + there.only_other == len(other)
    assert there.equal + len(there.differences) == there.shared
    assert [(each.item, each.other, each.one) for each in back.differences] == [
        (each.item, each.one, each.other) for each in there.differences
    ]
    assert there.alpha == back.alpha


def test_case_is_no_difference_and_numbers_farthest_apart_come_first() -> None:
    words = comparison({"a": "Joy", "b": "fear"}, {"a": "joy", "b": "anger", "c": "joy"})
    assert words is not None
    assert (words.equal, words.only_other, words.differences) == (1, 1, (Difference("b", "fear", "anger"),))
    numbers = comparison({"a": 1.0, "b": 2.0, "c": 5.0}, {"a": 1.5, "b": 2.0, "c": 9.0})
    assert numbers is not None
    assert [each.item for each in numbers.differences] == ["c", "a"]
    expected = krippendorff.alpha([[1.0, 2.0, 5.0], [1.5, 2.0, 9.0]], level_of_measurement="interval")
    assert numbers.alpha == pytest.approx(expected)


def test_what_most_say_names_all_that_lead_and_a_scale_has_its_mean() -> None:
    counted = tallied("xy", [[3, 1, 0], [1, 0, 1]], ("joy", "fear", "anger"))  # type: ignore[arg-type]
    assert leading(counted) == {"x": "joy", "y": "joy / anger"}
    assert leading(votes(list("xx"), list("ab"), [2, 5], range(9), "interval")) == {"x": 3.5}
