"""`list` and `show`: every clip with what became of it, and one clip with all that is known of it."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.cuts import jobs_from, make_cuts
from pipelines.cutting import cut_path
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find.thresholds import choose
from pipelines.weigh.exclusions import PEOPLE
from schemas.errors import BadInput
from schemas.modality import MODALITIES, ModalityName
from schemas.settings import Settings
from schemas.tables import frozen

# The clips of a modality in the order of their files, with what became of each.
LISTED = f"""
    WITH names AS (SELECT asset, min(name) AS name FROM statements GROUP BY asset),
    asked AS (SELECT o.clip, count(DISTINCT k.id) AS asks,
                     count(DISTINCT (a.ask, a.rater)) FILTER (WHERE a.ask IS NOT NULL) AS answers
              FROM about o JOIN asks k ON k.item = o.item
              LEFT JOIN latest_answers a ON a.ask = k.id AND a.state = 'given' AND {PEOPLE} GROUP BY o.clip)
    SELECT c.id, '{{name}}', coalesce(n.name, c.asset), c.kind, c.start_ms, c.end_ms, c.box,
           if(c.pinned AND c.altered IS NULL, NULL, c.reason), coalesce(asked.asks, 0), coalesce(asked.answers, 0),
           coalesce((SELECT list(DISTINCT r.name ORDER BY r.name) FROM released l JOIN releases r ON r.id = l.release
                     WHERE l.clip = c.id), [])
    FROM chosen_{{name}} c LEFT JOIN names n USING (asset) LEFT JOIN asked ON asked.clip = c.id
    ORDER BY 3, c.start_ms, c.end_ms, c.id"""
# The answers that hold about a clip.
ANSWERS = """
    SELECT s.name || '-' || s.version, a.question, a.rater, a.state, a.value
    FROM read_answers a JOIN about o USING (item) JOIN schemes s ON s.id = a.scheme
    WHERE o.clip = ? AND a.state <> 'withdrawn' ORDER BY ALL"""


@dataclass(frozen=True)
class ListedClip:
    """A clip: where it lies, why it is not good enough if so, how often it was asked about and by people answered."""

    id: str
    modality: ModalityName
    file: str
    kind: str
    start_ms: int | None
    end_ms: int | None
    box: tuple[int, ...] | None
    below: str | None
    asks: int
    answers: int
    releases: tuple[str, ...]


@dataclass(frozen=True)
class GivenAnswer:
    """One answer that holds about a clip; its value is JSON."""

    scheme: str
    question: str
    rater: str
    state: str
    value: str | None


@dataclass(frozen=True)
class KnownClip:
    """A clip with its scores, terms and answers, and the file that was cut of it; None where it cannot be cut."""

    clip: ListedClip
    scores: dict[str, float]
    transcript: str | None
    basis: str | None
    licence: str | None
    attribution: str | None
    answers: tuple[GivenAnswer, ...]
    file: Path | None


def listed(home: Path, settings: Settings, words: str | None = None) -> list[ListedClip]:
    """Every live clip, or those whose id or file has these words in it."""
    with Catalog(home).open() as connection:
        return _listed(connection, settings, words)


def known(home: Path, settings: Settings, clip: str) -> KnownClip:
    """All that is known of a clip, given by its id or the beginning of it; raises BadInput unless that names one."""
    with Catalog(home).open() as connection:
        found = [one for one in _listed(connection, settings, None) if one.id.startswith(clip)]
        if len(found) != 1:
            several = f"begins the ids of {len(found):,} clips; give more of it" if found else "is no clip here"
            raise BadInput(f"{clip!r} {several}; type: emocurate list")
        (one,) = found
        rows = connection.execute(f"FROM chosen_{one.modality} WHERE id = ?", [one.id])
        names = [column[0] for column in rows.description or ()]
        row = dict(zip(names, rows.fetchall()[0], strict=True))
        kind = connection.execute("SELECT kind FROM assets WHERE id = ?", [row["asset"]]).fetchall()[0][0]
        terms = connection.execute("SELECT basis, licence, attribution FROM rights WHERE asset = ?", [row["asset"]])
        basis, licence, attribution = next(iter(terms.fetchall()), (None, None, None))
        words = connection.execute("SELECT transcript FROM clip_transcripts WHERE clip = ?", [one.id])
        transcript = next(iter(words.fetchall()), (None,))[0]
        answers = tuple(GivenAnswer(*answer) for answer in connection.execute(ANSWERS, [one.id]).fetchall())
    scores = {name: row[name] for name in MODALITIES[one.modality].scores if row[name] is not None}
    make_cuts(home, jobs_from([_place(row, kind)], one.modality), 1)
    file = cut_path(home, one.modality, one.id)
    return KnownClip(one, scores, transcript, basis, licence, attribution, answers, file if file.exists() else None)


def _listed(connection: DuckDBPyConnection, settings: Settings, words: str | None) -> list[ListedClip]:
    live.refresh_on(connection)
    names = [field.name for field in fields(ListedClip)]
    clips: list[ListedClip] = []
    for name in MODALITIES:
        choose(connection, settings, name)
        rows = connection.execute(LISTED.format(name=name)).fetchall()
        clips += [ListedClip(**dict(zip(names, map(frozen, row), strict=True))) for row in rows]
    return [clip for clip in clips if words is None or words in clip.id or words.casefold() in clip.file.casefold()]


def _place(row: dict[str, Any], asset_kind: str) -> tuple[Any, ...]:
    return row["asset"], asset_kind, row["kind"], row["start_ms"], row["end_ms"], row["box"]
