"""What is live: the clips that the stages in force made, and the pinned ones, materialised in one table."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, insert

FOLD_IOU = 0.8  # a new clip that overlaps a pinned one this much is the same clip to a person

PINNED = """
    SELECT ref AS id FROM items WHERE kind = 'clip' AND id IN (SELECT item FROM asks) UNION SELECT clip FROM released"""

# Overlap in time for spans; overlap of boxes at the same instant for faces. Null-safe: pictures have no times.
MACROS = """
    CREATE OR REPLACE TEMP MACRO overlap(a_low, a_high, b_low, b_high) AS
        greatest(0.0, least(a_high, b_high) - greatest(a_low, b_low));
    CREATE OR REPLACE TEMP MACRO box_iou(a, b, shared) AS shared / (a[3] * a[4] + b[3] * b[4] - shared);
    CREATE OR REPLACE TEMP MACRO shared_area(a, b) AS
        overlap(a[1], a[1] + a[3], b[1], b[1] + b[3]) * overlap(a[2], a[2] + a[4], b[2], b[2] + b[4]);
    CREATE OR REPLACE TEMP MACRO span_iou(a_start, a_end, b_start, b_end) AS
        overlap(a_start, a_end, b_start, b_end) / (greatest(a_end, b_end) - least(a_start, b_start));
"""

REFRESH = f"""
    {MACROS}
    CREATE OR REPLACE TEMP TABLE pinned AS SELECT clips.* FROM clips SEMI JOIN ({PINNED}) USING (id);
    CREATE OR REPLACE TEMP TABLE made AS
        SELECT clips.* FROM clips ANTI JOIN pinned USING (id) SEMI JOIN (
            SELECT DISTINCT unnest(made) AS id FROM receipts
            WHERE state = 'done' AND stage IN (FROM active_stages)) AS ours USING (id);
    CREATE OR REPLACE TEMP TABLE folded AS
        SELECT DISTINCT a.id FROM made a JOIN pinned b ON a.asset = b.asset AND a.kind = b.kind
        WHERE CASE WHEN a.kind = 'face'
                   THEN a.start_ms IS NOT DISTINCT FROM b.start_ms
                        AND box_iou(a.box, b.box, shared_area(a.box, b.box)) >= {FOLD_IOU}
                   ELSE span_iou(a.start_ms, a.end_ms, b.start_ms, b.end_ms) >= {FOLD_IOU} END;
    DELETE FROM live_clips;
    INSERT INTO live_clips SELECT id, asset, kind, true FROM pinned;
    INSERT INTO live_clips SELECT id, asset, kind, false FROM made ANTI JOIN folded USING (id);
"""


def refresh(catalog: Catalog, stages: Sequence[str]) -> None:
    """Say which stages are in force and bring `live_clips` up to date; does nothing when nothing has changed."""
    with catalog.open() as connection:
        refresh_on(connection, stages)


def refresh_on(connection: DuckDBPyConnection, stages: Sequence[str] | None = None) -> None:
    """`refresh` on an open connection; without `stages` those in force stay in force."""
    in_force = (
        sorted(stages)
        if stages is not None
        else [row[0] for row in connection.execute("FROM active_stages ORDER BY 1").fetchall()]
    )
    tables = ("receipts", "clips", "asks", "released")
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchall() for table in tables]
    state = repr((in_force, counts))
    if connection.execute("SELECT value FROM facts WHERE name = 'live'").fetchall() == [(state,)]:
        return
    connection.begin()
    connection.execute("DELETE FROM active_stages")
    connection.execute("INSERT INTO active_stages SELECT unnest(?::VARCHAR[])", [in_force])
    connection.execute(REFRESH)
    connection.execute("DELETE FROM facts WHERE name = 'live'")
    insert(connection, "facts", {"name": ["live"], "value": [state]})
    connection.commit()
