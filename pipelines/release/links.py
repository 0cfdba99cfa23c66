"""What links two recordings, and so puts them into one split: a person, a copy, a sentence."""

from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from curate.twins.joins import components
from pipelines.weigh.flagged import CLIPS
from schemas.sections import ExportSettings

# Clips that somebody has decided to leave out, and files of which no clip is left: what never leaves links nothing.
REJECTED = f"""
    CREATE OR REPLACE TEMP TABLE rejected AS
    SELECT c.id AS clip, c.asset FROM clips c SEMI JOIN ({CLIPS}) d ON d.clip = c.id AND d.state = 'rejected';
    CREATE OR REPLACE TEMP TABLE unused AS
    SELECT asset FROM live_clips WHERE modality IS NOT NULL AND asset IN (SELECT asset FROM rejected)
    GROUP BY asset HAVING bool_and(id IN (SELECT clip FROM rejected))"""

# Who speaks in an asset, under each of its names the last that was said, a file's own words before a batch's; and
# which synthetic takes are made of one prompt or one pair.
SPEAKING = """
    CREATE OR REPLACE TEMP TABLE speaking AS
    SELECT DISTINCT asset, arg_max(speaker, (scope = 'file', said_at, id)) AS speaker
    FROM statements ANTI JOIN unused USING (asset) WHERE speaker IS NOT NULL GROUP BY asset, name
    UNION SELECT asset, 'take ' || kind || ' ' || "group" FROM takes ANTI JOIN unused USING (asset)"""

# Every known link of an asset: assets with one key of a kind belong together, those with a clip by that voice or face.
# Repeated content is no link.
LINKS = """
    CREATE OR REPLACE TEMP TABLE links AS
    FROM (
        SELECT asset, NULL::VARCHAR AS clip, if(starts_with(speaker, 'take '), 'take', 'speaker') AS kind,
               speaker AS key FROM speaking
        UNION SELECT asset, NULL, 'contributor', person FROM appears WHERE how = 'contributed'
        UNION SELECT member, NULL, 'duplicate', "group" FROM groups
              WHERE kind = 'duplicate' AND member IN (SELECT id FROM assets)
        UNION SELECT c.asset, c.id, g.kind, g."group" FROM groups g JOIN clips c ON c.id = g.member
              WHERE g.kind IN ('voice', 'face') AND c.id NOT IN (SELECT clip FROM rejected)
        UNION SELECT asset, NULL, 'sentence', lower(trim(regexp_replace(transcript, '\\W+', ' ', 'g'))) FROM described
              WHERE $sentence AND transcript IS NOT NULL)
    ANTI JOIN unused USING (asset)"""

# The group of every asset: the closure of its links, by the name of its first speaker, else of its first recording.
NAMED = """
    CREATE OR REPLACE TEMP TABLE asset_groups AS
    SELECT asset, coalesce('speaker ' || min(s.speaker) OVER (PARTITION BY part),
                           min(asset) OVER (PARTITION BY part)) AS "group"
    FROM parts LEFT JOIN (SELECT asset, min(speaker) AS speaker FROM speaking GROUP BY asset) s USING (asset)"""


def draw_groups(connection: DuckDBPyConnection, settings: ExportSettings) -> None:
    """Make the temporary tables `links` (asset, clip, kind, key), `rejected` (clip, asset) and `asset_groups`."""
    for query in (REJECTED, SPEAKING):
        connection.execute(query)
    connection.execute(LINKS, {"sentence": settings.sentence})
    assets = connection.sql("SELECT id FROM assets ORDER BY id").to_arrow_table().column(0)
    edges: dict[str, Any] = connection.sql(
        """SELECT DISTINCT a.place, dense_rank() OVER (ORDER BY l.kind, l.key) - 1 AS key
           FROM links l JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM assets) a
           ON a.id = l.asset"""
    ).fetchnumpy()
    keys = int(edges["key"].max(initial=-1)) + 1
    parts = components(len(assets) + keys, edges["place"], np.asarray(edges["key"]) + len(assets))
    connection.register("parts", pa.table({"asset": assets, "part": pa.array(parts[: len(assets)], pa.int64())}))
    connection.execute(NAMED)
    connection.unregister("parts")
