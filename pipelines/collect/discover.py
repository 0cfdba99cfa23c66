"""Scrapy discovers pages, in a process of its own: the frontier feeds it and is fed, and our one fetcher fetches."""

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from scrapy import Request as Page
from scrapy import Spider, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from yarl import URL

from curate.rights.addresses import checked_url
from curate.rights.fetch import Fetched, Request
from curate.rights.manners import origin_of
from pipelines.collect.addresses import Address, Waiting
from pipelines.collect.errand import Errand
from pipelines.collect.fetching import agent, door_of, fetcher_for, manners_for
from pipelines.collect.found import PAGE_BYTES, Found, found
from pipelines.collect.frontier import FOLDER, PAGES, Frontier
from pipelines.collect.videos import shown_to
from schemas.errors import EmocurateError, Refused
from schemas.sections import CrawlSettings
from schemas.settings import load_settings

AT_A_TIME = 64
PROGRAMS = 2  # of yt-dlp side by side
QUIET: dict[str, Any] = {  # what the fetcher does is not done again
    "ADDONS": {}, "AUTOTHROTTLE_ENABLED": False, "COMPRESSION_ENABLED": False, "COOKIES_ENABLED": False,
    "DOWNLOAD_DELAY": 0, "DOWNLOAD_TIMEOUT": 7 * 24 * 3600, "HTTPERROR_ALLOW_ALL": True, "LOG_LEVEL": "CRITICAL",
    "LOGSTATS_INTERVAL": 0, "MEMUSAGE_ENABLED": False, "METAREFRESH_ENABLED": False, "REDIRECT_ENABLED": False,
    "RETRY_ENABLED": False, "ROBOTSTXT_OBEY": False, "TELNETCONSOLE_ENABLED": False,
}  # fmt: skip


class Discovery(Spider):  # type: ignore[misc]
    """Looks at what waits in the frontier until nothing does."""

    name = "discovery"

    def __init__(self, errand: Errand, settings: CrawlSettings) -> None:
        super().__init__()
        self.errand, self.asked = errand, settings
        self.frontier = Frontier(Path(errand.home))
        self.fetcher = fetcher_for(settings, errand.net)
        self.manners = manners_for(self.fetcher, self.frontier, settings, errand.net)
        self.door = door_of(errand.net)
        self.turns = asyncio.Semaphore(PROGRAMS)
        self.under_way: set[int] = set()
        self.is_open = False

    @classmethod
    def from_crawler(cls, crawler: Any, *given: Any, **named: Any) -> "Discovery":
        """A spider that is asked for more whenever it has nothing to do."""
        spider: Discovery = super().from_crawler(crawler, *given, **named)
        crawler.signals.connect(spider.more, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Page]:
        """The first pages that wait."""
        for page in self._next():
            yield page

    def more(self) -> None:
        """Goes on with the pages that wait by now; without any, the spider closes."""
        pages = list(self._next())
        for page in pages:
            self.crawler.engine.crawl(page)
        if pages:
            raise DontCloseSpider

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Page]:
        """Take what a page gives into the frontier, then note that the page was seen."""
        waiting, depth = response.meta["waiting"], response.meta["depth"]
        fetched: Fetched = response.meta["fetched"]
        notices, optouts = await self.manners.evidence(fetched)
        if fetched.outcome == "fetched":
            gave = found(fetched, self.errand.scope, self.asked.optouts)
            against = [one.reason for one in gave.optouts if one.kind in self.asked.optouts]
            fetched = replace(fetched, outcome="refused" if against else "fetched", reason=(*against, gave.note)[0])
            optouts = [*optouts, *gave.optouts]
            maps = await self._sitemaps(fetched.final_url, depth) if not against else []
            self._keep(gave, fetched, depth, maps)
            if self.errand.videos and gave.is_page:
                fetched = await self._show(fetched, depth, goes_on=not gave.nofollow)
        self.frontier.arrive(waiting, fetched, notices, optouts)
        self.under_way.discard(waiting.id)
        sys.stdout.write(f"{fetched.url}\n")
        sys.stdout.flush()
        for page in self._next():
            yield page

    async def closed(self, reason: str) -> None:  # noqa: ARG002  # Scrapy gives it
        """Let go of the net and the frontier."""
        if self.is_open:
            await self.fetcher.__aexit__(None, None, None)
        self.frontier.__exit__()

    async def fetch(self, waiting: Waiting) -> Fetched:
        """Fetch one page."""
        if not self.is_open:
            self.is_open = True
            await self.fetcher.__aenter__()
        return await self.fetcher.fetch(Request(waiting.url, most_bytes=PAGE_BYTES, cut=True), self.manners)

    def _next(self) -> Iterator[Page]:
        for waiting, depth in self.frontier.pages(self.errand.batch, AT_A_TIME - len(self.under_way), self.under_way):
            self.under_way.add(waiting.id)
            yield Page(waiting.url, dont_filter=True, meta={"waiting": waiting, "depth": depth})

    async def _sitemaps(self, url: str, depth: int) -> list[str]:
        """The sitemaps that the robots.txt of a first page names."""
        if depth:
            return []
        site = await self.manners.site(URL(url))
        return [one for text in site.robots.sitemaps() if (one := _checked(text)) and self.errand.scope.follows(one)]

    async def _show(self, fetched: Fetched, depth: int, *, goes_on: bool) -> Fetched:
        """Let yt-dlp say what a page holds; its media wait like those that pages name."""
        async with self.turns:
            given = await shown_to(fetched.final_url, agent(self.asked), self.door, self.asked.seconds_per_file)
        scope, batch = self.errand.scope, self.errand.batch
        media = [one for one in given.media if scope.takes(one.url, True)]
        for one in media:
            self._snapshot(one.sha256, one.info)
        self.frontier.claim(batch, [(one.url, each) for one in media for each in one.claims])
        goes_on = goes_on and depth < scope.depth
        onward = [url for url in given.pages if goes_on and scope.follows(url)]
        rows = [Address(url, origin_of(URL(url)), 0, {"depth": depth + 1}, "page") for url in onward]
        rows += [
            Address(one.url, origin_of(URL(one.url)), 0, {"address": one.page, "evidence": one.evidence})
            for one in media
        ]
        self.frontier.add(batch, rows)
        return replace(fetched, reason=fetched.reason or given.note)

    def _keep(self, gave: Found, fetched: Fetched, depth: int, maps: list[str]) -> None:
        batch, deeper = self.errand.batch, depth + 1
        if gave.canonical and gave.canonical not in (fetched.url, fetched.final_url):
            self.frontier.pass_by(batch, gave.canonical, origin_of(URL(gave.canonical)))
        if gave.media:
            self._snapshot(fetched.sha256 or "", fetched.body)
        self.frontier.claim(batch, gave.claims)
        onward = (*maps, *gave.pages) if deeper <= self.errand.scope.depth else ()
        evidence = f"found on {fetched.final_url}; SHA-256 of the page {fetched.sha256}"
        rows = [Address(url, origin_of(URL(url)), 0, {"depth": deeper}, "page") for url in onward]
        rows += [Address(url, origin_of(URL(url)), 0, {"address": url, "evidence": evidence}) for url in gave.media]
        self.frontier.add(batch, rows)

    def _snapshot(self, digest: str, body: bytes) -> None:
        """Keep the bytes of what evidence rests on."""
        path = Path(self.errand.home, FOLDER, PAGES, digest[:2], f"{digest}.gz")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(gzip.compress(body, mtime=0))
            part.replace(path)


class OurFetcher(BaseDownloadHandler):  # type: ignore[misc]
    """Gives Scrapy what our fetcher fetches; how it ended stands in the request's `meta`."""

    async def download_request(self, request: Page) -> Response:
        """The page; what was not fetched is an empty one."""
        fetched = await self.crawler.spider.fetch(request.meta["waiting"])
        request.meta["fetched"] = fetched
        return Response(request.url, status=fetched.status or 200, body=fetched.body, request=request)


def _checked(text: str) -> str | None:
    try:
        return str(checked_url(text))
    except Refused:
        return None


def main(text: str) -> None:
    """Do one errand."""
    errand = Errand.from_json(text)
    asked = load_settings(Path(errand.home)).crawl
    try:
        agent(asked)  # Scrapy would swallow it, and end as if nothing were wrong
    except EmocurateError as error:
        sys.exit(f"{errand.home}: {error}")
    here = f"{OurFetcher.__module__}.{OurFetcher.__name__}"
    process = CrawlerProcess(
        {
            **QUIET,
            "DOWNLOAD_HANDLERS": {"http": here, "https": here},
            "CONCURRENT_REQUESTS": asked.at_once,
            "CONCURRENT_REQUESTS_PER_DOMAIN": asked.per_host,
        }
    )
    process.crawl(Discovery, errand=errand, settings=asked)
    process.start()
    if process.bootstrap_failed:
        sys.exit("Scrapy could not begin")


if __name__ == "__main__":
    main(sys.argv[1])
