"""The catalog's schema, and the steps that bring an older catalog over to it."""

from collections.abc import Callable
from importlib.resources import files

import duckdb
from duckdb import DuckDBPyConnection

from schemas.errors import BadInput
from schemas.media import Clip, Statement
from schemas.modality import clip_kinds

SKETCHES = ("m001_tables", "m002_attribution", "m003_sayings")  # the steps of catalogs from before the first version
EXCLUDE, PROPOSE = "Exclude@1", "Propose@1"  # decisions used to be receipts of stages of these names
# Which catalogs of the first step may lack.
NEW_TABLES = (
    "tombstones", "consents", "answer_notes", "seen_tasks", "stage_weights", "corpus_keys",
    "takes", "withdrawal_codes", "fetches", "notices", "segments", "groups",
    "crawl_arrivals",
)  # fmt: skip
# And which columns tables of the first step lack.
NEW_COLUMNS = (
    ("statements", "sex VARCHAR"),
    ("released", "weight DOUBLE"),
    ("scores", "text VARCHAR"),
    ("origins", "corpus VARCHAR"),
)
LICENCE = "source of "  # and an origin: the fact that named the source of its answers


def schema() -> str:
    """The whole schema as SQL."""
    return (files("pipelines.engine") / "tables.sql").read_text("utf-8")


def m001_schema(connection: DuckDBPyConnection) -> None:
    """Every table and view of the first version."""
    connection.execute(schema())
    connection.executemany("INSERT INTO clip_kinds VALUES (?, ?, ?)", clip_kinds())


def m002_later_tables(connection: DuckDBPyConnection) -> None:
    """Tables that came later, and every view as it is now.

    Tasks as they were seen stand in the place of the time of the last pull: a clock may go back.
    """
    connection.execute("DROP TABLE IF EXISTS pulls")
    for table, column in NEW_COLUMNS:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column}")
    for statement in duckdb.extract_statements(schema()):
        query = statement.query.strip()
        if any(f"CREATE TABLE {new} " in query for new in NEW_TABLES):
            connection.execute(query.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        if "CREATE VIEW" in query:
            connection.execute(query.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))


def m003_vectors(connection: DuckDBPyConnection) -> None:
    """Vectors are float32, a score may be a fingerprint, and the kinds of clips are those of today."""
    connection.execute("ALTER TABLE scores ALTER vector TYPE FLOAT[]")
    connection.execute("ALTER TABLE scores ADD COLUMN IF NOT EXISTS bits BLOB")
    connection.execute("DELETE FROM clip_kinds")
    connection.executemany("INSERT INTO clip_kinds VALUES (?, ?, ?)", clip_kinds())


def m004_superseded(connection: DuckDBPyConnection) -> None:
    """A live clip may stand behind a pinned one; what is live is looked up again, and the views are those of today."""
    connection.execute("ALTER TABLE live_clips ADD COLUMN IF NOT EXISTS superseded BOOLEAN DEFAULT false")
    connection.execute("DELETE FROM facts WHERE name = 'live'")
    m002_later_tables(connection)


def m005_corpora(connection: DuckDBPyConnection) -> None:
    """An origin names the corpus of its answers, and copies of what was forgotten are barred."""
    m002_later_tables(connection)


def m006_refusals(connection: DuckDBPyConnection) -> None:
    """What a site refused, and gave before or later, counts once."""
    m002_later_tables(connection)


REMEMBERED = ("exported", "settled", "status", "unasked")  # facts that hold what was read by the views of before
MIGRATIONS: list[Callable[[DuckDBPyConnection], None]] = [
    m001_schema, m002_later_tables, m003_vectors, m004_superseded, m005_corpora,
    m006_refusals,
]  # fmt: skip


def migrate(connection: DuckDBPyConnection) -> None:
    """Bring a catalog up to date, each step in one transaction; the catalog keeps the steps that it has run.

    The schema is that of today: a new catalog needs no step but the first, and the others count as run.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (step INTEGER, name VARCHAR)")
    names = [name for (name,) in connection.execute("SELECT name FROM migrations ORDER BY step").fetchall()]
    if names and names[0] == SKETCHES[0]:
        _bring_over(connection, names)
        names = [m001_schema.__name__]
    if not names:
        connection.begin()
        m001_schema(connection)
        steps = [[step, migration.__name__] for step, migration in enumerate(MIGRATIONS, start=1)]
        connection.executemany("INSERT INTO migrations VALUES (?, ?)", steps)
        connection.commit()
        return
    for step, migration in enumerate(MIGRATIONS[len(names) :], start=len(names) + 1):
        connection.begin()
        migration(connection)
        connection.execute("DELETE FROM facts WHERE list_contains(?, name)", [list(REMEMBERED)])
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [step, migration.__name__])
        connection.commit()


def outdated(connection: DuckDBPyConnection) -> bool:
    """Whether a catalog lacks a step, or was made before the first version."""
    steps = connection.execute("SELECT name FROM migrations").fetchall()  # asked at every visit, and so plainly
    return len(steps) < len(MIGRATIONS) or (SKETCHES[0],) in steps


def _bring_over(connection: DuckDBPyConnection, names: list[str]) -> None:
    """A catalog from before the first version: its tables move aside, and their rows into the new ones."""
    if tuple(names) != SKETCHES:
        raise BadInput("this catalog is older than any that can be brought over; add the media to a new collection")
    connection.begin()
    for (view,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
        connection.execute(f"DROP VIEW {view}")
    tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    tables.remove("migrations")
    for table in tables:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    m001_schema(connection)
    same = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()} & set(tables)
    for table in sorted(same - {"live_clips", "active_stages", "receipts", "scores", "facts", "origins"}):
        connection.execute(f"INSERT INTO {table} BY NAME FROM old_{table}")
    connection.execute("UPDATE sources SET layer = 'recording'")
    _bring_facts(connection)
    _bring_statements(connection)
    _bring_receipts(connection)
    _bring_whole_clips(connection)
    for table in tables:
        connection.execute(f"DROP TABLE old_{table}")
    connection.execute("DELETE FROM migrations")
    connection.execute("INSERT INTO migrations VALUES (1, ?)", [m001_schema.__name__])
    connection.commit()


def _bring_facts(connection: DuckDBPyConnection) -> None:
    """What is derived is derived again; where answers are from is a column of their origin."""
    connection.execute(
        f"""INSERT INTO origins BY NAME SELECT o.* EXCLUDE (media), o.media AS modality, f.value AS source
                FROM old_origins o LEFT JOIN old_facts f ON f.name = '{LICENCE}' || o.id;
            INSERT INTO facts FROM old_facts WHERE name NOT LIKE '{LICENCE}%' AND name <> 'live'"""
    )


def _bring_statements(connection: DuckDBPyConnection) -> None:
    """Every saying about a file: its table's words are the file's own; whose the basis was is unknown: the batch's."""
    rows = connection.execute(
        """SELECT a.asset, f.name, strftime(s.added_at, '%Y-%m-%dT%H:%M:%S.%fZ'), a.source,
                  f.speaker, f.language, f.transcript, f.requested
           FROM (SELECT id AS file, added_at FROM old_files UNION ALL FROM old_said_again) s
           JOIN old_files f ON f.id = s.file JOIN old_arrivals a ON a.id = f.arrival"""
    ).fetchall()
    statements = [Statement(asset, name, "batch", said_at, source) for asset, name, said_at, source, *_ in rows]
    statements += [
        Statement(asset, name, "file", said_at, None, *words)
        for asset, name, said_at, _, *words in rows
        if any(word is not None for word in words)
    ]
    columns = ("id", "asset", "name", "scope", "said_at", "source", "speaker", "language", "transcript", "requested")
    values = list({row.id: tuple(getattr(row, column) for column in columns) for row in statements}.values())
    if values:
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO statements ({', '.join(columns)}) VALUES ({marks})", values)


def _bring_receipts(connection: DuckDBPyConnection) -> None:
    """Decisions leave the receipts, with the probabilities of draws, which stood among the scores."""
    time = "strftime(r.added_at, '%Y-%m-%dT%H:%M:%S.%fZ')"
    connection.execute(
        f"""INSERT INTO decisions SELECT "row", if(state = 'dropped', 'excluded', 'included'), reason, NULL, {time}
                FROM old_receipts r WHERE stage = '{EXCLUDE}';
            INSERT INTO decisions SELECT r."row", 'proposed ' || r.stage, r.reason, s.value, {time}
                FROM old_receipts r LEFT JOIN old_scores s ON s.stage = r.stage AND s."row" = r."row"
                WHERE starts_with(r.stage, '{PROPOSE}');
            INSERT INTO receipts BY NAME FROM old_receipts
                WHERE stage <> '{EXCLUDE}' AND NOT starts_with(stage, '{PROPOSE}');
            INSERT INTO scores BY NAME FROM old_scores WHERE NOT starts_with(stage, '{PROPOSE}')"""
    )
    stages = connection.execute("SELECT stage FROM old_active_stages").fetchall()
    if stages:
        connection.executemany(
            "INSERT INTO active_stages VALUES (?, split_part(?, '@', 1))", [row * 2 for row in stages]
        )


def _bring_whole_clips(connection: DuckDBPyConnection) -> None:
    """Assets that were rated themselves get the clip that stands for them; their items keep their ids."""
    rows = connection.execute("SELECT DISTINCT ref FROM items WHERE kind = 'asset'").fetchall()
    if rows:
        clips = [(Clip(asset, "whole").id, asset) for (asset,) in rows]
        connection.executemany("INSERT INTO clips (id, asset, kind) VALUES (?, ?, 'whole')", clips)
