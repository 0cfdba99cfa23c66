"""`rights check --online`: addresses, and pages that state a licence, are looked at again, and rows are added."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from yarl import URL

from curate.rights.fetch import Fetched, Fetcher, Request
from curate.rights.licences import Claim
from curate.rights.manners import Manners, origin_of
from curate.rights.optouts import RULES
from pipelines.collect.add import Intake
from pipelines.collect.arrivals import said_of
from pipelines.collect.fetching import Net, agent, fetcher_for, manners_for
from pipelines.collect.found import PAGE_BYTES, Scope, found
from pipelines.collect.frontier import Frontier
from pipelines.collect.net import web_intake
from pipelines.collect.statements import unsaid
from pipelines.collect.verdicts import Copy, Lapsed, Narrowed, WebFile, check, copies, lost, narrowed
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, Noun
from pipelines.engine.lease import lease
from schemas.media import Arrival, CrawlArrival, Statement
from schemas.sections import CrawlSettings
from schemas.web import Fetch

AT_ONCE = 1000
HEAD_BYTES = 8192  # of a file are enough to see that it is there and what its headers say
EVIDENCE = re.compile(r"(https?://\S+) .*SHA-256 of the page ([0-9a-f]{64})", re.DOTALL)
# Every address of a file that is here, as it was when it was last there.
ADDRESSES = """
    SELECT asset, url, headers FROM fetches SEMI JOIN assets ON assets.id = asset
    WHERE outcome IN ('fetched', 'unchanged')
    QUALIFY row_number() OVER (PARTITION BY asset, url ORDER BY fetched_at DESC, id DESC) = 1 ORDER BY url, asset"""
LICENCES = """
    SELECT DISTINCT s.asset, o.address, o.licence, o.evidence FROM statements s JOIN sources o ON o.id = s.source
    WHERE o.licence IS NOT NULL AND contains(o.evidence, 'SHA-256 of the page') ORDER BY o.evidence"""


@dataclass
class Looked:
    """What looking again showed: addresses by end, files whose page says otherwise or nothing any more."""

    ends: dict[str, int] = field(default_factory=dict)
    other_licences: list[str] = field(default_factory=list)
    no_longer: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stated:
    """A licence that a page stated for a file, and the hash the page had."""

    asset: str
    url: str
    licence: str
    page: str
    sha256: str


@dataclass(frozen=True)
class Checked:
    """What a check of rights found: people whose consent is over or was narrowed, files whose site has opted out, what
    looking again showed, if that was done, and files of a crawl that were removed, since nobody was asked about them.

    `remaining` is what of those is out of reach, `copies` are files that are taken for copies of what was forgotten.
    """

    lapsed: list[Lapsed]
    narrowed: list[Narrowed]
    opted_out: list[WebFile]
    looked: Looked | None
    expired: list[WebFile] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


def checked(here: Collection, net: Net | None, report: Callable[[int], None] = lambda _: None) -> Checked:
    """Check the rights of a collection; with a net, look again first."""
    looked = recheck(here, net, report) if net else None
    return Checked(check(here), narrowed(here), lost(here), looked, copies=copies(here))


def recheck(here: Collection, net: Net, report: Callable[[int], None] = lambda _: None) -> Looked:
    """Look again at addresses and pages; what a site says against it now, and other licences, stand in the catalog.

    Raises BadSetting where nobody could be written to.
    """
    name, looked = agent(here.settings.crawl), Looked()
    with lease(here.home, "fetch"), Frontier(here.home) as frontier:
        asyncio.run(_look(_Looking(here, net, frontier, name, looked, report)))
    return looked


@dataclass
class _Looking:
    here: Collection
    net: Net
    frontier: Frontier
    agent: str
    looked: Looked
    report: Callable[[int], None]
    seen: int = 0

    def count(self) -> None:
        """One more was looked at."""
        self.seen += 1
        self.report(self.seen)


async def _look(one: _Looking) -> None:
    settings, catalog = one.here.settings.crawl, Catalog(one.here.home)
    async with fetcher_for(settings, one.net) as fetcher:
        # What sites said before is not recalled: that is what is looked at.
        manners = replace(manners_for(fetcher, one.frontier, settings, one.net), recall=lambda _: None)
        for portion in _portions(catalog.rows(ADDRESSES)):
            look_at = partial(_address, one, fetcher, manners)
            catalog.add(await _gathered([(row[1], row) for row in portion], look_at, settings))
        stated = [
            Stated(*row[:3], *match.groups()) for row in catalog.rows(LICENCES) if (match := EVIDENCE.match(row[3]))
        ]
        pages: dict[tuple[str, str], list[Stated]] = {}
        for each in stated:
            pages.setdefault((each.page, each.sha256), []).append(each)
        for portion in _portions(list(pages.values())):
            look_at = partial(_page, one, fetcher, manners)
            nouns = await _gathered([(rows[0].page, rows) for rows in portion], look_at, settings)
            _say(one.here, nouns)


async def _gathered(rows: Sequence[tuple[str, Any]], look: Callable[[Any], Any], settings: CrawlSettings) -> list[Noun]:
    """What a look at every row gives, each with the address it asks: so many at once, of each host and of all."""
    turns = asyncio.Semaphore(settings.at_once)
    of_host = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(settings.per_host))

    async def in_turn(row: tuple[str, Any]) -> list[Noun]:
        async with of_host[origin_of(URL(row[0]))], turns:  # whoever waits for a host keeps no turn from others
            nouns: list[Noun] = await look(row[1])
            return nouns

    return [noun for nouns in await asyncio.gather(*map(in_turn, rows)) for noun in nouns]


async def _address(one: _Looking, fetcher: Fetcher, manners: Manners, row: tuple[Any, ...]) -> list[Noun]:
    asset, url, headers = row
    before = json.loads(headers)
    request = Request(
        url, etag=before.get("etag"), last_modified=before.get("last-modified"), most_bytes=HEAD_BYTES, cut=True
    )
    fetched = await fetcher.fetch(request, manners)
    notices, optouts = await manners.evidence(fetched)
    one.looked.ends[fetched.outcome] = one.looked.ends.get(fetched.outcome, 0) + 1
    one.count()
    row_of = Fetch(
        asset, url, fetched.outcome, fetched.reason, fetched.final_url,
        json.dumps([asdict(hop) for hop in fetched.chain]), fetched.fetched_at, fetched.status,
        json.dumps(dict(fetched.headers)), None, 0, one.agent, RULES, tuple(each.reason for each in optouts),
        tuple(notice.id for notice in notices),
    )  # fmt: skip
    return [row_of, *notices]


async def _page(one: _Looking, fetcher: Fetcher, manners: Manners, stated: list[Stated]) -> list[Noun]:
    """The statements that a page makes now and did not make before, about the files whose licence it stated."""
    fetched = await fetcher.fetch(Request(stated[0].page, most_bytes=PAGE_BYTES, cut=True), manners)
    one.count()
    if fetched.outcome != "fetched" or fetched.sha256 == stated[0].sha256:
        return []
    claims: dict[str, list[Claim]] = {}
    for url, claim in _claims(fetched):
        claims.setdefault(url, []).append(claim)
    nouns: list[Noun] = []
    intake = web_intake(one.here, None)
    for each in stated:
        now = claims.get(each.url, [])
        if each.licence not in {claim.licence for claim in now}:
            (one.looked.other_licences if now else one.looked.no_longer).append(each.url)
        nouns += [noun for claim in now if claim.licence for noun in _nouns(intake, each, claim)]
    return nouns


def _claims(fetched: Fetched) -> Iterator[tuple[str, Claim]]:
    yield from found(fetched, Scope(include=("*",)), ()).claims


def _nouns(intake: Intake, stated: Stated, claim: Claim) -> list[Noun]:
    sources, statements = intake.said(stated.asset, stated.url, said_of(stated.url, claim))
    # what a page says now is no other way to come in: of a file that only a crawl brought, that is still so
    arrival, mark = Arrival(stated.asset, sources[0].id), CrawlArrival(stated.asset, sources[0].id)
    return [*sources, arrival, mark, *statements]


def _say(here: Collection, nouns: list[Noun]) -> None:
    catalog = Catalog(here.home)
    with catalog.open() as connection:
        said = unsaid(connection, [noun for noun in nouns if isinstance(noun, Statement)])
        catalog.commit(connection, [*(noun for noun in nouns if not isinstance(noun, Statement)), *said])


def _portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
