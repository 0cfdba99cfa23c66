"""Groups over the whole collection: near-duplicates and content that recordings repeat, recomputed when wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from curate.prints.words import PICTURE_PRINT, SOUND_PRINT, STEP_MS, TAIL_MS
from curate.twins.joins import components, repeats
from curate.twins.pictures import alike_pictures
from curate.twins.sounds import Overlap, overlaps
from curate.twins.videos import Frames, agree, shown_twice
from pipelines.engine.catalog import is_read_only, revise, state
from pipelines.engine.live import MACROS
from schemas.duplicates import DuplicateSettings
from schemas.ids import short_id

VERSION = 3
FACT = "groups"  # what the groups were made for
NO_FRAMES = Frames(np.empty(0, np.int64), np.empty(0, np.uint64))
DUPLICATE, REPEATED = "duplicate", "repeated"

# Everything that decides the groups, as one row: fingerprints in force, live clips, and what people were asked to show.
MADE_FOR = f"""
    SELECT (SELECT (count(*), bit_xor(hash("row", stage, name))) FROM scores SEMI JOIN active_stages USING (stage)
            WHERE name = '{SOUND_PRINT}' OR starts_with(name, '{PICTURE_PRINT}')),
           (SELECT (count(*), bit_xor(hash(id))) FROM live_clips),
           (SELECT (count(*), bit_xor(hash(id))) FROM statements)"""
PRINTS = """SELECT "row", name, bits FROM scores SEMI JOIN active_stages USING (stage)
            WHERE {which} AND bits IS NOT NULL ORDER BY "row", name"""

# Clips that are the same again, by the stretches of sound, the frames and the pictures that files share: the share of
# what both cover together reaches $shared. Portraits that were asked for in another emotion are other pictures.
CLIP_TWINS = """
    WITH lengths AS (SELECT "row" AS asset, max(value) AS ms FROM scores WHERE name = 'duration_ms' GROUP BY ALL),
    requests AS (SELECT asset, lower(coalesce(d.requested, r.requested)) AS requested
                 FROM rights r LEFT JOIN described d USING (asset)),
    sizes AS (SELECT "row" AS asset, max(value) FILTER (WHERE name = 'width_px') AS width,
                     max(value) FILTER (WHERE name = 'height_px') AS height
              FROM scores WHERE name IN ('width_px', 'height_px') GROUP BY ALL),
    clips AS (SELECT l.id, l.asset, l.kind, l.modality, l.box, coalesce(l.start_ms, 0) AS start_ms,
                     coalesce(l.end_ms, n.ms) AS end_ms,
                     list_transform(l.box, lambda v, i: v / if(i % 2 = 1, z.width, z.height)) AS part
              FROM (SELECT v.*, c.start_ms, c.end_ms, c.box FROM live_clips v JOIN clips c USING (id)) l
              LEFT JOIN lengths n USING (asset) LEFT JOIN sizes z USING (asset) WHERE l.modality IS NOT NULL),
    heard AS (
        SELECT a.id AS one, b.id AS other, s.why,
               overlap(greatest(a.start_ms, s.one_ms), least(a.end_ms, s.one_ms + s.length_ms),
                       b.start_ms - s.other_ms + s.one_ms, b.end_ms - s.other_ms + s.one_ms)
               / (greatest(a.end_ms, b.end_ms - s.other_ms + s.one_ms)
                  - least(a.start_ms, b.start_ms - s.other_ms + s.one_ms)) AS share
        FROM file_twins s JOIN clips a ON a.asset = s.one JOIN clips b ON b.asset = s.other AND b.modality = a.modality
        WHERE s.heard AND (a.modality = 'voice' OR s.seen AND a.modality = 'moment')),
    faces AS (
        SELECT a.id AS one, b.id AS other, s.why,
               CASE WHEN a.box IS NULL AND b.box IS NULL THEN 1
                    WHEN a.box IS NULL OR b.box IS NULL THEN 0
                    WHEN abs(a.start_ms - b.start_ms + s.other_ms - s.one_ms) > 500 THEN 0
                    ELSE box_iou(a.part, turned(b.part, s.turn), shared_area(a.part, turned(b.part, s.turn)))
               END AS share
        FROM file_twins s JOIN clips a ON a.asset = s.one JOIN clips b ON b.asset = s.other AND b.modality = a.modality
        LEFT JOIN requests d ON d.asset = s.one LEFT JOIN requests e ON e.asset = s.other
        WHERE s.seen AND a.modality = 'face' AND coalesce(d.requested = e.requested, true))
    SELECT one, other, any_value(why ORDER BY share DESC) FROM (FROM heard UNION ALL FROM faces)
    WHERE share >= $shared GROUP BY one, other ORDER BY ALL"""

# Where a part (x, y, width and height as shares of the picture) lies once the picture is turned, see `Alike`.
TURNED = """
    CREATE OR REPLACE TEMP MACRO swapped(part, turn) AS if(turn >= 4, [part[2], part[1], part[4], part[3]], part);
    CREATE OR REPLACE TEMP MACRO flipped(part, turn) AS [
        if(turn % 2 = 1, 1 - part[1] - part[3], part[1]), if(turn % 4 >= 2, 1 - part[2] - part[4], part[2]),
        part[3], part[4]];
    CREATE OR REPLACE TEMP MACRO turned(part, turn) AS flipped(swapped(part, turn), turn);"""


@dataclass(frozen=True)
class FileTwin:
    """Two files that share something: from when on and for how long (ms), and how that is known.

    `joins` says whether they belong into one split: not where all they share is content that many repeat. `turn` is how
    the picture of the other is turned, see `curate.twins.pictures.Alike`.
    """

    one: str
    other: str
    one_ms: int
    other_ms: int
    length_ms: int
    heard: bool
    seen: bool
    joins: bool
    why: str
    turn: int = 0


@dataclass
class _Found:
    """Pairs of files, and where repeated content lies: asset, from ms, to ms, its number."""

    twins: list[FileTwin] = field(default_factory=list)
    repeated: list[tuple[str, int, int, int]] = field(default_factory=list)


def refresh(connection: DuckDBPyConnection, settings: DuplicateSettings) -> None:
    """Bring the table `groups` up to date; does nothing where nothing that decides it has changed.

    Call it on live clips that are up to date. Without fingerprints, which `run` makes, there are no groups.
    """
    if is_read_only(connection):
        return
    made_for = repr((VERSION, settings, connection.execute(MADE_FOR).fetchall()[0]))
    if connection.execute("SELECT value FROM facts WHERE name = ?", [FACT]).fetchall() == [(made_for,)]:
        return
    rows = _rows(connection, settings)
    before = connection.execute(f"FROM groups WHERE kind IN ('{DUPLICATE}', '{REPEATED}')").fetchall()
    if sorted(before) != sorted(rows):
        connection.execute(f"DELETE FROM groups WHERE kind IN ('{DUPLICATE}', '{REPEATED}')")
        insert_groups(connection, rows)
        revise(connection)
    state(connection, FACT, made_for)


def insert_groups(connection: DuckDBPyConnection, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Add rows to `groups`: kind, member, group, why."""
    if rows:
        columns = dict(zip(("kind", "member", "group", "why"), map(list, zip(*rows, strict=True)), strict=True))
        connection.register("coming", pa.table(columns))
        connection.execute("INSERT INTO groups BY NAME FROM coming")
        connection.unregister("coming")


def _rows(connection: DuckDBPyConnection, settings: DuplicateSettings) -> list[tuple[str, str, str, str]]:
    """Every member of every group: files first, then the clips in them."""
    found = _file_twins(connection, settings)
    rows = [
        (REPEATED, asset, short_id(repeated=number, first=found.repeated[0][0]), f"{_s(low)} to {_s(high)}")
        for asset, low, high, number in found.repeated
    ]
    rows += _grouped([(twin.one, twin.other, twin.why) for twin in found.twins if twin.joins])
    if found.twins:
        columns = {name: [getattr(twin, name) for twin in found.twins] for name in FileTwin.__annotations__}
        connection.register("coming", pa.table(columns))
        connection.execute("CREATE OR REPLACE TEMP TABLE file_twins AS FROM coming")
        connection.unregister("coming")
        connection.execute(MACROS + TURNED)
        rows += _grouped(connection.execute(CLIP_TWINS, {"shared": settings.shared}).fetchall())
    return rows


def _grouped(pairs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Members of the groups that pairs make, each with the first reason why; a group has the name of its first."""
    why: dict[str, str] = {}
    listed = list(pairs)
    for one, other, reason in listed:
        why.setdefault(one, reason)
        why.setdefault(other, reason)
    members = sorted(why)
    places = {member: place for place, member in enumerate(members)}
    groups = components(len(members), [places[a] for a, _, _ in listed], [places[b] for _, b, _ in listed])
    firsts: dict[int, str] = {}
    for member, group in zip(members, groups.tolist(), strict=True):
        firsts.setdefault(group, member)
    return [
        (DUPLICATE, member, firsts[group], why[member]) for member, group in zip(members, groups.tolist(), strict=True)
    ]


def _file_twins(connection: DuckDBPyConnection, settings: DuplicateSettings) -> _Found:
    """Every pair of files that share sound or pictures."""
    found = _Found()
    videos = _videos(connection)
    _add_sounds(connection, settings, videos, found)
    _add_videos(settings, videos, found)
    _add_pictures(connection, settings, found)
    return found


def _add_sounds(
    connection: DuckDBPyConnection, settings: DuplicateSettings, videos: dict[str, Frames], found: _Found
) -> None:
    which = f"name = '{SOUND_PRINT}'"
    rows = connection.execute(PRINTS.format(which=which)).fetchall()
    assets, prints = [row[0] for row in rows], [np.frombuffer(row[2], "<u8") for row in rows]
    shared = overlaps(prints, settings.strictness, settings.sound_error)
    again = repeats(shared, [len(words) * STEP_MS + TAIL_MS for words in prints], settings.repeated_in)
    found.repeated = [(assets[sound], low, high, number) for sound, low, high, number in again.stretches]
    for place, one in enumerate(shared):
        pair = assets[one.one], assets[one.other]
        frames = [videos.get(asset, NO_FRAMES) for asset in pair]
        seen = agree(frames[0], frames[1], one.other_ms - one.one_ms, settings.picture_bits) is not None
        joins = place not in again.overlaps
        found.twins.append(FileTwin(*pair, *_times(one), True, seen, joins, _heard(one, repeated=not joins)))


def _times(one: Overlap) -> tuple[int, int, int]:
    return one.one_ms, one.other_ms, one.length_ms


def _heard(one: Overlap, *, repeated: bool) -> str:
    told = f"{_s(one.length_ms)} of the same sound, {one.error:.0%} of the bits differ"
    return f"repeated content: {told}" if repeated else told


def _add_videos(settings: DuplicateSettings, videos: dict[str, Frames], found: _Found) -> None:
    """Videos without sound in common that show the same; with sound of their own they are different takes."""
    assets = list(videos)
    heard = {(twin.one, twin.other) for twin in found.twins}
    for shown in shown_twice(list(videos.values()), settings.picture_bits):
        pair = assets[shown.one], assets[shown.other]
        if pair not in heard:
            why = f"the same pictures at the same time, {shown.bits:.1f} of 64 bits differ"
            start = max(0, -shown.shift_ms)
            length_ms = int(videos[pair[0]].at_ms[-1]) - start
            found.twins.append(FileTwin(*pair, start, start + shown.shift_ms, length_ms, False, True, True, why))


def _add_pictures(connection: DuckDBPyConnection, settings: DuplicateSettings, found: _Found) -> None:
    rows = connection.execute(PRINTS.format(which=f"name = '{PICTURE_PRINT}'")).fetchall()
    assets = [row[0] for row in rows]
    prints = np.array([int.from_bytes(row[2], "little") for row in rows], np.uint64)
    for one in alike_pictures(prints, settings.picture_bits, settings.turned):
        why = f"the same picture{', turned or mirrored' if one.turn else ''}, {one.bits} of 64 bits differ"
        found.twins.append(FileTwin(assets[one.one], assets[one.other], 0, 0, 0, False, True, True, why, one.turn))


def _videos(connection: DuckDBPyConnection) -> dict[str, Frames]:
    """The fingerprints of the frames of every video."""
    rows = connection.execute(
        f"""SELECT "row", list(ms ORDER BY ms), list(bits ORDER BY ms)
            FROM (SELECT "row", split_part(name, ' ', 2)::BIGINT AS ms, bits FROM scores
                  SEMI JOIN active_stages USING (stage) WHERE starts_with(name, '{PICTURE_PRINT} '))
            GROUP BY "row" ORDER BY "row" """
    ).fetchall()
    return {
        asset: Frames(np.array(times, np.int64), np.array([int.from_bytes(one, "little") for one in some], np.uint64))
        for asset, times, some in rows
    }


def _s(ms: int) -> str:
    return f"{ms / 1000:.1f} s"
