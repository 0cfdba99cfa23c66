"""FollowFaces: who is in view is one track, cuts end it, and its best faces come first."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.faces.detect import DetectFaces
from curate.faces.looks import cuts, frame_look
from curate.faces.tracks import RANKED, FollowFaces
from curate.quality import MeasureFace
from curate.read.decode import Frame, decode
from curate.vectors import bits, vector
from schemas.errors import BadSetting
from schemas.media import Asset, Box, Clip, Score, score
from schemas.stage import Dropped, Made, Rows

VIDEO = Asset("a", "video", "mp4", 1)
GREY, RED = np.full(144, 100, np.uint8), np.full(144, 180, np.uint8)


def face(at_ms: int, box: Box, look: np.ndarray = GREY, **scores: float) -> list[Made]:  # type: ignore[type-arg]
    clip = Clip("a", "face", at_ms, at_ms, box)
    return [clip, bits(clip.id, "frame_look", look), *(score(clip.id, name, value) for name, value in scores.items())]


def followed(made: Sequence[list[Made]], **parameters: int) -> tuple[list[Clip], dict[str, dict[str, float]]]:
    """The tracks, and the scores of every row by name."""
    rows = Rows({"found": [row for rows in made for row in rows]})
    (outcome,) = FollowFaces(("found",), **parameters)([VIDEO], [rows])
    assert not isinstance(outcome, Dropped)
    scores: dict[str, dict[str, float]] = {}
    for row in outcome:
        if isinstance(row, Score):
            scores.setdefault(row.row, {})[row.name] = row.value or 0
    return [row for row in outcome if isinstance(row, Clip)], scores


def test_one_who_moves_is_one_track_around_all_of_their_faces() -> None:
    made = [face(200 * step, (10 + 8 * step, 20, 60, 80)) for step in range(20)]
    (track,), scores = followed(made)
    assert track == Clip("a", "track", 0, 3800, (10, 20, 60 + 8 * 19, 80))
    assert scores[track.id] == {"track_number": 1, "track_faces": 20}
    ranked = [scores[rows[0].id]["track_rank"] for rows in made]  # type: ignore[union-attr]
    assert sorted(ranked) == list(range(1, 21))


def test_two_side_by_side_are_two_tracks_whatever_the_order_of_the_rows() -> None:
    made = [face(200 * step, (x, 20, 60, 80)) for step in range(9) for x in (300, 10)]
    assert [track.box for track in followed(made)[0]] == [(10, 20, 60, 80), (300, 20, 60, 80)]
    assert followed(made) == followed(made[::-1])


def test_a_cut_ends_a_track_even_where_the_next_face_stands_in_the_same_place() -> None:
    made = [face(200 * step, (10, 20, 60, 80), GREY if step < 5 else RED) for step in range(10)]
    assert [(track.start_ms, track.end_ms) for track in followed(made)[0]] == [(0, 800), (1000, 1800)]


def test_a_camera_that_moves_all_the_time_is_no_cut() -> None:
    looks = np.array([np.full(144, 20 * step) for step in range(12)], np.uint8)
    assert not cuts(looks).any()
    assert cuts(np.vstack([looks, looks[:1]])).sum() == 1
    assert not len(cuts(np.zeros((0, 144), np.uint8)))


def test_a_face_that_is_gone_for_long_begins_a_new_track_and_a_short_gap_does_not() -> None:
    times = [0, 200, 400, 1000, 1200, 2000, 2200]
    made = [face(at_ms, (10, 20, 60, 80)) for at_ms in times]
    assert [(track.start_ms, track.end_ms) for track in followed(made)[0]] == [(0, 1200), (2000, 2200)]


def test_vectors_keep_two_apart_who_change_places_and_join_one_who_jumps() -> None:
    ann, bob = (1.0, 0.0), (0.0, 1.0)

    def seen(at_ms: int, x: int, who: tuple[float, float]) -> list[Made]:
        made = face(at_ms, (x, 20, 60, 80))
        return [*made, vector(made[0].id, "face_vector", who)]  # type: ignore[union-attr]

    made = [seen(200 * step, 10 if step < 4 else 200, ann) for step in range(8)]
    made += [seen(200 * step, 200 if step < 4 else 10, bob) for step in range(8)]
    tracks, scores = followed(made)
    assert len(tracks) == 2
    assert {scores[rows[0].id]["track_number"] for rows in made[:8]} == {1}  # type: ignore[union-attr]


def test_the_first_faces_of_a_track_are_sharp_and_frontal_and_unlike_each_other() -> None:
    made = [
        face(
            200 * step,
            (10, 20, 60, 80),
            blur=900.0 if step in (3, 4, 25) else 20.0,
            yaw_deg=60.0 if step == 25 else 2.0,
        )
        for step in range(30)
    ]
    _, scores = followed(made)
    by_rank = sorted(range(30), key=lambda step: scores[made[step][0].id]["track_rank"])  # type: ignore[union-attr]
    assert by_rank[0] in (3, 4)
    assert by_rank[1] == 25


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 300), st.floats(0, 1000)), min_size=1, max_size=60, unique=True
    )
)
def test_every_face_is_on_one_track_with_a_rank_of_its_own(places: list[tuple[int, int, float]]) -> None:
    made = [face(200 * step, (x, 20, 60, 80), blur=blur) for step, x, blur in places]
    tracks, scores = followed(made)
    numbers = [int(scores[rows[0].id]["track_number"]) for rows in made]  # type: ignore[union-attr]
    assert sorted(set(numbers)) == list(range(1, len(tracks) + 1))
    for number, track in enumerate(tracks, start=1):
        ranked = {scores[rows[0].id]["track_rank"] for rows, of in zip(made, numbers, strict=True) if of == number}  # type: ignore[union-attr]
        assert ranked == set(range(1, int(scores[track.id]["track_faces"]) + 1))


def test_a_track_of_three_hours_is_one_track() -> None:
    made = [face(200 * step, (10 + step % 7, 20, 60, 80), blur=step % 50) for step in range(3 * 3600 * 5)]
    (track,), scores = followed(made)
    assert track.end_ms == 3 * 3600 * 1000 - 200
    assert scores[track.id]["track_faces"] == 54_000
    assert RANKED < 54_000


def test_fifty_faces_in_a_frame_are_fifty_tracks() -> None:
    made = [face(200 * step, (100 * x + step, 20, 60, 80)) for step in range(10) for x in range(50)]
    assert len(followed(made)[0]) == 50


def test_no_faces_are_no_tracks_and_a_reason_is_handed_on() -> None:
    assert followed([]) == ([], {})
    (outcome,) = FollowFaces(("found",))([VIDEO], [Rows({"found": []}, {"found": "no picture track"})])
    assert outcome == Dropped("no picture track")


@pytest.mark.parametrize("wrong", [{"least_iou": 0.0}, {"gap_ms": 0}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadSetting, match="expected above 0 to 1, and 1 at least"):
        FollowFaces((), **wrong)


@pytest.mark.shared
def test_four_talking_heads_one_after_another_are_four_tracks(shared: Path) -> None:
    detect, measure = DetectFaces(every_ms=200), MeasureFace()
    made: list[list[Made]] = []
    for number, path in enumerate(sorted((shared / "video").glob("*.mpg"))):
        with decode(path, "video", sound=False, every_ms=(200,)) as decoding:
            for frame in decoding.frames():
                later = Frame((frame.at_ms or 0) + 3000 * number, frame.rgb)
                (rows,) = detect([VIDEO], [later])
                clips = [row for row in rows if isinstance(row, Clip)]  # type: ignore[union-attr]
                made.append([*rows, *(row for one in measure(clips, [later] * len(clips)) for row in one)])  # type: ignore[misc]
    assert [(track.start_ms, track.end_ms) for track in followed(made)[0]] == [
        (3000 * number, 3000 * number + 2800) for number in range(4)
    ]


def test_how_a_frame_looks_is_a_few_bytes() -> None:
    assert frame_look(np.zeros((1080, 1920, 3), np.uint8)).shape == (144,)
    assert frame_look(np.full((3, 2, 3), 7, np.uint8)).tolist() == [7] * 144
