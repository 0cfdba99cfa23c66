"""Which item of a table is which medium of the collection: by the names files came under, or by an id itself."""

from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.imports.rows import CANDIDATES

NAMES = """SELECT DISTINCT f.name, a.asset FROM files f JOIN arrivals a ON a.id = f.arrival
    JOIN assets ON assets.id = a.asset WHERE $source IS NULL OR a.source = $source"""


def has_media(home: Path) -> bool:
    """Whether the collection has any."""
    return bool(Catalog(home).rows("SELECT 1 FROM assets LIMIT 1"))


def match(connection: DuckDBPyConnection, home: Path, source: str | None) -> tuple[int, int]:
    """Give `items` their `kind` and `ref`; gives how many are media, and how many names several media have.

    A name fits when it is the file's whole name or its end after a slash, and no other medium fits too. `source`
    narrows the media to those of one Source.
    """
    _index(connection, home, source)
    several = _by_name(connection)
    _by_id(connection, home)
    found = connection.execute("SELECT count(*) FROM items WHERE kind IS NOT NULL").fetchall()[0][0]
    return int(found), several


def _index(connection: DuckDBPyConnection, home: Path, source: str | None) -> None:
    """Temp table `media_names`: every ending of a file's name, with the one medium it means (NULL: several)."""
    with Catalog(home).open() as catalog:
        names: pa.Table = catalog.sql(NAMES, params={"source": source}).to_arrow_table()
    connection.register("incoming", names)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE media_names AS
           SELECT ending, if(count(DISTINCT asset) = 1, min(asset), NULL) AS asset FROM
               (SELECT asset, array_to_string(parts[k + 1:], '/') AS ending FROM
                   (SELECT asset, parts, unnest(range(len(parts))) AS k FROM
                       (SELECT asset, string_split(name, '/') AS parts FROM incoming)))
           GROUP BY ending"""
    )
    connection.unregister("incoming")


def _by_name(connection: DuckDBPyConnection) -> int:
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE matched AS
            SELECT code, arg_min(asset, place) FILTER (WHERE asset IS NOT NULL) AS asset FROM
                (SELECT code, unnest(string_split(media, {CANDIDATES})) AS name,
                        generate_subscripts(string_split(media, {CANDIDATES}), 1) AS place
                 FROM items WHERE media IS NOT NULL) JOIN media_names ON ending = name
            GROUP BY code"""
    )
    connection.execute(
        "UPDATE items SET kind = 'asset', ref = asset FROM matched m WHERE m.code = items.code AND asset IS NOT NULL"
    )
    return int(connection.execute("SELECT count(*) FROM matched WHERE asset IS NULL").fetchall()[0][0])


def _by_id(connection: DuckDBPyConnection, home: Path) -> None:
    """Keys that are ids of clips or assets."""
    hexadecimal = "regexp_full_match(key, '[0-9a-f]{32}')"
    keys = connection.sql(f"SELECT DISTINCT key FROM items WHERE kind IS NULL AND {hexadecimal}").to_arrow_table()
    if not keys.num_rows:
        return
    with Catalog(home).open() as catalog:
        catalog.register("keys", keys)
        known = catalog.sql(
            """SELECT id, 'clip' AS kind FROM clips SEMI JOIN keys ON key = id
               UNION SELECT id, 'asset' FROM assets SEMI JOIN keys ON key = id"""
        ).to_arrow_table()
    connection.register("incoming", known)
    connection.execute("UPDATE items SET kind = i.kind, ref = i.id FROM incoming i WHERE i.id = items.key")
    connection.unregister("incoming")
