"""What the cells of a column show: scales whatever the spelling, sets, steps in words; what is declared stands."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ratings.layout import Asked
from annotate.ratings.meanings import Meaning, reading
from annotate.ratings.shapes import category_name, shaped, slug
from schemas.errors import BadSetting
from schemas.scheme import Question, Scale


def shape(*texts: str, title: str = "Q", **said: object) -> Question:
    return shaped(Asked(name="q", value="v", **said), "q", title, dict.fromkeys(texts, 5))  # type: ignore[arg-type]


def names(question: Question) -> list[str]:
    return [category.name for category in question.categories]


@given(st.sets(st.integers(1, 7), min_size=3), st.sampled_from(["{}", "{}.0", "{}.00", "+{}", "0{}"]))
def test_two_spellings_of_one_number_are_one_number(points: set[int], spelling: str) -> None:
    cells = {text: 5 for point in points for text in (str(point), spelling.format(point))}
    question = shaped(Asked(name="q", value="v"), "q", "Q", cells)
    assert question.scale == Scale(min(points), max(points), 1, "ordinal")


def test_numbers_that_name_categories_are_one_category_however_they_are_spelled() -> None:
    question = shape("0", "00", "-0", "1", "1.0", type="choice", categories=())
    assert names(question) == ["no", "yes"]
    coded = shape("3", "3.0", "5", type="choice")
    assert names(coded) == ["3", "5"]
    assert reading(coded, Asked(name="q", value="v"))("3.00") == Meaning('"3"')


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("choices", ("3,7", "3", "5,1"), "choices"),
        ("choices", ("0,15", "0"), "choices"),
        ("choices", ("yes", "no"), "choices"),
        ("choice", ("1", "2", "3"), "choice"),
        ("scale", ("low", "1", "2"), "scale"),
        ("text", ("1", "2"), "text"),
    ],
)
def test_a_declared_type_is_never_overruled(kind: str, cells: tuple[str, ...], expected: str) -> None:
    assert shape(*cells, type=kind).type == expected


def test_a_list_of_numbers_in_a_question_of_several_choices_is_a_set_and_no_decimal() -> None:
    question = shape("3,7", "3", "0,15", type="choices")
    assert names(question) == ["0", "15", "3", "7"]
    assert reading(question, Asked(name="q", value="v"))("0,15") == Meaning('["0","15"]')


@pytest.mark.parametrize(
    "cells",
    [("joy; anger", "joy"), ("joy|anger", "anger"), ('["joy", "anger"]', "joy"), ("joy, anger", "joy", "anger")],
)
def test_cells_of_several_labels_are_sets(cells: tuple[str, ...]) -> None:
    question = shape(*cells)
    assert (question.type, names(question)) == ("choices", ["anger", "joy"])


def test_a_comma_or_a_semicolon_alone_makes_no_set() -> None:
    assert shape("surprise, mild", "joy").type == "choice"
    assert shape("yes; I think", "no idea").type == "choice"
    assert shape("3,5", "4,0", "2,5").type == "scale"


def test_a_scale_takes_its_ends_from_the_name_of_the_question_where_all_answers_lie_between() -> None:
    assert shape("14", "98", "56", title="intensity 0-100").scale == Scale(0, 100, 1, "interval")
    assert shape("2", "4", "5", title="arousal (1-7)").scale == Scale(1, 7, 1, "ordinal")
    assert shape("2", "4", "9", title="arousal (1-7)").scale == Scale(2, 9, 1, "ordinal")


def test_steps_of_agreement_in_words_are_one_scale_in_their_order() -> None:
    cells = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
    question = shape(*cells)
    assert question.scale
    assert question.scale.anchors == tuple((float(point), text) for point, text in enumerate(cells, start=1))
    assert reading(question, Asked(name="q", value="v"))("agree") == Meaning("4")


def test_missing_codes_do_not_widen_a_scale() -> None:
    assert shape(*"1234567", "-99", "999", "77").scale == Scale(1, 7, 1, "ordinal")


def test_a_scale_that_somebody_declared_goes_as_far_as_they_say() -> None:
    assert shape(*"1234567", "99", minimum=0.0, maximum=100.0).scale == Scale(0, 100, 1, "interval")


def test_other_spellings_that_were_given_count_before_categories_are_made() -> None:
    assert names(shape("wut", "anger", "fear", aliases=(("wut", "anger"),))) == ["anger", "fear"]


def test_cells_of_nothing_but_json_are_refused() -> None:
    with pytest.raises(BadSetting, match="hold JSON that is no answer"):
        shape('{"a": 1, "b": 2}', '{"a": 2, "b": 2}')


@given(st.text(alphabet=st.characters(max_codepoint=0xFF)))
def test_categories_in_latin_letters_are_named_as_everything_else_is(word: str) -> None:
    composed = unicodedata.normalize("NFC", word)
    assert category_name(word) == slug(composed)


def test_vowel_signs_stay_in_the_names_of_categories() -> None:
    word = "\u0916\u0941\u0936\u0940"
    assert category_name(word) == word
    assert category_name(unicodedata.normalize("NFD", "cafe\u0301 noir")) == "caf\u00e9_noir"


def test_a_list_is_no_category_of_a_question_that_takes_one() -> None:
    assert names(shape('["joy", "anger"]', '["joy"]', "fear", type="choice")) == ["fear", "joy"]


def test_words_with_numbers_among_many_bare_numbers_are_points_of_their_scale() -> None:
    question = shaped(Asked(name="q", value="v"), "q", "Q", {"1 - low": 1, "2": 50, "3": 50, "4": 50, "5 - high": 1})
    assert question.scale == Scale(1, 5, 1, "ordinal", ((1, "1 - low"), (5, "5 - high")))


def test_steps_in_words_fit_a_scale_that_is_declared_with_as_many_points() -> None:
    cells = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")
    declared = shape(*cells, type="scale", minimum=1.0, maximum=5.0)
    assert declared.scale
    assert [text for _, text in declared.scale.anchors] == list(cells)
