"""Which clips are good enough: the thresholds of `schemas/modality`, applied to what was measured."""

from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.links import ALTERED
from schemas.modality import MODALITIES, ModalityName
from schemas.settings import Settings

# One value per clip and score: of the stage in force, else (pinned clips) of the last stage that measured it. These are
# few, and finding the last is dear: they are looked for apart.
CURRENT, FORMER = (
    "max(value) FILTER (WHERE name = '{0}') AS {0}",
    "arg_max(value, stage) FILTER (WHERE name = '{0}') AS {0}",
)
SCORE = "coalesce(current.{0}, former.{0}) AS {0}"

FOLDED = "near-duplicate of a clip that is asked about in its place: duplicates.fold"
SUPERSEDED = "superseded: mostly the same as a clip that was asked about"

# The table of `choose` where there is no clip: there would be much to plan for nothing.
NONE = """CREATE OR REPLACE TEMP TABLE chosen_{name} AS
          SELECT id, asset, kind, start_ms, end_ms, box, false AS pinned, {scores}, NULL::VARCHAR AS altered,
                 NULL::VARCHAR AS reason FROM clips LIMIT 0"""

# Clips that were drawn from those below a threshold, to see what it costs: not good for having been asked about.
SAMPLED = """SELECT o.clip FROM decisions d JOIN about o ON o.item = d.subject
             WHERE starts_with(d.what, 'sampled ') AND o.clip IS NOT NULL"""
BELOW = f"c.reason IS NOT NULL AND c.altered IS NULL AND c.reason NOT IN ('{SUPERSEDED}', '{FOLDED}')"


def looked_for(settings: Settings) -> list[ModalityName]:
    """The modalities whose clips a run looks for: all but those that are switched off."""
    return [name for name in MODALITIES if getattr(getattr(settings, name), "find", True)]


def choose(connection: DuckDBPyConnection, settings: Settings, name: ModalityName) -> None:
    """Make the temporary table chosen_<modality>: every live clip with its scores, and a reason unless it is good.

    `pinned` is what stays whatever it misses, as people were asked about it.
    What people were asked about goes before a new clip that is mostly the same, and of near-duplicates (see
    `find.groups`) the best before the others. `altered` says why the file it lies in
    is not what was added, if so; then it is not good, pinned or not.
    """
    modality = MODALITIES[name]
    if not connection.execute("SELECT 1 FROM live_clips WHERE modality = ? LIMIT 1", [name]).fetchall():
        connection.execute(
            NONE.format(name=name, scores=", ".join(f"NULL::DOUBLE AS {one}" for one in modality.scores))
        )
        return
    current, former, scores = (", ".join(map(one.format, modality.scores)) for one in (CURRENT, FORMER, SCORE))
    first = " ".join(f"WHEN {one.fails} THEN '{one.reason}'" for one in modality.thresholds)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE chosen_{name} AS
            WITH live AS (SELECT id, pinned AND id NOT IN ({SAMPLED}) AS pinned, superseded
                          FROM live_clips WHERE modality = '{name}'),
            scored AS NOT MATERIALIZED (SELECT s."row" AS id, name, stage, value
                                        FROM scores s SEMI JOIN live ON live.id = s."row" WHERE value IS NOT NULL),
            current AS (SELECT id, {current} FROM scored SEMI JOIN active_stages USING (stage) GROUP BY id),
            former AS (SELECT id, {former} FROM scored ANTI JOIN active_stages USING (stage) GROUP BY id),
            measured AS (SELECT id, {scores} FROM current FULL JOIN former USING (id))
            SELECT c.id, c.asset, c.kind, c.start_ms, c.end_ms, c.box, live.pinned, measured.* EXCLUDE (id), altered,
                   coalesce(altered, if(superseded, '{SUPERSEDED}', NULL), CASE {first} END) AS reason
            FROM clips c JOIN live USING (id) LEFT JOIN measured USING (id) LEFT JOIN ({ALTERED}) USING (asset)""",
        _limits(settings, name),
    )
    grouped = "SELECT 1 FROM groups WHERE kind = 'duplicate' LIMIT 1"
    if settings.duplicates.fold and connection.execute(grouped).fetchall():
        _fold(connection, name)


def _fold(connection: DuckDBPyConnection, name: ModalityName) -> None:
    """Of clips that are the same again only the best stays good: one that was asked about, else by quality."""
    connection.execute(
        f"""UPDATE chosen_{name} SET reason = '{FOLDED}' WHERE id IN (
                SELECT id FROM (
                    SELECT c.id, c.pinned, row_number() OVER (
                        PARTITION BY g."group"
                        ORDER BY c.pinned DESC, r.may_annotate DESC, {MODALITIES[name].best}, c.id) AS place
                    FROM chosen_{name} c JOIN groups g ON g.member = c.id AND g.kind = 'duplicate'
                    LEFT JOIN rights r USING (asset) WHERE c.altered IS NULL AND (c.reason IS NULL OR c.pinned))
                WHERE place > 1 AND NOT pinned)"""
    )


def miss(connection: DuckDBPyConnection, settings: Settings, name: ModalityName) -> None:
    """Make the temporary table missed_<modality>, on one of `choose`: a row for every threshold that a clip misses.

    Columns id, setting, and alone: whether it is the only one. What was altered misses none: its bytes are gone.
    """
    each = " UNION ALL ".join(
        f"SELECT id, '{one.setting}' AS setting FROM chosen_{name} WHERE altered IS NULL AND {one.fails}"
        for one in MODALITIES[name].thresholds
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE missed_{name} AS
            SELECT *, count(*) OVER (PARTITION BY id) = 1 AS alone FROM ({each})""",
        _limits(settings, name),
    )


def _limits(settings: Settings, name: ModalityName) -> dict[str, Any]:
    """The values of the thresholds of a modality, by setting."""
    section = getattr(settings, name)
    return {one.setting: getattr(section, one.setting) for one in MODALITIES[name].thresholds}
