"""A scratch table in another shape: columns folded into rows, rows that hold rows taken apart."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from duckdb import DuckDBPyConnection

from annotate.ratings.exports import Row, Unfolding
from annotate.ratings.layout import Layout
from pipelines.engine.instances import beside
from pipelines.tables.scratch import identifier, literal
from schemas.errors import BadInput, nearest

AT_ONCE = 10_000
EMPTY = ("", "[]", "{}", "null")


def matching(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names that are one of the patterns, or that one with * and ? in it stands for; case does not count."""
    lower = [pattern.casefold() for pattern in patterns]
    return [
        name
        for name in names
        if name.casefold() in lower or any(fnmatchcase(name.casefold(), pattern) for pattern in lower)
    ]


def refuse_unknown(patterns: Sequence[str], names: Sequence[str], table: str) -> None:
    """Raise BadInput for a pattern that no column has."""
    if wrong := [pattern for pattern in patterns if not matching([pattern], names)]:
        raise BadInput(f"{table} has no column {wrong[0]!r}; {nearest(wrong[0], names)}")


def reshape(connection: DuckDBPyConnection, table: str, layout: Layout, header: int) -> tuple[tuple[str, ...], int]:
    """Leave out rows that are more header, and fold columns: a row per cell, with `_column` and `_cell`.

    Gives the columns folded and how many of their cells are empty, which become no rows.
    """
    names = [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall() if name != "_line"]
    folded = matching(layout.folded, names)
    kept = "".join(f", {identifier(name)}" for name in names if name not in folded)
    rows = f"""(SELECT coalesce(_line, rowid + 1 + {header}) AS _line, * EXCLUDE (_line), rowid AS _row
        FROM {table} WHERE rowid >= {layout.header_rows})"""
    if not folded:
        _replace(connection, table, f"SELECT _line{kept} FROM {rows} ORDER BY _row")
        return (), 0
    cells = ", ".join(f"{{'_column': {literal(name)}, '_cell': {identifier(name)}}}" for name in folded)
    query = f"SELECT _line{kept}, unnest([{cells}], recursive := true), _row FROM {rows}"
    full = "coalesce(trim(_cell), '') <> ''"
    total = connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0] * len(folded)
    _replace(connection, table, f"SELECT * EXCLUDE (_row) FROM ({query}) WHERE {full} ORDER BY _row")
    left = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    return tuple(folded), total - left


def _replace(connection: DuckDBPyConnection, table: str, query: str) -> None:
    connection.execute(f"CREATE TABLE {table}_new AS {query}")
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE {table}_new RENAME TO {table}")


def unfolded(
    connection: DuckDBPyConnection, table: str, header: int, names: Sequence[str], unfolding: Unfolding
) -> Iterator[tuple[int, Row]]:
    """The rows in the rows of a table, each with the line it stands in."""
    cells = "".join(f", {identifier(name)}" for name in names)
    cursor = beside(connection).execute(
        f"SELECT coalesce(_line, rowid + 1 + {header}){cells} FROM {table} ORDER BY rowid"
    )
    while batch := cursor.fetchmany(AT_ONCE):
        for line, *row in batch:
            yield from ((line, inner) for inner in unfolding.rows(dict(zip(names, row, strict=True))))


def left_over(connection: DuckDBPyConnection, table: str, names: Sequence[str]) -> list[str]:
    """Those of the columns that hold anything."""
    empty = ", ".join(map(literal, EMPTY))
    return [
        name
        for name in names
        if connection.execute(
            f"SELECT bool_or(coalesce({identifier(name)}, '') NOT IN ({empty})) FROM {table}"
        ).fetchall()[0][0]
    ]
