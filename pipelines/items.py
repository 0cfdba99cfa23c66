"""What items are about, by the view `about`: their media, where these come from, and what to call them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.live import MACROS
from schemas.answers import Item

# Every item with what is known of its media; clips that could become items may be named too.
ORIGINS = """
    WITH wanted AS (
        SELECT item, ref, asset, start_ms FROM about
        UNION SELECT n.item, n.clip, c.asset, c.start_ms
        FROM (SELECT unnest($items::VARCHAR[]) AS item, unnest($clips::VARCHAR[]) AS clip) n
        JOIN clips c ON c.id = n.clip
        WHERE n.item NOT IN (SELECT id FROM items)),
    names AS (SELECT asset, min(name) AS name FROM statements GROUP BY asset)
    SELECT w.item,
           CASE WHEN w.asset IS NULL THEN w.ref
                WHEN w.start_ms IS NULL THEN coalesce(n.name, w.asset)
                ELSE coalesce(n.name, w.asset) || ' ' || (w.start_ms / 1000)::DECIMAL(12, 2) || ' s' END AS name,
           d.speaker, d.language, coalesce(r.licence, if(r.basis = 'licence', NULL, r.basis)) AS licence,
           coalesce(d.requested, r.requested) AS requested, w.asset
    FROM wanted w LEFT JOIN rights r USING (asset) LEFT JOIN described d USING (asset) LEFT JOIN names n USING (asset)
    ORDER BY w.item"""

# Items that are the same thing: clips of one asset that all but coincide, near-duplicates, texts that differ in space
# and case only.
# A group is named after its smallest item.
GROUPS = """
    WITH texts AS (
        SELECT id AS item, lower(trim(regexp_replace(ref, '\\s+', ' ', 'g'))) AS words FROM items WHERE kind = 'text'),
    same AS (
        SELECT a.item, b.item AS other FROM about a JOIN about b ON a.asset = b.asset AND a.clip_kind = b.clip_kind
        WHERE coincide(a.start_ms, a.end_ms, a.box, b.start_ms, b.end_ms, b.box)
        UNION ALL SELECT a.item, b.item FROM about a JOIN groups g ON g.member = a.clip AND g.kind = 'duplicate'
        JOIN groups h ON h."group" = g."group" AND h.kind = g.kind JOIN about b ON b.clip = h.member
        UNION ALL SELECT item, min(item) OVER (PARTITION BY words) FROM texts
        UNION ALL SELECT item, max(item) OVER (PARTITION BY words) FROM texts)
    SELECT item, min(other) FROM same GROUP BY item HAVING count(DISTINCT other) > 1"""

# Assets that somebody was asked to show different emotions in, with every word for it and where it was said.
REQUESTED = """
    SELECT asset, requested, name FROM statements WHERE requested IS NOT NULL
    UNION SELECT t.asset, s.requested, coalesce(s.address, s.id) FROM statements t JOIN sources s ON s.id = t.source
    WHERE s.requested IS NOT NULL ORDER BY ALL"""


@dataclass(frozen=True)
class Provenance:
    """What is known of an item's origin; None where nothing was said."""

    name: str
    speaker: str | None
    language: str | None
    licence: str | None
    requested: str | None
    asset: str | None


def items_of(connection: DuckDBPyConnection, clips: Sequence[str]) -> dict[str, Item]:
    """The item that stands for each clip: where an asset was asked about itself, that item goes on."""
    rows = connection.execute(
        "SELECT clip, kind, ref FROM about WHERE kind = 'asset' AND clip IN (SELECT unnest(?::VARCHAR[]))",
        [list(clips)],
    ).fetchall()
    known = {clip: Item(kind, ref) for clip, kind, ref in rows}
    return {clip: known.get(clip) or Item("clip", clip) for clip in clips}


def origins(home: Path, clips: Sequence[str] = ()) -> dict[str, Provenance]:
    """The origin of every item, and of the items that more clips would be."""
    values = {"items": [Item("clip", clip).id for clip in clips], "clips": list(clips)}
    return {item: Provenance(*columns) for item, *columns in Catalog(home).rows(ORIGINS, values)}


def duplicate_groups(home: Path) -> dict[str, str]:
    """The items that are the same thing as another item, with the name of their group."""
    with Catalog(home).open() as connection:
        connection.execute(MACROS)
        return dict(connection.execute(GROUPS).fetchall())


def modalities(home: Path) -> dict[str, str]:
    """The modality of every item that is a clip of one."""
    return dict(Catalog(home).rows("SELECT item, modality FROM about WHERE modality IS NOT NULL ORDER BY item"))


def requests(home: Path) -> dict[str, dict[str, str]]:
    """Per asset every requested emotion as it was spelt, with a place where that was said."""
    spellings: dict[str, dict[str, str]] = {}
    for asset, spelling, where in Catalog(home).rows(REQUESTED):
        spellings.setdefault(asset, {}).setdefault(spelling, where)
    return spellings
