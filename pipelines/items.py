"""Where asked items come from: their asset, speaker, language, licence, requested emotion, and what to call them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.live import FOLD_IOU, MACROS
from pipelines.release.samples import ORIGIN, TOLD
from schemas.answers import Item

# Every item with the asset it was made from, if it has media; clips that could become items may be named too.
MEDIA = """
    SELECT i.id AS item, i.kind, i.ref, c.kind AS clip_kind, c.start_ms, c.end_ms, c.box,
           coalesce(c.asset, if(i.kind = 'asset', i.ref, NULL)) AS asset
    FROM (SELECT id, kind, ref FROM items
          UNION SELECT unnest($items::VARCHAR[]), 'clip', unnest($clips::VARCHAR[])) i
    LEFT JOIN clips c ON i.kind = 'clip' AND c.id = i.ref"""

ORIGINS = f"""
    SELECT m.item, t.speaker, t.language, coalesce(t.requested, s.requested) AS requested,
           coalesce(s.licence, if(s.basis = 'licence', NULL, s.basis)) AS licence, m.asset,
           CASE WHEN m.asset IS NULL THEN m.ref
                WHEN m.start_ms IS NULL THEN coalesce(n.name, m.asset)
                ELSE coalesce(n.name, m.asset) || ' ' || (m.start_ms / 1000)::DECIMAL(12, 2) || ' s' END AS name
    FROM ({MEDIA}) m LEFT JOIN ({ORIGIN}) o USING (asset) LEFT JOIN sources s ON s.id = o.source
    LEFT JOIN ({TOLD}) t USING (asset)
    LEFT JOIN (SELECT a.asset, min(f.name) AS name FROM files f JOIN arrivals a ON a.id = f.arrival GROUP BY a.asset) n
           USING (asset)"""

# Items that are the same thing: clips of one asset that all but coincide, texts that differ in space and case only.
# A group is named after its smallest item.
GROUPS = f"""
    WITH media AS ({MEDIA}),
    texts AS (SELECT item, lower(trim(regexp_replace(ref, '\\s+', ' ', 'g'))) AS words FROM media WHERE kind = 'text'),
    same AS (
        SELECT a.item, b.item AS other FROM media a JOIN media b ON a.asset = b.asset AND a.clip_kind = b.clip_kind
        WHERE CASE WHEN a.clip_kind = 'face'
                   THEN a.start_ms IS NOT DISTINCT FROM b.start_ms
                        AND box_iou(a.box, b.box, shared_area(a.box, b.box)) >= {FOLD_IOU}
                   ELSE span_iou(a.start_ms, a.end_ms, b.start_ms, b.end_ms) >= {FOLD_IOU} END
        UNION ALL SELECT item, min(item) OVER (PARTITION BY words) FROM texts
        UNION ALL SELECT item, max(item) OVER (PARTITION BY words) FROM texts)
    SELECT item, min(other) FROM same GROUP BY item HAVING count(DISTINCT other) > 1"""

# Assets that somebody was asked to show different emotions in, with every word for it and where it was said.
REQUESTED = """
    SELECT a.asset, f.requested, f.name FROM arrivals a JOIN files f ON f.arrival = a.id WHERE f.requested IS NOT NULL
    UNION SELECT a.asset, s.requested, coalesce(s.address, s.id) FROM arrivals a JOIN sources s ON s.id = a.source
    WHERE s.requested IS NOT NULL ORDER BY ALL"""


@dataclass(frozen=True)
class Whence:
    """What is known of an item's origin; None where nothing was told."""

    name: str
    speaker: str | None
    language: str | None
    licence: str | None
    requested: str | None
    asset: str | None


def origins(home: Path, clips: Sequence[str] = ()) -> dict[str, Whence]:
    """The origin of every item, and of the items that more clips would be."""
    rows = Catalog(home).rows(
        f"SELECT item, name, speaker, language, licence, requested, asset FROM ({ORIGINS}) ORDER BY item",
        _values(clips),
    )
    return {item: Whence(*told) for item, *told in rows}


def duplicate_groups(home: Path) -> dict[str, str]:
    """The items that are the same thing as another item, with the name of their group."""
    with Catalog(home).open() as connection:
        return dict(_grouped(connection))


def requests(home: Path) -> dict[str, dict[str, str]]:
    """Per asset every requested emotion as it was spelt, with a place where that was said."""
    found: dict[str, dict[str, str]] = {}
    for asset, spelling, where in Catalog(home).rows(REQUESTED):
        found.setdefault(asset, {}).setdefault(spelling, where)
    return found


def _grouped(connection: DuckDBPyConnection) -> list[tuple[str, str]]:
    connection.execute(MACROS)
    return [(item, group) for item, group in connection.execute(GROUPS, _values(())).fetchall()]


def _values(clips: Sequence[str]) -> dict[str, list[str]]:
    return {"items": [Item("clip", clip).id for clip in clips], "clips": list(clips)}
