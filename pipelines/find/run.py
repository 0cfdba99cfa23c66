"""`run`: bring every asset up to date with every stage, and nothing twice."""

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.links import look
from pipelines.engine.passes import Pass, all_keys
from pipelines.engine.store import Store
from pipelines.engine.todo import owed_assets, visits
from pipelines.engine.workers import Workers
from schemas.media import Clip
from schemas.stage import LINK, Receipt

COMMIT_ROWS = 2000
COMMIT_S = 5.0


@dataclass
class Tally:
    """What a run has done so far, in files; `open` are failed still, from this run or earlier ones."""

    total: int = 0
    files: int = 0
    dropped: int = 0
    failed: int = 0
    clips: int = 0
    open: int = 0

    def count(self, receipts: Sequence[Receipt], owed: AbstractSet[str]) -> None:
        """Add the receipts of a batch of `owed` files; one is dropped or failed when its own row is, not its clips'."""
        failed = {receipt.row for receipt in receipts if receipt.state == "failed"}
        dropped = {r.row for r in receipts if r.state == "dropped" and r.stage.startswith("Probe@")}
        self.files += len({receipt.row for receipt in receipts} & owed)
        self.failed += len(failed)
        self.dropped += len(dropped - failed)
        self.clips += sum(isinstance(made, Clip) for receipt in receipts for made in receipt.made)


def bring_up_to_date(
    home: Path,
    passes: Sequence[Pass],
    workers: Workers,
    *,
    retry: bool = False,
    report: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Make every visit that is owed, committing as they come back; raises Busy when another run is at it."""
    catalog, store = Catalog(home), Store(home / "media")
    tally, owed_ids = Tally(), set[str]()
    with lease(home, "run"):
        tally.failed = look(home)
        for one in passes:
            live.refresh(catalog, all_keys(passes))
            owed = owed_assets(catalog, one, retry)
            tally.total += len(owed)
            owed_ids |= {asset for asset, _ in owed}
            report(tally)
            for receipts in _gathered(workers.map(one, visits(catalog, store, one, owed, retry))):
                catalog.add((), receipts)
                tally.count(receipts, owed_ids)
                report(tally)
            tally.files = tally.total  # files of which only clips lacked something have no receipt of their own
        live.refresh(catalog, all_keys(passes))
    failures = """SELECT count(DISTINCT "row") FROM open_failures
                  WHERE stage = ? OR stage IN (SELECT stage FROM active_stages)"""
    tally.open = catalog.rows(failures, [LINK])[0][0]
    return tally


def _gathered(some: Iterator[list[Receipt]]) -> Iterator[list[Receipt]]:
    """Receipts in portions worth opening the catalog for."""
    held: list[Receipt] = []
    last = time.monotonic()
    for receipts in some:
        held += receipts
        if len(held) >= COMMIT_ROWS or time.monotonic() - last > COMMIT_S:
            yield held
            held, last = [], time.monotonic()
    if held:
        yield held
