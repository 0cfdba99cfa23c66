"""What one page or feed gives a crawl: pages to follow, media with the claims about them, and why it is left."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import chain

from yarl import URL

from curate.read.sniff import sniff
from curate.rights.bodies import Unpacking
from curate.rights.feeds import Feed, read_feed
from curate.rights.fetch import Fetched
from curate.rights.licences import Claim
from curate.rights.optouts import OptOut
from curate.rights.pages import read_page
from schemas.errors import Refused
from schemas.media import SUFFIXES
from schemas.stage import Dropped

PAGE_BYTES = 20 << 20
FEED_ROOTS = (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex")
GZIP = b"\x1f\x8b"
ENDINGS = (*SUFFIXES["sound"], *SUFFIXES["video"])
CUT = "cut off: what came before was read"


@dataclass(frozen=True)
class Scope:
    """How far a crawl goes: links deep, on which hosts, and which media it takes (globs; none: sound and video)."""

    depth: int = 2
    hosts: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    def follows(self, url: str) -> bool:
        """Whether a page is on a host that may be looked at."""
        host = (URL(url).host or "").casefold()
        return any(host == one or host.endswith(f".{one}") for one in self.hosts)

    def takes(self, url: str, is_told: bool) -> bool:
        """Whether an address is of media that are wanted; `is_told`: the page says that it is media."""
        path = URL(url).path.casefold()
        if not self.include:
            return is_told or path.endswith(ENDINGS)
        name = path.rpartition("/")[2]
        return any(fnmatchcase(path if "/" in glob else name, glob.casefold()) for glob in self.include)


@dataclass(frozen=True)
class Found:
    """What a page gave: further pages, media, claims about each, its canonical address, and what is against it.

    `note` says what was not as it should be, though it was read; `is_page` that it is a page and may be gone into,
    `nofollow` that it wants nobody to go on from it.
    """

    pages: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    claims: tuple[tuple[str, Claim], ...] = ()
    canonical: str | None = None
    optouts: tuple[OptOut, ...] = ()
    note: str | None = None
    is_page: bool = False
    nofollow: bool = False


def found(fetched: Fetched, scope: Scope, counted: Collection[str]) -> Found:
    """What lies behind an address that was fetched as a page; a page that opts out gives nothing."""
    body = _unpacked(fetched.body)
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if any(root in start for root in FEED_ROOTS):
        return _in_feed(read_feed(body, fetched.final_url), fetched, scope)
    if start.startswith(b"<"):
        return _in_page(body, fetched, scope, counted)
    if not isinstance(sniff(body[:8192], fetched.size), Dropped):
        return Found(media=(fetched.final_url,) if scope.takes(fetched.final_url, True) else ())
    return Found(note="neither a page nor a feed")


def _in_feed(feed: Feed, fetched: Fetched, scope: Scope) -> Found:
    claims = [(url, claim) for item in feed.items for url in item.media for claim in item.claims]
    media = [url for item in feed.items for url in item.media if scope.takes(url, True)]
    pages = [*feed.addresses, *(item.page for item in feed.items if item.page)]
    media += [url for url in pages if scope.takes(url, False)]
    return Found(
        tuple(dict.fromkeys(url for url in pages if scope.follows(url) and url not in media)),
        tuple(dict.fromkeys(media)),
        tuple(_from(fetched, claims)),
        note=CUT if feed.is_cut else None,
    )


def _in_page(body: bytes, fetched: Fetched, scope: Scope, counted: Collection[str]) -> Found:
    page = read_page(body, fetched.final_url)
    if any(optout.kind in counted for optout in page.optouts):
        return Found(optouts=page.optouts)
    linked = [url for url in page.links if scope.takes(url, False)]
    told = [url for url, _ in page.media if scope.takes(url, True)]
    media = tuple(dict.fromkeys((*told, *linked)))
    own = dict(page.media)
    claims = [(url, claim) for url in media for claim in chain(own.get(url, ()), page.claims)]
    onward = () if page.nofollow else (*page.feeds, *page.links)
    pages = tuple(dict.fromkeys(url for url in onward if scope.follows(url) and url not in media))
    canonical = page.canonical if page.canonical and scope.follows(page.canonical) else None
    claimed = tuple(_from(fetched, claims))
    return Found(pages, media, claimed, canonical, page.optouts, is_page=True, nofollow=page.nofollow)


def _from(fetched: Fetched, claims: list[tuple[str, Claim]]) -> Iterator[tuple[str, Claim]]:
    for url, claim in claims:
        yield url, replace(claim, page=fetched.final_url, sha256=fetched.sha256 or "")


def _unpacked(body: bytes) -> bytes:
    """A sitemap may be a gzip file; one that is none, or a bomb, stays what it is."""
    if not body.startswith(GZIP):
        return body
    whole = bytearray()
    try:
        for piece in Unpacking("gzip").pieces(body):
            whole += piece
            if len(whole) > PAGE_BYTES:
                break
    except Refused:
        return body
    return bytes(whole)
