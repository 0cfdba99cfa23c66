"""A collection with a few small real files in it, for the tests of everything that works on collections."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipelines import collection
from pipelines.add import Intake, add
from pipelines.metadata import Metadata
from schemas.media import Source

SOURCE = Source("licence", "CC-BY-4.0", "made by the tests")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Four sounds and three pictures, all different and all small."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    for number in range(4):
        tone = 0.2 * np.sin(np.arange(16_000) / (5 + number))
        soundfile.write(folder / f"tone-{number}.wav", tone, 16_000, "PCM_16")
    for number in range(3):
        Image.new("RGB", (64, 48), (40 * number + 20, 90, 120)).save(folder / f"plain-{number}.png")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A collection without media."""
    return collection.make(tmp_path / "home", "test", ("ekman",)).home


@pytest.fixture
def taken_in(home: Path, media: Path) -> Path:
    """A collection with the media of the fixture `media`."""
    take_in(home, [media])
    return home


def take_in(home: Path, paths: list[Path], source: Source = SOURCE) -> None:
    """Add media the way the command does."""
    add(Intake(home, source, Metadata(), collection.find(home).people), paths)


@pytest.fixture
def intake(home: Path) -> Callable[[list[Path]], None]:
    """Adds media to the collection `home`."""
    return lambda paths: take_in(home, paths)
