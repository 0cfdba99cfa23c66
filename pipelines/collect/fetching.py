"""Fetches what waits in the frontier: many sites side by side, few requests at a time to each."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version

from curate.read.sniff import sniff
from curate.rights.addresses import Door
from curate.rights.fetch import Bounds, Fetcher, Request
from curate.rights.manners import Manners
from curate.rights.optouts import OURS
from pipelines.collect.addresses import Waiting
from pipelines.collect.frontier import Frontier
from schemas.errors import BadSetting
from schemas.sections import CrawlSettings
from schemas.stage import Dropped

MB = 1_000_000
UNKNOWN_SIZE = 1 << 62
AT_A_TIME = 64  # addresses of one site before another has its turn
A_PAGE = "an HTML page where media were promised; open it to see whether it wants a login or the file has gone"


@dataclass(frozen=True)
class Net:
    """How the net is asked in one command: hosts that may be private, and a distance between requests to one host."""

    allow_hosts: tuple[str, ...] = ()
    gap_s: float = 0


def agent(settings: CrawlSettings) -> str:
    """The name we give to servers; raises BadSetting where nobody could be written to about us."""
    contact = settings.contact.strip()
    if not contact or any(ord(letter) < 32 or letter in "()" for letter in contact):
        raise BadSetting(
            "whoever fetches says who it is: give an e-mail or web address that site owners can write to, "
            "such as: emocurate config set crawl.contact you@example.org"
        )
    return f"{OURS}/{version(OURS)} (+{contact})"


def fetcher_for(settings: CrawlSettings, net: Net) -> Fetcher:
    """The one fetcher of a command."""
    bounds = Bounds(most_bytes=settings.max_mb * MB, seconds=settings.seconds_per_file)
    return Fetcher(agent(settings), door_of(net), bounds)


def door_of(net: Net) -> Door:
    """Which machines a command may ask."""
    return Door(tuple(host.casefold() for host in net.allow_hosts))


def manners_for(fetcher: Fetcher, frontier: Frontier, settings: CrawlSettings, net: Net) -> Manners:
    """Its manners: what sites said before is known from the frontier."""
    sites = frontier.sites
    return Manners(
        fetcher, settings.optouts, net.gap_s, sites.recall, sites.remember, sites.rests_until, sites.rest
    )  # fmt: skip


@dataclass
class Fetching:
    """The work on one batch of the frontier; `report` is told after every address."""

    frontier: Frontier
    batch: str
    fetcher: Fetcher
    manners: Manners
    settings: CrawlSettings
    report: Callable[[], None]
    _busy: set[str] = field(default_factory=set)
    _after: str = ""

    @property
    def _per_host(self) -> int:
        return min(self.settings.per_host, self.settings.at_once)

    async def run(self) -> None:
        """Until nothing waits any more."""
        sites = max(1, self.settings.at_once // self._per_host)
        async with asyncio.TaskGroup() as group:
            for _ in range(sites):
                group.create_task(self._sites())

    async def _sites(self) -> None:
        while origin := self._next():
            waiting = iter(self.frontier.waiting(self.batch, "media", origin, AT_A_TIME))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self._per_host):
                        group.create_task(self._addresses(waiting))
            finally:
                self._busy.discard(origin)

    def _next(self) -> str | None:
        """The next site nobody is at, round and round."""
        for start in (self._after, ""):
            origin = self.frontier.next_origin(self.batch, "media", start)
            while origin in self._busy:
                origin = self.frontier.next_origin(self.batch, "media", origin or "")
            if origin:
                self._busy.add(origin)
                self._after = origin
                return origin
        return None

    async def _addresses(self, waiting: Iterator[Waiting]) -> None:
        for one in waiting:
            path = self.frontier.incoming / str(one.id)
            request = Request(one.url, path, one.etag, one.last_modified, judge=unwanted)
            fetched = await self.fetcher.fetch(request, self.manners)
            notices, optouts = await self.manners.evidence(fetched)
            self.frontier.arrive(one, fetched, notices, optouts)
            self.report()


def unwanted(head: bytes) -> str | None:
    """Why a body that begins so is not media we take in; None for media."""
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return A_PAGE
    verdict = sniff(head, UNKNOWN_SIZE if head else 0)
    return verdict.reason if isinstance(verdict, Dropped) else None
