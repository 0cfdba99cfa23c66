"""A release read back from its folder: its samples from its tables, and what it says of itself from its manifest."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.shards import Place
from schemas import labels_only
from schemas.columns import Field
from schemas.layout import FlatLabel, Layout
from schemas.release import (
    REMOVED,
    AgreementFigure,
    Bare,
    CategoryFigure,
    GateFigure,
    Gates,
    LabelSource,
    Leak,
    Part,
    Picture,
    Release,
    Sample,
    SampleAnswer,
    SampleLabel,
    SampleSelection,
    SampleTake,
    SampleTerms,
    Shard,
    Table,
)
from schemas.scheme import scheme_from_dict
from schemas.tables import frozen

_NESTED = {
    "labels": SampleLabel,
    "answers": SampleAnswer,
    "terms": SampleTerms,
    "selections": SampleSelection,
    "takes": SampleTake,
}
_ROWS = 1_000
OUTSIDE = """SELECT DISTINCT clip FROM released JOIN releases r ON r.id = release
             WHERE coalesce(r.body ->> '$.internal', 'false') <> 'true'"""
PLACES = "manifest.parquet"  # of a release: where every sample lies
PLACE_FIELDS: tuple[Field, ...] = (
    Field("sample", "string", "the key of the sample"),
    Field("media", "string", "voice or face"),
    Field("split", "string", "train, validation or test"),
    Field("shard", "string", "the path of the tar in the release"),
    Field("offset", "int64", "the first byte of the media file in the tar"),
    Field("size", "int64", "bytes of the media file"),
    Field("sha256", "string", "hash of the media file"),
    Field("licence", "string", "licence of the recording"),
    Field("selection_weight", "float64", "for how many clips found it stands, mean 1; see export.weigh_by"),
)


def sample_of(row: Mapping[str, Any]) -> Sample:
    """The sample whose `record` a row is, from the JSON in a shard or from a table."""
    names = {field.name for field in fields(Sample)}
    values = {name: frozen(value) for name, value in row.items() if name in names and name not in _NESTED}
    nested = {name: tuple(kind(**_frozen(one)) for one in row.get(name) or ()) for name, kind in _NESTED.items()}
    return Sample(**{**values, **nested, "scopes": tuple(row["scopes"] or ()), "quality": row.get("quality") or {}})


def rows_of(table: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table, in its order, with all of its columns or some."""
    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(_ROWS, columns=columns):
            yield from batch.to_pylist()


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a release; raises OSError where there is none."""
    return dict(json.loads((folder / MANIFEST).read_text("utf-8")))


def part_of(folder: Path, part: Mapping[str, Any]) -> Part:
    """One part of a release as its manifest has it."""
    shards = tuple(
        Shard(
            folder / one["path"],
            one["sha256"],
            one["samples"],
            one["bytes"],
            part["media"],
            one["split"],
            one["content"],
        )
        for one in part["shards"]
    )
    table, answers = (
        Table(folder / listed["path"], listed["sha256"], listed["samples"], listed["bytes"])
        for listed in (part["table"], part["answers"])
    )
    return Part(part["media"], part["suffix"], _layout(part["layout"]), shards, table, answers)


def _layout(listed: Mapping[str, Any]) -> Layout:
    flat = tuple(FlatLabel(**_frozen(one)) for one in listed["flat"])
    return Layout(tuple(listed["quality"]), flat, listed["embed"])


def bare_of(folder: Path, manifest: Mapping[str, Any]) -> Bare | None:
    """The clips that a release holds without their media, as its manifest has them; None where there are none."""
    listed = manifest.get("labels_only")
    if not listed:
        return None
    file = listed["table"]
    table = Table(folder / file["path"], file["sha256"], file["samples"], file["bytes"])
    layouts = {media: _layout(of) for media, of in listed["layouts"].items()}
    return Bare(table, layouts, listed["suffixes"], listed["max_bytes"])


def release_of(
    manifest: Mapping[str, Any], title: str, parts: tuple[Part, ...], places: Table, removed: tuple[str, ...]
) -> Release:
    """The release that a manifest describes, with other parts; figures are those of the day it was made.

    Clips without media are not in it.
    """
    return Release(
        name=manifest["name"],
        title=manifest.get("title", title),
        parts=parts,
        places=places,
        schemes=tuple(scheme_from_dict({k: v for k, v in one.items() if k != "id"}) for one in manifest["schemes"]),
        agreements=tuple(map(_agreement, manifest["agreements"])),
        contact=manifest.get("contact"),
        authors=tuple(manifest.get("authors", ())),
        gates=_gates(manifest.get("gates", {})),
        label_sources=tuple(LabelSource(**source) for source in manifest.get("label_sources", ())),
        pictures=tuple(Picture(**picture) for picture in manifest.get("pictures", ())),
        thresholds=manifest["thresholds"],
        weights=manifest["weights"],
        versions=manifest["versions"],
        shares=manifest["splits"]["shares"],
        salt=manifest["splits"]["salt"],
        removed=removed,
        leaks=tuple(Leak(**leak) for leak in manifest["splits"].get("leaks", ())),
        refused=manifest.get("refused", {}),
        licence=manifest.get("licence", ""),
        internal=manifest.get("internal", False),
    )


def _agreement(listed: Mapping[str, Any]) -> AgreementFigure:
    categories = tuple(CategoryFigure(**each) for each in listed.get("categories", ()))
    return AgreementFigure(**{**listed, "categories": categories})


def _gates(listed: Mapping[str, Any]) -> Gates:
    return Gates(**{**listed, "figures": tuple(GateFigure(**each) for each in listed.get("figures", ()))})


def hold_places(connection: DuckDBPyConnection, table: str, release: str, places: Path) -> None:
    """Add the split, shard, offset and weight of every clip of a release to a table of released clips.

    Clips without their media lie in no shard.
    """
    columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(places)]).fetchall()
    weight = "selection_weight" if "selection_weight" in {name for name, *_ in columns} else "NULL"
    connection.execute(
        f"""INSERT INTO {table} (release, clip, split, shard, "offset", weight)
            SELECT ?, sample, split, regexp_extract(shard, '[^/]+$'), "offset", {weight} FROM read_parquet(?)""",
        [release, str(places)],
    )
    if (bare := places.with_name(labels_only.NAME)).is_file():
        query = f"INSERT INTO {table} (release, clip, split) SELECT ?, key, split FROM read_parquet(?)"
        connection.execute(query, [release, str(bare)])


def place_row(sample: Sample, place: Place) -> dict[str, Any]:
    """The row of a sample in the table of places."""
    return {
        "sample": sample.key,
        "media": sample.media,
        "split": sample.split,
        "shard": f"{sample.media}/{place.shard}",
        "offset": place.offset,
        "size": place.size,
        "sha256": place.sha256,
        "licence": sample.licence,
        "selection_weight": sample.selection_weight,
    }


def listed_removed(folder: Path) -> list[str]:
    """The keys of clips that a release lists as removed."""
    with suppress(FileNotFoundError):
        return (folder / REMOVED).read_text("ascii").split()
    return []


def removed_keys(home: Path, releases: Path, folder: Path) -> tuple[str, ...]:
    """The keys that releases so far hold or list as removed and a new one, in its folder, does not.

    Nobody has had an internal release.
    """
    own = set(pq.read_table(folder / PLACES, columns=["sample"])["sample"].to_pylist())
    if (bare := folder / labels_only.NAME).is_file():
        own.update(pq.read_table(bare, columns=["key"])["key"].to_pylist())
    before = {key for (key,) in Catalog(home).rows(OUTSIDE)}
    for earlier in releases.glob("[!.]*"):
        before.update(listed_removed(earlier))
    return tuple(sorted(before - own))


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozen(value) if isinstance(value, list) else value for name, value in row.items()}
