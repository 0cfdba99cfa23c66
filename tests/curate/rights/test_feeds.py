"""What feeds and sitemaps say, whole or cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rights.feeds import read_feed

URL = "https://example.org/feed.xml"
SPACES = (
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule" xmlns:cc="http://web.resource.org/cc/" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
)
BY = "https://creativecommons.org/licenses/by/4.0/"


def rss(*items: str, channel: str = "") -> bytes:
    whole = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel>{channel}{whole}</channel></rss>'.encode()


def item(number: int, more: str = "") -> str:
    return f'<link>https://example.org/{number}</link><enclosure url="/{number}.mp3" type="audio/mpeg"/>{more}'


@pytest.mark.parametrize(
    ("tag", "where", "licence"),
    [
        ("<podcast:license>cc-by-4.0</podcast:license>", "podcast:license", "CC-BY-4.0"),
        (f'<podcast:license url="{BY}">our own</podcast:license>', "podcast:license", "CC-BY-4.0"),
        (
            '<podcast:license url="https://example.org/l.pdf">my-podcast-license-v1</podcast:license>',
            "podcast:license",
            None,
        ),
        (f"<creativeCommons:license>{BY}</creativeCommons:license>", "creativeCommons:license", "CC-BY-4.0"),
        (f'<cc:license rdf:resource="{BY}"/>', "cc:license", "CC-BY-4.0"),
    ],
)
def test_every_tag_that_licences_an_episode_is_read(tag: str, where: str, licence: str | None) -> None:
    feed = read_feed(rss(item(1, tag + "<itunes:author>Anna</itunes:author>")), URL)
    (episode,) = feed.items
    (one,) = episode.claims
    assert (one.where, one.licence, one.attribution) == (where, licence, "Anna")
    assert (episode.media, episode.page) == (("https://example.org/1.mp3",), "https://example.org/1")
    assert (feed.kind, feed.is_cut) == ("feed", False)


def test_the_licence_of_the_feed_holds_where_an_episode_says_nothing() -> None:
    tag = "<podcast:license>cc-by-4.0</podcast:license>"
    feed = read_feed(rss(item(1), item(2, tag.replace("by", "by-nc")), channel=tag), URL)
    assert [[one.licence for one in episode.claims] for episode in feed.items] == [["CC-BY-4.0"], ["CC-BY-NC-4.0"]]


def test_atom_is_read() -> None:
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="license" href="{BY}"/><author><name>Otto</name></author>
        <entry><link href="/one"/><link rel="enclosure" href="a.ogg"/></entry></feed>"""
    (entry,) = read_feed(body.encode(), URL).items
    assert (entry.media, entry.page) == (("https://example.org/a.ogg",), "https://example.org/one")
    assert [(one.licence, one.attribution) for one in entry.claims] == [("CC-BY-4.0", "Otto")]


def test_a_feed_that_is_cut_off_gives_what_came_and_says_so() -> None:
    whole = rss(*(item(number) for number in range(10)))
    feed = read_feed(whole[: whole.index(b"/7.mp3") + 4], URL)
    assert feed.is_cut
    assert [episode.media[0] for episode in feed.items] == [f"https://example.org/{number}.mp3" for number in range(7)]


def test_sitemaps_and_their_indexes_give_addresses() -> None:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    body = f"<urlset {space}><url><loc> https://example.org/a </loc></url><url><loc>/b</loc></url></urlset>"
    assert read_feed(body.encode(), URL).addresses == ["https://example.org/a", "https://example.org/b"]
    index = f"<sitemapindex {space}><sitemap><loc>https://example.org/s.xml</loc></sitemap></sitemapindex>"
    assert (read_feed(index.encode(), URL).kind, len(read_feed(index.encode(), URL).addresses)) == ("sitemap", 1)


def test_entities_are_not_expanded_and_files_not_read(tmp_path: object) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE rss [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'
    body += "<rss><channel><item><author>&l9;&f;</author><enclosure url='/a.mp3'/></item></channel></rss>"
    feed = read_feed(body.encode(), URL)
    assert "root:" not in str(feed)
    assert len(str(feed)) < 10_000


def test_a_page_is_no_feed() -> None:
    assert read_feed(b"words", URL).kind == ""


@given(st.binary(max_size=300), st.integers(0, 900))
def test_any_feed_is_read_wherever_it_is_cut_and_whatever_follows(tail: bytes, at: int) -> None:
    whole = rss(item(1, "<podcast:license>cc-by-4.0</podcast:license>"), item(2))
    feed = read_feed(whole[:at] + tail, URL)
    assert len(feed.items) <= 50
    assert read_feed(tail, URL).items == [] or tail
