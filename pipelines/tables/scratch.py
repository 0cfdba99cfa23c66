"""Scratch databases, where big tables are worked on; names and texts in SQL, and errors of DuckDB for people."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.engine.instances import visit
from pipelines.engine.lease import aside

FOLDER = "imports"  # lists of what was refused lie there too
MEMORY = "1100MB"


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """An empty folder of this process's own below `imports`; what killed processes left there is swept away."""
    with aside(home, FOLDER) as folder, TemporaryDirectory(dir=folder) as scratch:
        yield Path(scratch)


@contextmanager
def scratch_database(path: Path) -> Iterator[DuckDBPyConnection]:
    """A connection with bounded memory; times without a zone are UTC, and rows come as they were written."""
    with visit(path) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        yield connection


def append(connection: DuckDBPyConnection, table: str, columns: Mapping[str, Any]) -> None:
    """Add rows to a table, given as its columns by name: lists, or arrays where a type must be said."""
    connection.register("incoming", pa.table(columns))
    connection.execute(f"INSERT INTO {table} BY NAME FROM incoming")
    connection.unregister("incoming")


def identifier(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def message_of(error: Exception) -> str:
    """What an error of DuckDB says, without the place in a query that the person never saw."""
    return re.sub(r"^[\w ]+ Error: ", "", str(error).strip().splitlines()[0])
