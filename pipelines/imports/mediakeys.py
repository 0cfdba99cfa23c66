"""Which item of a table is which medium of the collection: by the names files came under, or by an id itself."""

from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.tombstones import Tombstones
from pipelines.imports.contentids import content_id_sql, define
from pipelines.imports.rows import CANDIDATES, PLAIN

# Every name of every asset, with its place among the names of that asset in the order they came (a later one moves no
# other), and whether the asset was rated itself before there were clips for whole files: its item goes on.
NAMES = """
    SELECT s.name, s.asset, row_number() OVER (PARTITION BY s.asset ORDER BY min(s.said_at), s.name) - 1 AS repeat,
           s.asset IN (SELECT ref FROM items WHERE kind = 'asset') AS is_item
    FROM statements s JOIN assets ON assets.id = s.asset WHERE s.scope <> 'resolved'
    AND ($source IS NULL OR s.asset IN (SELECT asset FROM arrivals WHERE source = $source)) GROUP BY s.asset, s.name"""
WHOLE = content_id_sql(
    "clip", asset="'\"' || asset || '\"'", kind="'\"whole\"'", **dict.fromkeys(("start_ms", "end_ms", "box"), "'null'")
)


def has_media(home: Path) -> bool:
    """Whether the collection has any."""
    return bool(Catalog(home).rows("SELECT 1 FROM assets LIMIT 1"))


def match(connection: DuckDBPyConnection, home: Path, source: str | None) -> tuple[int, int]:
    """Give `items` their `kind`, `ref` and `repeat`; gives how many are media, and how many names several media have.

    A name fits when it is the file's whole name or its end after a slash, and no other medium fits too. `source`
    narrows the media to those of one Source. An item about a file is its whole clip (table `whole_clips`); of several
    names of the same bytes each is asked about by itself, as a repeat.
    """
    define(connection)
    _index(connection, home, source)
    several = _by_name(connection)
    _by_id(connection, home)
    found = connection.execute("SELECT count(*) FROM items WHERE kind IS NOT NULL").fetchall()[0][0]
    return int(found), several


def withhold(connection: DuckDBPyConnection, forgotten: Tombstones) -> None:
    """Leave out what is said about files that were forgotten: table `withdrawn` has their rows, `items` not the files.

    Only what is no medium here can be one: its labels would come back without it.
    """
    if not forgotten.marks:
        return
    items = connection.execute(
        f"SELECT code, string_split(media, {CANDIDATES}) FROM items WHERE kind IS NULL AND media IS NOT NULL"
    ).fetchall()
    codes = [code for code, names in items if any(map(forgotten.names_file, names))]
    if codes:
        gone = "SELECT key FROM items WHERE list_contains(?, code)"
        connection.execute(f"INSERT INTO withdrawn SELECT DISTINCT _n FROM {PLAIN} WHERE key IN ({gone})", [codes])
        connection.execute("DELETE FROM items WHERE list_contains(?, code)", [codes])


def _index(connection: DuckDBPyConnection, home: Path, source: str | None) -> None:
    """Temp table `media_names`: every ending of a file's name, with the one medium it means (NULL: several)."""
    with Catalog(home).open() as catalog:
        names: pa.Table = catalog.sql(NAMES, params={"source": source}).to_arrow_table()
    connection.register("incoming", names)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE media_names AS
           SELECT ending, if(count(DISTINCT asset) = 1, min(asset), NULL) AS asset, min(repeat) AS repeat,
                  bool_or(is_item) AS is_item FROM
               (SELECT asset, repeat, is_item, array_to_string(parts[k + 1:], '/') AS ending FROM
                   (SELECT asset, repeat, is_item, parts, unnest(range(len(parts))) AS k FROM
                       (SELECT asset, repeat, is_item, string_split(name, '/') AS parts FROM incoming)))
           GROUP BY ending"""
    )
    connection.unregister("incoming")


def _by_name(connection: DuckDBPyConnection) -> int:
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE matched AS
            SELECT code, arg_min((asset, repeat, is_item), place) FILTER (WHERE asset IS NOT NULL) AS medium FROM
                (SELECT code, unnest(string_split(media, {CANDIDATES})) AS name,
                        generate_subscripts(string_split(media, {CANDIDATES}), 1) AS place
                 FROM items WHERE media IS NOT NULL) JOIN media_names ON ending = name
            GROUP BY code;
            CREATE OR REPLACE TEMP TABLE media AS
            SELECT code, asset, repeat, is_item, {WHOLE} AS whole FROM
                (SELECT code, medium[1] AS asset, medium[2] AS repeat, medium[3] AS is_item FROM matched
                 WHERE medium IS NOT NULL);
            UPDATE items SET kind = if(is_item, 'asset', 'clip'), ref = if(is_item, asset, whole), repeat = m.repeat
                FROM media m WHERE m.code = items.code;
            INSERT INTO whole_clips SELECT DISTINCT whole, asset FROM media WHERE NOT is_item"""
    )
    return int(connection.execute("SELECT count(*) FROM matched WHERE medium IS NULL").fetchall()[0][0])


def _by_id(connection: DuckDBPyConnection, home: Path) -> None:
    """Keys that are ids of clips or assets."""
    hexadecimal = "regexp_full_match(key, '[0-9a-f]{32}')"
    keys = connection.sql(f"SELECT DISTINCT key FROM items WHERE kind IS NULL AND {hexadecimal}").to_arrow_table()
    if not keys.num_rows:
        return
    with Catalog(home).open() as catalog:
        catalog.register("keys", keys)
        known = catalog.sql(
            """SELECT id, true AS is_clip, false AS is_item FROM clips SEMI JOIN keys ON key = id
               UNION SELECT id, false, id IN (SELECT ref FROM items WHERE kind = 'asset') FROM assets
               SEMI JOIN keys ON key = id"""
        ).to_arrow_table()
    connection.register("incoming", known)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE ids AS SELECT id, is_clip, is_item, {WHOLE} AS whole
                FROM (SELECT *, id AS asset FROM incoming);
            UPDATE items SET kind = if(is_item, 'asset', 'clip'), ref = if(is_clip OR is_item, i.id, i.whole)
                FROM ids i WHERE i.id = items.key;
            INSERT INTO whole_clips SELECT whole, id FROM ids WHERE NOT is_clip AND NOT is_item"""
    )
    connection.unregister("incoming")
