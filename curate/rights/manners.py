"""How a site wants to be treated: its own files are read once, what they say holds, and it is given its time."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from yarl import URL

from curate.rights.fetch import MAY_SUCCEED, Fetched, Fetcher, Request, wait_s
from curate.rights.optouts import (
    ROBOTS_BYTES,
    RULES,
    OptOut,
    Robots,
    ai_txt_optouts,
    header_optouts,
    robots_text,
    tdmrep_optouts,
)
from schemas.errors import Refused, Unreachable
from schemas.web import OPT_OUT_KINDS, SiteNotice

ROBOTS, TDMREP, AI_TXT = "robots.txt", "tdmrep.json", "ai.txt"
PATHS = {ROBOTS: "/robots.txt", TDMREP: "/.well-known/tdmrep.json", AI_TXT: "/ai.txt"}
SITES_KEPT = 5_000
MOST_DELAY_S = 300
MOST_REST_S = 24 * 60 * 60  # that a host is left alone because it said so; then it is asked once more
WAITED_S = 60  # for so long we wait ourselves; what is to rest for longer fails, and is asked by another command


@dataclass(frozen=True)
class Site:
    """What one site says about all it serves; `unreadable` is why its robots.txt could not be read, `refused` for good.

    Where a robots.txt is not there, everything is allowed; where it cannot be had, nothing is (RFC 9309, 2.3.1).
    """

    notices: tuple[SiteNotice, ...]
    unreadable: str | None = None
    refused: bool = False

    @cached_property
    def robots(self) -> Robots:
        """Its robots.txt."""
        return Robots(self._text(ROBOTS))

    def optouts(self, url: str) -> Iterator[OptOut]:
        """All that it says against an address."""
        yield from self.robots.optouts(url)
        yield from tdmrep_optouts(self._text(TDMREP), url)
        yield from ai_txt_optouts(self._text(AI_TXT), url)

    def to_json(self) -> str:
        """As text, to be kept."""
        return json.dumps([asdict(notice) for notice in self.notices])

    @classmethod
    def from_json(cls, text: str) -> "Site":
        """What `to_json` wrote."""
        return cls(tuple(SiteNotice(**values) for values in json.loads(text)))

    def _text(self, name: str) -> str:
        return next((notice.text or "" for notice in self.notices if notice.name == name), "")


@dataclass
class Manners:
    """The policy of a fetcher: opt-outs of the kinds that count are refused, and requests to one host keep a distance.

    `recall` gives what is known of a site already, `remember` is told what was learnt. A host that says when it may be
    asked again (Retry-After) is left alone until then, by later commands too: `rest` is told until when, in seconds
    since 1970, and `rests_until` knows it.
    """

    fetcher: Fetcher
    counted: Collection[str] = OPT_OUT_KINDS
    gap_s: float = 0
    recall: Callable[[str], Site | None] = lambda _: None
    remember: Callable[[str, Site], None] = lambda *_: None
    rests_until: Callable[[str], float] = lambda _: 0.0
    rest: Callable[[str, float], None] = lambda *_: None
    _sites: OrderedDict[str, asyncio.Task[Site]] = field(default_factory=OrderedDict)
    _next: dict[str, float] = field(default_factory=dict)

    async def before(self, url: URL) -> None:
        """Raises Refused for an address that a site keeps out of reach; waits for the site's turn."""
        await self._rested(origin_of(url))
        site = await self.site(url)
        if site.unreadable:
            raise (Refused if site.refused else Unreachable)(site.unreadable)
        self._refuse(site.optouts(str(url)))
        delay = site.robots.crawl_delay_s()
        if delay > MOST_DELAY_S:
            raise Refused(f"its robots.txt wants {delay:,.0f} s between two requests; {MOST_DELAY_S} are the most")
        gap_s = max(self.gap_s, delay)
        await self._wait(origin_of(url), gap_s)
        while await self._rested(origin_of(url)):  # an answer to somebody before has asked for it meanwhile
            await self._wait(origin_of(url), gap_s)

    async def after(self, headers: Mapping[str, str]) -> None:
        """Raises Refused for an answer whose headers say no."""
        self._refuse(header_optouts(headers))

    def wants_rest(self, url: URL, seconds: float) -> None:
        """Keep how long a host wants to be left alone."""
        self.rest(origin_of(url), time.time() + min(seconds, MOST_REST_S))

    async def site(self, url: URL) -> Site:
        """What the site of an address says; its files are fetched once, whoever asks meanwhile."""
        origin = origin_of(url)
        if origin not in self._sites:
            self._sites[origin] = asyncio.ensure_future(self._learn(origin))
            while len(self._sites) > SITES_KEPT:
                self._next.pop(self._sites.popitem(last=False)[0], None)
        self._sites.move_to_end(origin)
        return await asyncio.shield(self._sites[origin])

    async def evidence(self, fetched: Fetched) -> tuple[list[SiteNotice], list[OptOut]]:
        """Of a fetch, whatever came of it: the notices of the sites on its way, and all that is against it."""
        addresses = [address for address in (*(hop.url for hop in fetched.chain), fetched.final_url) if address]
        notices: dict[str, SiteNotice] = {}
        optouts: list[OptOut] = []
        for address in dict.fromkeys(addresses):
            if task := self._sites.get(origin_of(URL(address))):
                site = await asyncio.shield(task)
                notices |= {notice.id: notice for notice in site.notices}
                optouts += site.optouts(address)
        return list(notices.values()), [*optouts, *header_optouts(fetched.headers)]

    def _refuse(self, optouts: Iterable[OptOut]) -> None:
        for optout in optouts:
            if optout.kind in self.counted:
                raise Refused(optout.reason)

    async def _learn(self, origin: str) -> Site:
        if known := self.recall(origin):
            return known
        answers = await asyncio.gather(*(self._document(origin, name) for name in PATHS))
        notices = tuple(_notice(name, answer) for name, answer in zip(PATHS, answers, strict=True))
        robots = answers[0]
        answered = robots.outcome == "fetched" or (robots.outcome == "refused" and robots.status in range(400, 500))
        if not answered:
            return Site(notices, f"its robots.txt cannot be read: {robots.reason}", robots.outcome == "refused")
        is_half = _is_half(answers[1])
        if is_half and "tdmrep" in self.counted:
            return Site(notices, f"its tdmrep.json is longer than {ROBOTS_BYTES:,} bytes; what it reserves is not read")
        site = Site(notices)
        if not is_half:  # whoever counts what it reserves later on is to be told
            self.remember(origin, site)
        return site

    async def _document(self, origin: str, name: str) -> Fetched:
        answer = await self.fetcher.fetch(Request(origin + PATHS[name], most_bytes=ROBOTS_BYTES, cut=True))
        if answer.status in MAY_SUCCEED and (seconds := wait_s(answer.headers.get("retry-after"))):
            self.wants_rest(URL(answer.final_url), seconds)
        return answer

    async def _rested(self, origin: str) -> bool:
        """Wait while a host wants to be left alone, and give whether it does; raises Unreachable where that is long."""
        until = self.rests_until(origin)
        left_s = until - time.time()
        if left_s > WAITED_S:
            when = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
            raise Unreachable(f"its host wants to be left alone until {when} (Retry-After)")
        if left_s > 0:
            await asyncio.sleep(left_s)
        return left_s > 0

    async def _wait(self, origin: str, gap_s: float) -> None:
        if gap_s:
            now = asyncio.get_running_loop().time()
            turn = max(now, self._next.get(origin, 0))
            self._next[origin] = turn + gap_s
            await asyncio.sleep(turn - now)


def origin_of(url: URL) -> str:
    """Scheme, host and port of an address: what a robots.txt is about."""
    return str(url.origin())


def _notice(name: str, answer: Fetched) -> SiteNotice:
    was_there = answer.outcome == "fetched"
    text = robots_text(answer.body) if was_there else None
    rules = f"{RULES}, of its first {ROBOTS_BYTES:,} bytes" if _is_cut(answer) else RULES
    sha256 = answer.sha256 if was_there else None
    return SiteNotice(name, answer.url, answer.status, sha256, text, rules, answer.fetched_at)


def _is_half(answer: Fetched) -> bool:
    """Whether a JSON was cut: it says nothing then, other than a page that stands in its place and never did."""
    return _is_cut(answer) and answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{"))


def _is_cut(answer: Fetched) -> bool:
    return answer.outcome == "fetched" and answer.size >= ROBOTS_BYTES
