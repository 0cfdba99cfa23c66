"""`push --where …`: which good clips are asked about, drawn at random; the probability of each is written down."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from annotate.drawing import Draw, drawn
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.held import RIGHTS, hold, hold_answers
from pipelines.engine.instances import NAME
from pipelines.find.thresholds import BELOW, SAMPLED, choose
from pipelines.items import items_of
from pipelines.tables.conditions import rows_where
from schemas.answers import Decision
from schemas.errors import BadSetting, nearest
from schemas.ids import short_id
from schemas.scheme import Media, Scheme
from schemas.settings import Settings

SELECTED = "selected"  # and the draw: what was decided about an item that was drawn
SAMPLE = "sampled"  # the same of one below a threshold
VERSION = "Select@1"  # how selections are drawn
# Every good clip of a modality that raters may see, with the columns a condition may name.
CLIPS = """
    SELECT c.id AS clip, '{media}' AS modality, c.* EXCLUDE (id, box, pinned, altered, reason),
           c.end_ms - c.start_ms AS duration_ms, n.name AS file, d.speaker, d.language, x.transcript,
           coalesce(d.requested, r.requested) AS requested, r.basis, r.licence, r.address, r.model, k.corpus, k.key,
           coalesce(a.answers, 0) AS answers
    FROM chosen_{media} c JOIN rights r USING (asset) LEFT JOIN described d USING (asset)
    LEFT JOIN clip_transcripts x ON x.clip = c.id
    LEFT JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n USING (asset)
    LEFT JOIN (SELECT asset, min(corpus) AS corpus, arg_min(key, corpus) AS key FROM corpus_keys GROUP BY asset) k
        USING (asset)
    LEFT JOIN (SELECT o.clip, count(DISTINCT s.rater) AS answers FROM read_answers s JOIN about o USING (item)
               WHERE s.state = 'given' GROUP BY o.clip) a ON a.clip = c.id
    WHERE {which} AND r.may_annotate ORDER BY c.id"""
GOOD = "c.reason IS NULL"
SHOWN = f"CREATE OR REPLACE TEMP TABLE rights AS SELECT asset, may_annotate FROM {NAME}.rights"
# Below a threshold, and asked about for no other reason than to see what that costs.
DROPPED = f"""{BELOW} AND (c.id IN ({SAMPLED})
    OR c.id NOT IN (SELECT clip FROM about WHERE clip IS NOT NULL AND item IN (SELECT item FROM asks)))"""


@dataclass(frozen=True)
class Selection:
    """What is to be asked about: good clips of which a condition holds, and how many of these are drawn.

    With `dropped` they are drawn from those below a threshold instead: what it costs is seen where nothing else says.
    """

    where: str | None = None
    draw: Draw = field(default_factory=Draw)
    dropped: bool = False


@dataclass(frozen=True)
class Selected:
    """What a selection came to for one scheme: how many clips are good, how many the condition holds of, how many were
    drawn; `named` is the name under which it is written down, `items` are what was drawn."""

    named: str
    good: int
    matching: int
    drawn: int
    items: tuple[str, ...]
    among: str = "good"


def hold_rights(connection: DuckDBPyConnection) -> None:
    """Work out once a visit which media raters may see: `rights` is that alone until its end."""
    connection.execute(SHOWN)


def select(home: Path, settings: Settings, scheme: Scheme, selection: Selection) -> Selected:
    """Draw clips for a scheme and write down with which probability; the same draw gives the same.

    Raises BadSetting for a condition that cannot be read and for a column that clips do not have.
    """
    good = matching = 0
    probabilities: dict[str, float] = {}
    with Catalog(home).open() as connection:
        live.refresh_on(connection)
        hold(connection, RIGHTS)
        hold_answers(connection)
        which = DROPPED if selection.dropped else GOOD
        clips = {media: _clips(connection, settings, media, which) for media in scheme.media}
    for table in clips.values():
        things = _things(table, selection)
        probabilities |= drawn(things, selection.draw)
        good, matching = good + len(table), matching + len(things)
    from_below = {"dropped": True} if selection.dropped else {}
    hashed = short_id(scheme=scheme.id, where=selection.where, draw=asdict(selection.draw), **from_below)
    named, what = f"{VERSION}-{hashed}", SAMPLE if selection.dropped else SELECTED
    items = _write_down(home, f"{what} {named}", probabilities, _reason(selection))
    return Selected(named, good, matching, len(items), items, "dropped" if selection.dropped else "good")


def _clips(connection: DuckDBPyConnection, settings: Settings, media: Media, which: str) -> pa.Table:
    choose(connection, settings, media)
    return connection.sql(CLIPS.format(media=media, which=which)).to_arrow_table()


def _things(table: pa.Table, selection: Selection) -> dict[str, Mapping[str, Any]]:
    """The clips a condition holds of, with the columns of the draw."""
    for column in selection.draw.columns:
        if column not in table.column_names:
            raise BadSetting(f"no column {column!r} to draw by; {nearest(column, table.column_names)}")
    ids = rows_where(table, selection.where, "--where", "clip") if selection.where else table["clip"].to_pylist()
    wanted = set(ids)
    rows = table.select(["clip", *selection.draw.columns]).to_pylist()
    return {row["clip"]: row for row in rows if row["clip"] in wanted}


def _reason(selection: Selection) -> str:
    draw = selection.draw
    parts = [f"where {selection.where}"] if selection.where else []
    parts += [f"{count} per {column}" for column, count in draw.per]
    parts += [f"balanced by {draw.balance}"] if draw.balance else []
    parts += [f"{draw.limit} in all"] if draw.limit is not None else []
    return ", ".join([*parts, f"seed {draw.seed}"])


def _write_down(home: Path, what: str, probabilities: Mapping[str, float], reason: str) -> tuple[str, ...]:
    """Keep the probability of each that this draw has not chosen before; gives the ids of all items."""
    catalog, at = Catalog(home), now()
    with catalog.open() as connection:
        items = items_of(connection, list(probabilities))
        query = "SELECT subject FROM decisions WHERE what = ?"
        before = {subject for (subject,) in connection.execute(query, [what]).fetchall()}
        decisions = [
            Decision(item.id, what, reason, at, probabilities[clip])
            for clip, item in items.items()
            if item.id not in before
        ]
        drawn_items = [items[clip] for clip in probabilities]
        catalog.commit(connection, [*drawn_items, *decisions])
    return tuple(sorted(item.id for item in drawn_items))
