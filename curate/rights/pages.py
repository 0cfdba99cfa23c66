"""What a page says: where it leads, which media it shows, under which licence, and what it says against taking them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree, html
from yarl import URL

from curate.rights.addresses import checked_url
from curate.rights.licences import Claim, claim, plain_words
from curate.rights.optouts import OptOut, meta_optouts
from schemas.errors import Refused

META_MEDIA = ("og:audio", "og:audio:url", "og:video", "og:video:url", "twitter:player:stream")
META_LICENCES = ("license", "licence", "dc.rights.license", "dcterms.license", "dc.license", "dcterms:license")
META_AUTHORS = ("author", "dc.creator", "dcterms.creator")
FEEDS = ("application/rss+xml", "application/atom+xml")
LD_MEDIA = ("contentUrl", "embedUrl")
LD_NAMES = ("creditText", "author", "creator", "copyrightHolder", "publisher")
DEEPEST, MOST_NODES = 30, 20_000


@dataclass(frozen=True)
class Page:
    """A page: its canonical address, links to follow, feeds, media with the claims about each of them alone, claims
    about all it shows, opt-outs, and whether it asks that its links be not followed."""

    canonical: str | None = None
    links: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    media: tuple[tuple[str, tuple[Claim, ...]], ...] = ()
    claims: tuple[Claim, ...] = ()
    optouts: tuple[OptOut, ...] = ()
    nofollow: bool = False


def read_page(body: bytes, url: str) -> Page:
    """A page read as far as it can be; whatever is in it, nothing is raised."""
    tree = _tree(body)
    if tree is None:
        return Page()
    base = next((href for href in tree.xpath("//base/@href")), "")
    root = _joined(url, base) or url
    metas = [(_meta_name(meta), meta.get("content") or "") for meta in tree.iter("meta")]
    objects = list(_linked_data(tree))
    author = _author(metas, objects)
    claims = tuple(_signed(one, author) for one in (*_rel_claims(tree), *_meta_claims(metas), *_page_claims(objects)))
    directives = {part.strip().casefold() for name, content in metas if name == "robots" for part in content.split(",")}
    return Page(
        canonical=next(_addresses(root, tree.xpath("//link[@rel='canonical']/@href")), None),
        links=tuple(dict.fromkeys(_addresses(root, _links(tree)))),
        feeds=tuple(dict.fromkeys(_addresses(root, _feeds(tree)))),
        media=tuple(_media(root, tree, metas, objects, author)),
        claims=tuple(dict.fromkeys(claims)),
        optouts=tuple(meta_optouts(metas)),
        nofollow=bool(directives & {"nofollow", "none"}),
    )


def _tree(body: bytes) -> Any:
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _meta_name(meta: Any) -> str:
    return (meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").strip().casefold()


def _links(tree: Any) -> Iterator[str]:
    for link in tree.iter("a", "area"):
        if "nofollow" not in (link.get("rel") or "").casefold().split():
            yield link.get("href") or ""
    for frame in tree.iter("iframe"):
        yield frame.get("src") or ""


def _feeds(tree: Any) -> Iterator[str]:
    for link in tree.iter("link"):
        if (link.get("type") or "").casefold() in FEEDS:
            yield link.get("href") or ""


def _media(
    root: str, tree: Any, metas: list[tuple[str, str]], objects: list[dict[str, Any]], author: str | None
) -> Iterator[tuple[str, tuple[Claim, ...]]]:
    """Media by address; what linked data say of one file is about that file alone."""
    about: dict[str, list[Claim]] = {}
    for one in objects:
        for address in _addresses(root, (one.get(key) for key in LD_MEDIA)):
            own = _ld_claims(one)
            about.setdefault(address, []).extend(_signed(each, _ld_author(one) or author) for each in own)
    plain = [element.get("src") or "" for element in tree.iter("audio", "video", "source")]
    plain += [content for name, content in metas if name in META_MEDIA]
    for address in _addresses(root, plain):
        about.setdefault(address, [])
    for address, claims in about.items():
        yield address, tuple(dict.fromkeys(claims))


def _rel_claims(tree: Any) -> Iterator[Claim]:
    for element in tree.iter("a", "link", "area"):
        text = element.get("href") or element.text_content() or ""
        is_licence = "license" in (element.get("rel") or "").casefold().split()
        if is_licence and (one := claim(text, f"{element.tag}[rel=license]")):
            yield one


def _meta_claims(metas: list[tuple[str, str]]) -> Iterator[Claim]:
    for name, content in metas:
        if name in META_LICENCES and (one := claim(content, f"meta[name={name}]")):
            yield one


def _page_claims(objects: list[dict[str, Any]]) -> Iterator[Claim]:
    """Licences in linked data that are about no one file."""
    for one in objects:
        if not any(key in one for key in LD_MEDIA):
            yield from _ld_claims(one)


def _ld_claims(one: dict[str, Any]) -> Iterator[Claim]:
    values = one.get("license")
    for value in values if isinstance(values, list) else [values]:
        text = value.get("@id") or value.get("url") or value.get("name") if isinstance(value, dict) else value
        if isinstance(text, str) and (made := claim(text, "script[type=application/ld+json] license")):
            yield made


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the page's linked data, however deep."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().casefold() != "application/ld+json":
            continue
        try:
            waiting = [(json.loads(script.text or ""), 0)]
        except (ValueError, RecursionError):
            continue
        for _ in range(MOST_NODES):
            if not waiting:
                break
            value, depth = waiting.pop()
            if isinstance(value, dict):
                yield value
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            waiting += [(each, depth + 1) for each in inner if depth < DEEPEST]


def _author(metas: list[tuple[str, str]], objects: list[dict[str, Any]]) -> str | None:
    named = [content.strip() for name, content in metas if name in META_AUTHORS and content.strip()]
    return next(iter([*named, *filter(None, map(_ld_author, objects))]), None)


def _ld_author(one: dict[str, Any]) -> str | None:
    for key in LD_NAMES:
        value = one.get(key)
        value = value[0] if isinstance(value, list) and value else value
        name = value.get("name") if isinstance(value, dict) else value
        if isinstance(name, str) and name.strip():
            return plain_words(name)[:200]
    return None


def _signed(one: Claim, author: str | None) -> Claim:
    return replace(one, attribution=author) if author else one


def _addresses(root: str, links: Any) -> Iterator[str]:
    for link in links:
        if isinstance(link, str) and (address := _joined(root, link)):
            yield address


def _joined(root: str, link: str) -> str | None:
    """An absolute address; None for what is none that can be fetched."""
    try:
        return str(checked_url(str(URL(root).join(URL(link.strip()))))) if link.strip() else None
    except (ValueError, TypeError, Refused):
        return None
