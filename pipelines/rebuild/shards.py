"""What a rebuild writes: shards as the release would have had them, relocated clips apart, and what became of each."""

import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.cutting import cut_places, cut_rooms
from pipelines.engine.catalog import Catalog
from pipelines.rebuild.clips import KINDS, Clip, in_order
from pipelines.rebuild.listed import Listed
from pipelines.release.records import rows_of, sample_of
from pipelines.release.shards import MAX_SAMPLES, Place, Sharding, write_shards
from pipelines.release.sidecar import ParquetTable
from schemas.columns import Field
from schemas.modality import MODALITIES, ModalityName
from schemas.release import SPLITS, Sample, Split

Row = Mapping[str, Any]
REMOVED = "removed"  # the outcome of a clip that the release has no more
GONE = ".gone"  # ends the name of what is being removed; all that it knew of stands elsewhere
RELOCATED = "relocated"  # the folder of shards of clips from files that have changed
ROOM, TABLE = "rebuilt", "rebuilt.parquet"  # the folder beside `releases`; in it, a folder a release
FIELDS: tuple[Field, ...] = (
    Field("key", "string", "the clip's id in the release"),
    Field("media", "string", "voice, face or moment"),
    Field("outcome", "string", "identical, decoded (to the same samples), recoded, relocated, missing or removed"),
    Field("reason", "string", "why it is missing"),
    Field("source_address", "string", "where its file was asked for"),
    Field("asset", "string", "the first 32 hex digits of the SHA-256 of the file that is there"),
    Field("start_ms", "int64", "where it begins in that file"),
    Field("offset_ms", "int64", "by how much later than in the file of the release"),
    Field("shard", "string", "the path of its tar"),
    Field("cut", "string", "the name of its file below `cuts` of the collection it was rebuilt in"),
)


def write(home: Path, release: Listed, clips: Sequence[Clip], left: Sequence[Row], folder: Path) -> None:
    """Write shards and the table of what became of every clip into a folder; licences come along."""
    shards: dict[str, str] = {}
    for name in MODALITIES:
        for split in SPLITS:
            of = [clip for clip in clips if (clip.row["media"], clip.row["split"]) == (name, split)]
            shards |= _shards(home, release, folder, (name, split), [one for one in of if not one.is_relocated])
            moved = [one for one in of if one.is_relocated]
            shards |= _shards(home, release, folder / RELOCATED, (name, split), moved)
    write_table(folder, clips, left, shards)
    notice = release.folder / "LICENSE.md"
    if notice.is_file():
        shutil.copy2(notice, folder)


def write_table(folder: Path, clips: Sequence[Clip], left: Sequence[Row], shards: Mapping[str, str]) -> None:
    """Write what became of every clip; before anything is cut, what is wanted: `forget` finds the cuts by it."""
    with ParquetTable(folder / TABLE, FIELDS) as table:
        for clip in in_order(clips):
            table.add([_row(clip, shards.get(clip.row["key"]))])
        table.add([dict(row) for row in left])
        table.close()


def left_of_removed(home: Path, release: Listed) -> list[Row]:
    """The rows of earlier rebuilds, of any version, whose clips the release took out, while their files are here."""
    tables = sorted((home / ROOM).glob(f"*/{TABLE}"))  # of those, too, that were killed
    had = [row for table in tables for row in rows_of(table) if row["asset"] and row["key"] in release.gone]
    rows = list({(row["key"], row["cut"]): row for row in had}.values())
    there = dict(Catalog(home).rows(KINDS, [sorted({row["asset"] for row in rows})]))
    return [{**row, "outcome": REMOVED, "reason": None, "shard": None} for row in rows if row["asset"] in there]


def begun(folder: Path) -> Path:
    """Where stands what has been cut for a rebuild that is not there whole: `forget` finds these cuts by it."""
    return folder.with_name(f".{folder.name}.begun")


def aside(folder: Path) -> Path:
    """Where a rebuild is written before it replaces the one that is there."""
    return folder.with_name(f".{folder.name}.aside")


def cut_before(folder: Path) -> list[Row]:
    """What has been cut for rebuilds of this name: whole, killed or half removed ones, also of another release."""
    places = (folder, aside(folder), begun(folder))
    tables = [place / TABLE for place in (*places, *map(_gone, places))]
    had = [row for table in tables if table.exists() for row in rows_of(table) if row["cut"]]
    return list({(row["key"], row["cut"]): {**row, "shard": None} for row in had}.values())


def keep_known(home: Path, folder: Path) -> None:
    """Keep in the table of what was begun the cuts that lie here and that the whole rebuild does not name.

    They are of files that a site had for a while, or of another release of that name. Where there are none, it goes.
    """
    named = {(row["key"], row["cut"]) for row in rows_of(folder / TABLE, ["key", "cut"])}
    rows = {(row["key"], row["cut"]): row for row in rows_of(begun(folder) / TABLE) if row["cut"]}
    lacking = [row for known, row in rows.items() if known not in named]
    rooms = cut_rooms(home) if lacking else []
    kept = [row for row in lacking if any(place.exists() for place in cut_places(rooms, row["cut"]))]
    if kept:
        write_table(begun(folder), [], kept, {})
    else:
        remove(begun(folder))


def leave_out(folder: Path, assets: Container[str]) -> None:
    """Remove a rebuilt release that holds some assets; what was cut of others for it stays known."""
    into = folder if folder.name.startswith(".") else begun(folder)
    tables = [table for table in sorted({folder / TABLE, into / TABLE}) if table.exists()]
    held = [row for table in tables for row in rows_of(table) if row["cut"] and row["asset"] not in assets]
    rows = {(row["key"], row["cut"]): row for row in held}
    if rows:
        write_table(into, [], [{**row, "shard": None} for row in rows.values()], {})
        clear(into)
    for gone in {folder, into} if not rows else {folder} - {into}:
        if gone.exists():
            remove(gone)


def clear(folder: Path) -> None:
    """Remove what lies in the folder of a rebuild that is not whole, but for the table that names what was cut."""
    if not (folder / TABLE).exists() or folder.name.endswith(GONE):
        shutil.rmtree(folder)
        return
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != TABLE:
            left.unlink()


def remove(folder: Path) -> None:
    """Remove a rebuilt release; killed meanwhile, what is left of it has the name of what is swept."""
    gone = _gone(folder)
    shutil.rmtree(gone, ignore_errors=True)
    folder.replace(gone)
    shutil.rmtree(gone)


def _gone(folder: Path) -> Path:
    return folder.with_name(f".{folder.name.lstrip('.')}{GONE}")


def _shards(
    home: Path, release: Listed, folder: Path, of: tuple[ModalityName, Split], clips: Sequence[Clip]
) -> dict[str, str]:
    """The shard of every clip that is there, by key."""
    name, split = of
    there = [clip for clip in clips if not clip.missing]
    if not there:
        return {}
    bare, placed = release.bare, dict[str, str]()
    how = Sharding(
        folder=folder / name, name=f"{name}-{split}", suffix=bare.suffixes[name], layout=bare.layouts[name],
        max_bytes=bare.max_bytes, max_samples=MAX_SAMPLES,
    )  # fmt: skip
    start = f"{RELOCATED}/{name}" if folder.name == RELOCATED else name

    def note(sample: Sample, place: Place) -> None:
        placed[sample.key] = f"{start}/{place.shard}"

    write_shards(how, _samples(home, release, there), note)
    return placed


def _samples(home: Path, release: Listed, clips: Sequence[Clip]) -> Iterator[tuple[Sample, Path]]:
    for clip in in_order(clips):
        media: ModalityName = clip.row["media"]
        sample = sample_of(clip.row)
        scores = {name: sample.quality.get(name) for name in release.bare.layouts[media].quality}
        sample = replace(sample, quality=scores)
        if clip.is_relocated:
            where = {"asset": clip.asset, "start_ms": clip.start_ms, "end_ms": clip.end_ms}
            sample = replace(sample, **where, previous=None, next=None)  # type: ignore[arg-type]
        yield sample, clip.path(home, release.bare.suffixes[media])


def _row(clip: Clip, shard: str | None) -> dict[str, object]:
    moved = clip.outcome == "relocated" and clip.start_ms is not None
    return {
        "key": clip.row["key"],
        "media": clip.row["media"],
        "outcome": clip.outcome,
        "reason": clip.missing,
        "source_address": clip.address,
        "asset": clip.asset,
        "start_ms": None if clip.missing else clip.start_ms,
        "offset_ms": (clip.start_ms or 0) - clip.row["start_ms"] if moved else None,
        "shard": shard,
        "cut": clip.span.id if clip.asset else None,
    }
