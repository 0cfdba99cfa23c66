from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.answers.votes import Votes, pairs_within, votes
from tests.annotate.answers.counted import tallied

CATEGORIES = ("anger", "fear", "joy")
Row = tuple[str, str, str]
answers = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")), st.sampled_from(CATEGORIES), min_size=1
).map(lambda table: [(item, rater, value) for (item, rater), value in table.items()])


def made(rows: Sequence[Row]) -> Votes:
    items, raters, values = zip(*rows, strict=True)
    return votes(items, raters, values, CATEGORIES)


def content(some: Votes) -> list[object]:
    return [some.items.tolist(), some.raters.tolist(), some.values.tolist(), some.item_ids, some.rater_ids]


@given(answers, st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[Row], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content(made(shuffled)) == content(made(rows))


@given(answers)
def test_counts_hold_every_answer_once(rows: list[Row]) -> None:
    some = made(rows)
    counts = some.counts
    for item, level, count in zip(counts.rows, counts.levels, counts.counts, strict=True):
        name, category = some.item_ids[item], CATEGORIES[level]
        assert count == sum(1 for one, _, value in rows if (one, value) == (name, category))
    assert counts.counts.sum() == len(rows)


def test_a_rater_who_answers_an_item_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'kim'.*'clip'"):
        votes(["clip", "clip"], ["kim", "kim"], ["joy", "fear"], CATEGORIES)


def test_a_category_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ValueError, match="envy"):
        votes(["clip"], ["kim"], ["envy"], CATEGORIES)


def test_an_answer_on_a_scale_must_be_a_finite_number() -> None:
    with pytest.raises(ValueError, match="finite"):
        votes(["clip"], ["kim"], [float("nan")], measure="interval")


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        votes(["a", "b"], ["kim"], ["joy", "joy"], CATEGORIES)


def test_categories_that_are_not_given_are_those_that_occur_in_order() -> None:
    assert votes(["a", "b"], ["kim", "kim"], ["joy", "anger"]).categories == ("anger", "joy")


def test_the_points_of_a_scale_count_as_levels_though_nobody_chose_them() -> None:
    some = votes(["a", "b"], ["kim", "kim"], [1, 3], [0, 1, 2, 3], "ordinal")
    assert some.levels.tolist() == [0, 1, 2, 3]
    assert some.codes.tolist() == [1, 3]
    assert not some.is_choice


def test_a_number_off_a_point_by_rounding_is_that_point() -> None:
    points = [0.1 * step for step in range(11)]
    some = votes(["a", "b", "c"], ["kim"] * 3, [0.3, 0.1 + 0.2, 0.25], points, "interval")
    assert len(some.levels) == 12
    assert some.codes[0] == some.codes[1]


def test_published_counts_become_answers_of_nobody() -> None:
    some = tallied(["one", "two"], np.array([[2, 0, 1], [0, 3, 0]]), CATEGORIES)
    assert some.rater_ids == ()
    assert some.sizes.tolist() == [3, 3]
    assert [CATEGORIES[code] for code in some.values] == ["anger", "anger", "joy", "fear", "fear", "fear"]


def test_no_answers_at_all_are_fine() -> None:
    nothing = votes([], [], [], CATEGORIES)
    assert len(nothing) == len(nothing.counts.counts) == 0


def test_pairs_within_a_row_leave_out_other_rows() -> None:
    left, right = pairs_within(np.array([0, 1, 4, 6]))
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(1, 2), (1, 3), (2, 3), (4, 5)]
