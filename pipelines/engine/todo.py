"""What is owed: the rows that lack a receipt, by anti-join, and everything a visit must know to pay the debt."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.columns import packed
from pipelines.engine.links import ALTERED
from pipelines.engine.passes import Pass
from pipelines.engine.store import Store
from pipelines.engine.visit import Task
from schemas.media import Asset, AssetKind, Clip, Score
from schemas.stage import Made, Rows, after

T = TypeVar("T")
PORTION = 1024  # assets looked up in one visit to the catalog
PORTION_CLIPS = 50_000  # a kilobyte each in the driver; a long recording has thousands
BATCH_FILES = 32
BATCH_BYTES = 24_000_000  # compressed; a visit holds what it decodes, so this bounds the memory of a worker
BATCHES_EACH = 4  # at least, for each process and kind of media, where there are as many files
SOME = "SELECT unnest(?::VARCHAR[])"
# Assets with which nothing may be done any more: those that the view `rights` calls lapsed, without the rest of it.
LAPSED = "SELECT asset FROM consented WHERE lapsed IS NOT NULL UNION ALL SELECT asset FROM barred"
# Every row of some assets, with the asset it belongs to.
ROWS_OF = f"""SELECT id, asset FROM clips WHERE asset IN ({SOME})
              UNION ALL SELECT id, id FROM assets WHERE id IN ({SOME})"""


class Owed(NamedTuple):
    """An asset to which something is owed: its id, how many clips it has, its kind, and its size in bytes."""

    asset: str
    clips: int
    kind: AssetKind
    size: int


def owed_assets(catalog: Catalog, one: Pass, retry: bool) -> Sequence[Owed]:
    """Every asset that lacks a receipt of this pass, for itself or one of its live clips.

    The largest of a kind come first: what takes long must not be begun last, when others have nothing left to do.
    """
    if not one.stages:  # a pass that is a step alone
        return []
    with catalog.open() as connection:
        _gather(connection, one, retry)
        rows = connection.execute(
            """WITH known AS (SELECT asset, count(*) AS clips FROM clips SEMI JOIN todo USING (asset) GROUP BY asset)
               SELECT id, coalesce(clips, 0), kind, size FROM assets SEMI JOIN todo ON todo.asset = assets.id
               LEFT JOIN known ON known.asset = assets.id ORDER BY kind DESC, size // 1000000 DESC, id"""
        ).fetchall()
        return [Owed(*row) for row in rows]


@dataclass(frozen=True)
class Batches:
    """How tasks are put together: at most so many files and bytes of each kind in one."""

    files: Mapping[AssetKind, int]
    bytes: Mapping[AssetKind, int]

    @classmethod
    def of(cls, owed: Sequence[Owed], processes: int) -> "Batches":
        """Batches that a worker can hold, and that leave work for every one of the processes."""
        files: dict[AssetKind, int] = defaultdict(int)
        sizes: dict[AssetKind, int] = defaultdict(int)
        for row in owed:
            files[row.kind] += 1
            sizes[row.kind] += row.size
        parts = processes * BATCHES_EACH if processes > 1 else 1
        return cls(
            {kind: min(BATCH_FILES, -(-count // parts)) for kind, count in files.items()},
            {kind: min(BATCH_BYTES, size // parts) for kind, size in sizes.items()},
        )

    def packed(self, tasks: Iterable[Task]) -> Iterator[list[Task]]:
        """The tasks in their order, one kind of media in a batch."""
        for kind, alike in groupby(tasks, key=lambda task: task.asset.kind):
            yield from _packed(alike, lambda task: task.asset.size, self.files[kind], self.bytes[kind])


def visits(
    catalog: Catalog, store: Store, one: Pass, owed: Sequence[Owed], retry: bool, processes: int = 1
) -> Iterator[list[Task]]:
    """Batches of tasks that a worker can hold, similar files together, some for every process."""
    batches = Batches.of(owed, processes)
    for portion in _packed(owed, lambda row: row.clips, PORTION, PORTION_CLIPS):
        with catalog.open() as connection:
            tasks = _tasks(connection, store, one, [row.asset for row in portion], retry)
        yield from batches.packed(tasks)


def _packed(some: Iterable[T], weight: Callable[[T], int], most: int, heaviest: int) -> Iterator[list[T]]:
    """All of these in their order, together as long as they are not too many and not too heavy."""
    together: list[T] = []
    held = 0
    for one in some:
        if together and (len(together) >= most or held + weight(one) > heaviest):
            yield together
            together, held = [], 0
        together.append(one)
        held += weight(one)
    if together:
        yield together


def _gather(connection: DuckDBPyConnection, one: Pass, retry: bool, among: Sequence[str] | None = None) -> None:
    """Fill the temporary table todo (asset, row, stage): want minus have, for all assets or some."""
    settled = "r.state <> 'failed'" if retry else "true"
    some = "" if among is None else "AND asset IN (SELECT unnest($among::VARCHAR[]))"
    connection.execute('CREATE OR REPLACE TEMP TABLE todo (asset VARCHAR, "row" VARCHAR, stage VARCHAR)')
    for key, stage in zip(one.keys, one.stages, strict=True):
        rows = "(SELECT id, id AS asset, kind FROM assets)" if stage.takes is Asset else "live_clips"
        values: dict[str, Any] = {"stage": key, "kinds": list(stage.kinds)}
        connection.execute(
            f"""INSERT INTO todo SELECT asset, id, $stage FROM {rows} AS rows
                WHERE list_contains($kinds, kind) AND ({one.where}) {some}
                AND NOT EXISTS (FROM receipts r WHERE r.stage = $stage AND r."row" = rows.id AND {settled})""",
            values if among is None else {**values, "among": among},
        )
    connection.execute(f"DELETE FROM todo WHERE asset IN (SELECT asset FROM ({ALTERED}) UNION ALL {LAPSED})")


def _tasks(connection: DuckDBPyConnection, store: Store, one: Pass, ids: Sequence[str], retry: bool) -> list[Task]:
    _gather(connection, one, retry, ids)
    lacks: dict[str, set[str]] = defaultdict(set)
    for row, stage in connection.execute('SELECT "row", stage FROM todo').fetchall():
        lacks[row].add(stage)
    clips = _clips(connection, ids)
    known, attempts = _receipts(connection, one, ids, retry)
    read = {key for stage in one.stages for key in after(stage)}
    rows, failing = _read_rows(connection, [asset for asset in ids if read], sorted(read), retry)
    assets = connection.execute(f"SELECT id, kind, format, size FROM assets WHERE id IN ({SOME})", [ids]).fetchall()
    found = {row[0]: Asset(*row) for row in assets}
    return [
        Task(
            found[asset],
            store,
            frozenset(lacks[asset]),
            tuple((clip, frozenset(lacks[clip.id])) for clip in clips[asset] if clip.id in lacks),
            frozenset(known[asset]),
            attempts[asset] + 1,
            rows.get(asset, Rows()),
            frozenset(failing[asset]),
        )
        for asset in ids
    ]


def _clips(connection: DuckDBPyConnection, ids: Sequence[str]) -> dict[str, list[Clip]]:
    rows = connection.execute(
        f"SELECT asset, kind, start_ms, end_ms, box FROM clips WHERE asset IN ({SOME}) ORDER BY ALL", [ids]
    ).fetchall()
    clips: dict[str, list[Clip]] = defaultdict(list)
    for asset, kind, start_ms, end_ms, box in rows:
        clips[asset].append(Clip(asset, kind, start_ms, end_ms, tuple(box) if box else None))
    return clips


def _receipts(
    connection: DuckDBPyConnection, one: Pass, ids: Sequence[str], retry: bool
) -> tuple[dict[str, set[tuple[str, str]]], dict[str, int]]:
    """Per asset the (stage, row) pairs that are settled, and the highest attempt that failed."""
    rows = connection.execute(
        f"""SELECT rows.asset, stage, r."row", state, attempt FROM receipts r
            JOIN ({ROWS_OF}) AS rows ON r."row" = rows.id WHERE stage IN ({SOME})""",
        [ids, ids, list(one.keys)],
    ).fetchall()
    known: dict[str, set[tuple[str, str]]] = defaultdict(set)
    attempts: dict[str, int] = defaultdict(int)
    for asset, stage, row, state, attempt in rows:
        if state != "failed" or not retry:
            known[asset].add((stage, row))
        if state == "failed":
            attempts[asset] = max(attempts[asset], attempt)
    return known, attempts


def _read_rows(
    connection: DuckDBPyConnection, ids: Sequence[str], stages: Sequence[str], retry: bool
) -> tuple[dict[str, Rows], dict[str, set[str]]]:
    """Per asset what these stages made of it, and which of them failed and are not tried again."""
    if not ids:
        return {}, defaultdict(set)
    clips = {clip.id: clip for clips in _clips(connection, ids).values() for clip in clips}
    made: dict[str, dict[str, list[Made]]] = {asset: defaultdict(list) for asset in ids}
    dropped: dict[str, dict[str, str]] = {asset: {} for asset in ids}
    failing: dict[str, set[str]] = defaultdict(set)
    receipts = f"""SELECT rows.asset, stage, r."row", state, reason, r.made FROM receipts r JOIN ({ROWS_OF}) AS rows
                   ON r."row" = rows.id WHERE stage IN ({SOME}) ORDER BY ALL"""
    for asset, stage, row, state, reason, clip_ids in connection.execute(receipts, [ids, ids, stages]).fetchall():
        made[asset][stage] += [clips[clip] for clip in clip_ids or ()]
        if state == "dropped" and row == asset:
            dropped[asset][stage] = reason
    unsettled = f"""SELECT rows.asset, stage FROM open_failures r JOIN ({ROWS_OF}) AS rows ON r."row" = rows.id
                    WHERE stage IN ({SOME})"""
    for asset, stage in [] if retry else connection.execute(unsettled, [ids, ids, stages]).fetchall():
        failing[asset].add(stage)
    scores = f"""SELECT rows.asset, stage, s."row", name, value, vector, bits, text
                 FROM scores s JOIN ({ROWS_OF}) AS rows ON s."row" = rows.id WHERE stage IN ({SOME}) ORDER BY ALL"""
    for asset, stage, row, name, value, vector, *rest in connection.execute(scores, [ids, ids, stages]).fetchall():
        made[asset][stage].append(Score(row, name, value, packed(vector), *rest))
    return {asset: Rows(made[asset], dropped[asset]) for asset in ids}, failing
