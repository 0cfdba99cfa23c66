"""Writes the columns of a release without its media as one Parquet file that anything can read."""

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engine.lease import sync_folder
from schemas.columns import Field, ListOf, Type
from schemas.release import LabelTable, Sample, Shard, Split, fields, record

SHARD = Field("shard", "string", "file name of the shard that holds the clip")
_ROWS = 1_000  # a row group is what a reader or the viewer fetches at once


def table_fields(quality: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The columns of the Parquet table: those of a sample and the name of its shard."""
    return (*fields(quality), SHARD)


def write_labels(
    path: Path, samples: Iterable[Sample], shards: Sequence[Shard], quality: tuple[str, ...]
) -> LabelTable:
    """Write the samples of one medium, sorted by key over all splits, each with the name of the shard it lies in.

    `shards` are those of all splits of the medium. The file is written aside and renamed when it is on the disk; its
    bytes depend on the samples and the version of pyarrow alone. Raises ValueError for a sample in none of the shards.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    schema, shard_of = arrow_schema(table_fields(quality)), _shard_names(shards)
    aside, count = path.with_name(path.name + ".tmp"), 0
    with aside.open("wb") as file:
        with pq.ParquetWriter(file, schema, version="2.6", compression="zstd", compression_level=3) as writer:
            for batch in _batches(samples):
                rows = [{**record(sample), SHARD.name: shard_of(sample)} for sample in batch]
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema), row_group_size=_ROWS)
                count += len(rows)
        file.flush()
        os.fsync(file.fileno())
    with aside.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    aside.replace(path)
    sync_folder(path.parent)
    return LabelTable(path, sha256, count, path.stat().st_size)


def arrow_schema(columns: tuple[Field, ...]) -> pa.Schema:
    """The Arrow schema of columns; the Parquet twin of the types on the card."""
    return pa.schema([(column.name, _arrow(column.type)) for column in columns])


def _arrow(type_: Type) -> pa.DataType:
    if isinstance(type_, str):
        return {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}[type_]
    if isinstance(type_, ListOf):
        return pa.list_(_arrow(type_.of))
    return pa.struct([(column.name, _arrow(column.type)) for column in type_])


def _shard_names(shards: Sequence[Shard]) -> Callable[[Sample], str]:
    """A function that finds the shard of a sample: within a split, shards follow each other in the order of keys."""
    by_split: dict[Split, list[Shard]] = {}
    for shard in sorted(shards, key=lambda shard: shard.first):
        by_split.setdefault(shard.split, []).append(shard)
    firsts = {split: [shard.first for shard in ordered] for split, ordered in by_split.items()}

    def name(sample: Sample) -> str:
        place = bisect_right(firsts.get(sample.split, []), sample.key) - 1
        if place < 0 or sample.key > (shard := by_split[sample.split][place]).last:
            raise ValueError(f"sample {sample.key} of split {sample.split} lies in none of the shards")
        return shard.path.name

    return name


def _batches(samples: Iterable[Sample]) -> Iterator[list[Any]]:
    running = iter(samples)
    while batch := list(islice(running, _ROWS)):
        yield batch
