"""A collection with a frozen benchmark."""

import shutil
from pathlib import Path

import pytest

from pipelines import collection
from tests.pipelines.bench.frozen import EKMAN, EMOTIONS, asked, make


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with a frozen benchmark of four items with one question."""
    home = collection.make(tmp_path_factory.mktemp("template"), "test", ("ekman",)).home
    asked(home, EKMAN, {"emotion": EMOTIONS})
    make(home)
    return home


@pytest.fixture
def emotions(template: Path, tmp_path: Path) -> Path:
    """A collection of its own with that benchmark."""
    return Path(shutil.copytree(template, tmp_path / "emotions"))
