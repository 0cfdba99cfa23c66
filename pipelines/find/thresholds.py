"""Which clips are good enough: thresholds applied in SQL to what was measured, so that they can change at any time."""

from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.links import ALTERED
from schemas.media import FACE_KINDS, VOICE_KINDS
from schemas.scheme import Media
from schemas.settings import Settings

KINDS: dict[Media, tuple[str, ...]] = {"voice": VOICE_KINDS, "face": FACE_KINDS}

# One value per clip and score: of the stage in force, else (pinned clips) of the last stage that measured it.
SCORE = """coalesce(max(s.value) FILTER (WHERE s.name = '{name}' AND a.stage IS NOT NULL),
                    arg_max(s.value, s.stage) FILTER (WHERE s.name = '{name}' AND a.stage IS NULL)) AS {name}"""

# Reasons in the order they are told; a clip has the first that applies. A missing score never speaks against it.
VOICE = """
    CASE WHEN kind = 'burst' AND NOT $bursts THEN 'bursts are switched off'
         WHEN end_ms - start_ms < $min_ms AND kind <> 'burst' THEN 'shorter than voice.min_ms'
         WHEN end_ms - start_ms > $max_ms THEN 'longer than voice.max_ms'
         WHEN snr_db < $min_snr_db THEN 'noisier than voice.min_snr_db'
         WHEN loudness_lufs < $min_loudness_lufs THEN 'quieter than voice.min_loudness_lufs'
         WHEN clipping > $max_clipping THEN 'clipped more than voice.max_clipping'
         WHEN bandwidth_hz < $min_bandwidth_hz THEN 'narrower than voice.min_bandwidth_hz' END"""
FACE = """
    CASE WHEN least(box[3], box[4]) < $min_px THEN 'smaller than face.min_px'
         WHEN face_score < $min_score THEN 'less sure than face.min_score'
         WHEN blur < $min_blur THEN 'more blurred than face.min_blur'
         WHEN brightness < $min_brightness THEN 'darker than face.min_brightness'
         WHEN abs(yaw_deg) > $max_yaw_deg THEN 'turned away more than face.max_yaw_deg' END"""
NAMES: dict[Media, tuple[str, ...]] = {
    "voice": ("snr_db", "loudness_lufs", "clipping", "bandwidth_hz", "peak_dbfs", "speech_probability"),
    "face": ("face_score", "blur", "brightness", "contrast", "yaw_deg", "pitch_deg", "roll_deg"),
}


def choose(connection: DuckDBPyConnection, settings: Settings, media: Media) -> None:
    """Make the temporary table chosen_<media>: every live clip with its scores, and a reason unless it is good.

    `altered` says why the file it lies in is not what was added, if so; then it is not good, pinned or not.
    """
    section = settings.voice if media == "voice" else settings.face
    scores = ", ".join(SCORE.format(name=name) for name in NAMES[media])
    values: dict[str, Any] = {name: value for name, value in vars(section).items() if f"${name}" in (VOICE + FACE)}
    kinds = ", ".join(f"'{kind}'" for kind in KINDS[media])
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE chosen_{media} AS
            WITH live AS (SELECT id, pinned FROM live_clips WHERE kind IN ({kinds})),
            measured AS (
                SELECT s."row" AS id, {scores}
                FROM scores s SEMI JOIN live ON live.id = s."row" LEFT JOIN active_stages a ON a.stage = s.stage
                WHERE s.value IS NOT NULL GROUP BY s."row")
            SELECT c.id, c.asset, c.kind, c.start_ms, c.end_ms, c.box, live.pinned, measured.* EXCLUDE (id), altered,
                   coalesce(altered, {VOICE if media == "voice" else FACE}) AS reason
            FROM clips c JOIN live USING (id) LEFT JOIN measured USING (id) LEFT JOIN ({ALTERED}) USING (asset)""",
        values,
    )
