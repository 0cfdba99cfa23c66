"""Schemes are data: what a TOML file says is what is asked."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from schemas.errors import BadSetting
from schemas.scheme import load_scheme, scheme_from_dict, scheme_from_toml, shipped_schemes

HEAD = 'name = "x"\nversion = 1\ntitle = "X"\nmedia = ["voice"]\n'
CHOICE = '[[question]]\nname = "q"\ntitle = "Q"\ntype = "choice"\n'


def test_three_schemes_are_shipped() -> None:
    assert set(shipped_schemes()) == {"ekman", "vad", "emonet-face-hq"}


def test_ekman_asks_for_one_of_seven_and_an_intensity() -> None:
    emotion, intensity = shipped_schemes()["ekman"].questions
    assert len(emotion.categories) == 7
    assert intensity.scale is not None
    assert (intensity.scale.minimum, intensity.scale.maximum) == (0, 100)


def test_vad_has_nine_points_on_each_of_three_scales() -> None:
    assert [len(question.scale.points) for question in shipped_schemes()["vad"].questions if question.scale] == [
        9,
        9,
        9,
    ]


def test_emonet_has_forty_sliders_in_seven_families_that_mean_zero_when_untouched() -> None:
    questions = shipped_schemes()["emonet-face-hq"].questions
    assert len(questions) == 40
    assert len({question.family for question in questions}) == 7
    assert {question.untouched for question in questions} == {"lowest"}
    assert {(question.scale.minimum, question.scale.maximum) for question in questions if question.scale} == {(0, 7)}


def test_the_published_spellings_of_emonet_categories_are_known() -> None:
    scheme = shipped_schemes()["emonet-face-hq"]
    for spelling in ("Hopelessness", "Jealousy___Envy", "Impatience%20and%20Irritability", "Pleasure_Ecstasy"):
        assert scheme.question(spelling)


@pytest.mark.parametrize("name", sorted(shipped_schemes()))
def test_a_scheme_survives_the_catalog(name: str) -> None:
    scheme = shipped_schemes()[name]
    back = scheme_from_dict(json.loads(json.dumps(asdict(scheme))))
    assert (back, back.id) == (scheme, scheme.id)


def test_a_category_is_found_by_any_of_its_spellings() -> None:
    emotion = shipped_schemes()["ekman"].question("emotion")
    assert [emotion.category(one) for one in ("ANG", "angry", " Anger ", "joy")] == [
        "anger",
        "anger",
        "anger",
        "happiness",
    ]


def test_an_unknown_category_is_told_with_the_nearest() -> None:
    with pytest.raises(BadSetting, match="did you mean 'anger'"):
        shipped_schemes()["ekman"].question("emotion").category("angre")


def test_a_scheme_of_ones_own_is_read_from_the_collection(tmp_path: Path) -> None:
    more = '[[question.category]]\nname = "a"\ntitle = "A"\n[[question.category]]\nname = "b"\ntitle = "B"\n'
    (tmp_path / "mine.toml").write_text(HEAD + CHOICE + more)
    assert load_scheme("mine.toml", tmp_path).names == ("q",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + CHOICE, "needs at least two"),
        (HEAD + CHOICE + "colour = 1\n", "unknown key 'colour'"),
        (HEAD + '[[question]]\nname = "q"\ntitle = "Q"\ntype = "scale"\n', "needs `scale`"),
        (HEAD + '[[question]]\nname = "q"\ntitle = "Q"\ntype = "scale"\nscale = "nine"\n', "no scale 'nine'"),
        (HEAD.replace("version = 1\n", ""), "'version' is missing"),
        ("name =", "not valid TOML"),
        (HEAD, "nothing is asked"),
        (HEAD + CHOICE.replace("[[question]]", "[[questions]]"), "did you mean 'question'"),
        (HEAD.replace("voice", "voices") + CHOICE, "did you mean 'voice'"),
        (HEAD + CHOICE.replace('"choice"', '"choise"'), "did you mean 'choice'"),
    ],
)
def test_a_wrong_scheme_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(BadSetting) as error:
        scheme_from_toml(text, "mine.toml")
    assert told in str(error.value)
    assert str(error.value).startswith("mine.toml")


def test_a_scheme_nobody_knows_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="did you mean 'ekman'"):
        load_scheme("ekmann", tmp_path)
