"""One file into a scratch table: CSV, TSV, JSON, JSON lines, Parquet, Arrow, Feather, or the names of files."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection
from pyarrow import parquet

from annotate.ratings.exports import UNFOLDINGS, Unfolding
from annotate.ratings.layout import BLANK, Layout
from annotate.ratings.nested import READERS, cell, framed
from pipelines.tables import delimited
from pipelines.tables import text as tabletext
from pipelines.tables.formats import (
    arrow_batches,
    delimiter_of,
    durations,
    format_of,
    json_file,
    json_value,
    media_names,
    pointer,
)
from pipelines.tables.reshaped import left_over, refuse_unknown, reshape, unfolded
from pipelines.tables.scratch import append, identifier, literal, message_of
from schemas.errors import BadInput

BATCH = 100_000
OBJECT_BYTES = 16 * 2**20  # the longest JSON object or line
_NOWHERE = "\x01"  # a delimiter that no cleaned text holds
_NESTED = ("STRUCT", "MAP", "UNION")
Choice = Callable[[Sequence[str]], Iterable[str]]  # of the columns a table has, those to be read
Bad = tuple[int, str, str]  # line, text, reason


@dataclass(frozen=True)
class TableFile:
    """One file in the scratch database: the columns it has and those taken, its rows, and what could not be read.

    `header` is how many lines come before the first row, `unreadable` are (line, text, reason). `folded` are columns
    that became rows, `empty` how many of their cells held nothing.
    """

    path: Path
    offered: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int = 0
    header: int = 0
    encoding: str = "utf-8"
    stray: int = 0
    unreadable: tuple[Bad, ...] = ()
    folded: tuple[str, ...] = ()
    empty: int = 0


def load(
    connection: DuckDBPyConnection, path: Path, layout: Layout, choose: Choice, table: str, aside: Path
) -> TableFile:
    """Read a file into a table of text columns with `_line` (NULL: it follows from the row).

    `aside` is a path for copies. Raises BadInput, also for a chosen column that is there twice.
    """
    try:
        read = _Reading(connection, path, layout, choose, table, aside).by_layout()
    except OSError as error:
        raise tabletext.out_of_reach(path, error) from None
    if layout.folded or layout.header_rows:
        refuse_unknown(layout.folded, delimited.unique_names(read.offered), path.name)
        folded, empty = reshape(connection, table, layout, read.header)
        read = replace(read, folded=folded, empty=empty)
    columns = [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall() if name != "_line"]
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    return replace(read, offered=tuple(delimited.unique_names(read.offered)), columns=tuple(columns), rows=rows)


@dataclass(frozen=True)
class _Reading:
    connection: DuckDBPyConnection
    path: Path
    layout: Layout
    choose: Choice
    table: str
    aside: Path

    def by_layout(self) -> TableFile:
        """By the reader the layout names, or by the one the file's content asks for."""
        if self.layout.reader == "names":
            return self._plain_rows(media_names(self.path, self.layout.pattern))
        if self.path.is_dir():
            raise BadInput(f"{self.path} is a folder; give a table, or a --preset for folders such as ravdess")
        if self.layout.reader in READERS:
            return self._plain_rows(self._nested())
        if self.layout.reader in UNFOLDINGS:
            return self._unfolded(UNFOLDINGS[self.layout.reader])
        head = tabletext.head_of(self.path, 4096)
        readers = {"parquet": self._parquet, "arrow": self._arrow, "json": self._json, "delimited": self._delimited}
        return readers[format_of(self.path, head, self.layout.encoding)]()

    def _nested(self) -> list[dict[str, Any]]:
        """Rows of published JSON that a reader of its own takes apart."""
        value = json_file(self.path)
        try:
            return READERS[self.layout.reader](value)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadInput(f"{self.path} is not in the layout {self.layout.reader!r}: {error!r}") from None

    def _unfolded(self, unfolding: Unfolding) -> TableFile:
        """Rows that hold other rows, taken apart; what is in the columns left over is offered, where it is anything."""
        raw = f"{self.table}_raw"
        read = replace(self, choose=list, table=raw, layout=replace(self.layout, reader="table")).by_layout()
        names = [name for name, *_ in self.connection.execute(f"DESCRIBE {raw}").fetchall() if name != "_line"]
        apart = partial(unfolded, self.connection, raw, read.header, names, unfolding)
        columns = list(dict.fromkeys(name for _, row in apart() for name in row))
        places, rows = self._places(columns), apart()
        self._create(places)
        while batch := list(islice(rows, BATCH)):
            cells = {name: [row.get(columns[place]) for _, row in batch] for name, place in places.items()}
            self._append([line for line, _ in batch], cells)
        left = left_over(self.connection, raw, [name for name in names if not unfolding.used(name)])
        self.connection.execute(f"DROP TABLE {raw}")
        return replace(read, offered=(*columns, *(name for name in left if name not in columns)), header=0)

    def _text(self) -> tabletext.TextFile:
        text = tabletext.prepared(self.path, self.layout.encoding, self.aside.with_suffix(".txt"))
        return tabletext.tabbed(text, self.aside.with_suffix(".tab")) if self.layout.delimiter == BLANK else text

    def _places(self, header: Sequence[str]) -> dict[str, int]:
        """Where the chosen columns stand in a header, under names that are all different."""
        names = delimited.unique_names(header)
        chosen = set(self.choose(names))
        delimited.refuse_doubles(header, chosen, self.path)
        return {name: place for place, name in enumerate(names) if name in chosen}

    def _delimited(self) -> TableFile:
        """CSV and its relatives: by DuckDB where every line is a record, record by record elsewhere."""
        text = self._text()
        if not text.lines:
            raise BadInput(f"{self.path} is empty")
        with text.path.open(encoding="utf-8") as lines:
            delimiter = self.layout.delimiter or delimiter_of(self.path, lines.readline())
            delimiter = "\t" if delimiter == BLANK else delimiter
        header, skip = list(self.layout.columns), 0
        if not header:
            header, skip = delimited.header(text.path, delimiter, self.layout.quotes)
        places = self._places(header)
        bad: list[Bad] = []
        if text.blank or not self._whole(text, delimiter, len(header), skip, places):
            records = delimited.records(text.path, delimiter, len(header), skip, self.layout.quotes)
            bad = self._by_record(records, places)
        return TableFile(self.path, tuple(header), (), 0, skip, text.encoding, text.stray, tuple(bad))

    def _whole(
        self, text: tabletext.TextFile, delimiter: str, width: int, skip: int, places: Mapping[str, int]
    ) -> bool:
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
        quote = "'\"'" if self.layout.quotes else "''"
        read = f"""read_csv({self._link(".csv", text.path)}, auto_detect = false, header = false, skip = {skip},
            delim = {literal(delimiter)}, quote = {quote}, escape = {quote}, columns = {{{columns}}})"""
        try:
            self._select(read, {name: f"c{place}" for name, place in places.items()})
        except duckdb.Error:  # which line it was, and what of it can be kept, is found record by record
            return False
        count: int = self.connection.execute(f"SELECT count(*) FROM {self.table}").fetchall()[0][0]
        return count == text.lines - skip

    def _by_record(self, records: Iterator[delimited.Record], places: Mapping[str, int]) -> list[Bad]:
        """Read what can be read; gives (line, text, reason) of the rest."""
        bad: list[Bad] = []
        self._create(places)
        while batch := list(islice(records, BATCH)):
            good = [record for record in batch if record.reason is None]
            bad += [(record.line, "", record.reason) for record in batch if record.reason is not None]
            cells = {name: [record.cells[place] or None for record in good] for name, place in places.items()}
            self._append([record.line for record in good], cells)
        return bad

    def _json(self) -> TableFile:
        """One object per line, an array of objects, or one object of columns or of rows."""
        text = self._text()
        with text.path.open(encoding="utf-8") as lines:
            start = lines.read(1 << 20).lstrip()
        if text.lines == 1 and (rows := framed(json_value(start))):
            return self._plain_rows(rows)
        if start.startswith("["):
            read = f"""read_json_objects({self._link(".json", text.path)}, format = 'array',
                maximum_object_size = {OBJECT_BYTES})"""
        elif isinstance(json_value(start.partition("\n")[0]), dict):
            read = f"""read_csv({self._link(".csv", text.path)}, auto_detect = false, header = false, quote = '',
                escape = '', delim = '{_NOWHERE}', max_line_size = {OBJECT_BYTES}, columns = {{'json': 'VARCHAR'}})"""
        elif rows := framed(json_file(self.path)):
            return self._plain_rows(rows)
        else:
            raise BadInput(f"{self.path} holds no rows we can tell; expected a list of objects or one object per line")
        try:
            members, bad = self._objects(read)
        except BadInput:  # halves of characters: one such text is no reason to refuse the others
            rows = json_value(text.path.read_text("utf-8"))
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise
            return self._plain_rows(rows)
        return TableFile(self.path, members, encoding=text.encoding, stray=text.stray, unreadable=tuple(bad))

    def _objects(self, read: str) -> tuple[tuple[str, ...], list[Bad]]:
        """Objects as rows: the members they have, and what is no object or says one thing twice."""
        run = self.connection.execute
        try:
            run(
                f"""CREATE OR REPLACE TEMP TABLE objects AS SELECT try_cast(json AS JSON) AS json,
                    left(json::VARCHAR, 40) AS head, NULL::VARCHAR AS fault FROM {read}"""
            )
        except duckdb.Error as error:
            raise BadInput(f"{self.path} is not JSON we can read: {message_of(error)}") from None
        run("UPDATE objects SET fault = 'not a JSON object' WHERE coalesce(json_type(json) <> 'OBJECT', true)")
        keys = [keys for (keys,) in run("SELECT DISTINCT json_keys(json) FROM objects WHERE fault IS NULL").fetchall()]
        if any(len(set(names)) < len(names) for names in keys):  # rare, so that most tables are not looked through
            run(
                """UPDATE objects SET fault = 'a member is there twice'
                   WHERE fault IS NULL AND len(list_distinct(json_keys(json))) < len(json_keys(json))"""
            )
        members = sorted({name for names in keys for name in names})
        cells = "".join(
            f", json ->> {literal(pointer(members[place]))} AS {identifier(name)}"
            for name, place in self._places(members).items()
        )
        run(f"CREATE TABLE {self.table} AS SELECT rowid + 1 AS _line{cells} FROM objects WHERE fault IS NULL")
        bad = run("SELECT rowid + 1, head, fault FROM objects WHERE head IS NOT NULL AND fault IS NOT NULL").fetchall()
        run("DROP TABLE objects")
        return tuple(members), bad

    def _parquet(self) -> TableFile:
        """A Parquet file, in its own order."""
        try:
            header, intervals = parquet.read_schema(self.path).names, durations(self.path)
            self._typed(f"read_parquet({self._link('.parquet', self.path)})", header, intervals)
        except (duckdb.Error, pa.ArrowException) as error:
            raise BadInput(f"{self.path} is not a Parquet table we can read: {message_of(error)}") from None
        return TableFile(self.path, tuple(header))

    def _arrow(self) -> TableFile:
        """An Arrow file or stream, or a Feather file of either version."""
        try:
            batches = arrow_batches(self.path)
            self.connection.register("incoming", batches)
            self._typed("incoming", batches.schema.names, {})
        except (pa.ArrowException, duckdb.Error) as error:
            raise BadInput(f"{self.path} is not an Arrow table we can read: {message_of(error)}") from None
        self.connection.unregister("incoming")
        return TableFile(self.path, tuple(batches.schema.names))

    def _plain_rows(self, rows: Sequence[Mapping[str, Any]]) -> TableFile:
        """Rows that were taken apart in memory."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        places = self._places(names)
        self._create(places)
        cells = {name: [cell(row.get(names[place])) for row in rows] for name, place in places.items()}
        self._append(range(1, len(rows) + 1), cells)
        return TableFile(self.path, tuple(names))

    def _typed(self, read: str, header: Sequence[str], intervals: Mapping[str, str]) -> None:
        """Take cells of any type as text, lists and structs as JSON; `intervals` say how numbers become intervals."""
        columns = self.connection.execute(f"DESCRIBE FROM {read}").fetchall()  # doubles have names of their own there
        sources = {}
        for name, place in self._places(header).items():
            column, kind, *_ = columns[place]
            sources[name] = intervals.get(header[place], "{}").format(identifier(column))
            if kind.startswith(_NESTED) or kind.endswith("]"):
                sources[name] = f"to_json({sources[name]})"
        self._select(read, sources)

    def _select(self, read: str, sources: Mapping[str, str]) -> None:
        """Fill the table with text columns, each from an expression."""
        cells = "".join(f", CAST({source} AS VARCHAR) AS {identifier(name)}" for name, source in sources.items())
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {self.table} AS SELECT NULL::BIGINT AS _line{cells} FROM {read}"
        )

    def _create(self, names: Iterable[str]) -> None:
        columns = "".join(f", {identifier(name)} VARCHAR" for name in names)
        self.connection.execute(f"CREATE OR REPLACE TABLE {self.table} (_line BIGINT{columns})")

    def _append(self, lines: Sequence[int], cells: Mapping[str, Sequence[str | None]]) -> None:
        texts = {name: pa.array(column, pa.string()) for name, column in cells.items()}
        append(self.connection, self.table, {"_line": pa.array(lines, pa.int64()), **texts})

    def _link(self, ending: str, path: Path) -> str:
        """A link to the file under a name that holds no wildcard, as SQL takes it."""
        link = self.aside.with_name(f"{self.aside.name}-link{ending}")
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, link)
        return literal(str(link))
