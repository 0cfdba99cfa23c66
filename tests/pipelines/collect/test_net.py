"""`add LIST`: every line ends as kept, dropped or failed, with evidence, and a kill costs next to nothing."""

import json
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from pipelines import collection
from pipelines.collect.add import Added, Intake
from pipelines.collect.fetching import Net, agent
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import Way, bring, mined
from pipelines.collect.sources import source_from
from pipelines.engine.catalog import Catalog
from pipelines.engine.tombstones import bury, with_key
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from schemas.errors import BadSetting
from schemas.media import Source
from schemas.sections import CrawlSettings
from tests.pipelines.conftest import SOURCE
from tests.processes import begun, emocurate
from tests.site import Site, sound, worlds

pytestmark = pytest.mark.long

CONTACT = "tests@example.org"
SETTINGS = CrawlSettings(contact=CONTACT, seconds_per_file=2, max_mb=1)


def take(
    home: Path,
    *lists: Path,
    source: Source = SOURCE,
    settings: CrawlSettings = SETTINGS,
    said: list[str] | None = None,
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost"),
    retry: bool = False,
    **columns: str,
) -> Added:
    notes: list[str] = [] if said is None else said
    way = Way(settings, Net(hosts), columns, notes.append, retry)
    return bring(Intake(home, source, Metadata(), collection.find(home).people), list(lists), way)


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def listed(tmp_path: Path, *urls: str) -> Path:
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(urls) + "\n", "utf-8")
    return path


def test_lines_come_in_once_and_every_one_has_an_end(home: Path, tmp_path: Path, site: Site) -> None:
    urls = [site.put(f"/{n}.wav", sound(n), "audio/wav") for n in range(3)]
    page = site.put("/login.wav", "<!doctype html><html>Please log in</html>", "audio/wav")
    listing = listed(
        tmp_path, "# our list", *urls, site.url("/gone.wav"), page, urls[0], "not-an-address", site.url("/bad/drip")
    )
    added = take(home, listing)
    assert (added.files, added.new, len(added.failed)) == (8, 3, 1)
    assert added.dropped == {
        "HTTP 404": 1,
        "an HTML page where media were promised; open it to see whether it wants a login or the file has gone": 1,
        "named on an earlier line": 1,
        "not a web address: no scheme; expected http or https": 1,
    }
    asked = dict(site.asked)
    again = take(home, listing)
    assert (again.files, again.new, again.dropped) == (8, 0, added.dropped)
    assert {path: count for path, count in site.asked.items() if count != asked[path]}.keys() == {"/bad/drip"}


@pytest.mark.parametrize(("per_host", "at_once", "most"), [(4, 32, 4), (2, 32, 2), (4, 1, 1), (1, 32, 1)])
def test_no_more_is_asked_at_once_than_settings_allow_of_a_host_and_of_all(
    home: Path, tmp_path: Path, site: Site, per_host: int, at_once: int, most: int
) -> None:
    urls = [site.takes(f"/{n}.wav", sound(n)) for n in range(12)]
    settings = replace(SETTINGS, per_host=per_host, at_once=at_once, seconds_per_file=60)
    assert take(home, listed(tmp_path, *urls), settings=settings).new == 12
    assert site.together == most


def test_a_file_may_be_as_large_as_the_settings_say_and_the_reason_says_the_same(
    home: Path, tmp_path: Path, site: Site
) -> None:
    urls = [site.put(f"/{size}.wav", sound(1) + bytes(size - len(sound(1)))) for size in (1_000_000, 1_000_001)]
    added = take(home, listed(tmp_path, *urls))
    assert added.dropped == {"larger than 1 MB, which the settings allow": 1}


def test_every_file_has_evidence_of_how_it_was_fetched(home: Path, tmp_path: Path, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/")
    end = site.put("/a.wav", sound(1), "audio/wav", ETag='"v1"')
    take(home, listed(tmp_path, site.move("/start", "/a.wav", 301)))
    ((asset, url, outcome, final, chain, status, headers, sha256, who, rules),) = rows(
        home, "SELECT asset, url, outcome, final_url, chain, status, headers, sha256, agent, rules FROM fetches"
    )
    assert (url, final, outcome, status, rules) == (site.url("/start"), end, "fetched", 200, "optouts@1")
    assert str(sha256).startswith(str(asset))
    assert [hop["status"] for hop in json.loads(str(chain))] == [301]
    assert json.loads(str(headers))["etag"] == '"v1"'
    assert str(who).endswith(f"(+{CONTACT})")
    assert rows(home, "SELECT text FROM notices WHERE name = 'robots.txt'") == [("User-agent: *\nDisallow: /private/",)]
    assert rows(home, "SELECT DISTINCT unnest(notices) FROM fetches ORDER BY ALL") == rows(
        home, "SELECT id FROM notices ORDER BY ALL"
    )


def test_an_opt_out_is_a_reason_in_the_catalog_and_nothing_is_fetched(home: Path, tmp_path: Path, site: Site) -> None:
    site.put("/robots.txt", "User-agent: GPTBot\nDisallow: /")
    added = take(home, listed(tmp_path, site.put("/a.wav", sound(1))))
    assert added.dropped == {"opted out in robots.txt for AI agents: disallows GPTBot": 1}
    assert not site.asked["/a.wav"]
    assert rows(home, "SELECT state, reason FROM file_states") == [("dropped", next(iter(added.dropped)))]
    assert rows(home, "SELECT optouts FROM fetches") == [(list(added.dropped),)]


def test_the_settings_say_which_opt_outs_count(home: Path, tmp_path: Path, site: Site) -> None:
    site.put("/robots.txt", "User-agent: GPTBot\nDisallow: /")
    lax = CrawlSettings(contact=CONTACT, optouts=("robots.txt",))
    assert take(home, listed(tmp_path, site.put("/a.wav", sound(1))), settings=lax).new == 1
    assert rows(home, "SELECT optouts FROM fetches") == [(["opted out in robots.txt for AI agents: disallows GPTBot"],)]


def test_the_same_bytes_from_two_places_are_one_asset_with_two_sources(home: Path, tmp_path: Path, site: Site) -> None:
    added = take(home, listed(tmp_path, site.put("/a/one.wav", sound(1)), site.put("/b/one.wav", sound(1))))
    assert (added.files, added.new) == (2, 1)
    assert rows(home, "SELECT count(DISTINCT asset), count(*) FROM arrivals") == [(1, 2)]
    assert rows(home, "SELECT DISTINCT address FROM sources ORDER BY 1") == [
        (site.url("/a/one.wav"),),
        (site.url("/b/one.wav"),),
    ]


def test_two_addresses_with_one_name_are_two_files(home: Path, tmp_path: Path, site: Site) -> None:
    added = take(home, listed(tmp_path, site.put("/a/one.wav", sound(1)), site.put("/b/one.wav?x", sound(2))))
    assert (added.files, added.new) == (2, 2)
    assert rows(home, "SELECT count(DISTINCT name), count(DISTINCT asset) FROM statements") == [(2, 2)]


def test_names_from_servers_never_become_paths(home: Path, tmp_path: Path, site: Site) -> None:
    disposition = 'attachment; filename="../../../evil.wav"'
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    urls = [
        site.put("/..%2F..%2Fevil.wav", sound(1)),
        site.put("/x.wav?name=../../evil", sound(2), Content_Disposition=disposition),
    ]
    assert take(home, listed(tmp_path, *urls)).new == 2
    assert not [path for path in tmp_path.rglob("*evil*") if path not in before]
    assert {path.name for path in (home / "web").iterdir()} <= {
        "frontier.sqlite",
        "frontier.sqlite-wal",
        "frontier.sqlite-shm",
        "incoming",
    }
    assert list((home / "web" / "incoming").iterdir()) == []


def test_another_list_with_the_same_address_asks_whether_it_has_changed(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.put("/a.wav", sound(1), ETag='"v1"')
    take(home, listed(tmp_path, url))
    take(home, listed(tmp_path, url, "# once more"), source=Source("licence", "CC0-1.0"))
    assert [headers.get("If-None-Match") for path, headers in site.requests if path == "/a.wav"] == [None, '"v1"']
    assert rows(home, "SELECT outcome FROM fetches ORDER BY 1") == [("fetched",), ("unchanged",)]
    assert rows(home, "SELECT conflict FROM rights") == [(True,)]


def test_what_failed_is_mended_by_the_same_command(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.fails("/a.wav", 501, 1, sound(1))
    listing = listed(tmp_path, url)
    assert take(home, listing).failed == [f"{url}: HTTP 501"]
    assert take(home, listing).failed == []
    assert rows(home, "SELECT state FROM file_states") == [("waiting",)]


FILES = "SELECT state, reason, count(*) FROM file_states GROUP BY ALL ORDER BY ALL"


def test_what_a_site_had_not_is_asked_for_again_when_that_is_wished_and_counts_once(
    home: Path, tmp_path: Path, site: Site
) -> None:
    listing = listed(tmp_path, site.url("/back.wav"), site.put("/page.wav", b"no media at all " * 9, "audio/wav"))
    before = take(home, listing)
    assert before.dropped["HTTP 404"] == 1
    site.put("/back.wav", sound(1), "audio/wav")
    asked = dict(site.asked)
    assert (take(home, listing).dropped, dict(site.asked)) == (before.dropped, asked)
    after = take(home, listing, retry=True)
    assert (after.new, after.dropped) == (1, {reason: 1 for reason in before.dropped if reason != "HTTP 404"})
    assert site.asked["/back.wav"] == 2
    assert [state for state, *_ in rows(home, FILES)] == ["dropped", "waiting"], "`run` has not seen it yet"
    assert take(home, listing, retry=True).new == 0
    assert site.asked["/back.wav"] == 2


@pytest.mark.parametrize("was_refused_before", [True, False])
def test_an_address_that_gives_nothing_any_more_counts_once_by_what_it_gave(
    home: Path, tmp_path: Path, site: Site, was_refused_before: bool
) -> None:
    url = site.url("/back.wav")
    if was_refused_before:
        take(home, listed(tmp_path, url))
    site.put("/back.wav", sound(1), "audio/wav")
    take(home, listed(tmp_path, url), retry=True)
    del site.bodies["/back.wav"]
    assert take(home, listed(tmp_path, url, "# another list")).dropped == {"HTTP 404": 1}
    assert rows(home, FILES) == [("waiting", None, 1)]
    site.put("/back.wav", sound(1), "audio/wav")
    assert take(home, listed(tmp_path, url, "# another list"), retry=True).kept == 1
    assert rows(home, FILES) == [("waiting", None, 1)]


def test_what_is_refused_otherwise_when_it_is_asked_for_again_says_so(home: Path, tmp_path: Path, site: Site) -> None:
    listing = listed(tmp_path, site.url("/gone.wav"))
    take(home, listing)
    site.fails("/gone.wav", 501, 9, b"")
    assert take(home, listing, retry=True).failed == [f"{site.url('/gone.wav')}: HTTP 501"]
    assert rows(home, FILES) == [("failed", "HTTP 501", 1)]
    site.fails("/gone.wav", 410, 9, b"")
    assert take(home, listing).dropped == {"HTTP 410": 1}
    assert rows(home, FILES) == [("dropped", "HTTP 410", 1)]


def test_a_host_that_is_allowed_now_is_asked(home: Path, tmp_path: Path, site: Site) -> None:
    listing = listed(tmp_path, site.put("/0.wav", sound(0), "audio/wav"))
    (reason,) = take(home, listing, hosts=()).dropped
    assert "--allow-host 127.0.0.1" in reason
    assert not site.asked
    assert take(home, listing, hosts=("example.org",)).new == 0
    assert take(home, listing, hosts=(f"127.0.0.1:{site.port}",)).new == 1
    assert rows(home, FILES) == [("waiting", None, 1)]


@pytest.mark.parametrize(("called", "allowed"), [("localhost", "localhost"), ("LocalHost", "LOCALHOST")])
def test_a_host_that_is_allowed_now_by_its_name_is_asked(
    home: Path, tmp_path: Path, site: Site, called: str, allowed: str
) -> None:
    site.put("/0.wav", sound(0), "audio/wav")
    listing = listed(tmp_path, site.url("/0.wav", called))
    (reason,) = take(home, listing, hosts=()).dropped
    assert "robots.txt cannot be read: localhost is not on the public internet" in reason
    assert take(home, listing, hosts=("host", "example.org")).new == 0
    assert take(home, listing, hosts=(allowed,)).new == 1
    assert rows(home, FILES) == [("waiting", None, 1)]


def test_lines_that_hold_no_address_to_ask_stay_dropped_however_often_sites_are_asked_again(
    home: Path, tmp_path: Path, site: Site
) -> None:
    withdrawn = site.put("/gone.wav", sound(7), "audio/wav")
    with Catalog(home).open() as connection:
        bury(connection, "main", [with_key(home).mark("address", withdrawn)])
    private, none, secret = site.url("/0.wav"), "not an address", f"https://user:{'pw'}@127.0.0.1/a.wav"
    listing = listed(tmp_path, private, none, secret, withdrawn)
    before = take(home, listing, hosts=())
    assert (before.files, before.kept, sum(before.dropped.values())) == (4, 0, 4)
    for _ in range(2):
        after = take(home, listing, hosts=(), retry=True)
        assert (after.files, after.kept, after.dropped) == (4, 0, before.dropped)
    assert take(home, listing, hosts=()) == before


def test_what_is_taken_in_is_counted_and_not_what_is_left_over(home: Path, tmp_path: Path, site: Site) -> None:
    kept, failed = site.put("/0.wav", sound(0), "audio/wav"), site.fails("/1.wav", 501, 9, b"")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "2.wav").write_bytes(sound(2))
    (tmp_path / "here" / "3.txt").write_text("words")
    added = take(home, listed(tmp_path, kept, failed, site.url("/none.wav")), tmp_path / "here")
    assert (added.files, added.kept, added.new, sum(added.dropped.values()), len(added.failed)) == (5, 2, 2, 2, 1)


def test_sites_cannot_be_asked_again_for_files(home: Path, tmp_path: Path) -> None:
    (tmp_path / "0.wav").write_bytes(sound(0))
    with pytest.raises(BadSetting, match="--retry asks sites again for what a list of addresses names"):
        take(home, tmp_path / "0.wav", retry=True)
    assert rows(home, "FROM assets") == []


def test_what_was_forgotten_is_not_asked_for_again(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.put("/0.wav", sound(0), "audio/wav")
    listing = listed(tmp_path, url)
    take(home, listing)
    forget(collection.find(home), url, None, How(sure=True, keep_studio=True))
    asked = dict(site.asked)
    assert take(home, listing, retry=True).new == 0
    assert dict(site.asked) == asked


def test_nobody_fetches_without_saying_who_asks() -> None:
    for contact in ("", " ", "a\r\nHost: b", "a)"):
        with pytest.raises(BadSetting, match=r"config set crawl\.contact"):
            agent(CrawlSettings(contact=contact))


def test_text_and_data_mining_needs_a_purpose_and_keeps_it_as_evidence() -> None:
    source = source_from("tdm", None, None, [])
    with pytest.raises(BadSetting, match=r"crawl\.purpose"):
        mined(source, SETTINGS)
    evidence = mined(source, CrawlSettings(purpose="research on voices")).evidence
    assert (
        evidence
        == "purpose: research on voices; lawful access: public addresses, no login; opt-outs checked: optouts@1"
    )


def test_files_cannot_come_in_for_text_and_data_mining(home: Path, media: Path) -> None:
    with pytest.raises(BadSetting, match="only where we fetch"):
        take(home, media, source=source_from("tdm", None, None, []))


def test_what_was_forgotten_is_not_fetched(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.put("/a.wav", sound(1))
    tombstones = with_key(home)
    with Catalog(home).open() as connection:
        bury(connection, "main", [tombstones.mark("address", url)])
    added = take(home, listed(tmp_path, url))
    assert (added.files, sum(added.dropped.values())) == (1, 1)
    assert not site.asked["/a.wav"]
    assert rows(home, "SELECT count(*) FROM fetches WHERE url = 'x' OR contains(url, 'a.wav')") == [(0,)]


def test_a_file_that_is_forgotten_leaves_its_address_nowhere(home: Path, tmp_path: Path, site: Site) -> None:
    urls = [site.put("/secret-name.wav", sound(1)), site.put("/b.wav", sound(2))]
    take(home, listed(tmp_path, *urls))
    here = collection.find(home)
    forget(here, urls[0], None, How())
    assert verify(here, "secret-name").found == ()
    assert rows(home, "SELECT url FROM fetches") == [(urls[1],)]
    assert take(home, listed(tmp_path, *urls)).new == 0


def test_a_kill_between_the_store_and_the_catalog_fetches_nothing_again(
    home: Path, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = listed(tmp_path, site.put("/a.wav", sound(1)), site.put("/long.wav", sound(2, seconds=20)))
    lax = CrawlSettings(contact=CONTACT)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.collect.arrivals.commit_taken", killed)
        with pytest.raises(KeyboardInterrupt):
            take(home, listing, settings=lax)
    assert take(home, listing, settings=lax).new == 2
    assert (site.asked["/a.wav"], site.asked["/long.wav"]) == (1, 1)
    assert list((home / "web" / "incoming").iterdir()) == []


def test_headers_that_are_no_text_harm_nothing_now_or_when_they_are_known(
    home: Path, tmp_path: Path, site: Site
) -> None:
    def answer(path: str, header: bytes) -> str:
        async def raw(request: web.Request) -> web.Response:
            assert request.transport
            body = sound(len(path))
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode()
            request.transport.write(head + header + b"\r\n\r\n" + body)
            request.transport.close()
            return web.Response()

        site.answers[path] = raw
        return site.url(path)

    urls = [answer("/a", b'ETag: "\xff"'), answer("/bc", b"X-Robots-Tag: noai, \xff"), site.put("/d", sound(9))]
    listing = listed(tmp_path, *urls)
    added = take(home, listing)
    assert (added.new, added.dropped) == (2, {"opted out in x-robots-tag: noai, \\xff": 1})
    listing.write_text(f"{listing.read_text('utf-8')}# once more", "utf-8")
    assert take(home, listing).failed == []


def test_a_crawl_that_is_killed_twice_fetches_next_to_nothing_again(home: Path, tmp_path: Path, site: Site) -> None:
    worlds(site, pages=100, files=8)
    urls = [site.url(path) for path in site.bodies if path.startswith("/media/")]
    listing = listed(tmp_path, *urls)
    (home / "emocurate.toml").write_text(
        (home / "emocurate.toml").read_text("utf-8").replace('contact = ""', f'contact = "{CONTACT}"'), "utf-8"
    )
    verb = ("add", str(listing), "--home", str(home), "--allow-host", "127.0.0.1", "--licence", "CC0-1.0")
    for least in (150, 450):
        process = begun(*verb)
        while sum(site.asked.values()) < least and process.is_alive():
            time.sleep(0.01)
        process.kill()
        process.join()
    assert emocurate(*verb) == 0
    asked = sum(count for path, count in site.asked.items() if path.startswith("/media/"))
    assert len(urls) <= asked <= 1.02 * len(urls)
    assert rows(home, "SELECT count(*) FROM assets") == [(len(urls),)]
    assert rows(home, "SELECT count(DISTINCT asset), count(DISTINCT url), count(*) FROM fetches") == [(len(urls),) * 3]
    assert list((home / "web" / "incoming").iterdir()) == []
    assert site.asked["/robots.txt"] <= 3


def test_a_host_that_wants_an_hour_has_it_also_when_the_command_is_killed(
    home: Path, tmp_path: Path, site: Site
) -> None:
    busy = site.fails("/busy.wav", 429, 9, sound(1), Retry_After="3600")
    listing = listed(tmp_path, site.url("/bad/silent"), busy, site.put("/more.wav", sound(2)))
    settings = home / "emocurate.toml"
    settings.write_text(settings.read_text("utf-8").replace('contact = ""', f'contact = "{CONTACT}"'), "utf-8")
    process = begun("add", str(listing), "--home", str(home), "--allow-host", "127.0.0.1")
    while process.is_alive() and not _rests(home):
        time.sleep(0.01)
    process.kill()
    process.join()
    before = dict(site.asked)
    assert len(take(home, listing).failed) >= 2
    assert dict(site.asked) == before
    assert before["/busy.wav"] == 1


def _rests(home: Path) -> bool:
    """Whether a host is known that wants to be left alone."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(home / "web" / "frontier.sqlite")) as frontier:
        return bool(frontier.execute("SELECT 1 FROM rests").fetchone())
    return False
