"""A person rates in a real browser, with the keyboard alone, and what they meant is what arrives."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.rating import AGAIN, EKMAN, EKMAN_MOMENT, EMONET, PAUSED, PLAYS, RATER, SHOWN, VAD, Rating
from tests.studio_server import RunningStudio

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.studio, pytest.mark.browser]


def test_a_voice_is_heard_rated_and_sent_with_the_keyboard_alone(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.page.wait_for_function(PLAYS)
        assert person.page.evaluate(AGAIN), "the clip begins again by itself"
        person.press("3", "i")
        person.photograph("ekman-voice", screens)
        assert person.fits()
        person.submit()
        person.page.wait_for_function(PLAYS)
        person.press("Tab", "Space")
        person.page.wait_for_function(PAUSED)
        person.press("Space")
        person.page.wait_for_function(PLAYS)
        person.press("7", "a")
        person.submit()
        assert person.answers() == [{"emotion": "fear", "intensity": 80}, {"emotion": "neutral", "intensity": 0}]
        (first, _) = person.sent().values()
        assert (first.rater, first.skipped, first.by_prediction) == (studio.rater(RATER).email, False, False)
        assert first.duration_ms


def test_three_scales_are_three_rows_of_keys(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, VAD, "voice", sounds) as person:
        person.press("2", "o", "g")
        person.photograph("vad-voice", screens)
        assert person.fits()
        person.submit()
        assert person.answers() == [{"valence": 2, "arousal": 9, "dominance": 5}]


def test_a_face_stands_beside_its_questions(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EKMAN, "face", faces) as person:
        person.page.wait_for_function("() => document.querySelector('.emo-stage img').naturalWidth > 0")
        person.press("4", "p")
        person.photograph("ekman-face", screens)
        assert person.fits()
        beside = "() => document.querySelector('.emo-stage').getBoundingClientRect().right"
        start = "() => document.querySelector('.emo-questions').getBoundingClientRect().left"
        assert person.page.evaluate(beside) <= person.page.evaluate(start)
        person.submit()
        assert person.answers() == [{"emotion": "happiness", "intensity": 100}]


def test_a_moment_is_seen_and_heard_rated_and_sent_with_the_keyboard_alone(
    studio: RunningStudio, desk: "BrowserContext", moments: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EKMAN_MOMENT, "moment", moments) as person:
        person.page.wait_for_function(SHOWN)
        person.press("Space")
        person.page.wait_for_function(PAUSED.replace("audio", "video"))
        person.press("Space")
        person.page.wait_for_function(SHOWN)
        person.press("3", "i")
        person.photograph("ekman-moment", screens)
        assert person.fits()
        person.submit()
        assert person.answers() == [{"emotion": "fear", "intensity": 80}]


def test_forty_emotions_are_raised_by_key_or_arrow_and_the_rest_is_absent(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        person.press("1", "1", "1", "Shift+Q")
        person.press("Tab", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight", "Tab", "ArrowRight")
        person.photograph("emonet-face", screens)
        assert person.fits()
        person.submit()
        (answers,) = person.answers()
        raised = {name: value for name, value in answers.items() if value}
        assert len(answers) == 40
        assert (raised.pop("amusement"), raised.pop("sourness")) == (5, 1)  # three by its key, then two by the arrows
        assert raised == {"elation": 1}
        (annotation,) = person.sent().values()
        assert len(annotation.result) == 3, "nothing is stored for what nobody touched"


def test_a_face_without_any_emotion_is_an_answer_too(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path]
) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        person.submit()
        assert person.answers() == [dict.fromkeys(EMONET.names, 0)]


def test_forty_emotions_fit_the_screen_with_a_voice_too(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EMONET, "voice", sounds) as person:
        person.page.locator(".emo-row:has-text('Contentment')").hover()
        person.photograph("emonet-voice", screens)
        assert person.fits()


def test_a_strength_between_the_keys_can_be_pointed_at(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "face", faces) as person:
        person.press("5")
        person.page.locator(".emo-bar .lsf-choice").nth(37).click()
        person.submit()
        assert person.answers() == [{"emotion": "sadness", "intensity": 37}]


def test_what_is_required_must_be_answered_before_it_is_sent(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.press("i", "Control+Enter")
        person.page.wait_for_selector("text=Not answered yet: Which emotion fits best?")
        assert person.sent() == {}


def test_a_clip_can_be_skipped(studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.press("Control+Space")
        person.go_on()
        assert [annotation.skipped for annotation in person.sent().values()] == [True]


def test_the_page_talks_to_our_server_alone(studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        ours = (studio.server.address, "data:", "blob:")
        assert [url for url in person.addresses if not url.startswith(ours)] == []
