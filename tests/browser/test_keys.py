"""Keys in a real browser: they work wherever the focus is and on every keyboard, and none does what was not meant."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annotate.studio.controls import answers_in, flag_in
from schemas.scheme import Question, Scale, Scheme
from tests.browser.rating import EKMAN, EMONET, PAUSED, PLAYS, VAD, Rating, logged_in
from tests.studio_server import RunningStudio

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.studio, pytest.mark.browser]
FOCUS = "() => document.activeElement.tagName"
QWERTZ = {"KeyY": "z", "KeyZ": "y"}
AZERTY = {"KeyQ": "a", "KeyA": "q", "KeyW": "z", "KeyZ": "w", "Digit1": "&", "Digit2": "é"}
NOTE = Scheme(
    "note",
    1,
    "Note",
    ("voice",),
    (Question("far", "How far?", "scale", scale=Scale(0, 1000)), Question("note", "In your words", "text")),
)


def typed(person: Rating, code: str, letter: str) -> None:
    """A key as another keyboard sends it: at that place, with that letter on it."""
    session = person.page.context.new_cdp_session(person.page)
    number = ord(letter.upper()) if letter.isascii() and letter.isalpha() else 0
    event = {"code": code, "key": letter, "windowsVirtualKeyCode": number}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": letter, **event})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})


def place(rater: str, item: str) -> str:
    return sha256(f"{rater}\n{item}".encode()).hexdigest()


def chosen(person: Rating) -> list[str]:
    script = "() => [...document.querySelectorAll('.emo .ant-radio-checked input')].map(one => one.name)"
    return list(person.page.evaluate(script))


def test_on_the_first_clip_nothing_keeps_the_keys_that_should_send_it(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.page.wait_for_function(PLAYS)
        person.press("Tab", "Space")
        person.page.wait_for_function(PAUSED)
        person.press("3", "Tab", "Tab", "7", "Control+Enter")
        person.go_on()
        assert person.answers() == [{"emotion": "neutral"}]


def test_a_player_that_was_clicked_gives_the_keys_back(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.page.wait_for_function(PLAYS)
        person.page.locator("audio").click(position={"x": 26, "y": 24})
        person.page.wait_for_function(PAUSED)
        person.page.wait_for_function("() => document.activeElement === document.body")
        person.press("2", "Control+Enter")
        person.go_on()
        assert person.answers() == [{"emotion": "disgust"}]


def test_tab_never_stops_at_the_player(studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        stops = []
        for _ in range(25):
            person.press("Tab")
            stops.append(person.page.evaluate(FOCUS))
        assert "INPUT" in stops
        assert "AUDIO" not in stops


def test_space_pauses_and_plays_wherever_the_focus_is(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        for place in ("input[name=fear]", "[aria-label='skip-task']", "[aria-label='Undo']"):
            person.page.wait_for_function(PLAYS)
            person.page.locator(place).first.focus()
            person.press("Space")
            person.page.wait_for_function(PAUSED)
            person.press("Space")
        assert chosen(person) == []
        assert person.sent() == {}


def test_answers_are_given_and_sent_while_a_radio_or_a_slider_has_the_focus(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, VAD, "voice", sounds) as person:
        person.page.locator("input[type=radio]").first.focus()
        person.press("2", "o", "g", "Control+Enter")
        person.go_on()
        assert person.answers() == [{"valence": 2, "arousal": 9, "dominance": 5}]


def test_words_that_were_typed_are_sent_with_the_rest_and_no_letter_of_them_is_a_key(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, NOTE, "voice", sounds) as person:
        person.page.locator("input[type=range]").focus()
        person.press("ArrowRight", "ArrowRight", "ArrowLeft")
        person.page.locator(".emo-text input, .emo-text textarea").first.click()
        person.page.keyboard.type("a quiet one")
        person.press("Control+Enter")
        person.go_on()
        (answers,) = person.answers()
        assert answers["note"] == "a quiet one"
        assert answers["far"] > 0


def test_a_step_can_be_taken_back_and_the_highest_never_turns_into_the_lowest(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path]
) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        person.press(*"11111111")
        person.press(*"2222", "Alt+2", "Shift+W", "Shift+W", "Backspace")
        person.press("3", "Alt+3", "Alt+3")
        person.submit()
        (answers,) = person.answers()
        assert {name: value for name, value in answers.items() if value} == {"amusement": 7, "elation": 3, "pain": 1}


def test_arrows_move_a_scale_by_one_point_and_stop_at_its_ends(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.press("1", "i", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
        person.submit()
        person.press("1", "p", "ArrowRight", "ArrowRight")
        person.submit()
        assert person.answers() == [{"emotion": "anger", "intensity": 82}, {"emotion": "anger", "intensity": 100}]


def test_control_z_takes_back_one_answer_at_a_time_wherever_the_focus_is(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.press("3", "i", "5")
        person.page.locator("input[name=fear]").focus()
        person.press("Control+z")
        person.submit()
        assert person.answers() == [{"emotion": "fear", "intensity": 80}]


@pytest.mark.heavy  # a step is taken back by another key above, an answer by this one
def test_control_z_takes_back_a_step(studio: RunningStudio, desk: "BrowserContext", faces: list[Path]) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        person.press("1", "1", "2", "Control+z", "Control+z")
        person.submit()
        (answers,) = person.answers()
        assert {name: value for name, value in answers.items() if value} == {"amusement": 1}


@pytest.mark.parametrize(("keyboard", "drawn"), [(QWERTZ, "z"), pytest.param(AZERTY, "y", marks=pytest.mark.heavy)])
def test_keys_count_by_their_place_on_every_keyboard(
    studio: RunningStudio,
    desk: "BrowserContext",
    sounds: list[Path],
    screens: Path,
    keyboard: dict[str, str],
    drawn: str,
) -> None:
    def press(person: Rating, *codes: str) -> None:
        for code in codes:
            typed(person, code, keyboard.get(code, code[-1].lower()))

    with Rating(studio, desk, VAD, "voice", sounds) as person:
        press(person, "Digit2", "KeyY", "KeyA")  # the second of the first row, the sixth and first of the two below
        label = f".emo-question:nth-of-type(2) kbd:text-is('{drawn}'), .emo-question kbd:text-is('{drawn}')"
        person.page.wait_for_selector(label)
        person.photograph("keyboard", screens)
        person.submit()
        assert person.answers() == [{"valence": 2, "arousal": 6, "dominance": 1}]


def test_a_clip_that_cannot_be_judged_is_skipped_with_its_reason(
    studio: RunningStudio,
    desk: "BrowserContext",
    sounds: list[Path],
    screens: Path,
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.press("3", "Escape")
        person.page.wait_for_selector("html.emo-flagging")
        person.photograph("flagging", screens)
        assert person.fits()
        person.press("4")
        person.photograph("flagged", screens)
        person.submit()
        first = person.sent()
        person.page.locator("input[name='not speech']").click()
        person.page.get_by_role("button", name="Submit current annotation").click()
        person.go_on()
        assert [one.skipped for one in person.sent().values()] == [True, True]
        assert [flag_in(one.result) for one in first.values()] == ["distressing"]
        assert {flag_in(one.result) for one in person.sent().values()} == {"distressing", "not speech"}


def test_a_flag_can_be_taken_back(studio: RunningStudio, desk: "BrowserContext", faces: list[Path]) -> None:
    with Rating(studio, desk, EKMAN, "face", faces) as person:
        person.press("Escape", "6", "Escape", "4")
        person.submit()
        assert person.answers() == [{"emotion": "happiness"}]
        assert [one.skipped for one in person.sent().values()] == [False]


def test_a_published_protocol_without_flags_has_none(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path]
) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        assert person.page.locator(".emo-flags").count() == 0
        person.press("Escape", "1")
        person.submit()
        assert [answers["amusement"] for answers in person.answers()] == [1]


class Elsewhere(Rating):
    """The same in a Label Studio that is not ours: without our script."""

    ready = "html:not(.emo-scripted)"


def test_in_another_label_studio_its_own_keys_hold_and_the_page_names_no_others(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    desk.route("**/emocurate/page.js", lambda route: route.abort())
    try:
        with Elsewhere(studio, desk, EKMAN, "voice", sounds) as person:
            assert person.page.get_by_text("Space: pause and play").is_hidden()
            assert person.page.get_by_text("Ctrl+Enter: submit", exact=False).first.is_visible()
            person.press("3", "i", "Control+Enter")
            person.go_on()
            person.page.locator("input[name='a minor']").click()
            person.press("Control+Space")
            person.go_on()
            sent = list(person.sent().values())
            assert {flag_in(one.result) for one in sent} == {None, "a minor"}
            assert [answers_in(EKMAN, one.result) for one in sent if not one.skipped] == [
                {"emotion": "fear", "intensity": 80}
            ]
    finally:
        desk.unroute("**/emocurate/page.js")


def test_a_rater_sees_how_far_they_are_themselves(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds, raters=2) as person:
        person.page.wait_for_selector(".emo-progress:has-text('0 of your 3 done')")
        person.press("1", "Control+Enter")
        person.page.wait_for_selector(".emo-progress:has-text('1 of your 3 done')")
        with logged_in(studio, desk.browser, 2) as other, person.beside(other) as another:
            another.page.wait_for_selector(".emo-progress:has-text('0 of your 3 done')")


def test_each_rater_has_an_order_of_their_own_that_can_be_had_again(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    def walk(person: Rating) -> list[str]:
        seen = [person.seen]
        for _ in person.items[1:]:
            person.press("1", "Control+Enter")
            person.go_on()
            seen.append(person.seen)
        return seen

    orders: dict[int, Any] = {}
    with Rating(studio, desk, EKMAN, "voice", sounds, raters=2) as person:
        orders[1] = walk(person)
        with logged_in(studio, desk.browser, 2) as other, person.beside(other) as another:
            orders[2] = walk(another)
    for rater, seen in orders.items():
        assert seen == sorted(seen, key=lambda item: place(studio.rater(rater).email, item))
