"""Which split a clip goes to: what belongs together is drawn as one, and what was released once never moves."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from schemas.errors import BadSetting, nearest
from schemas.release import SPLITS, Split
from schemas.settings import ExportSettings

_BITS = 64
_AT_ONCE = 100_000

# Who speaks in an asset, under each of its names the last that was said, a file's own words before a batch's. Takes of
# one group stay together as what one person says does.
SPEAKING = """
    CREATE OR REPLACE TEMP TABLE speaking AS
    SELECT DISTINCT asset, arg_max(speaker, (scope = 'file', said_at, id)) AS speaker
    FROM statements WHERE speaker IS NOT NULL GROUP BY asset, name
    UNION SELECT asset, 'take ' || kind || ' ' || "group" FROM takes"""

# Speakers who share an asset, as its names may say, are one group.
SHARED = """
    SELECT DISTINCT a.speaker, b.speaker FROM speaking a JOIN speaking b USING (asset) WHERE a.speaker < b.speaker
    ORDER BY ALL"""

# The group of every asset: that of its speaker, else the recording itself. Exact copies are one asset already.
GROUPS = """
    CREATE OR REPLACE TEMP TABLE asset_groups AS
    SELECT a.id AS asset, coalesce(min('speaker ' || coalesce(g.first, s.speaker)), a.id) AS "group"
    FROM assets a LEFT JOIN speaking s ON s.asset = a.id LEFT JOIN speaker_groups g USING (speaker) GROUP BY a.id"""

# The split of every clip that was released; where earlier releases disagree, the latest counts.
PINS = """
    CREATE OR REPLACE TEMP TABLE pins AS
    SELECT d.clip, c.asset, arg_max(d.split, (r.added_at, r.name)) AS split, count(DISTINCT d.split) > 1 AS moved
    FROM released d JOIN releases r ON r.id = d.release JOIN clips c ON c.id = d.clip GROUP BY d.clip, c.asset"""

# The split of a group is that of most of its released clips; of equally many the first in the order of the splits.
PINNED = f"""
    CREATE OR REPLACE TEMP TABLE group_splits AS
    SELECT "group", arg_max(split, (n, -list_position({list(SPLITS)}, split))) AS split
    FROM (SELECT "group", split, count(*) AS n FROM pins JOIN asset_groups USING (asset) GROUP BY ALL)
    GROUP BY "group" """


@dataclass(frozen=True)
class Pins:
    """What earlier releases have to say: `torn` are released clips that stay out of the next release.

    A link that is known now joins these with more clips of another split; they keep their own. `moved` are clips that
    earlier releases had in different splits.
    """

    torn: Mapping[str, Split] = field(default_factory=dict)
    moved: tuple[str, ...] = ()


def draw_splits(connection: DuckDBPyConnection, settings: ExportSettings) -> Pins:
    """Make the temporary table asset_splits (asset, split): groups are drawn as one, released ones keep their split."""
    connection.execute(SPEAKING)
    _show_speaker_groups(connection)
    for query in (GROUPS, PINS, PINNED):
        connection.execute(query)
    shares = {str(split): getattr(settings, split) for split in SPLITS}
    undrawn = 'SELECT DISTINCT "group" FROM asset_groups ANTI JOIN group_splits USING ("group")'
    for batch in connection.sql(undrawn).to_arrow_table().to_batches(_AT_ONCE):
        groups = batch.column(0).to_pylist()
        drawn = pa.table({"group": groups, "split": [split_of(group, shares, settings.salt) for group in groups]})
        connection.register("drawn", drawn)
        connection.execute("INSERT INTO group_splits FROM drawn")
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE asset_splits AS
           SELECT asset, split FROM asset_groups JOIN group_splits USING ("group")"""
    )
    torn = connection.execute(
        "SELECT p.clip, p.split FROM pins p JOIN asset_splits s USING (asset) WHERE p.split <> s.split ORDER BY 1"
    ).fetchall()
    moved = connection.execute("SELECT clip FROM pins WHERE moved ORDER BY 1").fetchall()
    return Pins(dict(torn), tuple(clip for (clip,) in moved))


def _show_speaker_groups(connection: DuckDBPyConnection) -> None:
    """Temporary table speaker_groups: of speakers that belong together, the first of them."""
    pairs = connection.execute(SHARED).fetchall()
    names = sorted({name for pair in pairs for name in pair})
    codes = {name: code for code, name in enumerate(names)}
    edges = np.array([(codes[a], codes[b]) for a, b in pairs], np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (len(names), len(names)))
    _, component = connected_components(graph, directed=False) if names else (0, np.empty(0, np.int64))
    firsts = {int(code): name for name, code in zip(reversed(names), component[::-1], strict=True)}
    table = pa.table(
        {
            "speaker": pa.array(names, pa.string()),
            "first": pa.array([firsts[int(code)] for code in component], pa.string()),
        }
    )
    connection.register("speakers", table)
    connection.execute("CREATE OR REPLACE TEMP TABLE speaker_groups AS FROM speakers")


def split_of(group: str, shares: Mapping[str, float], salt: str) -> Split:
    """The split of a group, a function of its name and the salt alone: adding others never moves it.

    `shares` are weights of train, validation and test and need not sum to one; raises BadSetting.
    """
    weights = _weights(shares)
    digest = hashlib.sha256(f"{salt}:{group}".encode("utf-8", "surrogatepass")).digest()
    drawn = int.from_bytes(digest[: _BITS // 8], "big") / 2**_BITS * sum(weights.values())
    chosen, reached = SPLITS[0], 0.0
    for split in (split for split in SPLITS if weights[split] > 0):
        chosen, reached = split, reached + weights[split]
        if drawn < reached:
            break
    return chosen


def _weights(shares: Mapping[str, float]) -> dict[Split, float]:
    for name, share in shares.items():
        if name not in SPLITS:
            raise BadSetting(f"split {name!r} is not one we know; {nearest(name, SPLITS)}")
        if not (math.isfinite(share) and share >= 0):
            raise BadSetting(f"the share of split {name!r} is {share}; give a number that is not negative, such as 0.8")
    if sum(shares.values()) <= 0:
        raise BadSetting("the shares of the splits sum to nothing; give for instance train = 0.8, test = 0.2")
    return {split: float(shares.get(split, 0.0)) for split in SPLITS}
