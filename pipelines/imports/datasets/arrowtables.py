"""Rows of Parquet and Arrow files with media in them, as Hugging Face's library writes them; read batch by batch."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from pipelines.imports.datasets.rows import Dataset, Row, RowMedium
from pipelines.tables.formats import arrow_batches

AT_ONCE = 64  # rows of a Parquet file read together; each may hold minutes of sound
MEDIA_TYPES = ("Audio", "Image", "Video")
EMPTY = "its media columns are empty"
LEADS_OUT = "a path that leads out of the dataset's folder"


@dataclass(frozen=True)
class MediaTable:
    """One file of a table: its name in keys, where it lies, and the folder that paths in it are relative to."""

    name: str
    path: Path
    folder: Path
    split: str = ""


def table_rows(_: Dataset, tables: Sequence[MediaTable]) -> Iterator[Row]:
    """The rows of tables with media; a file that breaks off ends with a row that says so."""
    for table in tables:
        stem = table.name.rpartition(".")[0] or table.name
        count = 0
        try:
            schema, batches = _opened(table.path)
            features = _features(schema)
            media = media_columns(schema)
            for batch in batches:
                yield from _rows(table, stem, count, batch, media, features)
                count += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            failed = isinstance(error, OSError) and not isinstance(error, pa.ArrowException) and error.errno is not None
            reason = f"table {table.name} cannot be read after {count:,} rows: {said}"
            yield Row(f"{stem}/damaged", split=table.split, refusal=reason, failed=failed)


def media_columns(schema: pa.Schema) -> list[str]:
    """The columns that hold media: those its features call so, structs of bytes and path, and plain bytes."""
    features = _features(schema)
    return [
        column.name
        for column in schema
        if features.get(column.name, {}).get("_type") in MEDIA_TYPES or _holds_bytes(column.type)
    ]


def schema_of(path: Path) -> pa.Schema | None:
    """The schema of a Parquet or Arrow file; None where it is neither."""
    try:
        return _opened(path)[0]
    except (pa.ArrowException, OSError):
        return None


def _opened(path: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        table = parquet.ParquetFile(path)
        return table.schema_arrow, table.iter_batches(AT_ONCE)
    batches = arrow_batches(path)
    return batches.schema, iter(batches)


def _features(schema: pa.Schema) -> dict[str, dict[str, Any]]:
    """What Hugging Face's library wrote of the columns; a list of things is described as a list."""
    try:
        told = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return {name: one for name, one in told.items() if isinstance(one, dict)} if isinstance(told, dict) else {}


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return {field.name for field in kind} == {"bytes", "path"}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _rows(
    table: MediaTable, stem: str, first: int, batch: pa.RecordBatch, media: Sequence[str],
    features: Mapping[str, Mapping[str, Any]],
) -> Iterator[Row]:  # fmt: skip
    plain = batch.select([name for name in batch.schema.names if name not in media])
    names = {name: one["names"] for name, one in features.items() if one.get("_type") == "ClassLabel"}
    for place, values in enumerate(plain.to_pylist() if plain.num_columns else [{}] * batch.num_rows):
        key = f"{stem}/{first + place:06d}"
        held = [(name, batch.column(name)[place]) for name in media]
        found = [_medium(table, key, name, cell) for name, cell in held if cell.is_valid]
        row_media = tuple(medium for medium in found if medium)
        cells = {name: _named(value, names[name]) if name in names else value for name, value in values.items()}
        yield Row(key, row_media, cells, table.split, None if row_media else EMPTY)


def _named(value: Any, names: Sequence[str]) -> Any:
    """A number of a class as its name; -1 is how that library writes that there is none."""
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return None if value == -1 else value


def _medium(table: MediaTable, key: str, column: str, cell: pa.Scalar) -> RowMedium | None:
    held: Any = cell.as_py()
    data, path = (held.get("bytes"), held.get("path")) if isinstance(held, dict) else (held, None)
    name = f"{key}.{column}"
    if data is not None:
        return RowMedium(column, name, _of_bytes(data))
    return _of_path(column, name, table.folder, str(path)) if path else None


def _of_bytes(data: bytes) -> Callable[[], Any]:
    return lambda: nullcontext(BytesIO(data))


def _of_path(column: str, name: str, folder: Path, path: str) -> RowMedium:
    """A medium that lies in a file below the folder of its dataset."""
    where = (folder / path).resolve()
    refusal = None if where.is_relative_to(folder.resolve()) else LEADS_OUT
    return RowMedium(column, name, lambda: where.open("rb"), None if refusal else where, refusal)
