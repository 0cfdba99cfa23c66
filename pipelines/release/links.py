"""What links two recordings, and so puts them into one split: a person, a copy, a sentence."""

from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from curate.twins.joins import components
from schemas.sections import ExportSettings

# Who speaks in an asset, under each of its names the last that was said, a file's own words before a batch's; and
# which synthetic takes are made of one prompt or one pair.
SPEAKING = """
    CREATE OR REPLACE TEMP TABLE speaking AS
    SELECT DISTINCT asset, arg_max(speaker, (scope = 'file', said_at, id)) AS speaker
    FROM statements WHERE speaker IS NOT NULL GROUP BY asset, name
    UNION SELECT asset, 'take ' || kind || ' ' || "group" FROM takes"""

# Every known link of an asset: assets with one key of a kind belong together. Repeated content is none of them.
LINKS = """
    CREATE OR REPLACE TEMP TABLE links AS
    SELECT asset, if(starts_with(speaker, 'take '), 'take', 'speaker') AS kind, speaker AS key FROM speaking
    UNION SELECT asset, 'contributor', person FROM appears WHERE how = 'contributed'
    UNION SELECT member, 'duplicate', "group" FROM groups WHERE kind = 'duplicate' AND member IN (SELECT id FROM assets)
    UNION SELECT c.asset, g.kind, g."group" FROM groups g JOIN clips c ON c.id = g.member
          WHERE g.kind IN ('voice', 'face')
    UNION SELECT asset, 'sentence', lower(trim(regexp_replace(transcript, '\\W+', ' ', 'g'))) FROM described
          WHERE $sentence AND transcript IS NOT NULL"""

# The group of every asset: the closure of its links, by the name of its first speaker, else of its first recording.
NAMED = """
    CREATE OR REPLACE TEMP TABLE asset_groups AS
    SELECT asset, coalesce('speaker ' || min(s.speaker) OVER (PARTITION BY part),
                           min(asset) OVER (PARTITION BY part)) AS "group"
    FROM parts LEFT JOIN (SELECT asset, min(speaker) AS speaker FROM speaking GROUP BY asset) s USING (asset)"""


def draw_groups(connection: DuckDBPyConnection, settings: ExportSettings) -> None:
    """Make the temporary tables `links` (asset, kind, key) and `asset_groups` (asset, group)."""
    connection.execute(SPEAKING)
    connection.execute(LINKS, {"sentence": settings.sentence})
    assets = connection.sql("SELECT id FROM assets ORDER BY id").to_arrow_table().column(0)
    edges: dict[str, Any] = connection.sql(
        """SELECT a.place, dense_rank() OVER (ORDER BY l.kind, l.key) - 1 AS key
           FROM links l JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM assets) a
           ON a.id = l.asset"""
    ).fetchnumpy()
    keys = int(edges["key"].max(initial=-1)) + 1
    parts = components(len(assets) + keys, edges["place"], np.asarray(edges["key"]) + len(assets))
    connection.register("parts", pa.table({"asset": assets, "part": pa.array(parts[: len(assets)], pa.int64())}))
    connection.execute(NAMED)
    connection.unregister("parts")
