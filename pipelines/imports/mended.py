"""What was set right or left out without refusing an answer: it is counted, so that nothing happens in silence."""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout
from annotate.ratings.meanings import MISSING
from pipelines.imports.rows import milliseconds, text_of
from pipelines.tables.scratch import literal


@dataclass(frozen=True)
class Mended:
    """Durations that were left out (with one of them), and vectors that got zeros before their digits."""

    durations: int = 0
    duration: str = ""
    vectors: int = 0


def mended(connection: DuckDBPyConnection, layout: Layout) -> Mended:
    """Count over the rows that were used."""
    return Mended(*_durations(connection, layout), _vectors(connection, layout))


def _durations(connection: DuckDBPyConnection, layout: Layout) -> tuple[int, str]:
    if not layout.duration:
        return 0, ""
    cell = text_of(layout.duration)
    empty = ", ".join(literal(text) for text in sorted({*MISSING, *(one.casefold() for one in layout.missing)}))
    count, first = connection.execute(
        f"""SELECT count(*), coalesce(min_by({cell}, _n), '') FROM ratings
            WHERE {cell} IS NOT NULL AND {milliseconds(layout)} IS NULL AND lower({cell}) NOT IN ({empty})
            AND _n IN (SELECT _n FROM coded)"""
    ).fetchall()[0]
    return count, first


def _vectors(connection: DuckDBPyConnection, layout: Layout) -> int:
    total = 0
    for place, asked in enumerate(layout.question):
        if asked.vector:
            count = connection.execute(
                f"""SELECT count(*) FROM ratings WHERE {text_of(asked.vector)} IN
                    (SELECT _cell FROM vectors WHERE _padded AND _asked = {place})"""
            ).fetchall()[0][0]
            total += int(count)
    return total
