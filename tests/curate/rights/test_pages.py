"""What a page says, however it is written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from curate.rights.licences import Claim
from curate.rights.optouts import OptOut
from curate.rights.pages import Page, read_page

URL = "https://example.org/show/1.html"
BY = "https://creativecommons.org/licenses/by/4.0/"


def page(body: str) -> Page:
    return read_page(f"<!doctype html><html><head></head><body>{body}</body></html>".encode(), URL)


def test_links_media_and_the_canonical_address_are_absolute_and_follow_the_base() -> None:
    read = page(
        """<base href="/files/"><link rel="canonical" href="https://example.org/show/one">
           <a href="2.html#top">two</a><a href="javascript:x()">no</a><a href="x.html" rel="nofollow">no</a>
           <audio src="a.wav"></audio><video><source src="/b.mp4"></video>
           <link type="application/rss+xml" href="feed.xml">"""
    )
    assert read.canonical == "https://example.org/show/one"
    assert read.links == ("https://example.org/files/2.html",)
    assert [address for address, _ in read.media] == ["https://example.org/files/a.wav", "https://example.org/b.mp4"]
    assert read.feeds == ("https://example.org/files/feed.xml",)


def test_a_licence_of_the_page_is_read_with_the_place_that_says_it() -> None:
    read = page(f'<a rel="license" href="{BY}">CC BY</a><meta name="author" content="Anna Muster">')
    assert read.claims == (Claim("CC-BY-4.0", BY, "a[rel=license]", attribution="Anna Muster"),)


def test_linked_data_about_one_file_are_about_that_file_alone() -> None:
    data = {
        "@graph": [
            {"@type": "AudioObject", "contentUrl": "/a.wav", "license": BY, "creator": {"name": "Otto"}},
            {"@type": "WebPage", "license": {"@id": "https://creativecommons.org/licenses/by-nc/4.0/"}},
        ]
    }
    read = page(f'<script type="application/ld+json">{json.dumps(data)}</script><audio src="/b.wav"></audio>')
    media = dict(read.media)
    assert [one.licence for one in media["https://example.org/a.wav"]] == ["CC-BY-4.0"]
    assert media["https://example.org/a.wav"][0].attribution == "Otto"
    assert media["https://example.org/b.wav"] == ()
    assert [one.licence for one in read.claims] == ["CC-BY-NC-4.0"]


def test_a_page_that_says_no_is_heard() -> None:
    read = page('<meta name="robots" content="noai, nofollow"><meta name="tdm-reservation" content="1">')
    assert read.optouts == (OptOut("meta", "robots: noai, nofollow"), OptOut("tdmrep", "meta tdm-reservation: 1"))
    assert read.nofollow


def test_a_page_that_is_broken_says_what_it_can() -> None:
    assert read_page(b"", URL) == Page()
    read = read_page(b'<audio src="a.wav"><script type="application/ld+json">{broken</script><a href="b', URL)
    assert [address for address, _ in read.media] == ["https://example.org/show/a.wav"]


def test_linked_data_that_go_on_for_ever_end() -> None:
    deep = "[" * 5000 + "]" * 5000
    assert page(f'<script type="application/ld+json">{deep}</script>').claims == ()


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read(body: bytes) -> None:
    read = read_page(b"<html><a rel=license href=" + body, URL)
    assert all(address.startswith(("http://", "https://")) for address in (*read.links, *read.feeds))


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.just(BY),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["license", "contentUrl", "author", "@id", "name", "url"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_any_linked_data_are_read(value: object) -> None:
    read = page(f'<script type="application/ld+json">{json.dumps(value)}</script>')
    assert all(one.licence in ("CC-BY-4.0", None) for one in read.claims)


def test_halves_of_letters_in_linked_data_are_none() -> None:
    told = r'{"license": "CC \ud800", "author": "Anna \ud800 Muster"}'
    (one,) = read_page(f'<script type="application/ld+json">{told}</script>'.encode(), "https://example.org/").claims
    assert (one.verbatim, one.attribution) == ("CC ?", "Anna ? Muster")
