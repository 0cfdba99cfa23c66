"""DuckDB that stays between two visits to a file: a visit costs milliseconds, and holds the file while it lasts."""

import atexit
import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

NAME = "catalog"  # the name of the file's database on every connection
MOST_VISITS = 100  # of one instance: a new one costs some milliseconds
OF_ITS_OWN = {"memory", "system", "temp"}  # the databases of an instance that is visited by nobody
# What a visit may leave behind, in one query: most visits are short.
LEFT = """SELECT database_name, current_setting('memory_limit'), current_setting('preserve_insertion_order')
          FROM duckdb_databases()"""


@dataclass
class Instance:
    """A running database for the file at `path`, which it holds while somebody visits; for whoever holds the lock."""

    path: Path
    connection: DuckDBPyConnection
    memory_limit: str
    visitors: int = 0
    visits: int = 0

    @property
    def overflow(self) -> Path:
        """The folder for what does not fit into memory."""
        return self.path.with_name(f"{self.path.name}.tmp")

    def enter(self, read_only: bool) -> DuckDBPyConnection:
        """A connection to the file, which is attached for the first visitor; raises duckdb.Error where it cannot be."""
        if not self.visitors:
            path = str(self.path).replace("'", "''")
            self.connection.execute(f"ATTACH '{path}' AS {NAME}{' (READ_ONLY)' if read_only else ''}")
        self.visitors += 1
        self.visits += 1
        try:
            return beside(self.connection)
        except BaseException:
            self._count_out()
            raise

    def leave(self, cursor: DuckDBPyConnection) -> None:
        """The last visitor lets go of the file, and of what else was attached and set on the way."""
        cursor.close()
        self._count_out()

    def _count_out(self) -> None:
        self.visitors -= 1
        if self.visitors:
            return
        try:
            self._let_go()
        except duckdb.Error:  # after a damaged file or a full disk: it ends as with its process
            self.end()
        # It would count on what has overflowed, which only its end removes, and it grows with every file it attaches.
        if self.visits >= MOST_VISITS or self.overflow.exists():
            self.end()

    def _let_go(self) -> None:
        """Detach the file last, and take back the settings of an instance that visits change."""
        rows = self.connection.execute(LEFT).fetchall()
        for name in sorted({name for name, *_ in rows} - OF_ITS_OWN, key=lambda name: name == NAME):
            self.connection.execute(f'DETACH "{name}"')
        if rows[0][1:] != (self.memory_limit, False):
            self.connection.execute("RESET memory_limit; SET preserve_insertion_order = false")

    def move(self, path: Path) -> None:
        """Be the instance of another file, while nobody visits; raises duckdb.Error where it cannot be."""
        _instances[path] = _instances.pop(self.path, self)
        self.path = path
        overflow = str(self.overflow).replace("'", "''")
        self.connection.execute(f"SET temp_directory = '{overflow}'")

    def end(self) -> None:
        """Close it; the next visit starts another."""
        _instances.pop(self.path, None)
        self.connection.close()


_instances: dict[Path, Instance] = {}
_changing = threading.RLock()


@contextmanager
def visit(path: Path, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    """A connection to the database file at `path`, new where none is there; the file is let go of at the end.

    Raises duckdb.Error, IOException where another process holds the file.
    """
    with _changing:
        instance = _instance(path.resolve())
        cursor = instance.enter(read_only)
    try:
        yield cursor
    finally:
        with _changing:
            instance.leave(cursor)


def beside(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """A further connection to the file, whose rows are read while the first goes on; it sees no temporary tables."""
    cursor = connection.cursor()
    cursor.execute(f"USE {NAME}")
    return cursor


def _instance(path: Path) -> Instance:
    """The instance of a file: its own, the last one that nobody visits now, or a new one."""
    idle = next((each for each in reversed(_instances.values()) if not each.visitors), None)
    if path not in _instances and idle:
        try:
            idle.move(path)
        except duckdb.Error:
            idle.end()
    if path not in _instances:
        _start(path)
    return _instances[path]


def _start(path: Path) -> None:
    """Start an empty database in memory, which writes what does not fit there beside the file."""
    connection = duckdb.connect(config={"preserve_insertion_order": False})
    # a bar of progress would be drawn on standard output, amid our JSON
    connection.execute("SET enable_progress_bar = false")
    ((limit,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    Instance(path, connection, limit).move(path)


def _forget() -> None:
    """A forked child has the parent's instances without their threads: it neither uses nor, at its end, closes them."""
    for instance in _instances.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(instance.connection))
    _instances.clear()
    _changing.release()


@atexit.register
def _end() -> None:
    for instance in list(_instances.values()):
        with suppress(duckdb.Error):
            instance.end()


os.register_at_fork(before=_changing.acquire, after_in_parent=_changing.release, after_in_child=_forget)


@contextmanager
def little_memory(connection: DuckDBPyConnection) -> Iterator[None]:
    """While many rows are committed the database keeps little: of a large catalog it would keep ever more."""
    connection.execute("SET memory_limit = '200MB'; SET threads = 2")  # each thread wants memory of its own
    try:
        yield
    finally:
        connection.execute("RESET memory_limit; RESET threads")
