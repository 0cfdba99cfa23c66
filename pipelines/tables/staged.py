"""Tables of any format as rows: in one scratch DuckDB, or one after the other; the line of every row is known."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout, columns_of, conditions_of
from pipelines.tables.files import Choice, TableFile, load
from pipelines.tables.reshaped import matching
from pipelines.tables.scratch import identifier, literal, scratch_database
from schemas.errors import BadInput, nearest

SOURCE = "source"
SHOWN = 12
AT_ONCE, BAD_SHOWN = 10_000, 3
Row = dict[str, str | None]


@dataclass(frozen=True)
class Refusal:
    """A row, or one cell of it, that was not taken: where it stands, what it says and why it was refused.

    A file whose name is refused stands in no table: `table` is the file, `line` is 0.
    """

    table: str
    line: int
    question: str
    column: str
    value: str
    reason: str


@dataclass
class Staged:
    """What came into the scratch database, file after file."""

    files: list[TableFile] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows over all files, those that could not be read included."""
        return sum(file.rows + len(file.unreadable) for file in self.files)

    @property
    def offered(self) -> list[str]:
        """Every column of every file, taken or not."""
        return list(dict.fromkeys(name for file in self.files for name in file.offered))

    @property
    def unused(self) -> list[str]:
        """Columns that hold something and that nothing asked for."""
        taken = {name.casefold() for file in self.files for name in (*file.columns, *file.folded)}
        return [name for name in self.offered if name.casefold() not in taken]

    @property
    def unreadable(self) -> list[Refusal]:
        """Records that are no rows of their table."""
        return [
            Refusal(file.path.name, line, "", "", text, reason)
            for file in self.files
            for line, text, reason in file.unreadable
        ]


def stage(connection: DuckDBPyConnection, paths: Sequence[Path], layout: Layout, aside: Path) -> Staged:
    """Read tables of one layout into the view `ratings`; raises BadInput. `aside` is a folder for copies.

    The view has `_n` (0, 1, … over all files), `_row` (1, 2, … in a file), `_line`, `_part` (the file's place), `_file`
    (its name without ending), and every column the layout names or a condition mentions, as text.
    """
    staged, wanted = Staged(), partial(_wanted, layout)
    columns: dict[str, str] = {}
    for place, path in enumerate(paths):
        if not path.exists():
            raise BadInput(f"there is no file or folder {path}")
        file = load(connection, path, layout, wanted, f"part{place}", aside / f"table{place}")
        staged.files.append(file)
        for name in file.columns:
            columns.setdefault(name.casefold(), name)
    _check(layout, columns, staged, paths)
    _unite(connection, list(columns.values()), len(paths))
    _show(connection, list(columns.values()), staged.files)
    return staged


@dataclass(frozen=True)
class Rows:
    """An open table: all its columns, and row after row the line it starts on and the columns chosen, as text."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Row]]


@contextmanager
def open_rows(path: Path, choose: Choice) -> Iterator[Rows]:
    """A table of any format, encoding and delimiter; lists and structs are texts of JSON.

    `choose` is given all columns and gives those to be read. Rows are read in batches, so that memory stays bounded.
    Raises BadInput for a file that is no table, for a chosen column that is there twice and for lines that are no rows.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a folder; give a table, such as a file of CSV, JSON lines or Parquet")
    with TemporaryDirectory() as folder, scratch_database(Path(folder) / "scratch.duckdb") as connection:
        file = load(connection, path, Layout(), choose, SOURCE, Path(folder) / "table")
        if file.unreadable:
            shown = "; ".join(f"line {line}: {reason}" for line, _, reason in file.unreadable[:BAD_SHOWN])
            more = f"; … {len(file.unreadable):,} such lines" if len(file.unreadable) > BAD_SHOWN else ""
            raise BadInput(f"{path} has lines that are no rows: {shown}{more}; put them right or take them out")
        yield Rows(file.offered, _rows(connection, file))


def _rows(connection: DuckDBPyConnection, file: TableFile) -> Iterator[tuple[int, Row]]:
    cells = "".join(f", {identifier(name)}" for name in file.columns)
    line = f"coalesce(_line, rowid + 1 + {file.header})"
    cursor = connection.execute(f"SELECT {line}{cells} FROM {SOURCE} ORDER BY rowid")
    while batch := cursor.fetchmany(AT_ONCE):
        yield from ((line, dict(zip(file.columns, row, strict=True))) for line, *row in batch)


def _wanted(layout: Layout, names: Sequence[str]) -> set[str]:
    """The columns a layout needs: those it names, and those whose name stands in a condition."""
    wanted = {name.casefold() for name in columns_of(layout)}
    wanted |= {name.casefold() for name in matching(layout.folded, names)}
    wanted |= {"name"} if layout.reader == "names" else set()  # a file whose name is refused is named
    conditions = " ".join(conditions_of(layout)).casefold()
    wanted |= {name for name in map(str.casefold, names) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", conditions)}
    return {name for name in names if name.casefold() in wanted}


def _check(layout: Layout, columns: dict[str, str], staged: Staged, paths: Sequence[Path]) -> None:
    shown = ", ".join(path.name for path in paths[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
    for name in columns_of(layout):
        if name.casefold() not in columns:
            raise BadInput(f"{shown} has no column {name!r}; {nearest(name, map(brief, staged.offered))}")


def brief(name: str) -> str:
    """A column's name, short enough for a message: in files that are no tables the first line can be anything."""
    return name if len(name) <= 40 else name[:39] + "…"


def _unite(connection: DuckDBPyConnection, columns: Sequence[str], parts: int) -> None:
    """One table in the order of the files, so that row ids count on."""
    if parts == 1:
        connection.execute(f"ALTER TABLE part0 RENAME TO {SOURCE}")
        return
    text = "".join(f", {identifier(name)} VARCHAR" for name in columns)
    connection.execute(f"CREATE TABLE {SOURCE} (_line BIGINT{text})")
    for place in range(parts):
        connection.execute(f"INSERT INTO {SOURCE} BY NAME FROM part{place}")
        connection.execute(f"DROP TABLE part{place}")


def _show(connection: DuckDBPyConnection, columns: Sequence[str], files: Sequence[TableFile]) -> None:
    first, starts = 0, []
    for place, file in enumerate(files):
        starts.append((place, first, file))
        first += file.rows
    part = _by_file([(first, str(place)) for place, first, _ in starts])
    row = _by_file([(first, f"rowid - {first} + 1") for _, first, _ in starts])
    line = _by_file([(first, f"rowid - {first} + 1 + {file.header}") for _, first, file in starts])
    name = _by_file([(first, literal(file.path.name.split(".")[0])) for _, first, file in starts])
    cells = "".join(f", {identifier(name)}" for name in columns)
    connection.execute(
        f"""CREATE VIEW ratings AS SELECT rowid AS _n, {row} AS _row, coalesce(_line, {line}) AS _line, {part} AS _part,
            {name} AS _file{cells} FROM {SOURCE}"""
    )


def _by_file(values: Sequence[tuple[int, str]]) -> str:
    """An expression that has another value in each file, told apart by the first row id of each."""
    if len(values) == 1:
        return values[0][1]
    cases = " ".join(f"WHEN rowid >= {first} THEN {value}" for first, value in reversed(values))
    return f"CASE {cases} END"
