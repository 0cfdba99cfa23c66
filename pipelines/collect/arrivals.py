"""What was fetched comes into the collection: bytes into the store, every end into the catalog with its evidence."""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from curate.read.sniff import read_head, sniff
from curate.rights.licences import Claim
from curate.rights.optouts import RULES
from pipelines.collect.add import Added, Intake, Taken, commit_taken, refused_file
from pipelines.collect.addresses import Arrived, stand_in
from pipelines.collect.frontier import Frontier
from pipelines.collect.metadata import Metadata
from pipelines.collect.offers import Held, Offer
from pipelines.engine.catalog import Catalog, Noun
from pipelines.engine.lease import aside
from pipelines.engine.store import CHUNK
from schemas.errors import Altered, Withdrawn
from schemas.ids import asset_id
from schemas.media import Arrival, CrawlArrival
from schemas.stage import SNIFF, Dropped, Receipt
from schemas.web import Fetch

AT_ONCE = 1000
MEDIA = "media"
FREE = ("CC-PDM-1.0",)
PAGE_STATES = {"fetched": "kept", "unchanged": "kept", "refused": "dropped", "failed": "failed"}
End = tuple[int, str, str | None, str | None]  # address, state, reason, asset


@dataclass(frozen=True)
class Intaking:
    """How what arrives is taken in: by which intake, fetched by whom, and whether a crawl found it.

    `settled` is told the assets that have come, as soon as they stand in the catalog.
    """

    intake: Intake
    agent: str
    crawls: bool = False
    settled: Callable[[Sequence[str]], None] = lambda _: None

    def all(self, frontier: Frontier, batch: str, added: Added, least: int = 1) -> None:
        """Take in what has arrived, while it is at least so much."""
        while len(arrived := frontier.arrived(batch, AT_ONCE)) >= least:
            self._portion(frontier, batch, arrived, added)

    def _portion(self, frontier: Frontier, batch: str, arrived: list[Arrived], added: Added) -> None:
        rows = {one.url: {**self.intake.metadata.of(one.url), **self._cells(one)} for one in arrived}
        intake = replace(self.intake, metadata=Metadata(rows))
        taken: list[Taken] = []
        ends: list[End] = []
        with aside(intake.home, MEDIA):
            pages = [one for one in arrived if one.kind == "page"]
            nouns = [noun for one in pages for noun in self._evidence(frontier, one, stand_in(one.url))]
            Catalog(intake.home).add(nouns)
            ends += [(one.id, PAGE_STATES[one.fetched.outcome], one.fetched.reason, None) for one in pages]
            for one in (one for one in arrived if one.kind != "page"):
                file = self._taken(intake, frontier, one)
                if file is None:
                    ends.append((one.id, "dropped", "withdrawn", None))
                    continue
                file = self._claimed(intake, file, one, frontier.claims(batch, one.url), added)
                evidence = self._evidence(frontier, one, file.receipt.row)
                taken.append(replace(file, nouns=[*file.nouns, *self._marks(file), *evidence]))
                ends.append(_end(one, file))
            commit_taken(Catalog(intake.home), taken, added)
        frontier.settle(ends)
        for one in arrived:
            (frontier.incoming / str(one.id)).unlink(missing_ok=True)
        self.settled([asset for _, state, _, asset in ends if state == "kept" and asset])

    def _taken(self, intake: Intake, frontier: Frontier, one: Arrived) -> Taken | None:
        """The rows of one address; None for what was forgotten."""
        by_name = stand_in(one.url)
        fetched = one.fetched
        if fetched.outcome == "failed":
            return Taken([], Receipt(SNIFF, by_name, "failed", fetched.reason), by_name)
        if fetched.outcome == "refused":
            return refused_file(intake, one.url, by_name, fetched.reason or "")
        if fetched.outcome == "unchanged" and one.asset:
            sources, statements = intake.said(one.asset, one.url, intake.metadata.of(one.url))
            nouns: list[Noun] = [*sources, Arrival(one.asset, sources[0].id)]
            return Taken(nouns, Receipt(SNIFF, one.asset, "done"), by_name, statements=statements)
        try:
            return intake.take(_placed(intake, frontier.incoming / str(one.id), one), by_name)
        except Withdrawn:
            return None
        except (FileNotFoundError, Altered):
            return Taken([], Receipt(SNIFF, by_name, "failed", "the bytes that were fetched have gone; again"), by_name)

    def _cells(self, one: Arrived) -> dict[str, Any]:
        """What is said of an address; on basis `tdm` what the law asks to be known stands first."""
        cells, basis = dict(one.cells), self.intake.source.basis
        if basis == "tdm" and not {"basis", "licence"} & set(cells):
            cells["evidence"] = f"{self.intake.source.evidence}; {cells.get('evidence', '')}"
        return cells

    def _claimed(self, intake: Intake, file: Taken, one: Arrived, claims: list[Claim], added: Added) -> Taken:
        """A file with what pages say of its licence, a source for each; words nobody knows are evidence alone."""
        nouns, statements = list(file.nouns), list(file.statements)
        if file.receipt.state == "failed" or one.fetched.outcome == "refused":
            return file
        for claim in claims:
            sources, said = intake.said(file.receipt.row, one.url, said_of(one.url, claim))
            nouns += [*sources, Arrival(file.receipt.row, sources[0].id)]
            statements += said
        if len({claim.licence for claim in claims if claim.licence}) > 1:
            added.conflicts.append(one.url)
        return replace(file, nouns=nouns, statements=tuple(statements))

    def _marks(self, file: Taken) -> list[Noun]:
        """That its arrivals are a crawl's."""
        arrivals = [noun for noun in file.nouns if isinstance(noun, Arrival)] if self.crawls else []
        return [CrawlArrival(one.asset, one.source) for one in arrivals]

    def _evidence(self, frontier: Frontier, one: Arrived, asset: str) -> list[Noun]:
        return [self._fetch(one, asset), *frontier.notices(one.notices)]

    def _fetch(self, one: Arrived, asset: str) -> Fetch:
        fetched = one.fetched
        chain = json.dumps([asdict(hop) for hop in fetched.chain])
        optouts = tuple(optout.reason for optout in one.optouts)
        return Fetch(
            asset, one.url, fetched.outcome, fetched.reason, fetched.final_url, chain, fetched.fetched_at,
            fetched.status, json.dumps(dict(fetched.headers)), fetched.sha256, fetched.size, self.agent, RULES, optouts,
            one.notices,
        )  # fmt: skip


def _placed(intake: Intake, path: Path, one: Arrived) -> Offer:
    """What a fetch offers; small media are moved to their place in the store, and were hashed while they came.

    Raises Withdrawn for bytes that were forgotten.
    """
    asset, size, store = asset_id(one.fetched.sha256 or ""), one.fetched.size, intake.store
    if not path.exists():  # moved already, and killed before that was noted
        path = store.local(asset, size)
    elif size <= CHUNK:
        intake.allow(asset)
        with path.open("rb") as file:
            verdict = sniff(read_head(file), size)
        if not isinstance(verdict, Dropped) and store.adopt(path, asset, size) != path:
            return Offer(one.url, nullcontext, held=Held(asset, size, verdict))  # type: ignore[arg-type]
    return Offer(one.url, lambda: path.open("rb"))


def said_of(url: str, claim: Claim) -> dict[str, str]:
    """What a page says of a licence, as a table would."""
    cells = {"address": url, "evidence": claim.evidence}
    if claim.licence is None:
        return {**cells, "basis": "unknown"}
    named = {"attribution": claim.attribution} if claim.attribution else {}
    return {
        **cells,
        **named,
        "basis": "public-domain" if claim.licence in FREE else "licence",
        "licence": claim.licence,
    }


def _end(one: Arrived, file: Taken) -> End:
    states = {"done": "kept", "dropped": "dropped", "failed": "failed"}
    return one.id, states[file.receipt.state], file.receipt.reason, file.receipt.row
