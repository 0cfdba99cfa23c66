"""The one room that fetches: what it gives, what it refuses, and what it tries again."""

import asyncio
import hashlib
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ThreadedResolver, web
from yarl import URL

from curate.rights.addresses import Door
from curate.rights.fetch import Bounds, Fetched, Fetcher, Policy, Request, wait_s
from schemas.errors import Refused
from tests.site import AGENT, Site, sound

LOOPBACK = Door(("127.0.0.1",))
QUICK = Bounds(seconds=1.5, idle_s=1, connect_s=1, back_off_s=0.01, most_bytes=1 << 20)


def fetch(request: Request, policy: Policy | None = None, door: Door = LOOPBACK, limits: Bounds = QUICK) -> Fetched:
    async def fetching() -> Fetched:
        async with Fetcher(AGENT, door, limits) as fetcher:
            return await fetcher.fetch(request, policy)

    return asyncio.run(fetching())


def test_a_file_arrives_whole_with_what_shows_where_it_is_from(site: Site, tmp_path: Path) -> None:
    url = site.put("/a.wav", sound(1), "audio/wav", ETag='"v1"')
    got = fetch(Request(url, tmp_path / "a"))
    assert (got.outcome, got.status, got.final_url, got.size) == ("fetched", 200, url, len(sound(1)))
    assert got.sha256 == hashlib.sha256(sound(1)).hexdigest()
    assert got.path
    assert got.path.read_bytes() == sound(1)
    assert got.headers["etag"] == '"v1"'
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_agent_says_who_it_is(site: Site) -> None:
    fetch(Request(site.put("/a", b"x")))
    assert site.requests[0][1]["User-Agent"] == AGENT


def test_redirects_are_followed_and_every_hop_is_kept(site: Site) -> None:
    end = site.put("/end", b"here")
    got = fetch(Request(site.move("/start", site.move("/middle", "/end", 301), 307)))
    assert (got.body, got.final_url) == (b"here", end)
    assert [(URL(hop.url).path, hop.status) for hop in got.chain] == [("/start", 307), ("/middle", 301)]
    assert got.chain[0].sha256 == hashlib.sha256(b"moved").hexdigest()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/round", "redirects in a circle"),
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://[::ffff:10.0.0.1]/", "not on the public internet"),
        ("http://localhost/", "not on the public internet"),
        ("file:///etc/passwd", "expected http or https"),
        ("http://127.1/", "names no machine"),
        ("http://user:secret@example.org/", "holds a name or password"),
    ],
)
def test_a_redirect_leads_nowhere_that_could_not_be_asked_for(site: Site, location: str, reason: str) -> None:
    got = fetch(Request(site.move("/round", location)))
    assert got.outcome == "refused"
    assert reason in str(got.reason)
    assert "secret" not in str(got.reason)
    assert len(got.chain) == 1


def test_endless_redirects_end(site: Site) -> None:
    for number in range(30):
        site.move(f"/{number}", f"/{number + 1}")
    assert fetch(Request(site.url("/0"))).reason == "redirects more than 10 times"


def test_a_machine_that_is_not_public_is_not_asked(site: Site) -> None:
    got = fetch(Request(site.put("/a", b"x")), door=Door())
    assert got.outcome == "refused"
    assert "--allow-host 127.0.0.1" in str(got.reason)
    assert not site.asked


def test_a_name_that_resolves_otherwise_a_moment_later_finds_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["203.0.113.9"], ["127.0.0.1"]]  # rebinding: first an address that is reserved for documentation

    async def rebound(self: ThreadedResolver, host: str, port: int = 0, family: Any = 0) -> Any:
        address = answers.pop(0)[0] if len(answers) > 1 else answers[0][0]
        one = {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [one]

    monkeypatch.setattr(ThreadedResolver, "resolve", rebound)
    site.put("/a", b"x")
    for _ in range(2):
        assert fetch(Request(site.url("/a", host="rebound.example"))).outcome == "refused"
    assert not site.asked


def test_what_may_succeed_is_tried_again(site: Site) -> None:
    got = fetch(Request(site.fails("/busy", 503, 2, b"now")))
    assert (got.outcome, got.body, site.asked["/busy"]) == ("fetched", b"now", 3)


@pytest.mark.parametrize(("status", "outcome"), [(404, "refused"), (403, "refused"), (501, "failed")])
def test_what_will_not_succeed_is_asked_once(site: Site, status: int, outcome: str) -> None:
    got = fetch(Request(site.fails("/no", status, 9, b"")))
    assert (got.outcome, got.reason, site.asked["/no"]) == (outcome, f"HTTP {status}", 1)


def test_a_server_that_wants_an_hour_is_left_in_peace(site: Site) -> None:
    got = fetch(Request(site.fails("/later", 429, 9, b"", Retry_After="3600")))
    assert (got.outcome, site.asked["/later"]) == ("failed", 1)


def test_a_slow_drip_ends(site: Site, tmp_path: Path) -> None:
    got = fetch(Request(site.url("/bad/drip"), tmp_path / "a"))
    assert got.outcome == "failed"
    assert "seconds" in str(got.reason)


def test_an_endless_body_ends_at_the_size_that_is_allowed(site: Site, tmp_path: Path) -> None:
    got = fetch(Request(site.url("/bad/endless"), tmp_path / "a"))
    assert got.outcome == "refused"
    assert "larger than" in str(got.reason)
    assert list(tmp_path.iterdir()) == []


def test_a_size_that_is_told_is_refused_before_the_body(site: Site) -> None:
    assert "larger than" in str(fetch(Request(site.put("/big", bytes(2 << 20)))).reason)


def test_a_decompression_bomb_is_refused(site: Site) -> None:
    got = fetch(Request(site.url("/bad/bomb")), limits=Bounds(most_bytes=1 << 40))
    assert (got.outcome, got.reason) == ("refused", "unpacks to more than 200 times its size")


def test_packed_content_is_unpacked(site: Site, tmp_path: Path) -> None:
    got = fetch(Request(site.url("/bad/packed"), tmp_path / "a"))
    assert got.sha256 == hashlib.sha256(sound(3)).hexdigest()


@pytest.mark.parametrize("path", ["cut", "silent", "rubbish"])
def test_a_server_that_breaks_off_has_failed_and_nothing_was_refused(site: Site, path: str) -> None:
    assert fetch(Request(site.url(f"/bad/{path}"))).outcome == "failed"


def test_a_body_that_broke_off_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    whole = bytes(range(256)) * 4000

    async def breaking(request: web.Request) -> web.StreamResponse:
        if site.asked["/a"] == 1:
            response = web.StreamResponse(headers={"Content-Length": str(len(whole)), "ETag": '"v1"'})
            await response.prepare(request)
            await response.write(whole[:500_000])
            await asyncio.sleep(0.1)
            assert request.transport
            request.transport.close()
            return response
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        told = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}", "ETag": '"v1"'}
        return web.Response(status=206, body=whole[start:], headers=told)

    site.answers["/a"] = breaking
    got = fetch(Request(site.url("/a"), tmp_path / "a", most_bytes=2 << 20))
    assert (got.outcome, got.size) == ("fetched", len(whole))
    assert got.sha256 == hashlib.sha256(whole).hexdigest()
    assert site.requests[1][1]["If-Range"] == '"v1"'
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_changed_while_it_was_broken_off_is_fetched_from_the_beginning(site: Site, tmp_path: Path) -> None:
    url = site.put("/a", b"the new one", ETag='"v2"')
    (tmp_path / "a.part").write_bytes(b"the o")
    (tmp_path / "a.note").write_text(f'{{"url": "{url}", "validator": "\\"v1\\""}}')
    assert fetch(Request(url, tmp_path / "a")).sha256 == hashlib.sha256(b"the new one").hexdigest()


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    url = site.put("/a", b"x", ETag='"v1"')
    assert fetch(Request(url, etag='"v1"')).outcome == "unchanged"
    assert fetch(Request(url, etag='"v0"')).outcome == "fetched"


def test_without_a_tag_the_day_of_the_last_change_is_asked_about(site: Site) -> None:
    day = "Sat, 01 Aug 2026 10:00:00 GMT"
    fetch(Request(site.put("/a", b"x"), last_modified=day))
    assert site.requests[0][1]["If-Modified-Since"] == day


def test_a_beginning_that_is_not_wanted_ends_the_fetch(site: Site, tmp_path: Path) -> None:
    url = site.put("/a", b"<html>" + bytes(900_000))
    got = fetch(Request(url, tmp_path / "a", judge=lambda head: "a page" if head.startswith(b"<html>") else None))
    assert (got.outcome, got.reason) == ("refused", "a page")
    assert list(tmp_path.iterdir()) == []


def test_a_long_text_is_cut_where_the_beginning_is_enough(site: Site) -> None:
    assert fetch(Request(site.put("/a", bytes(5 << 20)), most_bytes=1000, cut=True)).size == 1000


def test_a_policy_is_asked_before_every_hop_and_before_the_body(site: Site) -> None:
    seen: list[str] = []

    class Watching:
        async def before(self, url: URL) -> None:
            seen.append(f"before {url.path}")

        async def after(self, headers: Mapping[str, str]) -> None:
            raise Refused(f"x-robots-tag: {headers['x-robots-tag']}")

        def wants_rest(self, url: URL, seconds: float) -> None:
            seen.append(f"rest {url.path} {seconds}")

    site.put("/end", b"x", X_Robots_Tag="noai")
    got = fetch(Request(site.move("/start", "/end")), Watching())
    assert seen == ["before /start", "before /end"]
    assert (got.outcome, got.reason, got.body) == ("refused", "x-robots-tag: noai", b"")
    assert got.headers["x-robots-tag"] == "noai"


def raw(site: Site, path: str, *lines: bytes, status: bytes = b"200 OK") -> str:
    """Answer with these very bytes as headers."""

    async def answer(request: web.Request) -> web.Response:
        assert request.transport
        head = b"\r\n".join((b"HTTP/1.1 " + status, *lines, b"Content-Length: 2", b"Connection: close"))
        request.transport.write(head + b"\r\n\r\nno")
        request.transport.close()
        return web.Response()

    site.answers[path] = answer
    return site.url(path)


def test_bytes_of_headers_that_are_no_text_are_shown_as_what_they_are(site: Site) -> None:
    got = fetch(Request(raw(site, "/a", b'ETag: "\xff"', b"X-Robots-Tag: noai, \xc3\xa9\xfe")))
    assert (got.outcome, got.headers["etag"]) == ("fetched", '"\\xff"')
    assert got.headers["x-robots-tag"] == "noai, é\\xfe"


def test_a_redirect_to_bytes_that_are_no_text_leads_to_these_bytes(site: Site) -> None:
    site.put("/%FF.wav", b"there")
    raw(site, "/a", b"Location: /\xff.wav", status=b"302 Found")
    assert fetch(Request(site.url("/a"))).final_url == site.url("/%FF.wav")


@pytest.mark.parametrize(
    "when", ["Mon, 01 Jan 2024 00:00:00 +99999999999999999", "Mon, 01 Jan 99999999999999999999 0:0:0"]
)
def test_a_time_that_nobody_can_wait_for_is_none(when: str) -> None:
    assert wait_s(when) == 0


def test_a_part_nobody_asked_for_and_a_no_change_nobody_asked_about_are_told(site: Site, tmp_path: Path) -> None:
    part = fetch(Request(raw(site, "/p", b"Content-Range: bytes 5-6/20", status=b"206 Part"), tmp_path / "p"))
    assert (part.outcome, part.reason) == ("failed", "another part came than was asked for")
    same = fetch(Request(site.fails("/s", 304, 9, b"")))
    assert (same.outcome, same.reason) == ("refused", "HTTP 304")
