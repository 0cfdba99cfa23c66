"""Under which licence imported answers stand: a Source of their own, found by the origin they came from."""

from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.ratings.layout import Layout
from pipelines.engine.catalog import Catalog
from schemas.media import Source

FACT = "source of "  # and an origin: the fact that says which Source its answers came from


def keep(catalog: Catalog, origin: str, layout: Layout) -> None:
    """Write down the licence of a layout and where its table is published; a layout without one says nothing."""
    if not layout.licence:
        return
    source = Source(basis="licence", licence=layout.licence, address=layout.address or None)
    with catalog.open() as connection:
        catalog.commit(connection, [source])
        _replace(connection, FACT + origin, source.id)


def licence_of(home: Path, scheme_id: str) -> str | None:
    """The licence of the imported answers to a scheme, several joined by AND; None where none is known."""
    rows = Catalog(home).rows(
        f"""SELECT DISTINCT s.licence FROM facts f JOIN sources s ON s.id = f.value WHERE f.name IN
            (SELECT '{FACT}' || a.origin FROM answers a JOIN asks k ON k.id = a.ask WHERE k.scheme = ?) ORDER BY 1""",
        [scheme_id],
    )
    return " AND ".join(licence for (licence,) in rows) or None


def _replace(connection: DuckDBPyConnection, name: str, value: str) -> None:
    connection.begin()
    connection.execute("DELETE FROM facts WHERE name = ?", [name])
    connection.execute("INSERT INTO facts VALUES (?, ?)", [name, value])
    connection.commit()
