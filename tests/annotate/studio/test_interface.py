"""What a scheme looks like in Label Studio, and how answers go there and come back."""

import math
import socket
import time
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.studio.controls import FLAG, control, flag_in, flag_of, number
from annotate.studio.hotkeys import NOWHERE
from annotate.studio.interface import answers_in, interface, reading, result_of
from schemas.errors import BadInput, BadSetting
from schemas.scheme import (
    Category,
    Media,
    Question,
    QuestionType,
    Scale,
    Scheme,
    shipped_schemes,
)

WORDS_OF_XML = {"true", "false", "null", "nan", "inf", "infinity"}
EKMAN, VAD, EMONET = (shipped_schemes()[name] for name in ("ekman", "vad", "emonet-face-hq"))
names = st.from_regex(r"[a-z][a-z0-9_-]{0,11}", fullmatch=True).filter(lambda one: one not in WORDS_OF_XML)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=30)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    step = draw(st.sampled_from([1, 2, 5, 0.5, 0.25, 0.1]))
    most = 400 if float(step).is_integer() else 100
    lowest, steps = draw(st.integers(-10, 10)), draw(st.integers(1, most))
    anchored = draw(st.lists(st.integers(0, steps), max_size=4, unique=True))
    anchors = tuple((lowest + place * step, draw(words)) for place in sorted(anchored))
    return Scale(lowest, lowest + steps * step, step, "interval", anchors)


@st.composite
def questions(draw: st.DrawFn, name: str) -> Question:
    kinds: list[QuestionType] = ["choice", "choices", "scale", "text"]
    kind = draw(st.sampled_from(kinds))
    asked = Question(
        name, draw(words), kind, required=draw(st.booleans()), words=tuple(draw(st.lists(words, max_size=2)))
    )
    if kind == "scale":
        scale = draw(scales())
        lowest = len(scale.points) <= 22 and draw(st.booleans())
        return Question(name, asked.title, "scale", asked.required, "lowest" if lowest else "missing", scale=scale)
    if kind == "text":
        return asked
    categories = draw(st.lists(names, min_size=2, max_size=45, unique=True))
    return Question(name, asked.title, kind, categories=tuple(Category(one, draw(words)) for one in categories))


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    asked = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    return Scheme("any", 1, "Any", ("voice", "face"), tuple(draw(questions(one)) for one in asked), draw(words))


def some_answer(question: Question) -> st.SearchStrategy[Any]:
    categories = [category.name for category in question.categories]
    if question.scale:
        return st.sampled_from(question.scale.points).map(number)
    match question.type:
        case "choice":
            return st.sampled_from(categories)
        case "choices":
            return st.sets(st.sampled_from(categories), min_size=1).map(sorted)
        case _:
            return words


def page(scheme: Scheme, media: Media = "voice") -> ElementTree.Element:
    return ElementTree.fromstring(interface(scheme, media))  # noqa: S314 - our own text


def scheme_of(*asked: Question) -> Scheme:
    return Scheme("own", 1, "Own", ("voice",), asked)


def part(name: str, kind: str, value: object) -> dict[str, object]:
    return {"from_name": name, "to_name": "_media", "type": kind, "value": {kind: value}}


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_answers_survive_the_way_into_label_studio_and_back(data: st.DataObject) -> None:
    scheme = data.draw(schemes())
    starts_low = {one.name for one in scheme.questions if one.untouched == "lowest"}
    touched = [one for one in scheme.questions if one.name in starts_low or data.draw(st.booleans())]
    answers = {one.name: data.draw(some_answer(one)) for one in touched}
    assert answers_in(scheme, result_of(scheme, answers)) == answers


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(schemes())
def test_the_sdk_accepts_the_page_of_any_scheme(scheme: Scheme) -> None:
    for media in scheme.media:
        assert interface(scheme, media)


def test_a_page_the_sdk_does_not_accept_is_refused_with_its_reason() -> None:
    with pytest.raises(BadSetting, match="scheme 'own': Label Studio cannot show it: .*invalid character"):
        interface(scheme_of(Question("q", "a\x0bb", "text")), "voice")


def test_a_page_is_checked_without_the_network_in_less_than_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    start = time.process_time()
    assert interface(EMONET, "face")
    assert time.process_time() - start < 1


@pytest.mark.parametrize("scheme", shipped_schemes().values(), ids=lambda scheme: scheme.name)
def test_the_sdk_accepts_the_page_and_the_answers_of_every_shipped_scheme(scheme: Scheme) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    answers = {one.name: one.scale.maximum if one.scale else one.categories[0].name for one in scheme.questions}
    for media in scheme.media:
        read = LabelInterface(interface(scheme, media))
        read.validate()
        prediction = {"model_version": "any", "score": 1.0, "result": result_of(scheme, answers)}
        assert read.validate_prediction(prediction, return_errors=True) == []


@settings(deadline=None, max_examples=100)
@given(schemes())
def test_no_key_does_two_things_and_label_studio_is_left_none_to_hand_out(scheme: Scheme) -> None:
    keyed = [node for node in page(scheme).iter() if node.tag in ("Choice", "Rating", "Number")]
    keys = [node.get("hotkey") for node in keyed]
    assert None not in keys
    shown = [key for key in keys if key != NOWHERE]
    assert len(set(shown)) == len(shown)


def test_three_scales_get_three_rows_of_the_keyboard() -> None:
    keys = [key for node in page(VAD).iter("Choice") if (key := node.get("hotkey")) != NOWHERE]
    assert "".join(map(str, keys)) == "123456789" + "qwertyuio" + "asdfghjkl"


def test_seven_emotions_get_numbers_and_their_strength_the_row_below_with_nought_to_its_left() -> None:
    choices = {node.get("value"): node.get("hotkey") for node in page(EKMAN).iter("Choice")}
    assert [choices[one.name] for one in EKMAN.questions[0].categories] == list("1234567")
    assert [choices[str(point)] for point in range(0, 101, 10)] == list("aqwertyuiop")
    assert choices["37"] == NOWHERE


def test_forty_emotions_have_a_key_each_in_the_order_they_are_seen() -> None:
    keys = [str(node.get("hotkey")) for node in page(EMONET, "face").iter("Rating")]
    assert "".join(keys[:36]) == "1234567890qwertyuiopasdfghjklzxcvbnm"
    assert keys[36:] == ["shift+q", "shift+w", "shift+e", "shift+r"]


def test_forty_emotions_stand_in_their_seven_families_with_their_words_as_hints() -> None:
    root = page(EMONET, "face")
    families = [node for node in root.iter("View") if node.get("className") == "emo-family"]
    expected: dict[str | None, set[str | None]] = {}
    for question in EMONET.questions:
        expected.setdefault(question.family, set()).add(question.name)
    shown = {
        node.findall("View/Header")[0].get("value"): {one.get("name") for one in node.iter("Rating")}
        for node in families
    }
    assert shown == expected
    assert "mirth" in ElementTree.tostring(families[0], "unicode")


def test_every_anchor_stands_on_the_page() -> None:
    for scheme in shipped_schemes().values():
        text = interface(scheme, "voice")
        for question in scheme.questions:
            assert all(said in text for _, said in (question.scale.anchors if question.scale else ()))


def test_nothing_is_answered_beforehand() -> None:
    for scheme in shipped_schemes().values():
        assert "defaultValue" not in interface(scheme, "face")


def test_a_sound_loops_and_a_picture_is_just_shown() -> None:
    assert "loop" in interface(EKMAN, "voice")
    assert "<audio" not in interface(EKMAN, "face").replace("&lt;", "<").split("</Style>")[1]


def test_a_moment_is_shown_and_heard_again_and_again() -> None:
    body = interface(EKMAN, "moment").replace("&lt;", "<").split("</Style>")[1]
    assert "<video" in body
    assert "loop" in body
    assert "<audio" not in body
    assert "<img" not in body


def test_words_cannot_become_variables_markup_or_styles() -> None:
    category = Category("a", "costs $media <b>now</b>")
    asked = Question("q", "$context & <i>", "choice", categories=(category, Category("b", "B")))
    root = page(scheme_of(asked))
    values = [str(node.get("value")) for node in root.iter("Header")] + [
        str(node.get("html")) for node in root.iter("Choice")
    ]
    assert not any("$media" in value or "$context" in value for value in values)
    assert any("&lt;b&gt;now" in value for value in values)


def test_the_style_has_no_character_that_label_studio_would_escape() -> None:
    style = page(EKMAN).findtext(".//Style") or ""
    assert not set("<>&") & set(style)


def test_a_required_scale_that_starts_at_its_lowest_asks_for_nothing() -> None:
    low = Question("low", "Low", "scale", required=True, untouched="lowest", scale=Scale(0, 3))
    high = Question("high", "High", "scale", required=True, scale=Scale(0, 3))
    required = {node.get("name") for node in page(scheme_of(low, high)).iter() if node.get("required") == "true"}
    assert required == {"high"}


@pytest.mark.parametrize(
    ("scale", "untouched", "drawn"),
    [
        (Scale(1, 9), "missing", "chips"),
        (Scale(0, 10), "missing", "chips"),
        (Scale(0, 100), "missing", "bar"),
        (Scale(0, 1000), "missing", "slider"),
        (Scale(0, 7), "lowest", "steps"),
        (Scale(0, 100), "lowest", "slider"),
    ],
)
def test_a_scale_is_drawn_by_its_number_of_points(scale: Scale, untouched: Any, drawn: str) -> None:
    question = Question("q", "Q", "scale", untouched=untouched, scale=scale)
    assert control(question) == drawn
    top = {"q": number(scale.maximum)}
    assert answers_in(scheme_of(question), result_of(scheme_of(question), top)) == top


@pytest.mark.parametrize("name", ["has space", "_media", "ä", "", "0", "true", "nan"])
def test_a_name_label_studio_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match="starts with a letter"):
        interface(scheme_of(Question(name, "Q", "text")), "voice")


def test_a_slider_that_could_not_be_submitted_is_refused() -> None:
    with pytest.raises(BadSetting, match="whole numbers"):
        interface(scheme_of(Question("q", "Q", "scale", scale=Scale(0, 1, 0.001))), "voice")


def test_an_untouched_question_is_missing_or_lowest_as_the_scheme_says() -> None:
    assert answers_in(EKMAN, []) == {}
    assert answers_in(EMONET, []) == dict.fromkeys(EMONET.names, 0)


def test_answers_are_read_from_what_the_browser_stores() -> None:
    stored = [part("emotion", "choices", ["fear"]), part("intensity", "choices", ["70"])]
    assert answers_in(EKMAN, stored) == {"emotion": "fear", "intensity": 70}
    assert answers_in(EMONET, [part("awe", "rating", 5)])["awe"] == 5
    asked = scheme_of(Question("far", "Far", "scale", scale=Scale(0, 1000)), Question("note", "Note", "text"))
    both: list[dict[str, object]] = [
        part("far", "number", 501),
        {"from_name": "note", "value": {"text": ["one", "two"]}},
    ]
    assert answers_in(asked, both) == {"far": 501, "note": "one\ntwo"}


def test_a_point_between_whole_numbers_stays_a_fraction_and_a_whole_one_is_an_int() -> None:
    asked = scheme_of(Question("q", "Q", "scale", scale=Scale(0, 1, 0.1)))
    (third,) = answers_in(asked, [part("q", "choices", ["0.3"])]).values()
    (whole,) = answers_in(asked, [part("q", "choices", ["1"])]).values()
    assert (third, whole, type(whole)) == (0.3, 1, int)


def test_what_belongs_to_no_question_is_passed_over() -> None:
    assert answers_in(EKMAN, [part("other", "choices", ["x"]), {"type": "relation"}]) == {}


def test_an_answer_taken_back_is_no_answer() -> None:
    assert answers_in(EKMAN, [part("emotion", "choices", [])]) == {}


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (part("emotion", "choices", ["joyful"]), "no category 'joyful'"),
        (part("emotion", "choices", ["fear", "anger"]), "takes one answer"),
        (part("intensity", "choices", ["101"]), "0 to 100 in steps of 1 and got '101'"),
        (part("intensity", "number", 0.5), "0 to 100"),
        (part("intensity", "number", math.nan), "0 to 100"),
        (part("intensity", "number", math.inf), "0 to 100"),
        (part("intensity", "choices", ["strong"]), "got 'strong'"),
        (part("intensity", "rating", 500), "100 steps and got 500"),
    ],
)
def test_a_value_the_scheme_does_not_have_is_refused(stored: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        answers_in(EKMAN, [stored])


def test_what_can_be_read_of_an_annotation_is_read_and_the_rest_is_refused_with_its_value() -> None:
    found = reading(EKMAN, [part("emotion", "choices", ["joyful"]), part("intensity", "number", 50)])
    assert found.answers == {"intensity": 50}
    assert [(one.question, one.value) for one in found.refused] == [("emotion", "joyful")]


def test_a_refused_step_scale_is_not_read_as_untouched() -> None:
    found = reading(EMONET, [part("awe", "rating", 500)])
    assert "awe" not in found.answers
    assert found.refused[0].question == "awe"


@pytest.mark.parametrize(
    ("malformed", "question", "value"),
    [
        (part("emotion", "choices", None), "emotion", None),
        (part("emotion", "choices", "fear"), "emotion", "fear"),
        (part("emotion", "choices", [["fear"]]), "emotion", ["fear"]),
        (part("emotion", "choices", [7]), "emotion", 7),
        (part("emotion", "choices", ["\ud800"]), "emotion", "\ud800"),
        ({"from_name": "emotion", "value": ["fear"]}, "emotion", ["fear"]),
        ({"from_name": "emotion"}, "emotion", None),
        (part("intensity", "number", "abc"), "intensity", "abc"),
        (part("intensity", "number", None), "intensity", None),
        (part("intensity", "number", True), "intensity", True),
        (part("intensity", "choices", None), "intensity", None),
        (part("intensity", "rating", "many"), "intensity", {"rating": "many"}),
        (part("intensity", "rating", 2.5), "intensity", {"rating": 2.5}),
        (part("anger", "choices", ["yes"]), "anger", "yes"),
        ({"from_name": ["emotion"], "value": {}}, None, {"from_name": ["emotion"], "value": {}}),
        ({"from_name": "\ud800", "value": {}}, None, {"from_name": "\ud800", "value": {}}),
        ("emotion", None, "emotion"),
        (None, None, None),
    ],
)
def test_a_malformed_part_is_refused_with_a_reason_and_harms_no_other(
    malformed: Any, question: str | None, value: Any
) -> None:
    other = "emotion" if question == "intensity" else "intensity"
    good = part("emotion", "choices", ["fear"]) if other == "emotion" else part("intensity", "number", 70)
    found = reading(EKMAN, [malformed, good])
    assert found.answers == {other: "fear" if other == "emotion" else 70}
    assert [(one.question, one.value) for one in found.refused] == [(question, value)]
    assert found.refused[0].reason


def test_an_answer_to_a_question_nobody_asked_is_refused() -> None:
    with pytest.raises(BadInput, match="did you mean 'emotion'"):
        result_of(EKMAN, {"emotoin": "fear"})


@pytest.mark.parametrize(
    ("media", "last"), [("voice", "not speech"), ("face", "not a face"), ("moment", "not who speaks")]
)
def test_a_clip_can_be_turned_down_for_reasons_of_its_kind_and_no_reason_is_a_category(media: Media, last: str) -> None:
    root = page(EKMAN, media)
    (flags,) = [node for node in root.iter("Choices") if node.get("name") == FLAG]
    reasons = [node.get("value") for node in flags.iter("Choice")]
    assert reasons == ["cannot tell", "broken", "I know this person", "distressing", "a minor", last]
    assert {node.get("hotkey") for node in flags.iter("Choice")} == {NOWHERE}
    assert flags.get("required") is None


def test_a_published_protocol_without_flags_is_asked_without() -> None:
    assert FLAG not in [node.get("name") for node in page(EMONET).iter("Choices")]


def test_the_reason_for_turning_a_clip_down_is_read_beside_whatever_else_was_answered() -> None:
    answered = result_of(EKMAN, {"emotion": "fear"})
    assert flag_in([*answered, *flag_of("broken")]) == "broken"
    assert flag_in(answered) is None


@pytest.mark.parametrize(
    "value", [None, [], "broken", {"choices": []}, {"choices": None}, {"choices": [7]}, {"choices": ["\ud800"]}]
)
def test_a_flag_without_a_reason_is_none(value: object) -> None:
    assert flag_in([{"from_name": FLAG, "to_name": "_media", "type": "choices", "value": value}]) is None


def test_tab_leaves_the_player_out() -> None:
    assert 'tabindex="-1"' in next(str(node.get("value")) for node in page(EKMAN).iter("HyperText"))
    assert "autofocus" not in interface(EKMAN, "voice")
