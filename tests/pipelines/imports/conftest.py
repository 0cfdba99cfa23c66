"""An empty collection, and a way to bring a table into it."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipelines import collection
from tests.pipelines.conftest import Builder
from tests.pipelines.imports.rating_tables import Import, imported


@pytest.fixture
def home(tmp_path: Path, made_once: Callable[[Builder], Path]) -> Path:
    return shutil.copytree(made_once(nothing_in) / "home", tmp_path / "collection")


def nothing_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `home`."""
    collection.make(home, "collection", ())


@pytest.fixture
def bring(home: Path) -> Import:
    return partial(imported, home)
