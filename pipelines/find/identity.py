"""Faces that are one person's over the whole collection, where identity may be measured; drawn before vectors go."""

from collections import defaultdict
from itertools import combinations

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from curate.twins.people import UNKNOWN, people, rates
from pipelines.engine.catalog import revise, state
from pipelines.find.groups import insert_groups
from schemas.ids import canonical, short_id

FACE = "face"
RATES = "face rates"  # the fact that says how often faces of told people were grouped wrongly without being told

# Every face with a vector, the frame it is in, and who is told where it is the only face there.
FACES = """
    SELECT s."row", s.vector, c.asset || coalesce('-' || c.start_ms, '') AS frame, d.speaker
    FROM scores s JOIN active_stages USING (stage) JOIN live_clips l ON l.id = s."row" JOIN clips c ON c.id = l.id
    LEFT JOIN described d ON d.asset = c.asset WHERE s.name = 'face_vector' ORDER BY s."row" """


def group_faces(connection: DuckDBPyConnection, same_below: float) -> None:
    """Write the groups of faces: vectors whose mean distance is below `same_below` are one person's.

    Faces in one frame are several people, and told people are whom they are told to be, where they are alone in a
    frame. Faces whose vectors are gone keep their groups.
    """
    rows = connection.execute(FACES).fetchall()
    if not rows:
        return
    vectors = np.array([row[1] for row in rows], np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    frames: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        frames[row[2]].append(place)
    apart = [pair for some in frames.values() for pair in combinations(some, 2)]
    told = _told([row[3] if len(frames[row[2]]) == 1 else None for row in rows])
    least = 1 - same_below**2 / 2  # of vectors of length 1, the cosine at that distance
    if (told != UNKNOWN).any():
        state(connection, RATES, canonical(vars(rates(people(vectors, least, apart=apart), told))))
    groups = people(vectors, least, told, apart)
    _write(connection, [row[0] for row in rows], groups.tolist())


def _told(names: list[str | None]) -> NDArray[np.int64]:
    numbers = {name: number for number, name in enumerate(sorted({name for name in names if name}))}
    return np.array([numbers.get(name, UNKNOWN) if name else UNKNOWN for name in names], np.int64)


def _write(connection: DuckDBPyConnection, clips: list[str], groups: list[int]) -> None:
    firsts: dict[int, str] = {}
    for clip, group in zip(clips, groups, strict=True):
        firsts.setdefault(group, clip)
    made = [
        (FACE, clip, short_id(face=firsts[group]), "the same face by its vector")
        for clip, group in zip(clips, groups, strict=True)
    ]
    before = connection.execute(
        f"SELECT * FROM groups WHERE kind = '{FACE}' AND member IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL", [clips]
    ).fetchall()
    if before != sorted(made):
        connection.execute(
            f"DELETE FROM groups WHERE kind = '{FACE}' AND member IN (SELECT unnest(?::VARCHAR[]))", [clips]
        )
        insert_groups(connection, made)
        revise(connection)
