"""`run`: bring every asset up to date with every stage, and nothing twice."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.weights import prove
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.claims import claimed_store
from pipelines.engine.derived import Basis, keep, recall, standing
from pipelines.engine.lease import lease
from pipelines.engine.links import look
from pipelines.engine.objects import ObjectStore
from pipelines.engine.passes import Pass, all_keys
from pipelines.engine.todo import Owed, owed_assets, visits
from pipelines.engine.tombstones import tombstones
from pipelines.engine.visit import Task
from pipelines.engine.workers import Workers
from schemas.media import Clip
from schemas.modality import MODALITIES
from schemas.stage import LINK, Receipt

COMMIT_ROWS = 2000
COMMIT_S = 5.0
WEIGHTS = ("stage", "name", "sha256", "licence")
KINDS = {kind for modality in MODALITIES.values() for kind in modality.kinds}  # turns, tracks … are means to these
SETTLED = "settled"  # the fact that nothing was owed
LONG_S = 5.0  # from when on a file that is at work is named
FAILURES = """SELECT count(DISTINCT "row") FROM open_failures
              WHERE stage = ? OR stage IN (SELECT stage FROM active_stages)"""
NAME = "SELECT min(name) FROM statements WHERE asset = ?"


@dataclass
class Tally:
    """What a run has done so far, in files; `open` are failed still, from this run or earlier ones.

    `to_ask` is how many good clips nobody was asked about, once somebody has counted them; `copies` are files that are
    taken for copies of what was forgotten.
    """

    total: int = 0
    files: int = 0
    dropped: int = 0
    failed: int = 0
    clips: int = 0
    open: int = 0
    bytes: int = 0
    total_bytes: int = 0
    to_ask: int | None = None
    copies: int = 0


def bring_up_to_date(
    home: Path,
    passes: Sequence[Pass],
    workers: Workers,
    *,
    retry: bool = False,
    report: Callable[[Tally, str], None] = lambda *_: None,
) -> Tally:
    """Make every visit that is owed, committing as they come back; raises Busy when another run is at it.

    Raises Missing, before any file is looked at, where weights of a stage are damaged or gone.
    `report` is told how far it is and, while a file takes long, which and for how long.
    """
    catalog, store = Catalog(home), claimed_store(home)
    tally = Tally()
    ledger = _Ledger(catalog, tally, report)
    with lease(home, "run"):
        _prove(home, passes)
        if isinstance(store, ObjectStore):
            store.bring(lambda count, of: report(tally, f"bringing media to {store.address}, {count:,} of {of:,}"))
        tally.failed = look(home)
        with catalog.open():  # held once for three short steps, as below
            _note_weights(catalog, passes)
            live.refresh(catalog, all_keys(passes))
            settled = _Settled(catalog, [one.where for one in passes])
        for one in passes:
            if one.step is not None:  # a step of its own, which may take long
                live.refresh(catalog, all_keys(passes))
                _take_step(catalog, one)
            with catalog.open():
                live.refresh(catalog, all_keys(passes))
                owed = [] if settled.is_known() and not retry else owed_assets(catalog, one, retry)
            ledger.owe(owed)
            todo = visits(catalog, store, one, owed, retry, workers.processes)
            for receipts in workers.map(one, todo, ledger.wait):
                ledger.take(receipts)
            ledger.commit()
            # files of which only clips lacked something have no receipt of their own
            tally.files, tally.bytes = tally.total, tally.total_bytes
        ledger.end()
        with catalog.open():
            live.refresh(catalog, all_keys(passes))
            if not tally.total:
                settled.keep()
            tally.open = catalog.rows(FAILURES, [LINK])[0][0]
            tally.copies = catalog.rows("SELECT count(*) FROM returned")[0][0]
    return tally


def _prove(home: Path, passes: Sequence[Pass]) -> None:
    """See that everything is there without which a run would find something else; raises Missing or BadSetting."""
    for weights in {weights for one in passes for stage in one.stages for weights in getattr(stage, "models", ())}:
        prove(weights)
    tombstones(home)  # without their key nobody could tell what was forgotten


def _take_step(catalog: Catalog, one: Pass) -> None:
    """Answer the question about the whole table that a pass stands on."""
    if one.step is not None:
        with catalog.open() as connection:
            connection.begin()
            one.step(connection)
            connection.commit()


def _note_weights(catalog: Catalog, passes: Sequence[Pass]) -> None:
    """Keep which weights every stage runs, under the licence that is said of them now."""
    pairs = [pair for one in passes for pair in zip(one.keys, one.stages, strict=True)]
    said = {(key, of.name, of.sha256, of.licence) for key, stage in pairs for of in getattr(stage, "models", ())}
    with catalog.open() as connection:
        known = set(connection.execute("SELECT stage, name, sha256, licence FROM stage_weights").fetchall())
        news = sorted(said - known)
        connection.execute("DELETE FROM stage_weights WHERE list_contains(?, stage)", [[row[0] for row in news]])
        insert(connection, "stage_weights", dict(zip(WEIGHTS, map(list, zip(*news, strict=True)), strict=False)))


class _Settled:
    """The fact that a run found nothing owed, which spares the next one the search while all rows stay the same."""

    def __init__(self, catalog: Catalog, where: Sequence[str]) -> None:
        self.catalog, self.where = catalog, where
        self.began = self._basis()

    def is_known(self) -> bool:
        """Whether nothing has changed since a run that found nothing owed."""
        with self.catalog.open() as connection:
            return recall(connection, SETTLED, self._basis()) is not None

    def keep(self) -> None:
        """Say so for as long as the rows stay what they were when this run began: what came meanwhile is owed."""
        with self.catalog.open() as connection:
            keep(connection, SETTLED, self.began, True)

    def _basis(self) -> Basis:
        with self.catalog.open() as connection:
            return standing(connection) | {"where": self.where}


@dataclass
class _Ledger:
    """Receipts held until they are worth opening the catalog for, and what is told of them meanwhile."""

    catalog: Catalog
    tally: Tally
    report: Callable[[Tally, str], None]
    held: list[Receipt] = field(default_factory=list)
    last_s: float = field(default_factory=time.monotonic)
    sizes: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)

    def owe(self, owed: Sequence[Owed]) -> None:
        """Add what a pass owes to the total."""
        self.sizes |= {row.asset: row.size for row in owed}
        self.tally.total += len(owed)
        self.tally.total_bytes += sum(row.size for row in owed)
        self.report(self.tally, "")

    def end(self) -> None:
        """All is done: a file that several passes looked at was counted by each, and is one file."""
        self.tally.total = self.tally.files = len(self.sizes)
        self.tally.total_bytes = self.tally.bytes = sum(self.sizes.values())

    def take(self, receipts: list[Receipt]) -> None:
        """Hold the receipts of a visit; commit when there are many or the last time is long ago."""
        self.held += receipts
        if len(self.held) >= COMMIT_ROWS or time.monotonic() - self.last_s > COMMIT_S:
            self.commit()

    def wait(self, tasks: Sequence[Task], for_s: float, doing: str) -> None:
        """Nothing comes, for these tasks take long: what is held is committed, and the first of them named."""
        if time.monotonic() - self.last_s > COMMIT_S:
            self.commit()
        if for_s >= LONG_S:
            more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
            at = f" ({doing})" if doing else ""
            self.report(self.tally, f"{self._name(tasks[0].asset.id)}{more} for {for_s:.0f} s{at}")

    def commit(self) -> None:
        """Bring what is held into the catalog."""
        if self.held:
            self.catalog.add((), self.held)
            self._count(self.held)
            self.report(self.tally, "")
        self.held, self.last_s = [], time.monotonic()

    def _count(self, receipts: Sequence[Receipt]) -> None:
        """Add the receipts of a batch; a row that several stages or passes fail on is one that failed."""
        failed = {receipt.row for receipt in receipts if receipt.state == "failed"} - self.failed
        files = {receipt.row for receipt in receipts} & self.sizes.keys()
        self.failed |= failed
        self.dropped |= {r.row for r in receipts if r.state == "dropped" and r.stage.startswith("Probe@")}
        tally = self.tally
        tally.files, tally.bytes = tally.files + len(files), tally.bytes + sum(self.sizes[file] for file in files)
        tally.failed, tally.dropped = tally.failed + len(failed), len(self.dropped - self.failed)
        made = (made for receipt in receipts for made in receipt.made)
        tally.clips += sum(isinstance(clip, Clip) and clip.kind in KINDS for clip in made)

    def _name(self, asset: str) -> str:
        if asset not in self.names:
            self.names[asset] = str(self.catalog.rows(NAME, [asset])[0][0] or asset)
        return self.names[asset]
