"""`crawl`: the loopback site is crawled politely, every right with its evidence, and a kill loses nothing."""

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.collect.crawl import Crawl, Crawled, crawl
from pipelines.collect.fetching import Net
from pipelines.collect.found import Scope
from pipelines.collect.net import Way, web_intake
from pipelines.collection import find
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from pipelines.release.export import export
from pipelines.release.order import Export, Wanted
from schemas.errors import BadInput, BadSetting
from schemas.sections import CrawlSettings
from tests.pipelines.conftest import run
from tests.site import Site, sound, worlds

pytestmark = pytest.mark.long

CONTACT = "tests@example.org"
BY = "https://creativecommons.org/licenses/by/4.0/"
NC = "https://creativecommons.org/licenses/by-nc/4.0/"


@pytest.fixture
def asking(home: Path) -> Path:
    """A collection that says who asks."""
    says_who_asks(home)
    return home


def says_who_asks(home: Path) -> None:
    settings = home / "emocurate.toml"
    settings.write_text(settings.read_text("utf-8").replace('contact = ""', f'contact = "{CONTACT}"'), "utf-8")


def crawled(home: Path, *seeds: str, scope: Scope | None = None, basis: str | None = None, **how: bool) -> Crawled:
    here = find(home)
    way = Way(here.settings.crawl, Net(("127.0.0.1",)), {}, lambda _: None)
    wish = Crawl(seeds, scope or Scope(), **how)
    return crawl(web_intake(here, basis), wish, way, lambda *_: None, lambda _: None)


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def page(*parts: str) -> str:
    return f"<!doctype html><html><head></head><body>{''.join(parts)}</body></html>"


def small_world(site: Site) -> str:
    """A front page with a page of every kind behind it; gives the front page."""
    site.put("/robots.txt", f"User-agent: *\nDisallow: /private/\nSitemap: {site.url('/map.xml')}")
    links = ["licensed", "silent", "noai", "disagrees", "private/x", "gone"]
    for number, name in enumerate(["licensed", "silent", "noai", "disagrees", "mapped"]):
        site.put(f"/{name}.wav", sound(number), "audio/wav")
        says = {
            "licensed": f'<a rel="license" href="{BY}">BY</a><meta name="author" content="Anna Muster">',
            "noai": '<meta name="robots" content="noai">',
            "disagrees": f'<a rel="license" href="{BY}">BY</a>',
            "mapped": f'<a rel="license" href="{BY}">BY</a>',
        }.get(name, "")
        site.put(f"/{name}", page(says, f'<audio src="/{name}.wav"></audio>'), "text/html")
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    site.put("/map.xml", f"<urlset {space}><url><loc>{site.url('/mapped')}</loc></url></urlset>", "text/xml")
    item = f'<item><enclosure url="/{{}}.wav"/><cc:license>{NC}</cc:license></item>'
    feed = f'<rss xmlns:cc="http://creativecommons.org/ns#"><channel>{item.format("disagrees")}{item.format("fed")}'
    site.put("/fed.wav", sound(9), "audio/wav")
    site.put("/feed.xml", feed, "application/rss+xml")  # cut off
    head = '<link type="application/rss+xml" href="/feed.xml">'
    return site.put("/", page(head, *(f'<a href="/{name}">x</a>' for name in links)), "text/html")


def test_whoever_gives_a_contact_in_code_alone_is_told_that_the_settings_lack_it(home: Path, site: Site) -> None:
    way = Way(CrawlSettings(contact=CONTACT), Net(("127.0.0.1",)), {}, lambda _: None)
    wish = Crawl((site.put("/", page("words"), "text/html"),))
    with pytest.raises(BadInput, match="config set crawl.contact"):
        crawl(web_intake(find(home), None), wish, way, lambda *_: None, lambda _: None)


def test_a_site_is_crawled_with_evidence_for_every_right(asking: Path, site: Site) -> None:
    done = crawled(asking, small_world(site), scope=Scope(depth=2))
    assert done.added
    assert (done.media, done.added.new) == (5, 5)
    licences = dict(rows(asking, "SELECT n.name, r.licence FROM rights r JOIN statements n USING (asset)"))
    assert licences == {
        site.url("/licensed.wav"): "CC-BY-4.0",
        site.url("/silent.wav"): None,
        site.url("/disagrees.wav"): "CC-BY-NC-4.0",  # the strictest, and in conflict
        site.url("/mapped.wav"): "CC-BY-4.0",
        site.url("/fed.wav"): "CC-BY-NC-4.0",
    }
    assert done.added.conflicts == [site.url("/disagrees.wav")]
    assert rows(asking, "SELECT count(*) FROM rights WHERE conflict") == [(1,)]
    ((attribution, evidence),) = rows(
        asking,
        f"SELECT attribution, evidence FROM sources WHERE address = '{site.url('/licensed.wav')}' AND licence IS NOT NULL",
    )
    snapshot = hashlib.sha256(site.bodies["/licensed"][0]).hexdigest()
    assert attribution == "Anna Muster"
    assert str(evidence) == f"{site.url('/licensed')} a[rel=license]: '{BY}'; SHA-256 of the page {snapshot}"
    assert (asking / "web" / "pages" / snapshot[:2] / f"{snapshot}.gz").exists()
    notes = {note.removeprefix(site.url("")).partition(": ")[0]: note.partition(": ")[2] for note in done.notes}
    assert notes == {
        "/feed.xml": "cut off: what came before was read",
        "/noai": "opted out in meta: robots: noai",
        "/private/x": "opted out in robots.txt: disallows * /private/x",
        "/gone": "HTTP 404",
    }
    assert not site.asked["/private/x"]
    assert not site.asked["/noai.wav"]
    assert [count for path, count in site.asked.items() if count > 1] == []
    assert {headers["User-Agent"].partition("(")[2] for _, headers in site.requests} == {f"+{CONTACT})"}
    again = crawled(asking, site.url("/"), scope=Scope(depth=2))
    assert (again.media, again.pages) == (done.media, done.pages)
    assert [count for path, count in site.asked.items() if count > 1] == []


def test_what_is_forgotten_takes_what_pages_said_of_it_and_their_copies_along(asking: Path, site: Site) -> None:
    for number, name in enumerate(("a", "b")):
        site.put(f"/{name}.wav", sound(number))
        body = page(f'<a rel="license" href="{BY}">x</a><audio src="/{name}.wav"></audio>')
        site.put(f"/{name}.html", body, "text/html")
    crawled(asking, site.url("/a.html"), site.url("/b.html"))
    forget(find(asking), site.url("/a.wav"), None, How())
    snapshots = {path.name for path in (asking / "web" / "pages").rglob("*.gz")}
    assert snapshots == {f"{hashlib.sha256(site.bodies['/b.html'][0]).hexdigest()}.gz"}
    assert verify(find(asking), "/a.wav").found == ()


def test_a_dry_run_looks_and_fetches_nothing_of_what_it_sees(asking: Path, site: Site) -> None:
    front = small_world(site)
    done = crawled(asking, front, scope=Scope(depth=1), dry_run=True)
    assert done.added is None
    assert done.licences == {"CC-BY-4.0": 1, "CC-BY-4.0,CC-BY-NC-4.0": 1, "CC-BY-NC-4.0": 1, "not known": 1}
    assert not [path for path in site.asked if path.endswith(".wav")]
    assert rows(asking, "SELECT count(*) FROM assets") == [(0,)]


def test_a_page_is_looked_at_once_under_its_canonical_address(asking: Path, site: Site) -> None:
    canonical = f'<link rel="canonical" href="{site.url("/one")}">'
    for path in ("/one?from=a", "/one"):
        site.put(path, page(canonical, '<audio src="/a.wav"></audio><a href="/last">x</a>'), "text/html")
    site.put("/a.wav", sound(1))
    site.put("/last", page('<a href="/one">x</a>'), "text/html")
    front = site.put("/", page('<a href="/one?from=a">x</a>'), "text/html")
    done = crawled(asking, front, scope=Scope(depth=3))
    assert done.media == 1
    assert site.asked["/one?from=a"] == 1
    assert site.asked["/one"] == 0


def test_media_on_basis_of_text_and_data_mining_say_what_for_and_never_leave(asking: Path, site: Site) -> None:
    settings = asking / "emocurate.toml"
    settings.write_text(settings.read_text("utf-8").replace('purpose = ""', 'purpose = "research on voices"'), "utf-8")
    site.put("/a.wav", sound(1))
    crawled(asking, site.put("/", page('<audio src="/a.wav"></audio>'), "text/html"), basis="tdm")
    ((basis, evidence),) = rows(asking, "SELECT basis, evidence FROM sources")
    assert basis == "tdm"
    assert str(evidence).startswith("purpose: research on voices; lawful access: public addresses, no login; opt-outs")
    assert "found on" in str(evidence)


def test_a_crawl_needs_somebody_to_write_to_and_seeds_that_are_addresses(home: Path, asking: Path) -> None:
    with pytest.raises(BadInput, match="a seed cannot be crawled"):
        crawled(asking, "file:///etc/passwd")
    settings = CrawlSettings()
    way = Way(settings, Net(), {}, lambda _: None)
    with pytest.raises(BadSetting, match=r"crawl\.contact"):
        crawl(web_intake(find(home), None), Crawl(("https://example.org/",)), way, lambda *_: None, lambda _: None)
    with pytest.raises(BadSetting, match="--basis licence"):
        web_intake(find(home), "licence")


@pytest.mark.heavy  # test_net kills a crawl, the tests above and tests/test_ways.py lead one into the collection
def test_a_crawl_of_two_hundred_pages_is_killed_twice_and_goes_on_to_a_release(asking: Path, site: Site) -> None:
    worlds(site, pages=200, files=1)
    seed = site.url("/page/0.html")
    verb = [
        sys.executable,
        "-m",
        "cli",
        "crawl",
        seed,
        "--depth",
        "9",
        "--home",
        str(asking),
        "--allow-host",
        "127.0.0.1",
    ]
    for least in (80, 250):
        process = subprocess.Popen(verb, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while sum(site.asked.values()) < least and process.poll() is None:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(verb, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked = {path: count for path, count in site.asked.items() if path.startswith(("/page/", "/media/"))}
    assert len(asked) == 400
    assert sum(asked.values()) <= 400 + 2 * 64  # what was under way when it was killed
    assert rows(asking, "SELECT count(*) FROM assets") == [(200,)]
    assert rows(asking, "SELECT DISTINCT licence, conflict FROM rights") == [("CC-BY-4.0", False)]
    released_with_their_rights(asking, site)


def released_with_their_rights(home: Path, site: Site) -> None:
    """A crawl that has ended is run and released: every sample with its address, its licence and whom it names."""
    run(home)
    done = export(Export(home, find(home).settings, Wanted(unlabelled=True), draw=False), None)
    samples = [json.loads(body) for body in _jsons(Path(done.folder))]
    assert len(samples) == len({sample["asset"] for sample in samples}) == 200
    assert list(done.left_out.values()) == [200]  # the clips that the test's stage finds after the sound has ended
    assert {(sample["licence"], sample["attribution"]) for sample in samples} == {("CC-BY-4.0", "Anna Muster")}
    assert {sample["source_address"] for sample in samples} <= {site.url(path) for path in site.bodies}
    card = (Path(done.folder) / "README.md").read_text("utf-8")
    assert "Anna Muster" in card
    evidence = rows(home, "SELECT evidence FROM sources WHERE licence = 'CC-BY-4.0'")
    for (text,) in evidence:
        sha256 = str(text)[-64:]
        page_bytes = gzip.decompress((home / "web" / "pages" / sha256[:2] / f"{sha256}.gz").read_bytes())
        assert hashlib.sha256(page_bytes).hexdigest() == sha256
        assert BY.encode() in page_bytes


def _jsons(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*.tar")):
        with tarfile.open(path) as tape:
            for one in tape:
                if one.name.endswith(".json") and (file := tape.extractfile(one)):
                    yield file.read()
