"""Schemes are data: what a TOML file says is what is asked."""

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import pytest

from schemas.errors import BadSetting
from schemas.question import MOST_POINTS
from schemas.scheme import load_scheme, scheme_from_dict, scheme_from_toml, shipped_schemes

HEAD = 'name = "x"\nversion = 1\ntitle = "X"\nmedia = ["voice"]\n'
CHOICE = '[[question]]\nname = "q"\ntitle = "Q"\ntype = "choice"\n'
A = '[[question.category]]\nname = "a"\ntitle = "A"\n'
B = '[[question.category]]\nname = "b"\ntitle = "B"\n'
TEXT = '[[question]]\nname = "t"\ntitle = "T"\ntype = "text"\n'


def scale(told: str) -> str:
    return HEAD + f'[[question]]\nname = "q"\ntitle = "Q"\ntype = "scale"\nscale = {{ {told} }}\n'


def test_four_schemes_are_shipped() -> None:
    assert set(shipped_schemes()) == {"ekman", "ekman-moment", "vad", "emonet-face-hq"}


def test_moments_are_asked_what_voices_and_faces_are_asked() -> None:
    moment, ekman = (shipped_schemes()[name] for name in ("ekman-moment", "ekman"))
    assert moment.media == ("moment",)
    assert moment.questions == ekman.questions


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
    (tmp_path / "mine.toml").write_text("\ufeff" + HEAD + CHOICE + A + B, "utf-8")
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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + TEXT.replace('"text"', "3"), "mine.toml, question t: type = 3; known: choice, choices, scale, text"),
        (HEAD + TEXT.replace("[[question]]", "[question]"), "mine.toml: question = {'name': 't', "),
        (HEAD + TEXT.replace("[[question]]", "[question]"), "expected one table or more, each headed [[question]]"),
        ("question = [1,2]\n" + HEAD, "mine.toml: question = 1; expected tables, each headed [[question]]"),
        (HEAD + CHOICE + "category = ['a']", "question q: category = 'a'; expected tables, each headed [[question.cat"),
        (HEAD + CHOICE + A.replace('"a"', "1") + B, "question q, category 1: name = 1; expected a text"),
        (HEAD + CHOICE + A + "aliases = 'abc'\n" + B, "category a: aliases = 'abc'; expected a list of texts"),
        (HEAD + CHOICE + A + "aliases = [1]\n" + B, "category a: aliases = [1]; expected a list of texts"),
        (HEAD + CHOICE + A + B + "words = true\n", "category b: words = True; expected a list of texts"),
        (HEAD + TEXT + "required = 'yes'", "question t: required = 'yes'; expected true or false"),
        (HEAD + TEXT + "untouched = 'zero'", "question t: untouched = 'zero'; known: lowest, missing"),
        (HEAD + TEXT + "family = 1", "question t: family = 1; expected a text"),
        (HEAD + TEXT + "categories = []", "unknown key 'categories'; did you mean 'category'?"),
        (HEAD.replace("= 1", "= 'x'") + TEXT, "mine.toml: version = 'x'; expected a whole number"),
        (HEAD.replace("= 1", "= 1.5") + TEXT, "mine.toml: version = 1.5; expected a whole number"),
        (HEAD.replace("= 1", "= true") + TEXT, "mine.toml: version = True; expected a whole number"),
        (HEAD.replace("= 1", "= -1") + TEXT, "mine.toml: version = -1; expected a whole number, 1 to 1,000,000"),
        (HEAD.replace("= 1", f"= 1{'0' * 400}") + TEXT, "0…; expected a whole number, 1 to 1,000,000"),
        (HEAD.replace('["voice"]', "3") + TEXT, "mine.toml: media = 3; expected a list of texts; known: face, moment, voice"),
        (HEAD.replace('["voice"]', "[3]") + TEXT, "mine.toml: media = [3]; expected a list of texts; known: face"),
        (HEAD + "protocol = 3\n" + TEXT, "mine.toml: protocol = 3; expected a table"),
        (HEAD + "[protocol]\ndesign = 'fix'\n" + TEXT, "protocol: design = 'fix'; did you mean 'fixed'?"),
        (HEAD + "scales = 3\n" + TEXT, "mine.toml: scales = 3; expected tables, each headed [scales.NAME]"),
        (HEAD + "scales.nine = 3\n" + TEXT, "mine.toml, scale nine = 3; expected a table"),
        (scale("minimum = 'a', maximum = 1"), "question q, scale: minimum = 'a'; expected a finite number"),
        (scale("minimum = 0, maximum = inf"), "question q, scale: maximum = inf; expected a finite number"),
        (scale("minimum = nan, maximum = 1"), "question q, scale: minimum = nan; expected a finite number"),
        (scale(f"minimum = 0, maximum = 1{'0' * 400}"), "0…; expected a finite number"),
        (scale("minimum = 0, maximum = 9, measure = 'intervall'"), "measure = 'intervall'; did you mean 'interval'?"),
        (scale("minimum = 0, maximum = 9, anchors = ['lo']"), "scale: anchors = ['lo']; expected a table such as"),
        (scale("minimum = 0, maximum = 9, anchors = { x = 'lo' }"), "scale: anchors has 'x' = 'lo'; expected a number"),
        (scale("minimum = 0, maximum = 9, anchors = { 0 = 1 }"), "scale: anchors.0 = 1; expected a text"),
        (scale("").replace("{  }", "3"), "question q: scale = 3; expected a table, or the name NAME of a [scales.NAME]"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_told_with_its_key_and_what_is_expected(text: str, told: str) -> None:
    with pytest.raises(BadSetting) as error:
        scheme_from_toml(text, "mine.toml")
    assert told in str(error.value)
    assert str(error.value).startswith("mine.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD.replace('"x"', '" "') + TEXT, "mine.toml: name = ' '; expected"),
        (HEAD.replace('"voice"', '"face", "face"') + TEXT, "media = ['face', 'face']; expected"),
        (HEAD + TEXT.replace('"t"', '""'), "question : name = ''; expected letters"),
        (HEAD + TEXT.replace('"t"', '"q q"'), "question q q: name = 'q q'; expected letters, digits, - and _"),
        (HEAD + TEXT + TEXT, "two questions have the same name = 't'"),
        (HEAD + TEXT + TEXT.replace('"t"', '"u"') + "aliases = ['t']", "'t' is a name or alias of the questions t and u"),
        (HEAD + CHOICE + A + A, "question q: two categories have the same name = 'a'"),
        (HEAD + CHOICE + A + B.replace('"b"', '""'), "name = ''; expected some letters"),
        (HEAD + CHOICE + A + B.replace('"b"', '"b\\n"'), "name = 'b\\n'; expected some letters"),
        (HEAD + CHOICE + A + B + "aliases = ['a']", "category b: 'a' is a name, title or alias of category a, too"),
        (HEAD + CHOICE + A + B.replace('"b"', '"A"'), "case ignored"),
        (HEAD + TEXT + A, "a text has no [[question.category]]"),
        (HEAD + TEXT + "scale = { minimum = 0, maximum = 1 }", "a text has no `scale`"),
        (HEAD + TEXT + "untouched = 'lowest'", "only a scale can be read as its lowest point"),
        (scale("").replace("{  }", "'nope'"), "no scale 'nope'; the file has none; write it under [scales.nope]"),
        (scale("minimum = 1, maximum = 1"), "scale: maximum = 1; expected more than the minimum, 1"),
        (scale("minimum = 0, maximum = 10, anchors = { 99 = 'far' }"), "scale: anchors has 99; expected points 0 to 10"),
        (scale("minimum = 0, maximum = 10, anchors = { nan = 'odd' }"), "scale: anchors has nan; expected points 0 to 10"),
        (scale("minimum = 0, maximum = 10, anchors = { 1 = 'a', '1.0' = 'b' }"), "scale: anchors has 1 twice"),
        (scale("minimum = 0, maximum = 10, step = 3"), "scale: step = 3; expected one that leads from 0 to 10"),
        (scale("minimum = 0, maximum = 10, step = 0"), "scale: minimum = 0, maximum = 10, step = 0; expected 2 to 10,000 points"),
        (scale("minimum = 0, maximum = 10, step = 20"), "maximum = 10, step = 20; expected 2 to 10,000 points"),
        (scale("minimum = 0, maximum = 1e12, step = 1"), "maximum = 1000000000000.0, step = 1; expected 2 to 10,000 points"),
        (HEAD + "[scales.unused]\nminimum = 0\nmaximum = 1e12\n" + TEXT, "mine.toml, scale unused: minimum = 0, maximum = 1000000000000.0"),
    ],
)  # fmt: skip
def test_what_could_not_be_asked_or_understood_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadSetting) as error:
        scheme_from_toml(text, "mine.toml")
    assert told in str(error.value)
    assert str(error.value).startswith("mine.toml")


def test_one_medium_need_not_be_a_list() -> None:
    assert scheme_from_toml(HEAD.replace('["voice"]', '"voice"') + TEXT, "mine.toml").media == ("voice",)


def test_a_scheme_without_media_is_for_imports_and_cannot_be_asked(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(HEAD.replace('"voice"', "") + TEXT, "utf-8")
    assert load_scheme("mine.toml", tmp_path).media == ()
    with pytest.raises(BadSetting, match=r"mine\.toml: media = \[\]; expected some of voice"):
        load_scheme("mine.toml", tmp_path, asked=True)


@pytest.mark.parametrize("name", ["überraschung", "1st", "very_sad", "A-b"])
def test_a_question_may_have_the_name_of_any_column(name: str) -> None:
    assert scheme_from_toml(HEAD + TEXT.replace('"t"', f'"{name}"'), "mine.toml").names == (name,)


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ("minimum = -0.5, maximum = 0.75, step = 0.01", 126),
        ("minimum = 0, maximum = 1, step = 0.3333333", 4),
        (f"minimum = 1, maximum = {MOST_POINTS}", MOST_POINTS),
    ],
)
def test_a_scale_of_many_points_and_broken_steps_is_taken(told: str, count: int) -> None:
    asked = scheme_from_toml(scale(told), "mine.toml").questions[0].scale
    assert asked is not None
    assert len(asked.points) == count


def test_whole_numbers_stay_whole_so_that_the_id_stays() -> None:
    asked = scheme_from_toml(scale("minimum = 0, maximum = 7"), "mine.toml").questions[0].scale
    assert repr(asked).startswith("Scale(minimum=0, maximum=7, step=1,")


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes((HEAD + TEXT).replace("T", "Ü").encode("latin-1"))
    with pytest.raises(BadSetting, match=r"mine\.toml is not UTF-8 text; save it as UTF-8"):
        load_scheme("mine.toml", tmp_path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot read scheme 'mine.toml'"):
        load_scheme("mine.toml", tmp_path)


def test_another_scheme_under_the_name_and_version_of_a_shipped_one_is_refused(tmp_path: Path) -> None:
    text = (files("schemas") / "emotions" / "ekman.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    assert load_scheme("mine.toml", tmp_path) == shipped_schemes()["ekman"]
    (tmp_path / "mine.toml").write_text(text.replace('["voice", "face"]', '["voice"]'), "utf-8")
    with pytest.raises(BadSetting, match="name = 'ekman', version = 1 .*call it otherwise or raise version"):
        load_scheme("mine.toml", tmp_path)
    (tmp_path / "mine.toml").write_text(text.replace("version = 1", "version = 2").replace('"face"]', "]"), "utf-8")
    assert load_scheme("mine.toml", tmp_path).version == 2


def test_what_the_catalog_kept_from_earlier_is_still_read() -> None:
    old = asdict(scheme_from_toml(scale("minimum = 0, maximum = 10"), "mine.toml"))
    old["questions"][0].update(required="yes", scale={**old["questions"][0]["scale"], "step": 3})
    assert asdict(scheme_from_dict(old)) == old


def test_a_scheme_nobody_knows_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="did you mean 'ekman'"):
        load_scheme("ekmann", tmp_path)


def test_flags_are_on_unless_a_scheme_says_otherwise_and_are_no_part_of_what_is_asked() -> None:
    on = scheme_from_toml(HEAD + TEXT, "x.toml")
    off = scheme_from_toml(HEAD + "[protocol]\nflags = false\n" + TEXT, "x.toml")
    assert (on.protocol.flags, off.protocol.flags) == (True, False)
    assert on.id == off.id
    assert not shipped_schemes()["emonet-face-hq"].protocol.flags


def test_of_flags_a_shipped_scheme_knows_what_an_older_catalog_does_not() -> None:
    kept = json.loads(json.dumps(asdict(shipped_schemes()["emonet-face-hq"])))
    del kept["protocol"]["flags"]
    assert not scheme_from_dict(kept).protocol.flags
