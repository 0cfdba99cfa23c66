"""A release read back from its folder: its samples from its tables, and what it says of itself from its manifest."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from pyarrow import csv

from pipelines.engine.catalog import Catalog
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.sidecar import SHARD
from schemas.release import (
    REMOVED,
    AgreementFigure,
    LabelTable,
    Part,
    Picture,
    Release,
    Sample,
    SampleAnswer,
    SampleLabel,
    SampleSelection,
    SampleTerms,
    Shard,
)
from schemas.scheme import scheme_from_dict
from schemas.tables import frozen

_NESTED = {"labels": SampleLabel, "answers": SampleAnswer, "terms": SampleTerms, "selections": SampleSelection}
_ROWS = 1_000


def sample_of(row: Mapping[str, Any]) -> Sample:
    """The sample whose `record` a row is, from the JSON in a shard or from a table."""
    names = {field.name for field in fields(Sample)}
    values = {name: frozen(value) for name, value in row.items() if name in names and name not in _NESTED}
    nested = {name: tuple(kind(**_frozen(one)) for one in row.get(name) or ()) for name, kind in _NESTED.items()}
    return Sample(**{**values, **nested, "scopes": tuple(row["scopes"] or ()), "quality": row.get("quality") or {}})


def rows_of(table: Path) -> Iterator[dict[str, Any]]:
    """The rows of a table of labels, in its order, each with the file name of its shard."""
    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(_ROWS):
            yield from batch.to_pylist()


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a release; raises OSError where there is none."""
    return dict(json.loads((folder / MANIFEST).read_text("utf-8")))


def part_of(folder: Path, part: Mapping[str, Any]) -> Part:
    """One part of a release as its manifest and its table have it."""
    table = folder / part["table"]["path"]
    ends: dict[str, tuple[str, str]] = {}
    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(columns=["key", SHARD.name]):
            for key, shard in zip(batch["key"].to_pylist(), batch[SHARD.name].to_pylist(), strict=True):
                ends[shard] = (min(ends.get(shard, (key,))[0], key), max(ends.get(shard, ("", key))[1], key))
    shards = tuple(
        Shard(folder / one["path"], one["sha256"], one["samples"], one["bytes"], part["media"], one["split"], *at)
        for one in part["shards"]
        if (at := ends[Path(one["path"]).name])
    )
    listed = part["table"]
    written = LabelTable(table, listed["sha256"], listed["samples"], listed["bytes"])
    return Part(part["media"], part["suffix"], tuple(part["quality"]), shards, written)


def release_of(manifest: Mapping[str, Any], title: str, parts: tuple[Part, ...], removed: tuple[str, ...]) -> Release:
    """The release that a manifest describes, with other parts; figures are those of the day it was made."""
    return Release(
        name=manifest["name"],
        title=manifest.get("title", title),
        parts=parts,
        schemes=tuple(scheme_from_dict({k: v for k, v in one.items() if k != "id"}) for one in manifest["schemes"]),
        agreements=tuple(AgreementFigure(**figure) for figure in manifest["agreements"]),
        pictures=tuple(Picture(**picture) for picture in manifest.get("pictures", ())),
        thresholds=manifest["thresholds"],
        weights=manifest["weights"],
        versions=manifest["versions"],
        shares=manifest["splits"]["shares"],
        salt=manifest["splits"]["salt"],
        removed=removed,
    )


def hold_places(connection: DuckDBPyConnection, table: str, release: str, places: Path) -> None:
    """Add the split, shard and offset of every clip of a release to a table of released clips."""
    names = csv.ReadOptions(column_names=["clip", "split", "shard", "offset"])
    connection.register("places", csv.read_csv(places, names))
    connection.execute(f'INSERT INTO {table} SELECT ?, clip, split, shard, "offset" FROM places', [release])
    connection.unregister("places")


def listed_removed(folder: Path) -> list[str]:
    """The keys of clips that a release lists as removed."""
    with suppress(FileNotFoundError):
        return (folder / REMOVED).read_text("ascii").split()
    return []


def removed_keys(home: Path, releases: Path, present: Path) -> tuple[str, ...]:
    """The keys that releases so far hold or list as removed and a new one does not; `present` is where its own lie."""
    with present.open("r", encoding="ascii") as file:
        own = {line.split(",", 1)[0] for line in file}
    before = {key for (key,) in Catalog(home).rows("SELECT DISTINCT clip FROM released")}
    for folder in releases.glob("[!.]*"):
        before.update(listed_removed(folder))
    return tuple(sorted(before - own))


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozen(value) if isinstance(value, list) else value for name, value in row.items()}
