"""What is one person's is one group: by its vectors, by who is told, and never two at once."""

from pathlib import Path

import numpy as np
import pytest

from curate.vectors import vector
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find.identity import FACE, VOICE, drop_vectors, group_people
from pipelines.find.pipeline import pipeline
from schemas.media import Asset, Clip, Statement, score
from schemas.sections import VoiceSettings
from schemas.settings import Settings
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
        group_people(connection, FACE, 0.82)


def groups(home: Path) -> list[set[str]]:
    rows = Catalog(home).rows(
        """SELECT g."group", c.asset[1] || c.box[1] FROM groups g JOIN clips c ON c.id = g.member
           WHERE g.kind = 'face'"""
    )
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
    assert Catalog(home).fact(FACE.rates) == '{"missed":1,"mixed":1,"other":2,"same":1}'


def test_groups_outlive_the_vectors_they_were_drawn_from(home: Path) -> None:
    with_faces(home, {"a": [(ANNA, None)], "b": [(ANNA, None)]})
    with Catalog(home).open() as connection:
        connection.execute("DELETE FROM scores")
        group_people(connection, FACE, 0.82)
    assert groups(home) == [{"a0", "b0"}]


def with_voices(home: Path, spans: "list[tuple[str, int, int, np.ndarray[tuple[int], np.dtype[np.float64]]]]") -> None:
    """Utterances of recordings, from when to when, with these vectors."""
    catalog = Catalog(home)
    for name, start_ms, end_ms, of in spans:
        asset = Asset(name * 32, "sound", "wav", 1)
        clip = Clip(asset.id, "utterance", start_ms, end_ms)
        receipt = Receipt(STAGE, f"{asset.id}-{start_ms}", "done", made=(clip, vector(clip.id, "voice_vector", of)))
        catalog.add([asset], [receipt])
    live.refresh(catalog, [STAGE])


def voice_groups(home: Path) -> list[set[str]]:
    with Catalog(home).open() as connection:
        group_people(connection, VOICE, 0.4)
    rows = Catalog(home).rows(
        """SELECT g."group", c.asset[1] || c.start_ms FROM groups g JOIN clips c ON c.id = g.member
           WHERE g.kind = 'voice'"""
    )
    return sorted(({clip for of, clip in rows if of == group} for group in {row[0] for row in rows}), key=sorted)


def test_a_voice_is_one_group_across_recordings(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("a", 900, 2000, BERT), ("b", 0, 900, ANNA + 0.1)])
    assert voice_groups(home) == [{"a0", "b0"}, {"a900"}]


def test_utterances_that_overlap_are_two_people(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("a", 800, 2000, ANNA), ("b", 0, 900, BERT)])
    assert voice_groups(home) == [{"a0"}, {"a800"}, {"b0"}]


def test_a_whole_file_is_nobody_beside_what_is_said_in_it(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("b", 0, 900, ANNA)])
    for name in ("a", "c"):  # of c nothing but the whole has a vector
        asset = Asset(name * 32, "sound", "wav", 1)
        whole = Clip(asset.id, "whole")
        made = (whole, vector(whole.id, "voice_vector", ANNA))
        Catalog(home).add([asset], [Receipt(STAGE, f"{asset.id}-whole", "done", made=made)])
    Catalog(home).add([Statement(name * 32, name, "file", "2026", speaker="p") for name in "abc"])
    live.refresh(Catalog(home), [STAGE])
    with Catalog(home).open() as connection:
        group_people(connection, VOICE, 0.4)
    counted = 'SELECT count(*), count(DISTINCT "group") FROM groups'
    assert Catalog(home).rows(f"{counted} WHERE kind = 'voice'") == [(3, 1)]
    assert Catalog(home).fact(VOICE.rates) == '{"missed":0,"mixed":0,"other":0,"same":3}'


@pytest.mark.parametrize("identity", ["off", "campplus"])
def test_vectors_that_nothing_lets_stay_are_dropped_by_the_next_run(home: Path, identity: str) -> None:
    with_voices(home, [("a", 0, 900, ANNA)])
    for keeps, left in ((True, 0 if identity == "off" else 1), (False, 0)):
        settings = Settings(voice=VoiceSettings(identity=identity, keep_vectors=keeps))  # type: ignore[arg-type]
        with Catalog(home).open() as connection:
            for step in (one.step for one in pipeline(settings) if one.step):
                step(connection)
        assert Catalog(home).rows("SELECT count(*) FROM scores WHERE name = 'voice_vector'") == [(left,)]


def test_one_voice_under_two_told_names_is_two_people_and_the_error_without_that_is_kept(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("b", 0, 900, ANNA), ("c", 0, 900, BERT)])
    Catalog(home).add([Statement(name * 32, name, "file", "2026", speaker=who) for name, who in ("ap", "bq", "cq")])
    assert voice_groups(home) == [{"a0"}, {"b0", "c0"}]
    assert Catalog(home).fact(VOICE.rates) == '{"missed":1,"mixed":1,"other":2,"same":1}'
    alike = Catalog(home).rows("SELECT why, member FROM groups WHERE kind = 'voice alike' ORDER BY 1")
    assert alike == [(who, Clip(name * 32, "utterance", 0, 900).id) for name, who in ("ap", "bq")]


def test_people_who_are_alike_no_more_are_not_called_so(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("b", 0, 900, ANNA)])
    alike = []
    for day, names in (("2026", "pq"), ("2027", "pp")):
        Catalog(home).add(
            [Statement(of * 32, of, "file", day, speaker=who) for of, who in zip("ab", names, strict=True)]
        )
        voice_groups(home)
        alike.append(len(Catalog(home).rows("SELECT member FROM groups WHERE kind = 'voice alike'")))
    assert alike == [2, 0]


def test_a_name_told_of_a_file_with_two_voices_says_nothing_of_either(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("a", 900, 2000, BERT)])
    clips = [row[0] for row in Catalog(home).rows("SELECT id FROM clips ORDER BY start_ms")]
    made = tuple(score(clip, "voice", number) for number, clip in enumerate(clips, 1))
    said = Statement("a" * 32, "a", "file", "2026", speaker="p")
    Catalog(home).add([said], [Receipt(STAGE, "voices", "done", made=made)])
    live.refresh(Catalog(home), [STAGE])
    assert voice_groups(home) == [{"a0"}, {"a900"}]


def test_vectors_of_voices_go_and_their_groups_stay(home: Path) -> None:
    with_voices(home, [("a", 0, 900, ANNA), ("b", 0, 900, ANNA)])
    assert voice_groups(home) == [{"a0", "b0"}]
    with Catalog(home).open() as connection:
        drop_vectors(connection, VOICE)
    assert Catalog(home).rows("SELECT count(*) FROM scores WHERE name = 'voice_vector'") == [(0,)]
    assert voice_groups(home) == [{"a0", "b0"}]
