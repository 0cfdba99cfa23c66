"""The bytes of what is forgotten: cuts, stored files, and what a collection cannot reach."""

import itertools
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

import pyarrow.parquet as pq

from pipelines.bench.files import FOLDER as BENCHMARKS
from pipelines.bench.files import ITEMS, held_in
from pipelines.cutting import ROOM, cut_places, cut_rooms
from pipelines.engine.catalog import FILE_NAME as CATALOG
from pipelines.engine.claims import claimed_store
from pipelines.engine.lease import aside
from pipelines.engine.objects import CACHE, ObjectStore
from pipelines.engine.store import unlinked
from pipelines.rebuild.shards import ROOM as REBUILT
from pipelines.rebuild.shards import TABLE, clear, leave_out

MEDIA, IMPORTS = "media", "imports"
CHUNK = 1 << 20
NAMES = 1_000
SHORTEST = 4  # letters of a file's name without its ending that are looked for by themselves


def remove_bytes(home: Path, clips: Collection[str], assets: Collection[str], remaining: list[str]) -> int:
    """Remove the cuts of clips and the stored files of assets; gives how many bytes that were.

    Originals of linked files lie elsewhere and are named in `remaining`.
    """
    rebuilt = dict(_rebuilt(home, set(assets)))
    clips, removed = {*clips, *itertools.chain(*rebuilt.values())}, 0
    store = claimed_store(home)
    rooms = cut_rooms(home)
    removed += sum(unlinked(place) for clip in clips for place in cut_places(rooms, clip))
    for asset in assets:
        link = home.joinpath(MEDIA, asset[:2], asset)
        if link.is_symlink():
            remaining.append(f"the original of a linked file: {link.readlink()}")
        removed += store.remove(asset)
    if isinstance(store, ObjectStore) and store.keeps_history:
        remaining.append(f"the history of {store.address} keeps what is removed: squash it on the Hub")
    for folder in rebuilt:  # last: nothing else knows of the cuts that were made for it
        leave_out(folder, set(assets))
        if not folder.name.startswith("."):
            remaining.append(f"{folder.relative_to(home)} held it and is gone; rebuild it: it comes back without")
    return removed


def _rebuilt(home: Path, assets: set[str]) -> Iterator[tuple[Path, set[str]]]:
    """The releases of others that were rebuilt with these assets, each with the names of the clips cut from them."""
    for table in sorted((home / REBUILT).glob(f"*/{TABLE}")):
        rows = pq.read_table(table, columns=["asset", "cut"]).to_pylist()
        cuts = {row["cut"] for row in rows if row["asset"] in assets}
        if cuts:
            yield table.parent, cuts - {None}


def sweep(home: Path) -> None:
    """Remove what killed commands were writing or removing: media, cuts, tables, rebuilt releases, the database's."""
    for room in (MEDIA, ROOM, IMPORTS, *([CACHE] if (home / CACHE).exists() else [])):
        with aside(home, room):
            pass
    for left in (home / REBUILT).glob(".*/"):
        clear(left)
    shutil.rmtree(home / f"{CATALOG}.tmp", ignore_errors=True)


def notes_of(home: Path, items: Collection[str], names: Collection[str]) -> list[str]:
    """Frozen benchmarks that hold one of these clips or files, and lists of refused rows that hold a name."""
    stems = {stem for name in names if len(stem := PurePosixPath(name).stem) >= SHORTEST}
    sought = sorted({*names, *stems})
    needles = [name.encode("utf-8", "surrogatepass") for name in sought[:NAMES]]
    lists = [file for file in sorted((home / IMPORTS).rglob("*")) if file.is_file()]
    listed = [file for file in lists if holds(file, needles)]
    frozen = [file for file in sorted((home / BENCHMARKS).glob(f"*/{ITEMS}")) if not held_in(file).isdisjoint(items)]
    notes = [f"{path.relative_to(home)}: remove it, or make it again" for path in (*frozen, *listed)]
    if lists and len(sought) > NAMES:
        notes.append(f"lists in {IMPORTS} were searched for {NAMES:,} of {len(sought):,} names; remove these lists")
    return notes


def holds(file: Path, needles: Collection[bytes]) -> bool:
    """Whether a file, read raw a piece at a time, holds any of some bytes."""
    longest = max(map(len, needles), default=0)
    with file.open("rb") as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            window = before + chunk
            if any(needle in window for needle in needles):
                return True
            before = window[-longest:] if longest else b""
    return False
