"""DuckDB that stays between two visits to a file: a visit costs milliseconds, and holds the file while it lasts."""

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

NAME = "catalog"  # the name of the file's database on every connection
KEPT = 4  # files whose instance stays; a command visits one, sometimes two
ATTACHED = f"""SELECT database_name FROM duckdb_databases()
    WHERE NOT internal AND database_name <> current_database() ORDER BY database_name = '{NAME}'"""


@dataclass
class Instance:
    """A running database for the file at `path`, which it holds while somebody visits."""

    path: Path
    connection: DuckDBPyConnection
    visitors: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, read_only: bool) -> DuckDBPyConnection:
        """A connection to the file, which is attached for the first visitor; raises duckdb.Error where it cannot be."""
        with self.lock:
            if not self.visitors:
                path = str(self.path).replace("'", "''")
                self.connection.execute(f"ATTACH '{path}' AS {NAME}{' (READ_ONLY)' if read_only else ''}")
            self.visitors += 1
        return beside(self.connection)

    def leave(self, cursor: DuckDBPyConnection) -> None:
        """The last visitor lets go of the file, and of what else was attached and set on the way."""
        cursor.close()
        with self.lock:
            self.visitors -= 1
            if self.visitors:
                return
            try:
                for (name,) in self.connection.execute(ATTACHED).fetchall():
                    self.connection.execute(f'DETACH "{name}"')
                self.connection.execute("RESET memory_limit")
            except duckdb.Error:  # after a damaged file or a full disk: end it, as the end of a process would
                _instances.pop(self.path, None)
                self.connection.close()


_instances: dict[Path, Instance] = {}
_left_to_the_parent: list[Instance] = []
_changing = threading.Lock()


@contextmanager
def visit(path: Path, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    """A connection to the database file at `path`, new where none is there; the file is let go of at the end.

    Raises duckdb.Error, IOException where another process holds the file.
    """
    instance = _instance(path.resolve())
    cursor = instance.enter(read_only)
    try:
        yield cursor
    finally:
        instance.leave(cursor)


def beside(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """A further connection to the file, whose rows are read while the first goes on; it sees no temporary tables."""
    cursor = connection.cursor()
    cursor.execute(f"USE {NAME}")
    return cursor


def _instance(path: Path) -> Instance:
    with _changing:
        if path not in _instances:
            for other in [each for each in _instances.values() if not each.visitors][: len(_instances) + 1 - KEPT]:
                _instances.pop(other.path).connection.close()
            _instances[path] = Instance(path, _started(path))
        return _instances[path]


def _started(path: Path) -> DuckDBPyConnection:
    """An empty database in memory, which writes what does not fit there beside the file."""
    overflow = str(path.with_name(f"{path.name}.tmp"))
    connection = duckdb.connect(config={"preserve_insertion_order": False, "temp_directory": overflow})
    connection.execute("SET enable_progress_bar = false")  # it would be drawn on standard output, amid our JSON
    return connection


def _forget() -> None:
    """A forked child has the parent's instances without their threads: it must neither use nor end them."""
    _left_to_the_parent.extend(_instances.values())
    _instances.clear()


@atexit.register
def _end() -> None:
    for instance in list(_instances.values()):
        with suppress(duckdb.Error):
            instance.connection.close()
    _instances.clear()


os.register_at_fork(after_in_child=_forget)
