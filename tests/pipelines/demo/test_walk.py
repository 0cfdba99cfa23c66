"""The demonstration brings its media with it."""

import sys
from importlib.resources import files
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.demo import walk
from pipelines.demo.site import PORT, served
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
    assert Catalog(here.home).rows(kinds) == [("picture", 1), ("sound", 7), ("video", 1)]
    assert Catalog(here.home).rows("SELECT count(*) FROM rights WHERE basis = 'unknown'") == [(0,)]


def test_without_scrapy_the_demo_goes_on_and_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "scrapy", None)  # as if it were not installed
    here = collection.make(tmp_path / "demo", walk.NAME, ("ekman",))
    walk._crawl(here)
    assert "left out: crawling needs Scrapy, which comes with emocurate[demo]" in capsys.readouterr().err
    assert Catalog(here.home).rows("SELECT count(*) FROM assets") == [(0,)]


@pytest.mark.heavy
def test_the_podcast_of_the_demo_is_crawled_whoever_was_killed_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    here = collection.make(tmp_path / "demo", walk.NAME, ("ekman",))
    walk._crawl(here)  # the first time a process is killed on the way
    names = "SELECT licence, count(*) FROM rights GROUP BY 1 ORDER BY 1"
    assert Catalog(here.home).rows(names) == [("CC-BY-4.0", 1), ("CC-BY-NC-4.0", 1), (None, 1)]
    assert Catalog(here.home).rows("SELECT count(*) FROM fetches WHERE outcome = 'refused'") == [(1,)]
    fetches = "SELECT count(*) FROM fetches"
    before = Catalog(here.home).rows(fetches)
    walk._crawl(here)
    assert Catalog(here.home).rows(fetches) == before


def test_a_second_walk_finds_the_site_where_it_was(tmp_path: Path) -> None:
    media = Path(str(files("pipelines.demo"))) / "media"
    with served(tmp_path, media) as first:
        address = first.feed
    with served(tmp_path, media) as second, served(tmp_path / "..", media) as other:
        assert second.feed == address
        assert other.feed != address
    (tmp_path.parent / PORT).unlink()
