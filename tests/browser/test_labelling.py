"""A person rates in a real browser, with the keyboard alone, and what they meant is what arrives."""

import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annotate.studio.client import Annotation
from annotate.studio.interface import answers_in, interface
from schemas.scheme import Media, Scheme, shipped_schemes
from tests.studio_server import RunningStudio, served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.studio, pytest.mark.browser]
SCREEN = {"width": 1366, "height": 768}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EKMAN, VAD, EMONET = (shipped_schemes()[name] for name in ("ekman", "vad", "emonet-face-hq"))
RATER = 1
PATIENCE_MS = 90_000  # a machine that runs other tests beside these is slow
SAID = "I never thought that it would come to this, and now look at us."


@pytest.fixture(scope="module")
def desk(studio: RunningStudio) -> Iterator["BrowserContext"]:
    """A Chromium of the system (playwright brings none here) in which a rater has logged in by typing."""
    programs = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    program = next((one for one in programs if one), None)
    if program is None:
        pytest.skip("no Chromium on this machine: on Debian, apt-get install chromium")
    from playwright.sync_api import sync_playwright

    person = studio.rater(RATER)
    with sync_playwright() as playing, playing.chromium.launch(executable_path=program, args=FLAGS) as browser:
        desk = browser.new_context(viewport=SCREEN, base_url=studio.server.address)
        desk.set_default_timeout(PATIENCE_MS)
        page = desk.new_page()
        page.goto("/user/login/")
        page.fill("input[name=email]", person.email)
        page.fill("input[name=password]", person.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile(r"^((?!login).)*$"))
        page.close()
        yield desk


@pytest.fixture(scope="module")
def sounds(studio: RunningStudio) -> list[Path]:
    folder = studio.media_root / "voice"
    folder.mkdir(parents=True)
    with as_file(files("pipelines.demo") / "media") as samples:
        return [Path(shutil.copy(sample, folder)) for sample in sorted(samples.glob("*.flac"))[:3]]


@pytest.fixture(scope="module")
def faces(studio: RunningStudio) -> list[Path]:
    from PIL import Image
    from skimage.data import astronaut

    folder = studio.media_root / "face"
    folder.mkdir(parents=True)
    made = []
    for place, box in enumerate([(150, 20, 320, 230), (180, 60, 260, 150)]):
        Image.fromarray(astronaut()).crop(box).save(folder / f"face{place}.webp", lossless=True)
        made.append(folder / f"face{place}.webp")
    return made


class Rating:
    """The rater at the desk in front of one project: what they see, press and have sent off."""

    def __init__(
        self, studio: RunningStudio, desk: "BrowserContext", scheme: Scheme, media: Media, cuts: Sequence[Path]
    ):
        self.client, self.scheme = studio.client, scheme
        marker, page = f"emocurate {uuid.uuid4()}", interface(scheme, media)
        self.project = self.client.project(marker, f"{scheme.name} {media}", page, 1, scheme.instruction)
        self.client.serve_folder(self.project, cuts[0].parent)
        self.items = [cut.stem for cut in cuts]
        spoken = SAID if media == "voice" else ""
        asks = [{"item_id": cut.stem, "media": served(cut, studio.media_root), "context": spoken} for cut in cuts]
        self.client.ask(self.project, asks)
        self.page = desk.new_page()
        self.addresses: set[str] = set()
        self.page.on("request", lambda request: self.addresses.add(request.url))

    def __enter__(self) -> "Rating":
        self.page.goto(f"/projects/{self.project}/data")
        self.page.get_by_role("button", name=re.compile("Label")).first.click()
        self.see(0)
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def see(self, place: int) -> None:
        """Waits until the clip or face of that place in the order is there."""
        self.page.wait_for_selector(f'.emo-stage [src*="{self.items[place]}."]')
        self.page.wait_for_selector("button:has-text('Submit')")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def submit(self, then: int) -> None:
        self.press("Control+Enter")
        self.see(then)

    def sent(self) -> dict[str, Annotation]:
        tasks = self.client.answered(self.project)
        return {task.item_id: annotation for task in tasks for annotation in task.annotations}

    def answers(self) -> list[dict[str, Any]]:
        return [answers_in(self.scheme, annotation.result) for annotation in self.sent().values()]

    def fits(self) -> bool:
        """Whether all is on the screen, with nothing to scroll and nothing behind the bar of buttons."""
        return bool(
            self.page.evaluate(
                """() => {
                    const sheet = document.querySelector('.lsf-main-content')
                    const bar = document.querySelector('.lsf-bottombar').getBoundingClientRect()
                    const shown = document.querySelector('.emo').getBoundingClientRect()
                    return sheet.scrollHeight <= sheet.clientHeight && sheet.scrollWidth <= sheet.clientWidth
                        && shown.bottom <= bar.top && shown.left >= 0 && shown.right <= innerWidth
                }"""
            )
        )

    def photograph(self, name: str, folder: Path) -> None:
        self.page.screenshot(path=folder / f"{name}.png")


PLAYS = "() => { const one = document.querySelector('audio'); return !one.paused && one.currentTime > 0.1 }"
PAUSED = "() => document.querySelector('audio').paused"
AGAIN = """() => new Promise(done => { const one = document.querySelector('audio'); let last = one.currentTime
    one.addEventListener('timeupdate', () => { if (one.currentTime < last) done(true); last = one.currentTime }) })"""


@pytest.fixture
def screens(tmp_path: Path) -> Path:
    """Where screenshots go: look at them with `--basetemp`."""
    return tmp_path


def test_a_voice_is_heard_rated_and_sent_with_the_keyboard_alone(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        person.page.wait_for_function(PLAYS)
        assert person.page.evaluate(AGAIN), "the clip begins again by itself"
        person.press("3", "i")
        person.photograph("ekman-voice", screens)
        assert person.fits()
        person.submit(then=1)
        person.page.wait_for_function(PLAYS)
        person.press("Tab", "Space")
        person.page.wait_for_function(PAUSED)
        person.press("Space")
        person.page.wait_for_function(PLAYS)
        person.press("7", "a")
        person.submit(then=2)
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
        person.submit(then=1)
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
        person.submit(then=1)
        assert person.answers() == [{"emotion": "happiness", "intensity": 100}]


def test_forty_emotions_are_raised_by_key_or_arrow_and_the_rest_is_absent(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EMONET, "face", faces) as person:
        person.press("1", "1", "1", "Shift+Q")
        person.press("Tab", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight", "Tab", "ArrowRight")
        person.photograph("emonet-face", screens)
        assert person.fits()
        person.submit(then=1)
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
        person.submit(then=1)
        assert person.answers() == [dict.fromkeys(EMONET.names, 0)]


def test_forty_emotions_fit_the_screen_with_a_voice_too(
    studio: RunningStudio, desk: "BrowserContext", sounds: list[Path], screens: Path
) -> None:
    with Rating(studio, desk, EMONET, "voice", sounds) as person:
        person.page.locator(".emo-row").nth(12).hover()
        person.photograph("emonet-voice", screens)
        assert person.fits()


def test_a_strength_between_the_keys_can_be_pointed_at(
    studio: RunningStudio, desk: "BrowserContext", faces: list[Path]
) -> None:
    with Rating(studio, desk, EKMAN, "face", faces) as person:
        person.press("5")
        person.page.locator(".emo-bar .lsf-choice").nth(37).click()
        person.submit(then=1)
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
        person.see(1)
        assert [annotation.skipped for annotation in person.sent().values()] == [True]


def test_the_page_talks_to_our_server_alone(studio: RunningStudio, desk: "BrowserContext", sounds: list[Path]) -> None:
    with Rating(studio, desk, EKMAN, "voice", sounds) as person:
        ours = (studio.server.address, "data:", "blob:")
        assert [url for url in person.addresses if not url.startswith(ours)] == []
