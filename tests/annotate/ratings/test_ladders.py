"""Steps in words: the ladders of questionnaires, numbers with words, and words that are neither."""

import pytest

from annotate.ratings.ladders import LADDERS, anchors_of


def test_no_ladder_has_one_word_on_two_steps() -> None:
    for ladder in LADDERS:
        spellings = [spelling for step in ladder for spelling in step]
        assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(
    "steps",
    [
        ("never", "rarely", "sometimes", "often", "always"),
        ("not at all", "a little", "moderately", "quite a bit", "extremely"),
        ("very poor", "poor", "fair", "good", "excellent"),
        ("very negative", "negative", "neutral", "positive", "very positive"),
        ("Strongly disagree", "Disagree", "Somewhat disagree", "Neutral", "Somewhat agree", "Agree", "Strongly agree"),
    ],
)
def test_words_of_a_ladder_are_numbered_from_one_in_their_order(steps: tuple[str, ...]) -> None:
    assert anchors_of(sorted(steps)) == tuple((float(point), text) for point, text in enumerate(steps, start=1))


def test_a_step_that_nobody_took_keeps_its_place_where_its_opposite_was_taken() -> None:
    steps = anchors_of(["Disagree", "Neutral", "Agree", "Strongly agree"])
    assert steps == ((1, "Strongly disagree"), (2, "Disagree"), (3, "Neutral"), (4, "Agree"), (5, "Strongly agree"))


def test_words_with_their_numbers_are_points_and_those_between_may_be_bare() -> None:
    assert anchors_of(["1 - not at all", "2", "3", "5 (very much)"]) == ((1, "1 - not at all"), (5, "5 (very much)"))


@pytest.mark.parametrize(
    "words",
    [
        ("negative", "neutral", "positive"),
        ("joy", "anger", "fear", "sadness"),
        ("agree", "often", "good", "high"),
        ("1 - low", "1 - none", "2 - high"),
    ],
)
def test_other_words_are_no_ladder(words: tuple[str, ...]) -> None:
    assert anchors_of(words) == ()
