"""SQL conditions a person gives on a table of ratings: run on that table alone, with no way to a file or a setting."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout
from annotate.ratings.meanings import MISSING
from pipelines.tables.scratch import MEMORY, identifier, literal, message_of
from schemas.errors import BadSetting, nearest

VERDICTS = "verdicts"
IN_MEMORY = "clips"
OWN = ("_n", "_row", "_line", "_part", "_file")
COLUMNS_AT_ONCE = 16  # whose types are found in one look: what a query holds grows with their square
EXAMPLE = '"V = 1 AND A = 1"'


def judge(scratch: Path, layout: Layout, offered: Sequence[str], memory: str) -> None:
    """Write the verdict of every condition of a layout on every row into `verdicts`.

    Columns: `_n`, `dropped`, and for question k `when_k` and `skip_k` where it has them. Raises BadSetting for a
    condition that cannot be read, names an unknown column or reaches beyond the table.
    """
    conditions = _named(layout)
    with _confined(scratch, memory) as connection:
        _show_typed(connection)
        shown = ["--drop" if name == "dropped" else name.partition("_")[0] for name in conditions]
        _check(connection, list(zip(shown, conditions.values(), strict=True)), offered, "typed")
        columns = ", ".join(f"coalesce((\n{text}\n)::BOOLEAN, false) AS {name}" for name, text in conditions.items())
        dropped = "" if "dropped" in conditions else "false AS dropped, "
        query = f"CREATE TABLE {VERDICTS} AS SELECT _n, {dropped}{columns} FROM typed"
        _run(connection, query, " and ".join(conditions.values()), offered)


def rows_where(table: pa.Table, condition: str, flag: str, key: str) -> list[Any]:
    """What stands in column `key` of the rows a condition holds of; a row of which it cannot be said is not among them.

    Raises BadSetting, which begins with `flag`, as `judge` does.
    """
    with _confined(Path(":memory:"), MEMORY, table) as connection:
        _check(connection, [(flag, condition)], table.column_names, IN_MEMORY)
        query = f"SELECT {identifier(key)} FROM {IN_MEMORY} WHERE (\n{condition}\n)::BOOLEAN"
        return [found for (found,) in _run(connection, query, f"{flag} {condition}", table.column_names)]


def _named(layout: Layout) -> dict[str, str]:
    named = {"dropped": layout.drop} if layout.drop else {}
    for place, asked in enumerate(layout.question):
        named |= {f"when_{place}": asked.when} if asked.when else {}
        named |= {f"skip_{place}": asked.skip} if asked.skip else {}
    return named


@contextmanager
def _confined(scratch: Path, memory: str, rows: pa.Table | None = None) -> Iterator[DuckDBPyConnection]:
    connection = duckdb.connect(str(scratch), config={"memory_limit": memory, "enable_external_access": False})
    if rows is not None:
        connection.register("incoming", rows)
        connection.execute(f"CREATE TABLE {IN_MEMORY} AS FROM incoming")
        connection.unregister("incoming")
    connection.execute("SET enable_progress_bar = false; SET lock_configuration = true")
    try:
        yield connection
    finally:
        connection.close()


def _show_typed(connection: DuckDBPyConnection) -> None:
    """The table with numbers as numbers and truth values as such, where every cell of a column is one."""
    names = [row[0] for row in connection.execute("DESCRIBE ratings").fetchall() if row[0] not in OWN]
    empty = ", ".join(literal(text) for text in sorted(MISSING))
    cells = {
        name: f"CASE WHEN lower(trim({identifier(name)})) NOT IN ({empty}) THEN trim({identifier(name)}) END"
        for name in names
    }
    kinds = ("BIGINT", "DOUBLE", "BOOLEAN")
    typed = []
    for (name, cell), (total, *fitting) in zip(cells.items(), _counts(connection, cells.values(), kinds), strict=True):
        kind = next((kind for kind, count in zip(kinds, fitting, strict=True) if count == total), "VARCHAR")
        typed.append(f", CAST({cell} AS {kind}) AS {identifier(name)}")
    connection.execute(f"CREATE TEMP VIEW typed AS SELECT {', '.join(OWN)}{''.join(typed)} FROM ratings")


def _counts(connection: DuckDBPyConnection, cells: Iterable[str], kinds: Sequence[str]) -> Iterator[Sequence[int]]:
    """How many rows hold anything in each of the cells, and how many what is of each kind; some columns at a look."""
    columns = list(cells)
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        some = [f"{cell} AS c{place}" for place, cell in enumerate(columns[start : start + COLUMNS_AT_ONCE])]
        counts = [
            f"[{', '.join([f'count(c{place})', *(f'count(TRY_CAST(c{place} AS {kind}))' for kind in kinds)])}]"
            for place in range(len(some))
        ]
        query = f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(some)} FROM ratings)"
        yield from connection.execute(query).fetchall()[0]


def _check(
    connection: DuckDBPyConnection, conditions: Sequence[tuple[str, str]], offered: Sequence[str], table: str
) -> None:
    """Raise BadSetting for the first of the conditions, each with what it is called, that cannot be used."""
    wanted = [f"(\n{condition}\n)::BOOLEAN" for _, condition in conditions]
    try:
        for shown, condition in conditions:
            _check_words(shown, condition)
        connection.execute(f"EXPLAIN SELECT {', '.join(wanted)} FROM {table}")
    except (duckdb.Error, BadSetting):  # which one it was
        for (shown, condition), one in zip(conditions, wanted, strict=True):
            _check_words(shown, condition)
            _run(connection, f"EXPLAIN SELECT {one} FROM {table}", f"{shown} {condition}", offered)


def _check_words(shown: str, condition: str) -> None:
    try:
        statements = duckdb.extract_statements(f"SELECT (\n{condition}\n)")
    except duckdb.Error as error:
        raise BadSetting(
            f"{shown} {condition!r} cannot be read: {message_of(error)}; expected a condition such as {EXAMPLE}"
        ) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise BadSetting(f"{shown} {condition!r} is more than a condition; expected one such as {EXAMPLE}")


def _run(connection: DuckDBPyConnection, query: str, shown: str, offered: Sequence[str]) -> list[Any]:
    try:
        rows: list[Any] = connection.execute(query).fetchall()
    except duckdb.PermissionException:
        raise BadSetting(
            f"{shown!r} reaches for a file; a condition sees the columns of its table and nothing else"
        ) from None
    except duckdb.Error as error:
        raise BadSetting(f"{shown!r} {_complaint(error, offered)}") from None
    return rows


def _complaint(error: duckdb.Error, offered: Sequence[str]) -> str:
    said, quotes = message_of(error), "put texts in 'single quotes'"
    if isinstance(error, duckdb.ConversionException):
        return f"compares what is unlike: {said}; {quotes}"
    if isinstance(error, duckdb.BinderException):
        hint = nearest(_column(error), offered) if "not found" in str(error) else quotes
        return f"does not fit the table: {said} ({hint})"
    return f"cannot be used: {said}; expected a condition such as {EXAMPLE}"


def _column(error: Exception) -> str:
    """The name in double quotes of a message about a column."""
    pieces = str(error).split('"')
    return pieces[1] if len(pieces) > 2 else ""
