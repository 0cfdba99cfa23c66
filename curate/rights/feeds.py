"""What feeds and sitemaps say: enclosures with the licence of each, and further addresses; a feed may be cut off."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree
from yarl import URL

from curate.rights.addresses import checked_url
from curate.rights.licences import Claim, claim
from schemas.errors import Refused

MOST_ITEMS = 100_000
ITEMS = ("item", "entry")
# Namespaces by what stands in their names: feeds write them in many ways.
PODCAST, CREATIVE, CC = "podcast", "creativecommonsrssmodule", ("web.resource.org/cc", "creativecommons.org/ns")
LICENCES = ("license", "licence")
NAMES = ("author", "creator", "credit")


@dataclass(frozen=True)
class FeedItem:
    """One episode: its page, its media and what is said of their licence."""

    media: tuple[str, ...] = ()
    page: str | None = None
    claims: tuple[Claim, ...] = ()


@dataclass
class Feed:
    """A feed or sitemap: items, further addresses, and whether it ends before its end.

    `kind` is `feed`, `sitemap`, or empty where it is neither.
    """

    kind: str = ""
    items: list[FeedItem] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    is_cut: bool = False


@dataclass
class _Said:
    """What was said so far within a feed or an item of it."""

    media: list[str] = field(default_factory=list)
    page: str | None = None
    claims: list[Claim] = field(default_factory=list)
    author: str | None = None


def read_feed(body: bytes, url: str) -> Feed:
    """A feed or sitemap as far as it can be read; entities are not expanded, and nothing is raised or fetched."""
    feed, channel, item = Feed(), _Said(), _Said()
    inside = False
    for event, element in _events(body, feed):
        name, space = _name(element)
        if event == "start":
            feed.kind = feed.kind or {"urlset": "sitemap", "sitemapindex": "sitemap"}.get(name, "feed")
            if name in ITEMS:
                inside, item = True, _Said()
            continue
        if name == "loc" and feed.kind == "sitemap":
            feed.addresses += _address(url, element.text)
        elif name in ITEMS:
            inside = False
            _end(feed, channel, item)
        else:
            _hear(item if inside else channel, element, name, space, url)
        if name in (*ITEMS, "url", "sitemap"):
            element.clear()
        if len(feed.items) + len(feed.addresses) >= MOST_ITEMS:
            break
    if feed.is_cut:
        _leave_halves(feed, body)
    return feed


def _leave_halves(feed: Feed, body: bytes) -> None:
    """Of a feed that is cut off within an item or address, that one may be half of what it was."""
    if any(body.rfind(b"<" + name) > body.rfind(b"</" + name) for name in (b"item", b"entry")):
        del feed.items[-1:]
    if body.rfind(b"<loc") > body.rfind(b"</loc"):
        del feed.addresses[-1:]


def _events(body: bytes, feed: Feed) -> Iterator[tuple[str, Any]]:
    """Starts and ends of elements; what is no XML any more ends it."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return
    parsing = etree.iterparse(
        io.BytesIO(body), events=("start", "end"), recover=True, resolve_entities=False, no_network=True,
        huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    depth, root = 0, b""
    try:
        for event, element in parsing:
            root = root or str(element.tag).rpartition("}")[2].encode()
            depth += 1 if event == "start" else -1
            if isinstance(element.tag, str):
                yield event, element
    except etree.LxmlError:
        feed.is_cut = True
    last = body.rstrip()[-200:].rsplit(b"<", 1)[-1].rstrip(b"> \t\r\n")
    feed.is_cut = feed.is_cut or depth != 0 or not (last.startswith(b"/") and last.endswith(root))


def _hear(said: _Said, element: Any, name: str, space: str, url: str) -> None:
    """What one element says of the feed or the item it stands in."""
    relation = (element.get("rel") or "").casefold()
    if (
        name == "enclosure"
        or (name == "content" and element.get("url"))
        or (name == "link" and relation == "enclosure")
    ):
        said.media += _address(url, element.get("url") or element.get("href"))
    elif name == "link" and relation in ("", "alternate"):
        said.page = said.page or next(iter(_address(url, element.get("href") or element.text)), None)
    elif licence := _claim(element, name, space, relation):
        said.claims.append(licence)
    elif name in NAMES:
        text = " ".join("".join(element.itertext()).split())[:200]
        said.author = said.author or text or None


def _claim(element: Any, name: str, space: str, relation: str) -> Claim | None:
    if name == "link" and relation == "license":
        return claim(element.get("href") or "", "link[rel=license]")
    if name not in LICENCES:
        return None
    resource = next((value for key, value in element.attrib.items() if key.endswith("resource")), "")
    text = element.get("url") or resource or (element.text or "")
    known = claim(element.text or "", "")
    if PODCAST in space:  # its text is an SPDX name in small letters, its address may be anything
        return claim(element.text if known and known.licence else text, "podcast:license")
    prefix = "creativeCommons" if CREATIVE in space else "cc" if any(part in space for part in CC) else "media"
    return claim(text or element.get("href") or "", f"{prefix}:license")


def _end(feed: Feed, channel: _Said, item: _Said) -> None:
    """An item is over: its own licence holds, or that of the whole feed."""
    author = item.author or channel.author
    claims = [replace(one, attribution=author) if author else one for one in item.claims or channel.claims]
    feed.items.append(FeedItem(tuple(dict.fromkeys(item.media)), item.page, tuple(dict.fromkeys(claims))))


def _name(element: Any) -> tuple[str, str]:
    """The name of an element and its namespace, both in small letters."""
    space, _, name = element.tag.rpartition("}")
    prefix = name.rpartition(":")
    return prefix[2].casefold(), f"{space.casefold()} {prefix[0].casefold()}"


def _address(url: str, text: str | None) -> list[str]:
    try:
        return [str(checked_url(str(URL(url).join(URL((text or "").strip())))))] if (text or "").strip() else []
    except (ValueError, TypeError, Refused):
        return []
