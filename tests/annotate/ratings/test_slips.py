"""Slips: maps with values of another type, flags that contradict each other, single cells that are no numbers."""

from dataclasses import replace

import pytest

from annotate.ratings.flags import Flags, guessed, layout_with
from annotate.ratings.inference import Found, scheme_of
from annotate.ratings.layout import Asked, Layout, layout_from_toml, load_layout
from annotate.ratings.meanings import reading
from schemas.errors import BadSetting
from schemas.scheme import Question, Scale, shipped_schemes

POINTS = Question("valence", "Valence", "scale", scale=Scale(1, 5, 1, "ordinal"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question = 'v'", r"question = 'v'; expected one table or more, each headed \[\[question\]\]"),
        ("question = ['v']", r"question = 'v'; expected tables, each headed \[\[question\]\]"),
        ("item = 3", "map.toml: item = 3; expected a list of texts"),
        ("item = [3]", r"map.toml: item = \[3\]; expected a list of texts"),
        ("pattern = '('", "no regular expression"),
        ("quotes = 'no'", "true or false"),
        ("same = 3", "list of texts, or a table"),
        ("[[question]]\nname = 'a'\nvalue = 'v'\nminimum = 9\nmaximum = 1\nstep = 0", "minimum = 9, maximum = 1"),
        ("[[question]]\nname = 'a'\nvalue = 'v'\nstep = 0", "step = 0; expected more than 0"),
        (
            "[[question]]\nname = 'a'\nvalue = 'v'\nminimum = 'low'",
            "question 1: minimum = 'low'; expected a finite number",
        ),
        ("[[question]]\nname = 'a'\nvalue = 'v'\nanchors = { low = 'x' }", "anchor 'low'"),
    ],
)
def test_a_map_with_something_of_another_type_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        layout_from_toml(text, "map.toml")


def test_a_spelling_of_a_scale_must_stand_for_a_number() -> None:
    with pytest.raises(BadSetting, match="'high' stands for 'much'"):
        reading(POINTS, Asked(name="valence", value="v", aliases=(("high", "much"),)))


def test_numbers_with_few_slips_are_a_scale_and_codes_among_words_are_categories() -> None:
    def told(**cells: int) -> Question:
        layout = Layout(corpus="lab", question=(Asked(name="q", value="v"),))
        found = Found(0, "q", [text.lstrip("_") for text in cells], list(cells.values()))
        return scheme_of(layout, [found], shipped_schemes().__getitem__).questions[0]

    assert told(_1=40, _7=50, oops=10).scale == Scale(1, 7, 1, "ordinal")
    assert told(_1=40, _7=49, maybe=11).type == "choice"
    assert told(_1=95, anger=5).type == "choice"
    assert [one.name for one in told(_1=95, _0=95, yes=1).categories] == ["no", "yes"]


def test_flags_say_who_rated_what_a_rating_was_for_and_how_they_spell() -> None:
    base = replace(load_layout("emonet-face-binary"), rater="annotator")
    told = layout_with(base, Flags(rater_name="gold", role="task", gold=("check",), alias=(("j", "yes"),)))
    assert (told.rater, told.rater_name, told.role, told.gold) == ("", "gold", "task", ("check",))
    assert told.question[0].aliases == (("j", "yes"),)
    assert guessed(Flags(rater_name="me"), ["clip", "rater", "value"]).rater is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (Flags(duration_unit="hours"), "ms, s, us, min"),
        (Flags(gold=("check",)), "--role"),
        (Flags(rater="who", rater_name="me"), "not both"),
    ],
)
def test_flags_that_cannot_be_meant_are_refused(flags: Flags, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        layout_with(Layout(), flags)
