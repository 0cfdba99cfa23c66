"""Faces of one person are one group: by their vectors, by who is told, and never two in one frame."""

from pathlib import Path

import numpy as np

from curate.vectors import vector
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find.identity import RATES, group_faces
from schemas.media import Asset, Clip, Statement
from schemas.stage import Receipt

STAGE = "Describe@1"
ANNA, BERT = np.eye(8)[0], np.eye(8)[1]


def with_faces(
    home: Path, pictures: dict[str, list[tuple[np.ndarray[tuple[int], np.dtype[np.float64]], str | None]]]
) -> None:
    """Pictures with the faces that have these vectors, and who is told to be in them."""
    catalog = Catalog(home)
    for name, faces in pictures.items():
        asset = Asset(name * 32, "picture", "png", 1)
        clips = [Clip(asset.id, "face", box=(10 * place, 0, 9, 9)) for place in range(len(faces))]
        made = [*clips, *(vector(clip.id, "face_vector", of) for clip, (of, _) in zip(clips, faces, strict=True))]
        said = [Statement(asset.id, name, "file", "2026", speaker=who) for _, who in faces if who]
        catalog.add([asset, *said], [Receipt(STAGE, asset.id, "done", made=tuple(made))])
    live.refresh(catalog, [STAGE])
    with catalog.open() as connection:
        group_faces(connection, 0.6)


def groups(home: Path) -> list[set[str]]:
    rows = Catalog(home).rows('SELECT g."group", c.asset[1] || c.box[1] FROM groups g JOIN clips c ON c.id = g.member')
    return sorted(({face for of, face in rows if of == group} for group in {row[0] for row in rows}), key=sorted)


def test_faces_with_close_vectors_are_one_person(home: Path) -> None:
    with_faces(home, {"a": [(ANNA, None)], "b": [(ANNA + 0.1, None)], "c": [(BERT, None)]})
    assert groups(home) == [{"a0", "b0"}, {"c0"}]


def test_two_faces_in_one_picture_are_two_people(home: Path) -> None:
    with_faces(home, {"a": [(ANNA, None), (ANNA, None)]})
    assert groups(home) == [{"a0"}, {"a10"}]


def test_told_people_are_whom_they_are_told_to_be_and_the_error_without_that_is_kept(home: Path) -> None:
    with_faces(home, {"a": [(ANNA, "p1")], "b": [(BERT, "p1")], "c": [(BERT, "p2")]})
    assert groups(home) == [{"a0", "b0"}, {"c0"}]
    assert Catalog(home).fact(RATES) == '{"missed":1,"mixed":1,"other":2,"same":1}'


def test_groups_outlive_the_vectors_they_were_drawn_from(home: Path) -> None:
    with_faces(home, {"a": [(ANNA, None)], "b": [(ANNA, None)]})
    with Catalog(home).open() as connection:
        connection.execute("DELETE FROM scores")
        group_faces(connection, 0.6)
    assert groups(home) == [{"a0", "b0"}]
