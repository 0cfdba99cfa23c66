"""Layouts of rating tables: what a map may say, what a cell means, what can be inferred, what flags do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ratings.flags import Flags, alike, guessed, layout_with
from annotate.ratings.inference import Found, question_named, scheme_of
from annotate.ratings.layout import Asked, Layout, columns_of, conditions_of, layout_from_toml, load_layout, parts
from annotate.ratings.meanings import Meaning, plain, reading, vote_vector
from schemas.errors import BadSetting
from schemas.ids import canonical
from schemas.scheme import Category, Question, Scale, shipped_schemes

EMOTION = Question(
    "emotion", "Emotion", "choice", categories=(Category("anger", "Anger", ("wut",)), Category("fear", "Fear"))
)
POINTS = Question("valence", "Valence", "scale", scale=Scale(1, 5, 1, "ordinal", ((1, "very low"), (5, "very high"))))
ASKED = Asked(name="emotion", value="label")


def inferred(*texts: str, **told: object) -> Question:
    layout = Layout(corpus="lab", question=(Asked(name="q", value="v", **told),))  # type: ignore[arg-type]
    return scheme_of(layout, [Found(0, "q", texts)], shipped_schemes().__getitem__).questions[0]


def test_a_map_of_every_kind_of_key_is_read() -> None:
    layout = layout_from_toml(
        """
        corpus = "lab"
        item = "{session}/{clip}"
        rater = "who"
        drop = "V = 1"
        min_answers = 2
        [[question]]
        name = "valence"
        value = "V"
        minimum = 1
        maximum = 5
        anchors = { 1 = "low", 5 = "high" }
        [[question]]
        name = "emotion"
        votes = { A = "anger", F = "fear" }
        """,
        "map.toml",
    )
    assert layout.item == ("{session}/{clip}",)
    assert layout.question[0].minimum == 1.0
    assert layout.question[1].votes == (("A", "anger"), ("F", "fear"))
    assert columns_of(layout) == ("session", "clip", "who", "V", "A", "F")
    assert conditions_of(layout) == ("V = 1",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("corpsu = 'x'", "did you mean 'corpus'"),
        ("repeats = 'never'", "last"),
        ("min_answers = 0", "at least 1"),
        ("[[question]]\nname = 'a'", "one of value, votes, marks, vector"),
        ("[[question]]\nname = 'a'\nvalue = 'v'\nvector = 'w'", "value and vector"),
        ("[[question]]\nname = 'a'\nvector = 'w'", "categories"),
        ("[[question]]\nvalue = 'v'", "name or named_by"),
        ("rater = 'a'\nrater_name = 'b'", "not both"),
        ("corpus = ", "TOML"),
    ],
)
def test_a_map_that_cannot_be_meant_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        layout_from_toml(text, "map.toml")


def test_an_unknown_preset_names_the_nearest_one() -> None:
    with pytest.raises(BadSetting, match="did you mean 'ferplus'"):
        load_layout("ferplu")


def test_a_template_is_taken_apart_into_text_and_columns() -> None:
    assert parts("clip") == (("", "clip"),)
    assert parts("{a b}/x{c}.wav") == (("", "a b"), ("/x", "c"), (".wav", ""))


@pytest.mark.parametrize("spelling", ["anger", "Anger", " ANGER ", "wut", "Wut"])
def test_a_category_is_known_by_name_title_or_alias_whatever_its_case(spelling: str) -> None:
    assert reading(EMOTION, ASKED)(spelling) == Meaning('"anger"')


def test_spellings_that_only_vary_in_underscores_and_escapes_are_one() -> None:
    assert plain("Impatience%20and_Irritability") == plain("impatience and  irritability")


def test_aliases_of_a_map_stand_for_categories() -> None:
    read = reading(EMOTION, Asked(name="emotion", value="v", aliases=(("A", "anger"),)))
    assert read("A") == Meaning('"anger"')


def test_an_unknown_category_is_refused_with_the_nearest() -> None:
    told = reading(EMOTION, ASKED)("angr")
    assert told.value is None
    assert told.reason is not None
    assert "did you mean 'anger'" in told.reason


@pytest.mark.parametrize("text", ["", "  ", "NA", "nan", "null", "-5"])
def test_a_cell_that_means_no_answer_is_neither_answer_nor_refusal(text: str) -> None:
    assert reading(POINTS, ASKED, missing=("-5",))(text) == Meaning()


@pytest.mark.parametrize(
    ("text", "value"), [("3", "3"), ("3.0", "3"), ("+4", "4"), ("very high", "5"), ("Very_Low", "1")]
)
def test_points_of_a_scale_are_read_as_numbers_or_by_their_anchors(text: str, value: str) -> None:
    assert reading(POINTS, ASKED)(text) == Meaning(value)


@pytest.mark.parametrize(
    ("text", "said"), [("6", "outside"), ("2.5", "no step"), ("many", "no number"), ("0x1", "no number")]
)
def test_what_is_no_point_of_an_ordinal_scale_is_refused(text: str, said: str) -> None:
    told = reading(POINTS, ASKED)(text)
    assert told.reason is not None
    assert said in told.reason


def test_an_interval_scale_takes_numbers_between_its_steps_and_decimal_commas() -> None:
    question = Question("arousal", "Arousal", "scale", scale=Scale(-1, 1, 0.5, "interval"))
    assert reading(question, ASKED)("0,25") == Meaning("0.25")


def test_several_categories_are_a_sorted_list_of_names() -> None:
    question = Question("emotions", "Emotions", "choices", categories=EMOTION.categories)
    assert (
        reading(question, ASKED)("Fear; anger")
        == reading(question, ASKED)('["fear", "anger"]')
        == Meaning('["anger","fear"]')
    )


def test_yes_and_no_are_known_in_their_usual_spellings() -> None:
    question = Question("seen", "Seen", "choice", categories=(Category("no", "No"), Category("yes", "Yes")))
    read = reading(question, ASKED)
    assert {read(text).value for text in ("True", "1", "yes", "Y")} == {'"yes"'}
    assert {read(text).value for text in ("False", "0", "no", "f")} == {'"no"'}


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_a_number_is_written_as_answers_from_people_are(value: float) -> None:
    question = Question("x", "X", "scale", scale=Scale(-1e6, 1e6, 1, "interval"))
    told = reading(question, ASKED)(repr(value)).value
    assert told is not None
    assert json.loads(told) == pytest.approx(value, abs=1e-8)
    assert canonical(json.loads(told)) == told


@pytest.mark.parametrize(
    ("cell", "votes"),
    [
        ("2000030", (2, 0, 0, 0, 0, 3, 0)),
        ("30", (0, 0, 0, 0, 0, 3, 0)),
        ("[1, 2, 0, 0, 0, 0, 10]", (1, 2, 0, 0, 0, 0, 10)),
        ("1;2;0;0;0;0;0", (1, 2, 0, 0, 0, 0, 0)),
        ("1 2 3", None),
        ("20000300", None),
        ("-1,0,0,0,0,0,0", None),
        ("words", None),
    ],
)
def test_a_vote_vector_is_digits_or_a_list_of_as_many_numbers_as_categories(cell: str, votes: tuple[int, ...]) -> None:
    assert vote_vector(cell, 7) == votes


def test_words_are_inferred_as_categories_spellings_united() -> None:
    question = inferred("Happy", "happy", "Sad", "NA")
    assert [category.name for category in question.categories] == ["happy", "sad"]


def test_whole_numbers_are_inferred_as_an_ordinal_scale() -> None:
    assert inferred("1", "5", "3").scale == Scale(1, 5, 1, "ordinal")


def test_fractions_are_inferred_as_an_interval_scale_with_the_step_they_have() -> None:
    assert inferred("-0.5", "0.75").scale == Scale(-0.5, 0.75, 0.01, "interval")


def test_a_declared_range_wins_over_what_occurs() -> None:
    assert inferred("2", "3", minimum=0.0, maximum=100.0, step=1.0).scale == Scale(0, 100, 1, "interval")


def test_truth_values_are_inferred_as_no_and_yes() -> None:
    assert [category.name for category in inferred("True", "False").categories] == ["no", "yes"]


def test_many_different_words_are_inferred_as_text() -> None:
    assert inferred(*(f"word {place}" for place in range(200))).type == "text"


def test_one_single_answer_is_too_little_to_infer_from() -> None:
    with pytest.raises(BadSetting, match="too few"):
        inferred("happy")


def test_categories_that_would_get_one_name_keep_their_own() -> None:
    assert [category.name for category in inferred("C+", "C*").categories] == ["C*", "C+"]


def test_an_inferred_scheme_says_so_in_its_name_and_a_declared_one_does_not() -> None:
    told = Layout(corpus="My lab", question=(Asked(name="q", value="v", categories=("a", "b")),))
    assert scheme_of(told, (), shipped_schemes().__getitem__).name == "my_lab"
    asked = Layout(corpus="My lab", question=(Asked(name="q", value="v"),))
    assert scheme_of(asked, [Found(0, "q", ["a", "b"])], shipped_schemes().__getitem__).name == "inferred-my_lab"


def test_questions_asked_for_each_category_of_a_scheme_keep_its_names_and_spellings() -> None:
    layout = Layout(
        corpus="x",
        question=(Asked(named_by="e", value="v", names_of="emonet-face-hq", categories=("no", "yes"), alone=True),),
    )
    scheme = scheme_of(layout, (), shipped_schemes().__getitem__)
    assert len(scheme.questions) == 40
    assert question_named(scheme, "Hopelessness").name == "helplessness"
    assert question_named(scheme, "Jealousy___Envy").name == question_named(scheme, "Jealousy & Envy").name


def test_one_question_asked_in_two_places_offers_the_categories_of_both() -> None:
    layout = Layout(
        corpus="x",
        question=(
            Asked(name="q", value="a", categories=("x", "y")),
            Asked(name="q", value="b", categories=("y", "z")),
        ),
    )
    scheme = scheme_of(layout, (), shipped_schemes().__getitem__)
    assert [category.name for category in scheme.questions[0].categories] == ["x", "y", "z"]


def test_column_names_that_speak_for_themselves_are_taken() -> None:
    told = guessed(Flags(), ["File_Name", "annotator", "rating", "created_at", "other"])
    assert (told.item, told.rater, told.value, told.time) == ("File_Name", "annotator", "rating", "created_at")


def test_what_was_typed_is_never_guessed_over() -> None:
    told = guessed(Flags(item="other", wide=("valence=V",)), ["item", "rater", "value", "other"])
    assert (told.item, told.value) == ("other", None)


@pytest.mark.parametrize(
    ("flags", "base", "said"),
    [
        (
            Flags(wide=("v=V",), named="valence"),
            Layout(),
            "--named is of one question, and --wide has a column for each",
        ),
        (Flags(wide=("v=V",), question="q"), Layout(), "--question is of one question"),
        (Flags(wide=("v=V",), skip="V IS NULL"), Layout(), "--skip is of one question"),
        (Flags(value="v", named="valence", question="q"), Layout(), "--named and --question both"),
        (Flags(value="v", one_at_a_time=True), Layout(), "--question COLUMN"),
        (Flags(value="v", duration_unit="s"), Layout(), "--duration COLUMN"),
        (Flags(named="valence"), Layout(question=(ASKED,)), "say which, too, such as --value"),
        (Flags(categories=("a", "b")), Layout(question=(ASKED,)), "say which, too, such as --value"),
    ],
)
def test_a_flag_that_the_table_leaves_no_use_for_is_refused(flags: Flags, base: Layout, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        layout_with(base, flags)


def test_flags_make_questions_of_every_form() -> None:
    assert layout_with(Layout(), Flags(value="v", question="q")).question == (Asked(named_by="q", value="v"),)
    assert layout_with(Layout(), Flags(wide=("valence=V",))).question == (Asked(name="valence", value="V"),)
    votes = layout_with(Layout(), Flags(counts=("anger=A", "fear"), named="e")).question
    assert votes == (Asked(name="e", votes=(("A", "anger"), ("fear", "fear"))),)
    vector = layout_with(Layout(), Flags(vector="v", categories=("a", "b"))).question
    assert vector == (Asked(name="emotion", vector="v", categories=("a", "b")),)


def test_flags_go_on_top_of_a_preset() -> None:
    layout = layout_with(load_layout("ferplus"), Flags(corpus="mine", drop="neutral > 5", min_answers=3))
    assert (layout.corpus, layout.drop, layout.min_answers) == ("mine", "neutral > 5", 3)
    assert layout.question == load_layout("ferplus").question


def test_two_ways_of_holding_answers_at_once_are_refused() -> None:
    with pytest.raises(BadSetting, match="--value and --wide"):
        layout_with(Layout(), Flags(value="v", wide=("a",)))


def test_a_table_that_looks_like_a_preset_is_recognised() -> None:
    assert alike(["path", "annotator", "value", "emotion"]) == ["emonet-face-binary"]
