"""What is live: the clips that the stages in force made, and the pinned ones, materialised in one table."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, is_read_only, revision, state

FOLD_IOU = 0.8  # a new clip that overlaps a pinned one this much is the same clip to a person
FACT = "live"  # the revision and the stages that `live_clips` was made for

PINNED = "SELECT clip AS id FROM about WHERE item IN (SELECT item FROM asks) UNION SELECT clip FROM released"

# Overlap in time for spans; overlap of boxes at the same instant for faces: so much that two clips `coincide`, or that
# they share more than half of the shorter one. Null-safe: pictures have no times, and what
# has neither times nor box, a whole file, is the same as nothing but itself.
MACROS = f"""
    CREATE OR REPLACE TEMP MACRO overlap(a_low, a_high, b_low, b_high) AS
        greatest(0.0, least(a_high, b_high) - greatest(a_low, b_low));
    CREATE OR REPLACE TEMP MACRO box_iou(a, b, shared) AS shared / (a[3] * a[4] + b[3] * b[4] - shared);
    CREATE OR REPLACE TEMP MACRO shared_area(a, b) AS
        overlap(a[1], a[1] + a[3], b[1], b[1] + b[3]) * overlap(a[2], a[2] + a[4], b[2], b[2] + b[4]);
    CREATE OR REPLACE TEMP MACRO span_iou(a_start, a_end, b_start, b_end) AS
        overlap(a_start, a_end, b_start, b_end) / (greatest(a_end, b_end) - least(a_start, b_start));
    CREATE OR REPLACE TEMP MACRO coincide(a_start, a_end, a_box, b_start, b_end, b_box) AS
        CASE WHEN a_box IS NOT NULL
             THEN a_start IS NOT DISTINCT FROM b_start
                  AND box_iou(a_box, b_box, shared_area(a_box, b_box)) >= {FOLD_IOU}
             ELSE span_iou(a_start, a_end, b_start, b_end) >= {FOLD_IOU} END;
    CREATE OR REPLACE TEMP MACRO mostly(a_start, a_end, a_box, b_start, b_end, b_box) AS
        CASE WHEN a_box IS NOT NULL
             THEN a_start IS NOT DISTINCT FROM b_start
                  AND shared_area(a_box, b_box) > least(a_box[3] * a_box[4], b_box[3] * b_box[4]) / 2
             ELSE overlap(a_start, a_end, b_start, b_end) > least(a_end - a_start, b_end - b_start) / 2 END;
"""

# What people were asked about or was released, and what is live besides: the clips that stages in force have made.
PIN = f"CREATE OR REPLACE TEMP TABLE pinned AS SELECT clips.* FROM clips SEMI JOIN ({PINNED}) USING (id)"
HAS_PINNED = "(SELECT 1 FROM asks LIMIT 1) UNION ALL (SELECT 1 FROM released LIMIT 1)"
NO_PIN = "CREATE OR REPLACE TEMP TABLE pinned AS FROM clips LIMIT 0"
LIVE = """
    INSERT INTO live_clips (id, asset, kind, modality, pinned, superseded)
        SELECT l.id, asset, l.kind, k.modality, {pinned}, false FROM {clips} l
        LEFT JOIN assets a ON a.id = l.asset LEFT JOIN clip_kinds k ON k.kind = l.kind AND k.asset_kind = a.kind;
"""
REFRESH = f"""
    CREATE OR REPLACE TEMP TABLE made AS
        SELECT clips.* FROM clips ANTI JOIN pinned USING (id) SEMI JOIN (
            SELECT DISTINCT unnest(made) AS id FROM receipts
            WHERE state = 'done' AND stage IN (SELECT stage FROM active_stages)) AS ours USING (id);
    DELETE FROM live_clips;
    {LIVE.format(clips="made", pinned="false")} {LIVE.format(clips="pinned", pinned="true")}
"""
# Of what is made and not pinned those go that a pinned clip stands for, and others are superseded.
FOLD = f"""
    {MACROS}
    DELETE FROM live_clips WHERE NOT pinned AND id IN (
        SELECT a.id FROM made a JOIN pinned b ON a.asset = b.asset AND a.kind = b.kind
        WHERE coincide(a.start_ms, a.end_ms, a.box, b.start_ms, b.end_ms, b.box));
    UPDATE live_clips SET superseded = true WHERE NOT pinned AND id IN (
        SELECT a.id FROM (SELECT * FROM live_clips JOIN made USING (id, asset, kind)) a
        JOIN (SELECT * FROM live_clips JOIN pinned p USING (id, asset, kind)) b
        ON a.asset = b.asset AND a.modality = b.modality WHERE a.kind <> 'whole' AND b.kind <> 'whole'
        AND mostly(a.start_ms, a.end_ms, a.box, b.start_ms, b.end_ms, b.box));
"""


# Tables of this connection alone that stand in the way of those of the catalog, for its views as well.
IN_MEMORY = """
    CREATE OR REPLACE TEMP TABLE active_stages AS FROM active_stages LIMIT 0;
    CREATE OR REPLACE TEMP TABLE live_clips AS FROM live_clips LIMIT 0;
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
        else [stage for (stage,) in connection.execute("SELECT stage FROM active_stages ORDER BY 1").fetchall()]
    )
    made_for = repr((revision(connection), in_force))
    if connection.execute("SELECT value FROM facts WHERE name = ?", [FACT]).fetchall() == [(made_for,)]:
        return
    is_fixed = is_read_only(connection)
    connection.begin()
    if is_fixed:
        connection.execute(IN_MEMORY)
    connection.execute("DELETE FROM active_stages")
    connection.execute(
        "INSERT INTO active_stages SELECT stage, split_part(stage, '@', 1) FROM (SELECT unnest(?::VARCHAR[]) AS stage)",
        [in_force],
    )
    has_pinned = connection.execute(HAS_PINNED).fetchall()
    connection.execute(PIN if has_pinned else NO_PIN)
    connection.execute(REFRESH)
    if has_pinned and connection.execute("SELECT 1 FROM made LIMIT 1").fetchall():
        connection.execute(FOLD)
    if not is_fixed:
        state(connection, FACT, made_for)
    connection.commit()
