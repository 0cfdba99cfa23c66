"""Pages of video sites are shown to yt-dlp, which says where their media lie and reaches nothing it may not."""

import asyncio
import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from curate.rights.addresses import Door
from pipelines.collect import videos
from pipelines.collect.found import Scope
from pipelines.collect.videos import Videos, read_infos, shown_to
from schemas.errors import Missing
from tests.pipelines.collect.test_crawl import asking, crawled, page, rows
from tests.site import AGENT, Site, sound

__all__ = ["asking"]
SHOW = "https://video.example/watch/1"


def player(site: Site, path: str, media: str, more: str = "") -> str:
    """A page that shows media by a script alone, as video sites do; gives its address."""
    script = f'<script>jwplayer("p").setup({{"file": "{media}", "title": "a talk"}});</script>'
    return site.put(
        path, f"<!doctype html><html><head><title>x</title>{more}</head><body>{script}</body></html>", "text/html"
    )


def said(url: str, door: Door) -> Videos:
    return asyncio.run(shown_to(url, AGENT, door, 60))


def test_what_only_yt_dlp_sees_comes_in_with_its_info_json_as_evidence(asking: Path, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/")
    site.put("/talk.mp4", sound(1), "video/mp4")
    for path in ("/private/show", "/noai"):
        player(site, path, "/private/secret.mp4", '<meta name="robots" content="noai">' if path == "/noai" else "")
    site.put("/plain", page("words"), "text/html")
    player(site, "/show", "/talk.mp4")
    links = "".join(f'<a href="{path}">x</a>' for path in ("/show", "/private/show", "/noai"))
    done = crawled(asking, site.put("/", page(links), "text/html"), scope=Scope(depth=1), videos=True)
    assert done.added
    assert (done.media, done.added.new) == (1, 1)
    ((address, basis, evidence),) = rows(asking, "SELECT address, basis, evidence FROM sources")
    assert (address, basis) == (site.url("/show"), "unknown")
    assert str(evidence).startswith(f"found on {site.url('/show')} by yt-dlp 20")
    sha256 = str(evidence)[-64:]
    info = gzip.decompress((asking / "web" / "pages" / sha256[:2] / f"{sha256}.gz").read_bytes())
    assert hashlib.sha256(info).hexdigest() == sha256
    assert json.loads(info)["url"] == site.url("/talk.mp4")
    assert rows(asking, "SELECT url, outcome FROM fetches WHERE asset IN (SELECT id FROM assets)") == [
        (site.url("/talk.mp4"), "fetched")
    ]
    assert not [path for path in site.asked if path.startswith("/private/")]
    assert site.asked["/noai"] == 1  # by us; it was not shown to another program then
    assert {headers["User-Agent"].partition("/")[0] for _, headers in site.requests} == {"emocurate"}


def test_yt_dlp_reaches_no_machine_that_we_may_not_ask(site: Site) -> None:
    player(site, "/show", "/talk.mp4")
    assert "not on the public internet" in str(said(site.url("/show"), Door()).note)
    assert not site.asked
    site.move("/out", site.url("/show", "localhost"))
    led = said(site.url("/out"), Door(("127.0.0.1",)))
    assert "localhost is not on the public internet" in str(led.note)
    assert (led.media, site.asked["/show"]) == ([], 0)


def info(**told: object) -> bytes:
    whole = {"url": "https://cdn.example/1.mp4", "protocol": "https", "webpage_url": SHOW, "extractor": "vimeo"} | told
    return json.dumps({key: value for key, value in whole.items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("words", "licence"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("Creative Commons Attribution 3.0", "CC-BY-3.0"),
        ("Creative Commons Attribution license (reuse allowed)", None),  # of which version, nobody says
        ("Unknown", None),
    ],
)
def test_the_licence_stands_in_the_info_json(words: str, licence: str | None) -> None:
    line = info(license=words, uploader="Anna Muster")
    (video,) = read_infos(line).media
    (claim,) = video.claims
    assert (claim.licence, claim.attribution, claim.page) == (licence, "Anna Muster", SHOW)
    assert claim.sha256 == hashlib.sha256(line).hexdigest()
    assert claim.evidence.endswith(f"{words!r}; SHA-256 of the info JSON {claim.sha256}")


def test_a_list_gives_pages_and_what_comes_in_pieces_or_broken_is_left() -> None:
    lines = [
        info(_type="url", url="https://video.example/watch/2", protocol=None),
        info(protocol="m3u8_native"),
        info(url="http://127.1/x"),
        info(url=None),
        b"[]",
        b"7",
        info()[:40],
        info(),
    ]
    read = read_infos(b"\n".join(lines))
    assert read.pages == ["https://video.example/watch/2"]
    assert [one.url for one in read.media] == ["https://cdn.example/1.mp4"]


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a yt-dlp on the path that does what a script says."""
    program = folder / "yt-dlp"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("echo 'yt-dlp: error: no such option: --no-js' >&2; exit 2", "yt-dlp ended with 2: yt-dlp: error: no such"),
        ("exit 3", "yt-dlp ended with 3: it gave no reason"),
        ("echo 'ERROR: Unsupported URL: x' >&2; exit 1", None),
        ("echo '{} {} {}'", "yt-dlp printed more than 0 MB; the rest is not read"),
    ],
)
def test_a_program_that_ends_badly_or_prints_too_much_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, note: str | None
) -> None:
    pretend(tmp_path, monkeypatch, script)
    monkeypatch.setattr(videos, "MOST_BYTES", 8)
    told = said(SHOW, Door()).note
    assert told == note if note is None else note in str(told)


def test_pages_that_yt_dlp_names_are_left_where_the_page_says_nofollow(
    asking: Path, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/next", page("words"), "text/html")
    pretend(tmp_path, monkeypatch, f"echo '{json.dumps({'_type': 'url', 'url': site.url('/next')})}'")
    for path, more in (("/stays", '<meta name="robots" content="nofollow">'), ("/goes", "")):
        crawled(asking, site.put(path, page(more), "text/html"), scope=Scope(depth=1), videos=True)
        assert site.asked["/next"] == (path == "/goes")


def test_without_the_program_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(videos, "find_spec", lambda _: None)
    with pytest.raises(Missing, match=r"pip install 'emocurate\[video-sites\]'"):
        videos.program()
    program = tmp_path / "yt-dlp"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    assert videos.program() == [str(program)]
