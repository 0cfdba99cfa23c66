"""Voices and faces that are one person's over the whole collection, where identity may be measured."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from curate.faces.vectors import NAME as FACE_VECTOR
from curate.twins.people import UNKNOWN, people, rates
from curate.voices.vectors import NAME as VOICE_VECTOR
from pipelines.engine.catalog import revise, state
from pipelines.find.groups import insert_groups
from schemas.ids import canonical, short_id

# Every face with a vector and the frame it is in. It is told whose it is where it is the only face there.
FACES = f"""
    WITH faces AS (SELECT s."row", s.vector, c.asset, c.asset || coalesce('-' || c.start_ms, '') AS heard_in
                   FROM scores s JOIN active_stages USING (stage) JOIN live_clips l ON l.id = s."row"
                   JOIN clips c ON c.id = l.id WHERE s.name = '{FACE_VECTOR}')
    SELECT f."row", f.vector, f.heard_in, 0 AS start_ms, 1 AS end_ms,
           if(count(*) OVER (PARTITION BY f.heard_in) = 1, d.speaker, NULL) AS told
    FROM faces f LEFT JOIN described d USING (asset) ORDER BY f."row" """

# Every utterance with a vector and when it is heard; the whole file only where nothing shorter of it has one, for it is
# no second person beside what is said in it. It is told whose it is by a transcript in which nobody else speaks
# meanwhile, else by what is said of a file in which no second voice was found.
VOICES = f"""
    WITH voices AS (SELECT s."row", s.vector, c.asset, coalesce(c.start_ms, 0) AS start_ms,
                           coalesce(c.end_ms, 9223372036854775807) AS end_ms
                    FROM scores s JOIN active_stages USING (stage) JOIN live_clips l ON l.id = s."row"
                    JOIN clips c ON c.id = l.id WHERE s.name = '{VOICE_VECTOR}'
                    QUALIFY c.kind <> 'whole' OR bool_and(c.kind = 'whole') OVER (PARTITION BY c.asset)),
    several AS (SELECT l.asset FROM live_clips l JOIN scores s ON s."row" = l.id JOIN active_stages USING (stage)
                WHERE s.name = 'voice' GROUP BY l.asset HAVING count(DISTINCT s.value) > 1),
    spoken_by AS (SELECT v."row", count(DISTINCT s.speaker) AS speakers, min(s.speaker) AS speaker
                  FROM voices v JOIN spoken s ON s.asset = v.asset AND s.start_ms < v.end_ms AND s.end_ms > v.start_ms
                  WHERE s.speaker IS NOT NULL GROUP BY v."row")
    SELECT v."row", v.vector, v.asset AS heard_in, v.start_ms, v.end_ms,
           CASE WHEN p.speakers > 1 THEN NULL WHEN p.speakers = 1 THEN p.speaker
                WHEN n.asset IS NULL THEN d.speaker END AS told
    FROM voices v LEFT JOIN spoken_by p USING ("row") LEFT JOIN several n USING (asset)
    LEFT JOIN described d USING (asset) ORDER BY v."row" """


Row = tuple[str, str, str, str]  # of `groups`: kind, member, group, why


@dataclass(frozen=True)
class Trait:
    """By what people are told apart: its kind of group, the score that holds its vectors, and the query for them."""

    kind: str
    score: str
    rows: str

    @property
    def rates(self) -> str:
        """The fact that says how often told people were grouped wrongly without being told."""
        return f"{self.kind} rates"

    @property
    def alike(self) -> str:
        """The kind of group of told people who would be one, were they not told; `why` says who each is told to be."""
        return f"{self.kind} alike"


FACE, VOICE = Trait("face", FACE_VECTOR, FACES), Trait("voice", VOICE_VECTOR, VOICES)


class _Span(NamedTuple):
    """From when to when a row is heard or seen, and where it stands among the rows."""

    start_ms: int
    end_ms: int
    row: int


def group_people(connection: DuckDBPyConnection, trait: Trait, least: float) -> None:
    """Write the groups of a trait: vectors whose mean cosine is at least `least` are one person's.

    Faces in one frame and utterances that overlap are several people, and told people are whom they are told to be.
    What has no vector any more keeps its group. Vectors are not centred on the collection: the networks were centred on
    the people they learnt from, and where most of a collection is one person, its mean is that person.
    """
    table = connection.sql(trait.rows).to_arrow_table()
    if not table.num_rows:
        return
    flat = table["vector"].combine_chunks().flatten().to_numpy()  # lists of floats would take ten times the memory
    vectors = flat.astype(np.float32).reshape(table.num_rows, -1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    clips, *spans, names = (table[name].to_pylist() for name in ("row", "heard_in", "start_ms", "end_ms", "told"))
    apart, told = list(_overlapping(*spans)), _told(names)
    alike: list[Row] = []
    if (told != UNKNOWN).any():
        untold = people(vectors, least, apart=apart)
        state(connection, trait.rates, canonical(vars(rates(untold, told))))
        alike = _of_several(trait, clips, untold.tolist(), names)
    _write(connection, trait.alike, clips, alike)
    why = f"the same {trait.kind} by its vector"
    groups = _named(trait, clips, people(vectors, least, told, apart).tolist())
    _write(connection, trait.kind, clips, [(trait.kind, clip, groups[clip], why) for clip in clips])


def drop_vectors(connection: DuckDBPyConnection, trait: Trait) -> None:
    """Delete the vectors of a trait: what they were made for, tracks and groups, is drawn."""
    held = connection.execute("SELECT count(*) FROM scores WHERE name = ?", [trait.score]).fetchall()[0][0]
    if held:
        connection.execute("DELETE FROM scores WHERE name = ?", [trait.score])
        revise(connection)


def _overlapping(heard_in: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The pairs of rows in one frame or recording that are there at the same time."""
    spans: dict[str, list[_Span]] = defaultdict(list)
    for row, (key, start_ms, end_ms) in enumerate(zip(heard_in, starts, ends, strict=True)):
        spans[key].append(_Span(start_ms, end_ms, row))
    for together in spans.values():
        open_spans: list[_Span] = []
        for span in sorted(together):
            open_spans = [before for before in open_spans if before.end_ms > span.start_ms]
            yield from ((before.row, span.row) for before in open_spans)
            open_spans.append(span)


def _told(names: Sequence[str | None]) -> NDArray[np.int64]:
    numbers = {name: number for number, name in enumerate(sorted({name for name in names if name}))}
    return np.array([numbers.get(name, UNKNOWN) if name else UNKNOWN for name in names], np.int64)


def _named(trait: Trait, clips: Sequence[str], groups: Sequence[int]) -> dict[str, str]:
    """The name of the group of each clip, which is that of its first."""
    firsts: dict[int, str] = {}
    for clip, group in zip(clips, groups, strict=True):
        firsts.setdefault(group, clip)
    return {clip: short_id(**{trait.kind: firsts[group]}) for clip, group in zip(clips, groups, strict=True)}


def _of_several(trait: Trait, clips: Sequence[str], groups: Sequence[int], told: Sequence[str | None]) -> list[Row]:
    """The rows of groups that hold people of several names."""
    names: dict[int, set[str]] = defaultdict(set)
    for group, name in zip(groups, told, strict=True):
        names[group] |= {name} if name else set()
    of = _named(trait, clips, groups)
    rows = zip(clips, groups, told, strict=True)
    return [(trait.alike, clip, of[clip], name) for clip, group, name in rows if name and len(names[group]) > 1]


def _write(connection: DuckDBPyConnection, kind: str, clips: list[str], rows: list[Row]) -> None:
    """Put rows in the place of those that these clips have of a kind; does nothing where they are the same."""
    of: list[Any] = [kind, clips]
    which = "groups WHERE kind = ? AND member IN (SELECT unnest(?::VARCHAR[]))"
    if connection.execute(f"SELECT * FROM {which} ORDER BY ALL", of).fetchall() != sorted(rows):
        connection.execute(f"DELETE FROM {which}", of)
        insert_groups(connection, rows)
        revise(connection)
