"""Tables of any format in one scratch DuckDB: text columns under their own names, the line of every row known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout, columns_of
from pipelines.tables.files import TableFile, load
from pipelines.tables.sqltext import identifier, literal
from schemas.errors import BadInput, nearest

SOURCE = "source"
SHOWN = 12


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
        return sum(one.rows + len(one.unreadable) for one in self.files)

    @property
    def offered(self) -> list[str]:
        """Every column of every file, taken or not."""
        return list(dict.fromkeys(name for one in self.files for name in one.offered))

    @property
    def unreadable(self) -> list[Refusal]:
        """Records that are no rows of their table."""
        return [
            Refusal(one.path.name, line, "", "", told, reason)
            for one in self.files
            for line, told, reason in one.unreadable
        ]


def stage(connection: DuckDBPyConnection, paths: Sequence[Path], layout: Layout, aside: Path) -> Staged:
    """Read tables of one layout into the view `ratings`; raises BadInput. `aside` is a folder for copies.

    The view has `_n` (0, 1, … over all files), `_row` (1, 2, … in a file), `_line`, `_part` (the file's place), `_file`
    (its name without ending), and every column the layout names or a condition mentions, as text.
    """
    staged = Staged()
    columns: dict[str, str] = {}
    for place, path in enumerate(paths):
        if not path.exists():
            raise BadInput(f"there is no file or folder {path}")
        one = load(connection, path, layout, f"part{place}", aside / f"table{place}")
        staged.files.append(one)
        for name in one.columns:
            columns.setdefault(name.casefold(), name)
    _check(layout, columns, staged, paths)
    _unite(connection, list(columns.values()), len(paths))
    _show(connection, list(columns.values()), staged.files)
    return staged


def _check(layout: Layout, columns: dict[str, str], staged: Staged, paths: Sequence[Path]) -> None:
    shown = ", ".join(path.name for path in paths[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
    for name in columns_of(layout):
        if name.casefold() not in columns:
            raise BadInput(f"{shown} has no column {name!r}; {nearest(name, map(brief, staged.offered))}")


def brief(name: str) -> str:
    """A column's name, short enough to be told: in files that are no tables the first line can be anything."""
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
    for place, one in enumerate(files):
        starts.append((place, first, one))
        first += one.rows
    part = _by_file([(first, str(place)) for place, first, _ in starts])
    row = _by_file([(first, f"rowid - {first} + 1") for _, first, _ in starts])
    line = _by_file([(first, f"rowid - {first} + 1 + {one.header}") for _, first, one in starts])
    name = _by_file([(first, literal(one.path.name.split(".")[0])) for _, first, one in starts])
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
