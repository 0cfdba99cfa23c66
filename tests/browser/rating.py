"""A rater in front of one project in a real browser: what they see, press and have sent off."""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate.studio.client import Annotation
from annotate.studio.interface import answers_in, interface
from schemas.scheme import Media, Scheme, shipped_schemes
from tests.studio_server import RunningStudio, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

SCREEN = {"width": 1366, "height": 768}
EKMAN, EKMAN_MOMENT, VAD, EMONET = (
    shipped_schemes()[name] for name in ("ekman", "ekman-moment", "vad", "emonet-face-hq")
)
RATER = 1
PATIENCE_MS = 90_000  # a machine that runs other tests beside these is slow
SAID = "I never thought that it would come to this, and now look at us."


@contextmanager
def logged_in(studio: RunningStudio, browser: "Browser", rater: int) -> Iterator["BrowserContext"]:
    """A window of a rater who has logged in by typing."""
    person = studio.rater(rater)
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
    desk.close()


class Rating:
    """The rater at the desk in front of one project: what they see, press and have sent off."""

    ready = "html.emo-scripted"

    def __init__(
        self,
        studio: RunningStudio,
        desk: "BrowserContext",
        scheme: Scheme,
        media: Media,
        cuts: Sequence[Path],
        raters: int = 1,
    ):
        self.client, self.scheme = studio.client, scheme
        marker, page = f"emocurate {uuid.uuid4()}", interface(scheme, media)
        self.project = self.client.project(marker, f"{scheme.name} {media}", page, raters, scheme.instruction)
        self.client.serve_folder(self.project, cuts[0].parent)
        self.items, self.seen = [cut.stem for cut in cuts], ""
        spoken = SAID if media == "voice" else ""
        asks = [{"item_id": cut.stem, "media": served(cut, studio.media_root), "context": spoken} for cut in cuts]
        self.client.ask(self.project, asks)
        self.sit_down(desk)

    def beside(self, desk: "BrowserContext") -> "Rating":
        """Another rater, in front of the same project."""
        other = copy(self)
        other.sit_down(desk)
        return other

    def sit_down(self, desk: "BrowserContext") -> None:
        self.page = desk.new_page()
        self.addresses: set[str] = set()
        self.page.on("request", lambda request: self.addresses.add(request.url))

    def __enter__(self) -> "Rating":
        self.page.goto(f"/projects/{self.project}/data")
        self.page.get_by_role("button", name=re.compile("Label")).first.click()
        self.seen = self.see()
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def see(self, other_than: str = "") -> str:
        """The clip or face that is shown, once it is another than that."""
        others = [f'.emo-stage [src*="{item}."]' for item in self.items if item != other_than]
        address = str(self.page.wait_for_selector(",".join(others)).get_attribute("src"))
        self.page.wait_for_selector("button:has-text('Submit')")
        self.page.wait_for_selector(self.ready)
        return next(item for item in self.items if f"{item}." in address)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def submit(self) -> None:
        self.press("Control+Enter")
        self.go_on()

    def go_on(self) -> None:
        self.seen = self.see(other_than=self.seen)

    def sent(self) -> dict[str, Annotation]:
        """What was answered, in the order of answering: every rater has an order of tasks of their own."""
        tasks = self.client.answered(self.project)
        sent = {task.item_id: annotation for task in tasks for annotation in task.annotations}
        return dict(sorted(sent.items(), key=lambda one: one[1].created_at))

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
SHOWN = """() => { const one = document.querySelector('video')
    return !one.paused && one.currentTime > 0.1 && one.videoWidth > 0 && !one.muted && one.volume > 0 }"""
