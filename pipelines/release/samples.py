"""The samples of a release: each labelled clip with its labels, answers, quality and origin, gathered in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import soundfile
from duckdb import DuckDBPyConnection
from PIL import Image

from pipelines.cuts import cut_path
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find.thresholds import NAMES, choose
from pipelines.release.splits import split_of
from pipelines.weigh import agree as weigh
from pipelines.weigh.exclusions import EXCLUDED, PEOPLE
from schemas.answers import Item
from schemas.media import BASES
from schemas.release import SPLITS, Sample, SampleAnswer, SampleLabel
from schemas.scheme import Media
from schemas.settings import Settings

# Items with enough raters who answered; asked clips are pinned, so every one of them is live.
LABELLED = f"""
    SELECT i.ref AS id FROM read_answers a JOIN items i ON i.id = a.item
    WHERE a.state = 'given' AND i.kind = 'clip' AND a.rater NOT IN ({EXCLUDED}) AND {PEOPLE}
    GROUP BY i.ref HAVING count(DISTINCT a.rater) >= $min_answers"""

# What was said last of a name counts. Of several names of the same bytes the one with the firmest basis speaks for the
# asset; then the latest.
ORIGIN = f"""
    SELECT y.asset, arg_min(s.id, (list_position({list(BASES)}, s.basis), -epoch_us(y.added_at), s.id)) AS source
    FROM said y JOIN files f ON f.id = y.file JOIN arrivals a ON a.id = f.arrival JOIN sources s ON s.id = a.source
    GROUP BY y.asset"""

# What metadata tables said of an asset; of several words the latest.
TOLD = """
    SELECT a.asset,
           arg_max(f.speaker, (y.added_at, f.id)) FILTER (WHERE f.speaker IS NOT NULL) AS speaker,
           arg_max(f.language, (y.added_at, f.id)) FILTER (WHERE f.language IS NOT NULL) AS language,
           arg_max(f.transcript, (y.added_at, f.id)) FILTER (WHERE f.transcript IS NOT NULL) AS transcript,
           arg_max(f.requested, (y.added_at, f.id)) FILTER (WHERE f.requested IS NOT NULL) AS requested
    FROM sayings y JOIN files f ON f.id = y.file JOIN arrivals a ON a.id = f.arrival GROUP BY a.asset"""


def labelled(home: Path, settings: Settings, media: Media) -> list[tuple[Any, ...]]:
    """What must be cut for a release: (asset, asset kind, clip kind, start_ms, end_ms, box) of every labelled clip."""
    return Catalog(home).rows(
        f"""SELECT c.asset, assets.kind, c.kind, c.start_ms, c.end_ms, c.box
            FROM clips c JOIN assets ON assets.id = c.asset
            WHERE c.id IN ({LABELLED}) AND (c.kind = 'face') = $face ORDER BY c.asset, c.id""",
        {"min_answers": settings.export.min_answers, "face": media == "face"},
    )


def gather(home: Path, settings: Settings, clips: Sequence[str] | None = None) -> list[Sample]:
    """Every labelled clip that could be cut, or those named, as samples sorted by key."""
    labels, answers = weigh.labels(home, weigh.methods(settings)), weigh.answers(home)
    found: list[Sample] = []
    with Catalog(home).open() as connection:
        live.refresh_on(connection)
        for media in NAMES:
            choose(connection, settings, media)
            around = _neighbours(connection) if media == "voice" else {}
            for row in _rows(connection, settings, media, clips):
                size = _size(cut_path(home, media, row["id"]), media)
                if size or clips is not None:
                    told = row | size | around.get(row["id"], {})
                    found.append(_sample(told, media, settings, labels[Item("clip", row["id"]).id], answers[row["id"]]))
    return sorted(found, key=lambda sample: sample.key)


def _rows(
    connection: DuckDBPyConnection, settings: Settings, media: Media, clips: Sequence[str] | None
) -> list[dict[str, Any]]:
    wanted = f"({LABELLED})" if clips is None else "(SELECT unnest($clips::VARCHAR[]))"
    values = {"min_answers": settings.export.min_answers} if clips is None else {"clips": list(clips)}
    told = connection.sql(
        f"""SELECT chosen.*, s.id AS source, s.basis, s.licence, s.address, s.scopes, s.attribution, s.model,
                   s.model_version, coalesce(t.requested, s.requested) AS requested, t.speaker, t.language, t.transcript
            FROM chosen_{media} chosen JOIN ({ORIGIN}) o USING (asset) JOIN sources s ON s.id = o.source
            LEFT JOIN ({TOLD}) t USING (asset)
            WHERE chosen.id IN {wanted} ORDER BY chosen.id""",
        params=values,
    )
    rows: list[dict[str, Any]] = told.to_arrow_table().to_pylist()
    return rows


def _neighbours(connection: DuckDBPyConnection) -> dict[str, dict[str, str | None]]:
    """The clips before and after each clip of the same recording."""
    rows = connection.execute(
        """SELECT id, lag(id) OVER recording, lead(id) OVER recording FROM chosen_voice
           WINDOW recording AS (PARTITION BY asset ORDER BY start_ms, end_ms, id)"""
    ).fetchall()
    return {clip: {"previous": before, "next": after} for clip, before, after in rows}


def _sample(
    row: dict[str, Any],
    media: Media,
    settings: Settings,
    labels: Sequence[SampleLabel],
    answers: Sequence[SampleAnswer],
) -> Sample:
    shares = {str(split): getattr(settings.export, split) for split in SPLITS}
    own = {name.name for name in fields(Sample)}
    plain: dict[str, Any] = {name: value for name, value in row.items() if name in own}
    plain |= {"box": tuple(row["box"]) if row["box"] else None, "scopes": tuple(row["scopes"] or ())}
    return Sample(
        **plain,
        key=row["id"],
        media=media,
        below=row["reason"],
        split=split_of(row["asset"], shares, settings.export.salt),
        labels=tuple(labels),
        answers=tuple(answers),
        quality={name: row[name] for name in NAMES[media]},
        duration_ms=row["end_ms"] - row["start_ms"] if media == "voice" else None,
        source_address=row["address"],
    )


def _size(cut: Path, media: Media) -> dict[str, int]:
    """What the cut file says of itself: its sampling rate, or its width and height in pixels."""
    if not cut.exists():
        return {}
    if media == "voice":
        return {"rate_hz": int(soundfile.info(cut).samplerate)}
    with Image.open(cut) as picture:
        return {"width_px": picture.width, "height_px": picture.height}
