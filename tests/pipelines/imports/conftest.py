"""An empty collection, and a way to bring a table into it."""

from functools import partial
from pathlib import Path

import pytest

from pipelines import collection
from tests.pipelines.imports.rating_tables import Import, imported


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return collection.make(tmp_path / "collection", None, ()).home


@pytest.fixture
def bring(home: Path) -> Import:
    return partial(imported, home)
