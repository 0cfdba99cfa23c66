"""Runs of frames become spans that never overlap, and what is too short goes with what it touches."""

import itertools
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.voices.pieces import Pieces
from curate.voices.segmentation import FRAMES, Activity
from curate.voices.timeline import NOBODY, SHORTEST_FRAMES, owners, spans, speakers

RUNS = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from([(-1, -1), (0, -1), (1, -1), (0, 1), (2, 0)])), max_size=12
)


def frames(*runs: tuple[int, tuple[int, int]]) -> Any:
    return np.array([who for length, who in runs for _ in range(length)], np.int16).reshape(-1, 2)


def test_runs_of_the_same_voices_are_one_span_in_whatever_order_they_are_heard() -> None:
    timeline = frames((10, (0, -1)), (10, (0, 1)), (10, (1, 0)), (5, (-1, -1)), (10, (1, -1)))
    assert spans(timeline) == [(0, 10, (0,)), (10, 30, (0, 1)), (35, 45, (1,))]


def test_what_is_too_short_goes_with_what_it_touches_or_is_nothing() -> None:
    assert spans(frames((10, (0, -1)), (3, (0, 1)), (10, (0, -1)))) == [(0, 23, (0,))]
    assert spans(frames((3, (0, -1)), (10, (0, 1)))) == [(0, 13, (0, 1))]
    assert spans(frames((3, (0, -1)), (4, (-1, -1)), (10, (1, -1)))) == [(7, 17, (1,))]


@given(RUNS)
def test_spans_are_in_order_apart_long_enough_and_within_speech(runs: list[tuple[int, tuple[int, int]]]) -> None:
    timeline = frames(*runs)
    result = spans(timeline)
    assert all(end - start >= SHORTEST_FRAMES and who for start, end, who in result)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(result))
    assert all((timeline[start:end].max(axis=1) != NOBODY).all() for start, end, _ in result)


def one_window(tracks: Any, overlap: Any) -> Activity:
    speech = (tracks.max(axis=1) > 127).astype(np.float32)
    return Activity(
        tracks[None].astype(np.uint8), np.zeros(1, np.int64), speech, overlap.astype(np.float32), speech * 0
    )


def test_a_track_that_holds_two_voices_is_parted_by_its_pieces_and_overlap_has_both_tracks() -> None:
    tracks, overlap = np.zeros((FRAMES, 3)), np.zeros(FRAMES)
    tracks[:400, 0], tracks[300:500, 1] = 255, 255
    overlap[300:400] = 1
    pieces = Pieces(np.array([0, 160, 400]), np.array([140, 300, 500]), np.zeros(3, np.int64), np.zeros((3, 192)))
    owner = owners(pieces, np.array([0, 1, 2]), FRAMES)
    result = speakers(one_window(tracks, overlap), owner)
    assert set(result[:140, 0]) == {0}
    assert set(result[160:300, 0]) == {1}
    assert {tuple(sorted(row)) for row in result[310:390].tolist()} == {(1, 2)}
    assert set(result[500:].ravel()) == {NOBODY}
