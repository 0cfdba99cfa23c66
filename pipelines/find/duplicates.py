"""`duplicates`: what is the same again in a collection, why, and which of it is asked about."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from duckdb import DuckDBPyConnection

from curate.prints.words import PICTURE_PRINT, SOUND_PRINT
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find import groups
from pipelines.find.thresholds import choose
from schemas.modality import MODALITIES
from schemas.settings import Settings

# Every member of every group with its name; of clips whether it is good, of files NULL.
MEMBERS = """
    WITH names AS (SELECT asset, min(name) AS name FROM statements GROUP BY asset)
    SELECT g.kind, coalesce(l.modality, 'file') AS what, g."group", g.member,
           coalesce(n.name, c.asset, g.member)
           || coalesce(' ' || (c.start_ms / 1000)::DECIMAL(12, 2) || ' s', '') AS name, g.why, k.good
    FROM groups g LEFT JOIN live_clips l ON l.id = g.member LEFT JOIN clips c ON c.id = g.member
    LEFT JOIN names n ON n.asset = coalesce(c.asset, g.member) LEFT JOIN chosen k ON k.id = g.member
    WHERE g.kind IN ('duplicate', 'repeated')
    ORDER BY g.kind, what, g."group", k.good DESC NULLS LAST, name, g.member"""
UNSEEN = f"""
    SELECT count(*) FROM assets WHERE id NOT IN (
        SELECT "row" FROM scores SEMI JOIN active_stages USING (stage)
        WHERE name = '{SOUND_PRINT}' OR starts_with(name, '{PICTURE_PRINT}'))"""


@dataclass(frozen=True)
class Member:
    """One of a group: its id, what people call it, why it is in, and of a clip whether it stays good."""

    id: str
    name: str
    why: str
    kept: bool | None = None


@dataclass(frozen=True)
class Group:
    """What is the same again: `kind` duplicate or repeated, `what` file or a modality."""

    id: str
    kind: str
    what: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Duplicates:
    """All groups, and how many files have no fingerprint: of them nothing is known."""

    groups: tuple[Group, ...]
    without: int


def duplicates(home: Path, settings: Settings) -> Duplicates:
    """What is the same again in a collection, by the settings of today and the fingerprints of the last run."""
    with Catalog(home).open() as connection:
        live.refresh_on(connection)
        groups.refresh(connection, settings.duplicates)
        return Duplicates(_groups(connection, settings), int(connection.execute(UNSEEN).fetchall()[0][0]))


def _groups(connection: DuckDBPyConnection, settings: Settings) -> tuple[Group, ...]:
    for name in MODALITIES:
        choose(connection, settings, name)
    chosen = " UNION ALL ".join(f"SELECT id, reason IS NULL AS good FROM chosen_{name}" for name in MODALITIES)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {chosen}")
    rows = connection.execute(MEMBERS).fetchall()
    return tuple(
        Group(group, kind, what, tuple(Member(*row[3:]) for row in some))
        for (kind, what, group), some in groupby(rows, key=lambda row: row[:3])
    )
