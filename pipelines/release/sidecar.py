"""Writes the tables of a release, row by row: labels without media, single answers, and where every sample lies."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engine.lease import sync_folder
from schemas.columns import Field, ListOf, Type
from schemas.release import Table

_ROWS = 1_000  # a row group is what a reader or the viewer fetches at once


class ParquetTable:
    """One Parquet file of columns, written aside and given its name by `close` when it is on the disk.

    Its bytes depend on the rows and the version of pyarrow alone. Leaving the `with` block by an exception removes it.
    """

    def __init__(self, path: Path, columns: tuple[Field, ...], rows_at_once: int = _ROWS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows = path, 0
        self._schema = arrow_schema(columns)
        self._waiting: list[Mapping[str, Any]] = []
        self._at_once = rows_at_once
        self._aside = path.with_name(path.name + ".tmp")
        self._file = self._aside.open("wb")
        self._writer = pq.ParquetWriter(
            self._file, self._schema, version="2.6", compression="zstd", compression_level=3
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if not self._file.closed:
            with suppress(OSError, pa.ArrowException):  # of a full disk, which is told already
                self._writer.close()
            self._file.close()
            self._aside.unlink(missing_ok=True)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows."""
        self._waiting.extend(rows)
        while len(self._waiting) >= self._at_once:
            self._write(self._waiting[: self._at_once])
            del self._waiting[: self._at_once]

    def close(self) -> Table:
        """Write what waits, bring the file to the disk, and give it its name."""
        if self._waiting:
            self._write(self._waiting)
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        with self._aside.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self._aside.replace(self.path)
        sync_folder(self.path.parent)
        return Table(self.path, sha256, self.rows, self.path.stat().st_size)

    def _write(self, rows: list[Mapping[str, Any]]) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(rows, self._schema), row_group_size=self._at_once)
        self.rows += len(rows)


def arrow_schema(columns: tuple[Field, ...]) -> pa.Schema:
    """The Arrow schema of columns; the Parquet twin of the types on the card."""
    return pa.schema([(column.name, _arrow(column.type)) for column in columns])


def _arrow(type_: Type) -> pa.DataType:
    if isinstance(type_, str):
        return {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "binary": pa.binary()}[type_]
    if isinstance(type_, ListOf):
        return pa.list_(_arrow(type_.of))
    return pa.struct([(column.name, _arrow(column.type)) for column in type_])
