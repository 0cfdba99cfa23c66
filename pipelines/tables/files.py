"""One file of ratings into a scratch table: CSV, TSV, JSON, JSON lines, Parquet, Arrow, Feather, or file names."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout, columns_of, conditions_of
from annotate.ratings.nested import READERS, cell, framed, named_files
from pipelines.tables import delimited
from pipelines.tables import text as tabletext
from pipelines.tables.formats import ARROW, FEATHER, PARQUET, arrow_batches, durations
from pipelines.tables.jsontexts import json_value, pointer, value_of
from pipelines.tables.sqltext import identifier, literal, said
from schemas.errors import BadInput

BATCH = 100_000
OBJECT_BYTES = 16 * 2**20  # the longest JSON object or line
ARROW_ENDINGS, JSON_ENDINGS = (".arrow", ".feather", ".ipc"), (".json", ".jsonl", ".ndjson")
_NOWHERE = "\x01"  # a delimiter that no cleaned text holds


@dataclass(frozen=True)
class TableFile:
    """One file in the scratch database: the columns it has and those taken, its rows, and what could not be read.

    `header` is how many lines come before the first row, `unreadable` are (line, text, reason).
    """

    path: Path
    offered: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int = 0
    header: int = 0
    encoding: str = "utf-8"
    stray: int = 0
    unreadable: tuple[tuple[int, str, str], ...] = ()


def load(connection: DuckDBPyConnection, path: Path, layout: Layout, table: str, aside: Path) -> TableFile:
    """Read a file into a table of text columns with `_line` (NULL: it follows from the row); raises BadInput."""
    reading = _Reading(connection, path, layout, table, aside)
    try:
        read = reading.by_layout()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}") from None
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    columns = [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
    return replace(read, columns=tuple(name for name in columns if name != "_line"), rows=rows)


@dataclass(frozen=True)
class _Reading:
    connection: DuckDBPyConnection
    path: Path
    layout: Layout
    table: str
    aside: Path

    def by_layout(self) -> TableFile:
        """The reader the layout names, or the one the file's content asks for."""
        if self.layout.reader == "names":
            return self.plain_rows(self._named_files())
        if self.path.is_dir():
            raise BadInput(f"{self.path} is a folder; give a table, or a --preset for folders such as ravdess")
        if self.layout.reader in READERS:
            return self.nested()
        with self.path.open("rb") as stream:
            start = stream.read(6)
        ending = self.path.suffix.casefold()
        if start.startswith(PARQUET):
            return self.parquet()
        if start.startswith((ARROW, FEATHER)) or ending in ARROW_ENDINGS:
            return self.arrow()
        return self.json() if ending in JSON_ENDINGS else self.delimited()

    def _named_files(self) -> list[dict[str, Any]]:
        if rows := named_files(_listing(self.path), self.layout.pattern):
            return rows
        raise BadInput(f"{self.path} holds no media; expected sound, video or pictures, whose names are read")

    def _text(self) -> tabletext.TextFile:
        return tabletext.prepared(self.path, self.layout.encoding, self.aside.with_suffix(".txt"))

    def delimited(self) -> TableFile:
        """CSV and its relatives: by DuckDB where every line is a record, record by record elsewhere."""
        text = self._text()
        if not text.lines:
            raise BadInput(f"{self.path} is empty")
        tabs = self.path.suffix.casefold() in (".tsv", ".tab")
        delimiter = self.layout.delimiter or ("\t" if tabs else delimited.delimiter_of(text.path))
        names, skip = list(self.layout.columns), 0
        if not names:
            cells, skip = delimited.header(text.path, delimiter, self.layout.quotes)
            delimited.refuse_doubles(cells, columns_of(self.layout), self.path)
            names = delimited.unique_names(cells)
        bad: list[tuple[int, str, str]] = []
        if text.blank or not self._whole(text, delimiter, names, skip):
            bad = self._by_record(text, delimiter, names, skip)
        return TableFile(
            self.path, tuple(names), header=skip, encoding=text.encoding, stray=text.stray, unreadable=tuple(bad)
        )

    def _whole(self, text: tabletext.TextFile, delimiter: str, names: list[str], skip: int) -> bool:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        quote = "'\"'" if self.layout.quotes else "''"
        read = f"""read_csv({self._link(".csv", text.path)}, auto_detect = false, header = false, skip = {skip},
            delim = {literal(delimiter)}, quote = {quote}, escape = {quote}, columns = {{{columns}}})"""
        try:
            self._select(read, names)
        except duckdb.Error:  # which line it was, and what of it can be kept, is found record by record
            return False
        count: int = self.connection.execute(f"SELECT count(*) FROM {self.table}").fetchall()[0][0]
        return count == text.lines - skip

    def _by_record(
        self, text: tabletext.TextFile, delimiter: str, names: list[str], skip: int
    ) -> list[tuple[int, str, str]]:
        """Read what can be read; gives (line, text, reason) of the rest."""
        wanted = self._wanted(names)
        places = [place for place, name in enumerate(names) if name in wanted]
        kept, bad = ["_line", *(names[place] for place in places)], list[tuple[int, str, str]]()
        self._create(kept)
        records = delimited.records(text.path, delimiter, len(names), skip, self.layout.quotes)
        while batch := list(islice(records, BATCH)):
            good = [one for one in batch if one.reason is None]
            bad += [(one.line, "", one.reason) for one in batch if one.reason is not None]
            columns: list[list[Any]] = [[one.line for one in good]]
            columns += [[one.cells[place] or None for one in good] for place in places]
            self._append(kept, columns)
        return bad

    def json(self) -> TableFile:
        """One object per line, an array of objects, or one object of columns or of rows."""
        text = self._text()
        with text.path.open(encoding="utf-8") as lines:
            start = lines.read(1 << 20).lstrip()
        if text.lines == 1 and (rows := framed(value_of(start))):
            return self.plain_rows(rows)
        if start.startswith("["):
            read = f"""read_json_objects({self._link(".json", text.path)}, format = 'array',
                maximum_object_size = {OBJECT_BYTES})"""
        elif isinstance(value_of(start.partition("\n")[0]), dict):
            read = f"""read_csv({self._link(".csv", text.path)}, auto_detect = false, header = false, quote = '',
                escape = '', delim = '{_NOWHERE}', max_line_size = {OBJECT_BYTES}, columns = {{'json': 'VARCHAR'}})"""
        else:
            return self.plain_rows(self._framed(json_value(text.path, self.path)))
        names, bad = self._objects(read)
        return TableFile(self.path, tuple(names), encoding=text.encoding, stray=text.stray, unreadable=tuple(bad))

    def _objects(self, read: str) -> tuple[list[str], list[tuple[int, str, str]]]:
        run = self.connection.execute
        try:
            run(
                "CREATE OR REPLACE TEMP TABLE told AS"
                f" SELECT try_cast(json AS JSON) AS json, left(json::VARCHAR, 40) AS head FROM {read}"
            )
        except duckdb.Error as error:
            raise BadInput(f"{self.path} is not JSON we can read: {said(error)}") from None
        good = "coalesce(json_type(json) = 'OBJECT', false)"
        told = run(f"SELECT DISTINCT unnest(json_keys(json)) FROM told WHERE {good} ORDER BY 1").fetchall()
        names = delimited.unique_names([name for (name,) in told])
        wanted, cells = self._wanted(names), ""
        for (member,), name in zip(told, names, strict=True):
            if name in wanted:
                cells += f", json ->> {literal(pointer(member))} AS {identifier(name)}"
        run(f"CREATE TABLE {self.table} AS SELECT rowid + 1 AS _line{cells} FROM told WHERE {good}")
        bad = run(f"SELECT rowid + 1, head FROM told WHERE head IS NOT NULL AND NOT {good}").fetchall()
        run("DROP TABLE told")
        return names, [(line, head, "not a JSON object") for line, head in bad]

    def _framed(self, value: Any) -> list[dict[str, Any]]:
        rows = framed(value)
        if not rows:
            raise BadInput(f"{self.path} holds no rows we can tell; expected a list of objects or one object per line")
        return rows

    def nested(self) -> TableFile:
        """Published JSON that a reader of its own takes apart."""
        value = json_value(self._text().path, self.path)
        try:
            return self.plain_rows(READERS[self.layout.reader](value))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadInput(f"{self.path} is not in the layout {self.layout.reader!r}: {error!r}") from None

    def parquet(self) -> TableFile:
        """A Parquet file, in its own order."""
        read = f"read_parquet({self._link('.parquet', self.path)})"
        try:
            names = [row[0] for row in self.connection.execute(f"DESCRIBE FROM {read}").fetchall()]
            self._select(read, names, durations(self.path))
        except (duckdb.Error, pa.ArrowException) as error:
            raise BadInput(f"{self.path} is not a Parquet table we can read: {said(error)}") from None
        return TableFile(self.path, tuple(delimited.unique_names(names)))

    def arrow(self) -> TableFile:
        """An Arrow file or stream, or a Feather file of either version."""
        try:
            reader = arrow_batches(self.path)
            self.connection.register("incoming", reader)
            self._select("incoming", list(reader.schema.names))
        except (pa.ArrowException, duckdb.Error) as error:
            raise BadInput(f"{self.path} is not an Arrow table we can read: {said(error)}") from None
        self.connection.unregister("incoming")
        return TableFile(self.path, tuple(delimited.unique_names(reader.schema.names)))

    def plain_rows(self, rows: Sequence[Mapping[str, Any]]) -> TableFile:
        """Rows that were taken apart in memory."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        kept = [name for name in names if name in self._wanted(names)]
        self._create(["_line", *kept])
        lines: list[Any] = list(range(1, len(rows) + 1))
        self._append(["_line", *kept], [lines, *([cell(row.get(name)) for row in rows] for name in kept)])
        return TableFile(self.path, tuple(names))

    def _select(self, read: str, names: Sequence[str], intervals: Mapping[str, str] | None = None) -> None:
        """Take the columns that are wanted as text; `intervals` say how numbers become intervals."""
        own = delimited.unique_names(names)
        wanted, text = self._wanted(own), ""
        for name, mine in zip(names, own, strict=True):
            if mine in wanted:
                value = (intervals or {}).get(name, "{}").format(identifier(name))
                text += f", CAST({value} AS VARCHAR) AS {identifier(mine)}"
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {self.table} AS SELECT NULL::BIGINT AS _line{text} FROM {read}"
        )

    def _create(self, names: Sequence[str]) -> None:
        columns = ", ".join(f"{identifier(name)} {'BIGINT' if name == '_line' else 'VARCHAR'}" for name in names)
        self.connection.execute(f"CREATE OR REPLACE TABLE {self.table} ({columns})")

    def _append(self, names: Sequence[str], columns: Sequence[list[Any]]) -> None:
        types = [pa.int64() if name == "_line" else pa.string() for name in names]
        arrays = [pa.array(column, one) for column, one in zip(columns, types, strict=True)]
        self.connection.register("incoming", pa.Table.from_arrays(arrays, names=list(names)))
        self.connection.execute(f"INSERT INTO {self.table} FROM incoming")
        self.connection.unregister("incoming")

    def _wanted(self, names: Sequence[str]) -> set[str]:
        """The columns the layout needs: those it names, and those whose name stands in a condition."""
        asked = {name.casefold() for name in columns_of(self.layout)}
        asked |= {"name"} if self.layout.reader == "names" else set()  # a name that is refused is told
        told = " ".join(conditions_of(self.layout)).casefold()
        return {name for name in names if name.casefold() in asked or name.casefold() in told}

    def _link(self, ending: str, path: Path) -> str:
        """A link to the file under a name that holds no wildcard, as SQL takes it."""
        link = self.aside.with_name(f"{self.aside.name}-link{ending}")
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, link)
        return literal(str(link))


def _listing(folder: Path) -> list[str]:
    """Every file below a folder by its relative name, sorted; raises BadInput for anything but a folder."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; this preset reads the names of the files in a folder")
    found = [Path(base) / name for base, _, names in os.walk(folder) for name in names]
    return sorted(path.relative_to(folder).as_posix() for path in found)
