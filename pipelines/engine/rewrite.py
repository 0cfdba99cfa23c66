"""The catalog written anew without some of its rows: what is deleted from a database file stays in it for long."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import FILE_NAME, REVISION, Catalog, Noun
from pipelines.engine.columns import columns_of
from pipelines.engine.lease import sync_folder
from pipelines.engine.migrations import REMEMBERED, migrate

FRESH = "fresh"  # the name of the new catalog while rows are brought over
Leaving = Mapping[str, tuple[tuple[str, str], ...]]  # table to (column, table of ids that go)

# The rows that go with the files of temp table `gone_assets`; `gone_rows` are all their ids.
GONE = """
    CREATE TEMP TABLE gone_clips AS SELECT id FROM clips SEMI JOIN gone_assets g ON g.id = clips.asset;
    CREATE TEMP TABLE gone_items AS
        SELECT i.id FROM items i SEMI JOIN (FROM gone_clips UNION ALL FROM gone_assets) g ON g.id = i.ref
        WHERE i.kind IN ('clip', 'asset');
    CREATE TEMP TABLE gone_asks AS SELECT id FROM asks SEMI JOIN gone_items g ON g.id = asks.item;
    CREATE TEMP TABLE gone_rows AS FROM gone_assets UNION FROM gone_clips UNION FROM gone_items UNION FROM gone_asks;
    CREATE TEMP TABLE gone_answers AS
        SELECT id FROM (SELECT id, ask, rater FROM answers UNION ALL SELECT id, ask, rater FROM refusals)
        WHERE ask IN (FROM gone_asks) OR rater IN (FROM gone_raters)"""
LEAVING: Leaving = {
    "assets": (("id", "gone_assets"),),
    "sources": (("id", "unused_sources"),),
    "arrivals": (("asset", "gone_assets"), ("asset", "gone_stand_ins"), ("source", "gone_sources")),
    "crawl_arrivals": (("asset", "gone_assets"), ("asset", "gone_stand_ins"), ("source", "gone_sources")),
    "corpus_keys": (("asset", "gone_assets"),),
    "takes": (("asset", "gone_assets"),),
    "withdrawal_codes": (("person", "gone_people"),),
    "statements": (
        ("asset", "gone_assets"),
        ("asset", "gone_stand_ins"),
        ("source", "gone_sources"),
        ("speaker", "gone_speakers"),
    ),
    "segments": (("asset", "gone_assets"), ("speaker", "gone_speakers")),
    "consents": (("person", "gone_people"),),
    "fetches": (("asset", "gone_assets"), ("asset", "gone_stand_ins")),
    "clips": (("asset", "gone_assets"),),
    "live_clips": (("asset", "gone_assets"),),
    "scores": (("row", "gone_rows"),),
    "groups": (("member", "gone_rows"), ("group", "gone_rows"), ("why", "gone_speakers")),
    "receipts": (("row", "gone_rows"), ("row", "gone_stand_ins")),
    "items": (("id", "gone_items"),),
    "asks": (("item", "gone_items"),),
    "raters": (("id", "gone_raters"),),
    "answers": (("ask", "gone_asks"), ("rater", "gone_raters")),
    "answer_notes": (("ask", "gone_asks"), ("rater", "gone_raters"), ("edited_by", "gone_raters")),
    "seen_tasks": (("ask", "gone_asks"),),
    "refusals": (("ask", "gone_asks"), ("rater", "gone_raters")),
    "decisions": (("subject", "gone_rows"), ("subject", "gone_raters"), ("subject", "gone_answers")),
    "released": (("clip", "gone_clips"),),
}
# Facts that are made again, and may name files.
DERIVED = (*REMEMBERED, "live", "groups", "forgetting")
OWN = ("migrations", "clip_kinds")  # tables that a new catalog fills by itself


@dataclass(frozen=True)
class Going:
    """The ids that go: files with all that was made from them, what sources say, who speaks or gave, and who rates.

    `stand_ins` stood for the files while they could not be had.
    """

    assets: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()


@contextmanager
def gone(home: Path, going: Going) -> Iterator[DuckDBPyConnection]:
    """The catalog, held, with temp tables of all rows that go."""
    with Catalog(home).open() as connection:
        connection.execute("CHECKPOINT")  # no log of writes stays behind that names what goes
        for name, ids in vars(going).items():
            connection.execute(f"CREATE TEMP TABLE gone_{name} AS SELECT unnest(?::VARCHAR[]) AS id", [list(ids)])
        connection.execute(GONE)
        staying = " UNION ".join(f"SELECT source FROM ({staying_rows(one)})" for one in ("arrivals", "statements"))
        connection.execute(
            f"CREATE TEMP TABLE unused_sources AS SELECT id FROM sources "
            f"ANTI JOIN ({staying} UNION SELECT source FROM origins) used ON used.source = sources.id"
        )
        yield connection


def rewrite(home: Path, connection: DuckDBPyConnection, change: Callable[[DuckDBPyConnection], None]) -> None:
    """Bring every row that stays into a new file and put that in the place of the old one, on a connection of `gone`.

    `change` may alter the rows of the new catalog, attached as `fresh`, before it counts. The old file is held until
    the new one has its name: nobody writes in between. Killed at any moment, the catalog is the old or the new one.
    """
    path = home / FILE_NAME
    fresh = path.with_name(f"{FILE_NAME}.{FRESH}")
    _remove(fresh)
    made = duckdb.connect(str(fresh))
    migrate(made)
    made.close()
    quoted = str(fresh).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS {FRESH}")
    connection.begin()
    for table in _tables(connection):
        connection.execute(f"INSERT INTO {FRESH}.{table} BY NAME {staying_rows(table)}")
    connection.execute(f"UPDATE {FRESH}.facts SET value = (value::BIGINT + 1)::VARCHAR WHERE name = '{REVISION}'")
    change(connection)
    connection.commit()
    connection.execute(f"CHECKPOINT {FRESH}")
    connection.execute(f"DETACH {FRESH}")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(home)


def _tables(connection: DuckDBPyConnection) -> list[str]:
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY 1"
    return [name for (name,) in connection.execute(query, [FRESH]).fetchall() if name not in OWN]


def staying_rows(table: str) -> str:
    """The rows of a table that stay, as SQL."""
    joins = "".join(
        f' ANTI JOIN {ids} g{place} ON g{place}.id = t."{column}"'
        for place, (column, ids) in enumerate(LEAVING.get(table, ()))
    )
    facts = " WHERE name NOT IN ({})".format(", ".join(f"'{name}'" for name in DERIVED)) if table == "facts" else ""
    return f"SELECT t.* FROM {table} t{joins}{facts}"


def insert_rows(connection: DuckDBPyConnection, table: str, rows: Sequence[Noun]) -> None:
    """Bring rows of one kind into a table of the new catalog."""
    if rows:
        columns = columns_of(rows)
        names = ", ".join(f'"{name}"' for name in columns)
        values = list(zip(*columns.values(), strict=True))
        insert = f"INSERT INTO {FRESH}.{table} ({names}) VALUES ({', '.join('?' * len(columns))})"
        connection.executemany(insert, values)


def _remove(fresh: Path) -> None:
    for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        left.unlink(missing_ok=True)
