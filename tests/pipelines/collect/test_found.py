"""What pages and feeds give a crawl."""

import gzip
import hashlib

import pytest

from curate.rights.fetch import Fetched
from pipelines.collect.found import CUT, Found, Scope, found
from schemas.web import OPT_OUT_KINDS
from tests.site import sound

URL = "https://example.org/a/index.html"
SCOPE = Scope(hosts=("example.org",))
BY = "https://creativecommons.org/licenses/by/4.0/"
NC = "https://creativecommons.org/licenses/by-nc/4.0/"


def gave(body: str | bytes, scope: Scope = SCOPE) -> Found:
    data = body.encode() if isinstance(body, str) else body
    sha256 = hashlib.sha256(data).hexdigest()
    return found(Fetched(URL, "fetched", final_url=URL, body=data, size=len(data), sha256=sha256), scope, OPT_OUT_KINDS)


def test_a_page_gives_pages_of_its_hosts_and_media_of_any() -> None:
    one = gave(
        """<html><a href="b.html">b</a><a href="https://other.example/c.html">c</a><a href="https://sub.example.org/d">d</a>
           <a href="https://cdn.example/e.mp3">e</a><audio src="f"></audio><a href="g.pdf">g</a></html>"""
    )
    assert one.pages == ("https://example.org/a/b.html", "https://sub.example.org/d", "https://example.org/a/g.pdf")
    assert one.media == ("https://example.org/a/f", "https://cdn.example/e.mp3")


@pytest.mark.parametrize(
    ("include", "media"),
    [(("*.mp3",), ["e.mp3"]), (("/a/*.wav",), ["f.wav"]), (("*.jpg", "*.MP3"), ["e.mp3", "g.jpg"])],
)
def test_globs_say_which_media_are_wanted(include: tuple[str, ...], media: list[str]) -> None:
    one = gave(
        '<html><a href="e.mp3">e</a><audio src="f.wav"></audio><a href="g.jpg">g</a></html>',
        Scope(hosts=("example.org",), include=include),
    )
    assert [url.rpartition("/")[2] for url in one.media] == media


def test_a_licence_is_kept_with_the_page_and_its_hash() -> None:
    body = f'<html><a rel="license" href="{BY}">BY</a><audio src="f.wav"></audio></html>'
    ((url, claim),) = gave(body).claims
    assert (url, claim.licence, claim.page) == ("https://example.org/a/f.wav", "CC-BY-4.0", URL)
    assert claim.sha256 == hashlib.sha256(body.encode()).hexdigest()
    assert "a[rel=license]" in claim.evidence


def test_a_page_that_opts_out_gives_nothing_but_that() -> None:
    one = gave('<html><meta name="robots" content="noai"><audio src="f.wav"></audio><a href="b.html">b</a></html>')
    assert (one.media, one.pages) == ((), ())
    assert [optout.kind for optout in one.optouts] == ["meta"]


def test_a_page_that_asks_so_is_not_followed() -> None:
    one = gave('<html><meta name="robots" content="nofollow"><audio src="f.wav"></audio><a href="b.html">b</a></html>')
    assert (one.pages, len(one.media)) == ((), 1)


def test_a_feed_gives_its_enclosures_with_their_licences_and_says_that_it_is_cut() -> None:
    item = f'<item><enclosure url="e{{}}.mp3"/><creativeCommons:license>{BY}</creativeCommons:license></item>'
    whole = '<?xml version="1.0"?><rss xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"><channel>'
    whole += item.format(1) + item.format(2) + "</channel></rss>"
    assert (len(gave(whole).media), gave(whole).note) == (2, None)
    one = gave(whole[: whole.index("e2.mp3")])
    assert (one.media, one.note) == (("https://example.org/a/e1.mp3",), CUT)
    assert [claim.licence for _, claim in one.claims] == ["CC-BY-4.0"]


def test_a_packed_sitemap_gives_pages_and_media() -> None:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    body = f"<urlset {space}><url><loc>/p.html</loc></url><url><loc>/m.wav</loc></url></urlset>".encode()
    one = gave(gzip.compress(body))
    assert (one.pages, one.media) == (("https://example.org/p.html",), ("https://example.org/m.wav",))


def test_a_packed_bomb_is_no_page() -> None:
    assert gave(gzip.compress(bytes(50 << 20))).note == "neither a page nor a feed"


def test_an_address_that_is_media_itself_is_taken() -> None:
    assert gave(sound(1)).media == (URL,)
    assert gave(b"\x00\x01\x02").note == "neither a page nor a feed"
