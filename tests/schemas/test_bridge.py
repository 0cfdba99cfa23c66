"""A map from a scheme to its successor: what it may say, and everything it lacks told at once."""

import pytest

from schemas.bridge import WordMap, followed, map_from_toml, translations
from schemas.errors import BadSetting
from schemas.scheme import Category, Question, Scale, Scheme


def choice(name: str, *categories: str, aliases: tuple[str, ...] = ()) -> Question:
    return Question(
        name, name.title(), "choice", categories=tuple(Category(one, one.title(), aliases) for one in categories)
    )


def scheme(version: int, *questions: Question) -> Scheme:
    return Scheme("mine", version, "Mine", ("voice",), questions)


OLD = scheme(
    1, choice("emotion", "joy", "fear", "terror", "disgust"), Question("force", "F", "scale", scale=Scale(0, 5))
)
NEW = scheme(2, choice("emotion", "joy", "anxiety"), Question("force", "F", "scale", scale=Scale(0, 5)))
MERGED = {"emotion": {"fear": "anxiety", "terror": "anxiety", "disgust": ""}}


def refusal(old: Scheme, new: Scheme, words: WordMap) -> str:
    with pytest.raises(BadSetting) as error:
        translations(old, new, words, "map.toml")
    return str(error.value)


def test_categories_are_renamed_merged_and_dropped_and_equal_names_need_no_line() -> None:
    read = translations(OLD, NEW, MERGED, "map.toml")
    assert {word: read["emotion"].words[word] for word in ("joy", "fear", "terror", "disgust")} == {
        "joy": "joy",
        "fear": "anxiety",
        "terror": "anxiety",
        "disgust": "",
    }
    assert (read["force"].question, read["force"].words) == ("force", {})


def test_a_new_name_is_read_as_what_it_is_by_name_title_and_alias() -> None:
    new = scheme(2, choice("emotion", "joy", "anxiety"), NEW.questions[1])
    words = translations(OLD, new, MERGED, "map.toml")["emotion"].words
    assert (words["anxiety"], words["Anxiety"]) == ("anxiety", "anxiety")


def test_everything_that_is_missing_is_told_at_once_with_what_to_write() -> None:
    told = refusal(OLD, scheme(2, choice("emotion", "joy", "anxiety")), {"emotion": {"fear": "anxiety"}})
    assert "mine-1 cannot be read as mine-2" in told
    assert "'terror', 'disgust'" in told
    assert '[emotion] terror = "CATEGORY"' in told
    assert "question 'force' is not in mine-2; write under [questions] force = \"NAME\"" in told


def test_words_that_neither_scheme_has_are_told_with_the_nearest() -> None:
    told = refusal(OLD, NEW, {**MERGED, "emotoin": {"joy": "joy"}})
    assert "[emotoin]: mine-1 has no question 'emotoin'; did you mean 'emotion'?" in told
    told = refusal(OLD, NEW, {"emotion": {**MERGED["emotion"], "feer": "anxiety"}})
    assert "mine-1 has no 'feer'; did you mean 'fear'?" in told
    told = refusal(OLD, NEW, {"emotion": {**MERGED["emotion"], "fear": "anxeity"}})
    assert "'fear' = 'anxeity'" in told
    assert "did you mean 'anxiety'?" in told


def test_a_question_is_renamed_or_dropped_and_two_never_become_one() -> None:
    old = scheme(1, choice("feeling", "joy", "anxiety"), choice("mood", "joy", "anxiety"))
    read = translations(old, NEW, {"questions": {"feeling": "emotion", "mood": ""}}, "map.toml")
    assert (read["feeling"].question, read["mood"].question) == ("emotion", "")
    assert "two questions" in refusal(old, NEW, {"questions": {"feeling": "emotion", "mood": "emotion"}})


def test_scales_must_have_the_same_points_and_questions_the_same_type() -> None:
    other = scheme(2, NEW.questions[0], Question("force", "F", "scale", scale=Scale(0, 7)))
    assert "scale from 0 to 5 in steps of 1, 'force' from 0 to 7 in steps of 1" in refusal(OLD, other, MERGED)
    other = scheme(2, NEW.questions[0], Question("force", "F", "text"))
    assert "'force' is a scale and 'force' a text" in refusal(OLD, other, MERGED)


def test_two_bridges_one_after_the_other_are_one() -> None:
    last = scheme(3, choice("affect", "joy", "worry"), NEW.questions[1])
    second = translations(NEW, last, {"questions": {"emotion": "affect"}, "emotion": {"anxiety": "worry"}}, "map.toml")
    read = followed(translations(OLD, NEW, MERGED, "map.toml"), second)["emotion"]
    assert read.question == "affect"
    assert {word: read.words[word] for word in ("terror", "disgust", "anxiety", "worry")} == {
        "terror": "worry",
        "disgust": "",
        "anxiety": "worry",
        "worry": "worry",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [("[emotion", "not valid TOML"), ('emotion = "x"', "expected a table"), ("[emotion]\nfear = 3", "expected a text")],
)
def test_a_map_in_another_form_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        map_from_toml(text, "map.toml")
