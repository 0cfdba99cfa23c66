"""`add LIST`: media come in from the net, address by address, each with evidence of how it was fetched."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from curate.rights.optouts import RULES
from pipelines.collect.add import Added, Intake, add
from pipelines.collect.addresses import batch_id
from pipelines.collect.arrivals import AT_ONCE, Intaking
from pipelines.collect.fetching import Fetching, Net, agent, fetcher_for, manners_for
from pipelines.collect.frontier import Frontier
from pipelines.collect.lists import AddressList, address_list, is_plain, lists_among
from pipelines.collect.metadata import Metadata, metadata_of
from pipelines.collect.sources import source_from
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.tombstones import tombstones
from schemas.errors import BadInput, BadSetting, BadUsage
from schemas.media import Source
from schemas.sections import CrawlSettings

LOOK_S = 1.0
FOR_ADDRESSES = "asks sites again for what a list of addresses names; a file is looked at by every add anyway"
FAILURES = 10_000
Report = Callable[[Added], None]


@dataclass(frozen=True)
class Way:
    """How a command brings media in: over which net, with which columns of lists; `say` tells what is not used.

    With `retry` sites are asked again for what they had not or did not let us have.
    """

    settings: CrawlSettings
    net: Net
    columns: Mapping[str, str]
    say: Callable[[str], None]
    retry: bool = False


class UnreadList(BadInput):
    """A list of addresses has a line that cannot be, far down: none of it is fetched."""


def net_from(allow_hosts: Sequence[str] | None, rate: float | None) -> Net:
    """The net as flags describe it; `rate` is in requests a second to one host. Raises BadSetting."""
    return Net(hosts_from(allow_hosts, "--allow-host"), 1 / rate if rate else 0)


def hosts_from(given: Sequence[str] | None, flag: str) -> tuple[str, ...]:
    """Names of hosts; raises BadSetting for an address, which no host is called."""
    if wrong := [host for host in given or () if "/" in host]:
        raise BadSetting(f"{flag} {wrong[0]!r} is no host; expected its name alone, such as media.example.org")
    return tuple(given or ())


def web_intake(here: Collection, basis: str | None) -> Intake:
    """How a crawl takes in what it finds: on the basis that pages state; `basis` is for media they say nothing of.

    Raises BadSetting for a basis that only somebody who knows the files could state.
    """
    if basis not in (None, "unknown", "tdm"):
        raise BadSetting(f"--basis {basis} is for media somebody knows; of a crawl: tdm, or what pages state")
    return Intake(here.home, source_from(basis, None, None, []), Metadata(), here.people)


def told_of(
    paths: Sequence[Path], table: Path | None, columns: Mapping[str, str], say: Callable[[str], None]
) -> Metadata:
    """What a table says of the files that are added; columns may be those of a list of addresses instead."""
    lists = lists_among(paths, columns)[0] if table is None else set()
    if columns and lists and all(map(is_plain, lists)):
        raise BadUsage("--columns names columns of a table; the list that is added has an address on each line")
    of_lists = bool(lists)
    return metadata_of(table, {} if of_lists else columns, say)


def bring(intake: Intake, paths: Sequence[Path], way: Way, report: Report = lambda _: None) -> Added:
    """Take in files, folders and archives, and what lists of addresses name; raises BadSetting, BadInput.

    A list that cannot be read to its end is dropped with the reason where others were named beside it.
    """
    named, broken = lists_among(paths, way.columns)
    lists = [address_list(path, way.columns) for path in paths if path in named]
    files = [path for path in paths if path not in named and path not in broken]
    if files and intake.source.basis == "tdm":
        raise BadSetting("--basis tdm is for addresses: only where we fetch do we see what sites say against it")
    if way.retry and not lists:
        raise BadUsage(f"--retry {FOR_ADDRESSES}")
    added = add(intake, files, report) if files else Added()
    for one in lists:
        try:
            whole = bring_list(intake, one, way, report)
        except UnreadList as error:  # nothing of it has been fetched
            broken[one.path] = str(error)
            if broken.keys() == set(paths):
                raise
            continue
        added = replace(
            added, files=added.files + whole.files, kept=added.kept + whole.kept, new=added.new + whole.new,
            bytes=added.bytes + whole.bytes, dropped=_sum(added.dropped, whole.dropped),
            failed=[*added.failed, *whole.failed],
            corrections=[*added.corrections, *whole.corrections], conflicts=[*added.conflicts, *whole.conflicts],
            unlicensed=added.unlicensed + whole.unlicensed,
        )  # fmt: skip
    if lists:  # what a table says of addresses is looked up when they come, by whichever command
        missed = [name for name in intake.metadata.unmatched if "://" not in name]
        added = replace(added, unmatched=missed, nearest=intake.metadata.nearest if missed else None)
    for reason in broken.values():
        way.say(f"a list of addresses is left out: {reason}")
    return replace(added, files=added.files + len(broken), dropped=_sum(added.dropped, Counter(broken.values())))


def bring_list(
    intake: Intake,
    addresses: AddressList,
    way: Way,
    report: Report = lambda _: None,
    settled: Callable[[Sequence[str]], None] = lambda _: None,
) -> Added:
    """Fetch what a list names and take it in; what failed before is tried again, what came is not.

    What was refused is with `way.retry`, or where the host for want of which it was is allowed now. `settled` is told
    the assets that have come, a portion at a time, while others are fetched.
    """
    batch = list_batch(intake, addresses, way)
    intake = replace(intake, source=mined(intake.source, way.settings))
    fetcher_name = agent(way.settings)
    Catalog(intake.home).fact("collection")
    with lease(intake.home, "fetch"), Frontier(intake.home) as frontier:
        try:
            frontier.begin(batch, addresses.portions(tombstones(intake.home), way.say))
        except BadInput as error:
            raise UnreadList(str(error)) from error
        frontier.retry(batch, way.net.allow_hosts, way.retry)
        return fetch(frontier, batch, Intaking(intake, fetcher_name, settled=settled), way, report)


def list_batch(intake: Intake, addresses: AddressList, way: Way) -> str:
    """The batch of the frontier that a list is, with all that was said of it."""
    source = mined(intake.source, way.settings)
    return batch_id("list", addresses.sha256, sorted(addresses.columns.items()), source.id, intake.layers)


def fetch(frontier: Frontier, batch: str, intaking: Intaking, way: Way, report: Report) -> Added:
    """Fetch what waits of a batch and take it in meanwhile; the sum is over the whole batch, earlier commands too."""
    added = Added()
    intaking.all(frontier, batch, added)
    asyncio.run(_fetch(frontier, batch, intaking, way, (added, report)))
    intaking.all(frontier, batch, added)
    for state, reason, count in frontier.counts(batch):
        added.files += count
        added.kept += count if state == "kept" else 0
        if state == "dropped":
            added.dropped[reason or ""] = added.dropped.get(reason or "", 0) + count
    added.failed = frontier.failed(batch, FAILURES)
    return added


async def _fetch(frontier: Frontier, batch: str, intaking: Intaking, way: Way, told: tuple[Added, Report]) -> None:
    added, report = told
    seen = 0

    def count() -> None:
        nonlocal seen
        seen += 1
        report(replace(added, files=seen))

    async with fetcher_for(way.settings, way.net) as fetcher:
        manners = manners_for(fetcher, frontier, way.settings, way.net)
        ended = asyncio.Event()
        taking = asyncio.create_task(_take_in(intaking, batch, added, ended))
        try:
            await Fetching(frontier, batch, fetcher, manners, way.settings, count).run()
        finally:
            ended.set()
            await taking


async def _take_in(intaking: Intaking, batch: str, added: Added, ended: asyncio.Event) -> None:
    """Take in what has arrived, a full portion at a time, beside the fetching."""
    while not ended.is_set():
        await asyncio.to_thread(_portions, intaking, batch, added)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), LOOK_S)


def _portions(intaking: Intaking, batch: str, added: Added) -> None:
    with Frontier(intaking.intake.home) as frontier:
        intaking.all(frontier, batch, added, least=AT_ONCE)


def mined(source: Source, settings: CrawlSettings) -> Source:
    """A source on basis `tdm` with what the law asks to be known; raises BadSetting where nobody said what for."""
    if source.basis != "tdm":
        return source
    if not settings.purpose.strip():
        raise BadSetting(
            "--basis tdm needs what the media are taken for: emocurate config set crawl.purpose 'research on …'"
        )
    evidence = (
        f"purpose: {settings.purpose.strip()}; lawful access: public addresses, no login; opt-outs checked: {RULES}"
    )
    return replace(source, evidence=evidence)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {reason: one.get(reason, 0) + other.get(reason, 0) for reason in (*one, *other)}
