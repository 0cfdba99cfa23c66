"""The demonstration brings its media with it."""

import sys
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.demo import walk
from pipelines.engine.catalog import Catalog


def test_the_media_of_the_demo_come_with_it_and_need_neither_scikit_image_nor_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("skimage", "imageio_ffmpeg"):
        monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    monkeypatch.setenv("PATH", "")
    here = collection.make(tmp_path / "demo", walk.NAME, ("ekman",))
    walk._add(here)
    kinds = "SELECT kind, count(*) FROM assets GROUP BY 1 ORDER BY 1"
    assert Catalog(here.home).rows(kinds) == [("picture", 1), ("sound", 11), ("video", 1)]
    assert Catalog(here.home).rows("SELECT count(*) FROM rights WHERE basis = 'unknown'") == [(0,)]
