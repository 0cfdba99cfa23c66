"""Which clips are good enough: the thresholds of `schemas/modality`, applied to what was measured."""

from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.links import ALTERED
from schemas.modality import MODALITIES, ModalityName
from schemas.settings import Settings

# One value per clip and score: of the stage in force, else (pinned clips) of the last stage that measured it.
SCORE = """coalesce(max(s.value) FILTER (WHERE s.name = '{name}' AND a.stage IS NOT NULL),
                    arg_max(s.value, s.stage) FILTER (WHERE s.name = '{name}' AND a.stage IS NULL)) AS {name}"""


def choose(connection: DuckDBPyConnection, settings: Settings, name: ModalityName) -> None:
    """Make the temporary table chosen_<modality>: every live clip with its scores, and a reason unless it is good.

    `altered` says why the file it lies in is not what was added, if so; then it is not good, pinned or not.
    """
    modality = MODALITIES[name]
    scores = ", ".join(SCORE.format(name=score) for score in modality.scores)
    section = vars(getattr(settings, name))
    values: dict[str, Any] = {key: value for key, value in section.items() if f"${key}" in modality.thresholds}
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE chosen_{name} AS
            WITH live AS (SELECT id, pinned FROM live_clips WHERE modality = '{name}'),
            measured AS (
                SELECT s."row" AS id, {scores}
                FROM scores s SEMI JOIN live ON live.id = s."row" LEFT JOIN active_stages a ON a.stage = s.stage
                WHERE s.value IS NOT NULL GROUP BY s."row")
            SELECT c.id, c.asset, c.kind, c.start_ms, c.end_ms, c.box, live.pinned, measured.* EXCLUDE (id), altered,
                   coalesce(altered, {modality.thresholds}) AS reason
            FROM clips c JOIN live USING (id) LEFT JOIN measured USING (id) LEFT JOIN ({ALTERED}) USING (asset)""",
        values,
    )
