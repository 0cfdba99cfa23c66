"""`crawl`: pages are discovered from seeds, then the media they show are fetched and taken in like those of a list."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

from yarl import URL

from curate.rights.addresses import checked_url
from curate.rights.manners import origin_of
from pipelines.collect.add import Added, Intake
from pipelines.collect.addresses import Address, batch_id
from pipelines.collect.arrivals import Intaking
from pipelines.collect.errand import Errand
from pipelines.collect.fetching import agent
from pipelines.collect.found import Scope
from pipelines.collect.frontier import Frontier
from pipelines.collect.net import Report, Way, fetch, mined
from pipelines.collect.videos import program
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.tombstones import tombstones
from schemas.errors import BadInput, Missing, Refused

PROGRAM = "pipelines.collect.discover"
LISTED = 1_000


@dataclass(frozen=True)
class Crawled:
    """What a crawl saw: pages by end, media that were found, by host and by licence, and what became of them.

    `notes` are pages that were not as they should be, with the reason. `added` is None where nothing was to be fetched.
    """

    pages: Mapping[str, int]
    media: int
    hosts: Mapping[str, int]
    licences: Mapping[str, int]
    notes: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    added: Added | None = None


@dataclass(frozen=True)
class Crawl:
    """What is crawled: seeds, how far, whether only to look, and whether pages that were seen are looked at again.

    With `videos` every page is shown to yt-dlp, too.
    """

    seeds: tuple[str, ...]
    scope: Scope = field(default_factory=Scope)
    dry_run: bool = False
    again: bool = False
    videos: bool = False


def crawl(intake: Intake, wish: Crawl, way: Way, saw: Callable[[int, str], None], report: Report) -> Crawled:
    """Discover pages, then fetch what they show; killed anywhere, the same command goes on.

    `saw` is told of every page, `report` of every address. Raises BadInput for a seed that is none, BadSetting where
    nobody could be written to, Missing without Scrapy, or without yt-dlp where that is asked.
    """
    intake = replace(intake, source=mined(intake.source, way.settings))
    name = agent(way.settings)
    if find_spec("scrapy") is None:
        raise Missing("crawling needs Scrapy; type: pip install 'emocurate[crawl]', or bring a list with emocurate add")
    if wish.videos:
        program()
    seeds = [_seed(text) for text in wish.seeds]
    hosts = wish.scope.hosts or tuple(sorted({(URL(url).host or "").casefold() for url in seeds}))
    scope = replace(wish.scope, hosts=tuple(host.casefold() for host in hosts))
    more = ("videos",) if wish.videos else ()
    batch = batch_id("crawl", sorted(seeds), scope, intake.source.id, intake.layers, *more)
    Catalog(intake.home).fact("collection")
    forgotten = tombstones(intake.home)
    with lease(intake.home, "fetch"), Frontier(intake.home) as frontier:
        allowed = [url for url in seeds if not forgotten.holds("address", url)]
        frontier.add(batch, [Address(url, origin_of(URL(url)), 0, {"depth": 0}, "page") for url in allowed])
        frontier.retry(batch, way.net.allow_hosts, way.retry)
        if wish.again:
            frontier.again(batch)
        if frontier.pages(batch, 1, ()):
            _discover(Errand(str(intake.home.absolute()), batch, scope, way.net, wish.videos), saw)
        intaking = Intaking(intake, name, crawls=True)
        intaking.all(frontier, batch, Added())  # the evidence of pages, also where their media are not fetched
        added = None if wish.dry_run else fetch(frontier, batch, intaking, way, report)
        return _crawled(frontier, batch, added)


def _seed(text: str) -> str:
    try:
        return str(checked_url(text))
    except Refused as error:
        raise BadInput(f"a seed cannot be crawled: {error}") from None


def _discover(errand: Errand, saw: Callable[[int, str], None]) -> None:
    """Let Scrapy discover; it prints the address of every page it has seen."""
    command = [sys.executable, "-m", PROGRAM, errand.to_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            for number, line in enumerate(process.stdout or (), 1):
                saw(number, line.strip())
            errors = process.stderr.read() if process.stderr else ""
        except BaseException:
            with suppress(ProcessLookupError):
                process.kill()
            raise
    if process.returncode:
        last = errors.strip().splitlines()[-1:] or ["no reason was given"]
        raise BadInput(f"discovering pages ended early ({last[0]}); type the same command again to go on")


def _crawled(frontier: Frontier, batch: str, added: Added | None) -> Crawled:
    found = frontier.found(batch)
    pages: dict[str, int] = {}
    for state, _, count in frontier.counts(batch, "page"):
        pages[state] = pages.get(state, 0) + count
    return Crawled(
        pages, found.media, found.hosts, found.licences, tuple(frontier.notes(batch, LISTED)), found.first, added
    )
