"""What was fetched comes into the collection: bytes into the store, every end into the catalog with its evidence."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from curate.rights.optouts import RULES
from pipelines.collect.add import Added, Intake, Taken, commit_taken, refused_file
from pipelines.collect.frontier import Arrived, Frontier
from pipelines.collect.metadata import Metadata
from pipelines.collect.offers import Offer
from pipelines.engine.catalog import Catalog, Noun
from pipelines.engine.lease import aside
from schemas.errors import Withdrawn
from schemas.ids import content_id
from schemas.media import Arrival
from schemas.stage import SNIFF, Receipt
from schemas.web import Fetch

AT_ONCE = 1000
MEDIA = "media"
End = tuple[int, str, str | None, str | None]  # address, state, reason, asset


@dataclass(frozen=True)
class Intaking:
    """How what arrives is taken in: by which intake, fetched by whom."""

    intake: Intake
    agent: str

    def all(self, frontier: Frontier, batch: str, added: Added, least: int = 1) -> None:
        """Take in what has arrived, while it is at least so much."""
        while len(arrived := frontier.arrived(batch, AT_ONCE)) >= least:
            self._portion(frontier, arrived, added)

    def _portion(self, frontier: Frontier, arrived: list[Arrived], added: Added) -> None:
        rows: dict[str, dict[str, Any]] = {one.url: dict(one.cells) for one in arrived}
        intake = replace(self.intake, metadata=Metadata(rows))
        taken: list[Taken] = []
        ends: list[End] = []
        with aside(intake.home, MEDIA):
            for one in arrived:
                file = self._taken(intake, frontier, one)
                if file is None:
                    ends.append((one.id, "dropped", "withdrawn", None))
                    continue
                evidence: list[Noun] = [self._fetch(one, file.receipt.row), *frontier.notices(one.notices)]
                taken.append(replace(file, nouns=[*file.nouns, *evidence]))
                ends.append(_end(one, file))
            commit_taken(Catalog(intake.home), taken, added)
        frontier.settle(ends)
        for one in arrived:
            (frontier.incoming / str(one.id)).unlink(missing_ok=True)

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
        path = frontier.incoming / str(one.id)
        try:
            return intake.take(Offer(one.url, lambda: path.open("rb")), by_name)
        except Withdrawn:
            return None
        except FileNotFoundError:  # taken in already, and killed before that was noted
            return Taken([], Receipt(SNIFF, by_name, "failed", "the bytes that were fetched have gone; again"), by_name)

    def _fetch(self, one: Arrived, asset: str) -> Fetch:
        fetched = one.fetched
        chain = json.dumps([asdict(hop) for hop in fetched.chain])
        optouts = tuple(optout.reason for optout in one.optouts)
        return Fetch(
            asset, one.url, fetched.outcome, fetched.reason, fetched.final_url, chain, fetched.fetched_at,
            fetched.status, json.dumps(dict(fetched.headers)), fetched.sha256, fetched.size, self.agent, RULES, optouts,
            one.notices,
        )  # fmt: skip


def stand_in(url: str) -> str:
    """What stands for an address whose bytes are not there."""
    return content_id("unread", place=url)


def _end(one: Arrived, file: Taken) -> End:
    states = {"done": "kept", "dropped": "dropped", "failed": "failed"}
    return one.id, states[file.receipt.state], file.receipt.reason, file.receipt.row
