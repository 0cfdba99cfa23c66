"""Rows of dataclasses as the columns of their table, and values of the catalog's types as Arrow has them."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa

VECTOR = pa.list_(pa.float32())


def columns_of(rows: Sequence[Any]) -> dict[str, list[Any]]:
    """Rows of one kind as the columns of their table."""
    return values_of(type(rows[0]), rows)


def values_of(kind: type, rows: Sequence[Any]) -> dict[str, list[Any]]:
    """The fields of some rows of one kind, and their ids where they have any, as columns."""
    names = [field.name for field in fields(kind)]
    names += ["id"] if hasattr(kind, "id") else []
    return {name: [getattr(row, name) for row in rows] for name in names}


def arrow_column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Values as a column; vectors come as the bytes of their numbers and never become Python lists."""
    if kind != VECTOR:
        return pa.array(values, kind)
    ends = np.cumsum([0, *(len(value or b"") // kind.value_type.byte_width for value in values)], dtype=np.int32)
    numbers = pa.Array.from_buffers(
        kind.value_type, int(ends[-1]), [None, pa.py_buffer(b"".join(filter(None, values)))]
    )
    return pa.ListArray.from_arrays(pa.array(ends), numbers, mask=pa.array([value is None for value in values]))


def packed(vector: list[float] | None) -> bytes | None:
    """A vector as the catalog gives it, as the bytes of its numbers: what it was before it went in."""
    return None if vector is None else np.array(vector, "<f4").tobytes()


def arrow_type(kind: str) -> pa.DataType:
    """The type of a column as Arrow has it, by its name in DuckDB."""
    if kind.endswith("[]"):
        return pa.list_(arrow_type(kind[:-2]))
    plain = {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "DOUBLE": pa.float64(),
        "FLOAT": pa.float32(),
        "BLOB": pa.binary(),
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP": pa.timestamp("us"),
    }
    return plain[kind]
