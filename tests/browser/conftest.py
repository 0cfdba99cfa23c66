"""The rooms of the raters: a browser, a desk at it, and what is rated."""

import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.rating import RATER, logged_in
from tests.studio_server import RunningStudio

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def desk(studio: RunningStudio) -> Iterator["BrowserContext"]:
    """A Chromium of the system (playwright brings none here) in which a rater has logged in by typing."""
    programs = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    program = next((one for one in programs if one), None)
    if program is None:
        pytest.skip("no Chromium on this machine: on Debian, apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playing,
        playing.chromium.launch(executable_path=program, args=FLAGS) as browser,
        logged_in(studio, browser, RATER) as desk,
    ):
        yield desk


@pytest.fixture(scope="module")
def sounds(studio: RunningStudio) -> list[Path]:
    folder = studio.media_root / "voice"
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("pipelines.demo") / "media") as samples:
        return [Path(shutil.copy(sample, folder)) for sample in sorted(samples.glob("*.flac"))[:3]]


@pytest.fixture(scope="module")
def faces(studio: RunningStudio) -> list[Path]:
    from PIL import Image
    from skimage.data import astronaut

    folder = studio.media_root / "face"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for place, box in enumerate([(150, 20, 320, 230), (180, 60, 260, 150)]):
        Image.fromarray(astronaut()).crop(box).save(folder / f"face{place}.webp", lossless=True)
        made.append(folder / f"face{place}.webp")
    return made


@pytest.fixture(scope="module")
def moments(studio: RunningStudio) -> list[Path]:
    """Two seconds of a face while a voice speaks, cut as moments are."""
    from curate.transcode import moment_cuts
    from tests.media.make import talking_head

    folder = studio.media_root / "moment"
    folder.mkdir(parents=True, exist_ok=True)
    head = talking_head(folder)
    made = []
    for place, content in moment_cuts(head, [(0, 2000, (40, 20, 250, 300)), (2000, 4000, (40, 20, 250, 300))]):
        made.append(folder / f"moment{place}.mp4")
        made[-1].write_bytes(content)
    head.unlink()
    return made


@pytest.fixture
def screens(tmp_path: Path) -> Path:
    """Where screenshots go: look at them with `--basetemp`."""
    return tmp_path
