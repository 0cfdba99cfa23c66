"""The catalog: all rows of a collection in one DuckDB file, held only while a batch is read or committed."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.engine.columns import arrow_column, arrow_type, values_of
from pipelines.engine.instances import visit
from pipelines.engine.migrations import migrate, outdated
from schemas.answers import Answer, AnswerNote, Ask, Decision, Item, Rater, Refusal
from schemas.errors import BadInput, Busy, NoCollection, Unwritable
from schemas.media import Arrival, Asset, Clip, CorpusKey, CrawlArrival, Score, Segment, Source, Statement, Take
from schemas.people import Consent
from schemas.settings import FILE_NAME as SETTINGS
from schemas.stage import Receipt
from schemas.web import Fetch, SiteNotice

FILE_NAME = "catalog.duckdb"
PATIENCE_S = 30.0
KEYS: dict[str, tuple[str, ...]] = {  # what makes a row of a table the same row
    **dict.fromkeys(("sources", "assets", "arrivals", "statements", "clips", "schemes", "items", "asks"), ("id",)),
    **dict.fromkeys(("raters", "answers", "answer_notes", "refusals", "bridges", "releases", "origins"), ("id",)),
    "receipts": ("stage", "row", "attempt"),
    "scores": ("row", "stage", "name"),
    "seen_tasks": ("origin", "task"),
    "decisions": ("subject", "what", "at"),
    "released": ("release", "clip"),
    "facts": ("name",),
    "clip_kinds": ("kind", "asset_kind"),
    "groups": ("kind", "member", "group"),
    "stage_weights": ("stage", "sha256"),
    "translations": ("scheme", "question"),
    "tombstones": ("mark",),
    "corpus_keys": ("asset", "corpus", "key"),
    "takes": ("asset", "kind", "group"),
    "crawl_arrivals": ("asset", "source"),
    "withdrawal_codes": ("person", "code_sha256"),
    **dict.fromkeys(("consents", "fetches", "notices", "segments"), ("id",)),
}
NOUNS: dict[type, str] = {
    Source: "sources",
    Asset: "assets",
    Arrival: "arrivals",
    Statement: "statements",
    Clip: "clips",
    Item: "items",
    Ask: "asks",
    Rater: "raters",
    Answer: "answers",
    AnswerNote: "answer_notes",
    Decision: "decisions",
    Refusal: "refusals",
    Consent: "consents",
    Segment: "segments",
    CorpusKey: "corpus_keys",
    CrawlArrival: "crawl_arrivals",
    Take: "takes",
    Fetch: "fetches",
    SiteNotice: "notices",
}
Noun = (
    Source | Asset | Arrival | Statement | Clip | Item | Ask | Rater | Answer | AnswerNote | Decision | Refusal
    | Consent | CorpusKey | CrawlArrival | Take | Segment | Fetch | SiteNotice
)  # fmt: skip
REVISION = "revision"  # the fact that rises with every commit that adds or deletes rows


@dataclass(frozen=True)
class Catalog:
    """The catalog in folder `home`; every method opens the file, does one thing and lets go of it."""

    home: Path

    @contextmanager
    def open(self) -> Iterator[DuckDBPyConnection]:
        """A connection for one short visit; waits up to 30 s for another process, then raises Busy.

        What may not be written is opened for looking: then a change raises Unwritable, as it does where the disk is
        full. Raises BadInput where the file is damaged.
        """
        with _visit(self.home / FILE_NAME) as connection:
            try:
                yield connection
            except duckdb.Error as error:
                raise _told(error, self.home / FILE_NAME) from error

    def rows(self, query: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.open() as connection:
            found: list[tuple[Any, ...]] = connection.execute(query, values or None).fetchall()
            return found

    def table(self, query: str, values: Sequence[Any] = ()) -> pa.Table:
        """A query's result as an Arrow table."""
        with self.open() as connection:
            return connection.sql(query, params=values or None).to_arrow_table()

    def add(self, nouns: Iterable[Noun], receipts: Iterable[Receipt] = ()) -> None:
        """Add rows and receipts that are not there yet, in one transaction; without any the file is not opened."""
        nouns, receipts = list(nouns), list(receipts)
        if nouns or receipts:
            with self.open() as connection:
                self.commit(connection, nouns, receipts)

    def commit(
        self, connection: DuckDBPyConnection, nouns: Iterable[Noun] = (), receipts: Iterable[Receipt] = ()
    ) -> None:
        """`add` on a connection that is already open."""
        columns = _columns(nouns, receipts)
        connection.begin()
        try:
            if sum(_insert(connection, table, rows) for table, rows in columns.items()):
                revise(connection)
            connection.commit()
        except BaseException:
            with suppress(duckdb.Error):  # after a full disk there is nothing left to roll back
                connection.rollback()
            raise

    def fact(self, name: str) -> str | None:
        """A value the catalog keeps about itself, such as the collection's id."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", [name])
        return str(found[0][0]) if found else None


def now() -> str:
    """This moment as rows have it: ISO 8601 in UTC with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def revision(connection: DuckDBPyConnection) -> int:
    """How many commits have added or deleted rows: equal numbers mean that nothing has changed."""
    rows = connection.execute("SELECT value FROM facts WHERE name = ?", [REVISION]).fetchall()
    return int(rows[0][0]) if rows else 0


def revise(connection: DuckDBPyConnection) -> None:
    """Let the revision rise; whoever changes rows other than by `insert` does so in the same transaction."""
    number = revision(connection) + 1
    connection.execute("DELETE FROM facts WHERE name = ?", [REVISION])
    connection.execute("INSERT INTO facts VALUES (?, ?)", [REVISION, str(number)])


def state(connection: DuckDBPyConnection, name: str, value: str) -> None:
    """Keep a fact that is derived from rows, in the place of its former value; it is no change of rows itself."""
    connection.execute("DELETE FROM facts WHERE name = ?", [name])
    connection.execute("INSERT INTO facts VALUES (?, ?)", [name, value])


def create(home: Path, collection: str) -> Catalog:
    """A new catalog in `home`, or the one that is there, with the id of the collection in it."""
    with _visit(home / FILE_NAME, new=True) as connection:
        insert(connection, "facts", {"name": ["collection"], "value": [collection]})
    return Catalog(home)


def insert(connection: DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> int:
    """Insert the rows of a column table that are not there yet, by the key of that table; gives how many they are."""
    count = _insert(connection, table, columns)
    if count:
        revise(connection)
    return count


def _insert(connection: DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> int:
    if not columns or not next(iter(columns.values())):
        return 0
    types = {name: arrow_type(kind) for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
    coming = pa.table({name: arrow_column(values, types[name]) for name, values in columns.items()})
    names, keys = (", ".join(f'"{name}"' for name in some) for some in (columns, KEYS[table]))
    connection.register("coming", coming)
    distinct = f"SELECT * FROM coming QUALIFY row_number() OVER (PARTITION BY {keys}) = 1"
    done = connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM ({distinct}) ANTI JOIN {table} USING ({keys})"
    )
    count = int(done.fetchall()[0][0])
    connection.unregister("coming")
    return count


# Files that this process has found to be of this version, as they were then: their inode, size and time.
_current: dict[Path, tuple[int, int, int]] = {}


@contextmanager
def _visit(path: Path, new: bool = False) -> Iterator[DuckDBPyConnection]:
    if not new and not path.exists():
        if (path.parent / SETTINGS).exists():
            raise BadInput(f"{path} is gone; restore it from a copy: a new catalog would know nothing of what is here")
        raise NoCollection(f"there is no collection in {path.parent}; make one with: emocurate init {path.parent}")
    is_fixed = not new and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    with ExitStack() as stack:
        connection = _held(stack, path, is_fixed)
        looked = path.stat()
        as_it_is = (looked.st_ino, looked.st_size, looked.st_mtime_ns)
        if new or (_current.get(path) != as_it_is and outdated(connection)):
            if is_fixed:
                raise Unwritable(f"{path} is of an earlier version, to be brought over, and may not be written")
            migrate(connection)
        _current[path] = as_it_is
        yield connection


def _held(stack: ExitStack, path: Path, read_only: bool) -> DuckDBPyConnection:
    """The file, as soon as no other process holds it."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return stack.enter_context(visit(path, read_only))
        except duckdb.Error as error:
            if "set lock" not in str(error).lower():
                raise _told(error, path) from None
            if time.monotonic() > end:
                holder = _holder(str(error))
                raise Busy(
                    f"{path} has been held by {holder} for {PATIENCE_S:.0f} s; wait for it, or stop it"
                ) from None
            time.sleep(0.02)


def _holder(conflict: str) -> str:
    """The program that holds the catalog and its process, as far as the database knows them."""
    named = re.search(r"held in (?P<program>.+?) \(PID (?P<process>\d+)\)", conflict)
    return f"{named['program']} (process {named['process']})" if named else "another process"


def is_read_only(connection: DuckDBPyConnection) -> bool:
    """Whether nothing may be changed: what a look derives must then go into temporary tables."""
    rows = connection.execute("SELECT readonly FROM duckdb_databases() WHERE database_name = current_database()")
    return bool(rows.fetchall()[0][0])


def _told(error: Exception, path: Path) -> Exception:
    """What a person can do about an error of the database; slips of ours stay what they are."""
    text = str(error)
    first = text.splitlines()[0] if text else type(error).__name__
    if "No space left" in text or "out of disk space" in text.lower():
        return Unwritable(f"the disk that holds {path} is full; make room, then type the same command again")
    if "Permission denied" in text or "read-only" in text.lower():
        return Unwritable(f"{path} may not be opened for writing ({first}); mend the permissions of {path.parent}")
    damage = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)
    if isinstance(error, damage) or type(error) is duckdb.Error:
        return BadInput(f"{path} cannot be read as a catalog; restore it from a copy ({first})")
    return error


def _columns(nouns: Iterable[Noun], receipts: Iterable[Receipt]) -> dict[str, dict[str, list[Any]]]:
    """The rows by table, as columns; a noun that is told many times, as the source of many files is, is one row."""
    receipts = list(receipts)
    made = [(receipt, one) for receipt in receipts for one in receipt.made]
    scores = [(receipt, one) for receipt, one in made if not isinstance(one, Clip)]
    rows: dict[type, dict[Any, Any]] = {}
    for noun in (*nouns, *(one for _, one in made if isinstance(one, Clip))):
        rows.setdefault(type(noun), {})[getattr(noun, "id", noun)] = noun
    columns = {NOUNS[kind]: values_of(kind, list(some.values())) for kind, some in rows.items()}
    stages = [receipt.stage for receipt, _ in scores]
    columns["scores"] = {"stage": stages, **values_of(Score, [one for _, one in scores])}
    clips = [[one.id for one in receipt.made if isinstance(one, Clip)] for receipt in receipts]
    columns["receipts"] = {**values_of(Receipt, receipts), "made": clips}
    return columns
