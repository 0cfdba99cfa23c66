"""The demonstration brings its media with it."""

import sys
from importlib.resources import files
from pathlib import Path

import pytest
import soundfile

from curate.read.probe import Probe
from pipelines.ask.selection import select
from pipelines.demo import walk
from pipelines.demo.elsewhere import rebuild_elsewhere
from pipelines.demo.site import ADVERTISEMENT, CHANGING, PORT, served
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.run import bring_up_to_date
from pipelines.forget.forget import How, forget
from pipelines.release.records import rows_of
from tests.pipelines.conftest import answer
from tests.pipelines.engine.odd_stages import Halve
from tests.pipelines.release.test_export import export

pytestmark = pytest.mark.long

MEDIA = Path(str(files("pipelines.demo"))) / "media"


def test_the_media_of_the_demo_come_with_it_and_need_neither_scikit_image_nor_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("skimage", "imageio_ffmpeg"):
        monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    monkeypatch.setenv("PATH", "")
    here = walk.made(tmp_path / "demo")
    walk._add(here, MEDIA)
    kinds = "SELECT kind, count(*) FROM assets GROUP BY 1 ORDER BY 1"
    assert Catalog(here.home).rows(kinds) == [("picture", 1), ("sound", 10), ("video", 1)]
    assert Catalog(here.home).rows("SELECT count(*) FROM rights WHERE basis = 'unknown'") == [(0,)]


def test_without_scrapy_the_demo_goes_on_and_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "scrapy", None)  # as if it were not installed
    here = walk.made(tmp_path / "demo")
    with served(here.home, MEDIA) as site:
        walk._crawl(here, site)
    assert "left out: crawling needs Scrapy, which comes with emocurate[demo]" in capsys.readouterr().err
    assert Catalog(here.home).rows("SELECT count(*) FROM assets") == [(0,)]


@pytest.mark.heavy
def test_the_podcast_of_the_demo_is_crawled_whoever_was_killed_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    here = walk.made(tmp_path / "demo")
    with served(here.home, MEDIA) as site:
        walk._crawl(here, site)  # the first time a process is killed on the way
    names = "SELECT licence, count(*) FROM rights GROUP BY 1 ORDER BY 1"
    assert Catalog(here.home).rows(names) == [("CC-BY-4.0", 1), ("CC-BY-NC-4.0", 1), (None, 1)]
    assert Catalog(here.home).rows("SELECT count(*) FROM fetches WHERE outcome = 'refused'") == [(1,)]
    fetches = "SELECT count(*) FROM fetches"
    before = Catalog(here.home).rows(fetches)
    with served(here.home, MEDIA) as site:
        walk._crawl(here, site)
    assert Catalog(here.home).rows(fetches) == before


@pytest.mark.heavy
def test_thirty_clips_are_chosen_and_no_others_instead_of_those_of_who_has_withdrawn(tmp_path: Path) -> None:
    here = walk.made(tmp_path / "demo")
    with served(here.home, MEDIA) as site:
        walk._crawl(here, site)
        walk._add(here, MEDIA)
        walk._add_listed(here, site)
    walk._run(here)
    first = select(here.home, here.settings, here.schemes[0], walk.CHOSEN)
    assert (first.good, first.drawn) == (34, 30)
    forget(here, walk.SPEAKER, "speaker", How(keep_studio=True))
    again = select(here.home, here.settings, here.schemes[0], walk.CHOSEN)
    assert (again.drawn, set(again.items) < set(first.items)) == (26, True)


def test_a_second_walk_finds_the_site_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path, MEDIA) as first:
        address = first.feed
    with served(tmp_path, MEDIA) as second, served(tmp_path / "..", MEDIA) as other:
        assert second.feed == address
        assert other.feed != address
    (tmp_path.parent / PORT).unlink()


def test_a_release_is_rebuilt_elsewhere_without_who_withdrew_and_with_what_has_an_advertisement_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = walk.made(tmp_path / "demo")
    with served(here.home, MEDIA) as site:
        walk._add_listed(here, site)
        bring_up_to_date(here.home, [Pass((Probe(), Halve(4000)))], Inline())
        answer(here.home)
        release = Path(export(here.home, here.settings).folder)
        forget(here, walk.SPEAKER, "speaker", How(keep_studio=True))
        rebuild_elsewhere(here.home, release, site)
        assert site.asked == {CHANGING}
        rebuild_elsewhere(here.home, release, site)
        assert site.asked == set()
    rows = list(rows_of(here.home / "elsewhere" / "rebuilt" / release.name / "rebuilt.parquet"))
    advertisement_ms = soundfile.info(MEDIA / ADVERTISEMENT).duration * 1000
    assert rows
    assert all(row["outcome"] == "relocated" and abs(row["offset_ms"] - advertisement_ms) <= 4 for row in rows)
    assert "asked for: nothing, all of it is here" in capsys.readouterr().err
