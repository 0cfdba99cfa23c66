"""FindMoments: the face whose lips go with the voice, and no other; sound that is somebody else's is refused."""

from pathlib import Path

import numpy as np
import pytest

from curate.faces.moments import synchrony
from curate.faces.mouths import Mouth, mouths_in, opening
from curate.vectors import vector
from curate.voices.envelope import envelope
from schemas.media import Clip, score
from schemas.sections import MomentSettings
from schemas.stage import Made
from tests.curate.faces.talking import Watched, at_once, head, in_turn, moments, watched, write

pytestmark = pytest.mark.long

GOOD = MomentSettings()
TIMES = range(0, 4000, 40)


@pytest.fixture(scope="module")
def heads(shared: Path) -> dict[str, Watched]:
    return {path.stem: watched(path) for path in sorted((shared / "video").glob("*.mpg"))}


def are_good(scores: dict[str, float]) -> bool:
    return scores["sync"] >= GOOD.min_sync and scores["sync_margin"] >= GOOD.min_margin


def speaking(x: int, lips: np.ndarray, number: int = 1) -> list[Made]:  # type: ignore[type-arg]
    """A track of a face at a place whose lips move so."""
    made: list[Made] = [
        vector("a", f"mouths_{at_ms}", (x + 30, 80, float(far))) for at_ms, far in zip(TIMES, lips, strict=True)
    ]
    faces = [Clip("a", "face", at_ms, at_ms, (x, 20, 60, 80)) for at_ms in TIMES[::5]]
    return [*made, *faces, *(score(face.id, "track_number", number) for face in faces)]


def said(loud: np.ndarray) -> list[Made]:  # type: ignore[type-arg]
    clip = Clip("a", "utterance", 0, 4000)
    return [clip, vector(clip.id, "envelope", loud)]


def syllables(seed: int) -> np.ndarray:  # type: ignore[type-arg]
    noise = np.random.default_rng(seed).standard_normal(len(TIMES) + 8)
    return np.convolve(noise, np.hanning(9), "valid")


def test_lips_that_go_with_the_voice_are_a_moment_with_the_face_around_it() -> None:
    voice = syllables(0)
    ((moment,), scores) = moments(speaking(100, 20 + 9 * voice), said(voice))
    assert moment == Clip("a", "moment", 0, 4000, (100, 20, 60, 80))
    assert scores[moment.id]["sync"] > 0.9
    assert scores[moment.id]["mouth_share"] == 1


def test_lips_before_the_sound_go_with_it_and_lips_long_after_it_do_not() -> None:
    voice = syllables(0)
    assert synchrony(voice, np.roll(voice, 2)) > 0.9
    assert synchrony(voice, np.roll(voice, -10)) < 0.4
    assert synchrony(np.zeros(50), voice[:50]) == 0
    assert synchrony(voice[:10], voice[:10]) == 0


def test_of_two_faces_the_one_that_speaks_is_taken_and_the_margin_to_the_other_is_kept() -> None:
    voice, other = syllables(0), syllables(1)
    seen = [*speaking(100, voice, 1), *(row for row in speaking(300, other, 2) if isinstance(row, Clip))]
    seen = [
        *[vector("a", f"mouths_{at}", (130, 80, a, 330, 80, b)) for at, a, b in zip(TIMES, other, voice, strict=True)],
        *[row for row in seen if not getattr(row, "name", "").startswith("mouths_")],
        *[row for row in speaking(300, voice, 2) if getattr(row, "name", "") == "track_number"],
    ]
    ((moment,), scores) = moments(seen, said(voice))
    assert moment.box == (300, 20, 60, 80)
    assert 0 < scores[moment.id]["sync_margin"] < scores[moment.id]["sync"]


def test_a_face_that_is_in_view_too_shortly_and_a_video_without_speech_have_no_moment() -> None:
    voice = syllables(0)
    shortly = [
        row
        for row in speaking(100, voice)
        if not getattr(row, "name", "").startswith("mouths_") or row.name < "mouths_14"  # type: ignore[union-attr]
    ]
    assert moments(shortly, said(voice)) == ([], {})
    assert moments(speaking(100, voice), []) == ([], {})
    assert moments([], said(voice)) == ([], {})


def test_a_varying_frame_rate_changes_little() -> None:
    voice = syllables(0)
    kept = [row for row in speaking(100, voice) if not getattr(row, "name", "").endswith(("120", "560", "880"))]
    ((moment,), scores) = moments(kept, said(voice))
    assert moment.start_ms == 0
    assert scores[moment.id]["sync"] > 0.8


def test_mouths_are_read_back_as_they_were_kept() -> None:
    assert list(mouths_in([vector("a", "mouths_40", [(1, 2, 3), (4, 5, 6)]), score("a", "other", 1)])) == [
        Mouth(40, 1, 2, 3),
        Mouth(40, 4, 5, 6),
    ]


def test_a_dark_mouth_is_more_open_than_a_closed_one_whatever_the_size() -> None:
    import cv2

    face = np.full((200, 160, 3), 170, np.uint8)
    points = np.array([(50, 70), (110, 70), (80, 105), (60, 140), (100, 140)], np.float32)
    wide = face.copy()
    cv2.ellipse(wide, (80, 145), (18, 12), 0, 0, 360, (30, 10, 10), -1)
    assert opening(wide, points) > opening(face, points) + 50
    assert opening(cv2.resize(wide, None, fx=2, fy=2), 2 * points) == pytest.approx(opening(wide, points), abs=15)


def test_an_envelope_follows_loudness_and_silence_has_none() -> None:
    time_s = np.arange(16_000) / 16_000
    loud = 9000 * np.sin(2 * np.pi * 700 * time_s) * (np.sin(2 * np.pi * 2 * time_s) > 0)
    level = envelope(loud.astype(np.int16), 0, 25)
    assert level[3] > 5 * max(level[9], 0.1)
    assert envelope(np.zeros(0, np.int16), 0, 5).tolist() == [0] * 5


@pytest.mark.shared
def test_talking_heads_go_with_their_own_voices(heads: dict[str, Watched]) -> None:
    for one in heads.values():
        found, scores = moments(one.seen, one.heard)
        assert [are_good(scores[moment.id]) for moment in found] == [True]


@pytest.mark.shared
def test_nine_of_ten_heads_with_the_sound_of_another_are_refused(heads: dict[str, Watched]) -> None:
    accepted = [
        any(are_good(kept) for kept in moments(one.seen, other.heard)[1].values())
        for one in heads.values()
        for other in heads.values()
        if one is not other
    ]
    assert len(accepted) == 12
    assert sum(accepted) <= 1


@pytest.mark.shared
@pytest.mark.parametrize(
    ("left", "right"), [("brbk7n", "sbwe5n"), pytest.param("lbbc2a", "lbax4n", marks=pytest.mark.heavy)]
)
def test_of_two_side_by_side_the_one_who_speaks_is_right_in_nine_of_ten_seconds(
    shared: Path, tmp_path: Path, left: str, right: str
) -> None:
    pair = [head(shared / "video" / f"{name}.mpg") for name in (left, right)]
    seen = watched(write(tmp_path / "pair.mkv", *in_turn(pair)))
    found, scores = moments(seen.seen, seen.heard)
    turn_ms, middle = 3000, pair[0].frames.shape[2]
    wrong_ms = right_ms = 0
    for moment in (moment for moment in found if are_good(scores[moment.id])):
        assert moment.box
        is_left = moment.box[0] + moment.box[2] / 2 < middle
        length_ms = (moment.end_ms or 0) - (moment.start_ms or 0)
        if is_left == ((moment.start_ms or 0) < turn_ms):
            right_ms += length_ms
        else:
            wrong_ms += length_ms
    heard_ms = sum((one.end_ms or 0) - (one.start_ms or 0) for one in seen.utterances)
    assert wrong_ms <= 0.1 * heard_ms
    assert right_ms >= 0.9 * heard_ms


@pytest.mark.shared
@pytest.mark.parametrize(
    ("heard", "mute"), [("lbax4n", "lbbc2a"), pytest.param("lbbc2a", "brbk7n", marks=pytest.mark.heavy)]
)
def test_of_two_who_speak_at_once_the_one_who_is_heard_is_right_in_every_second(
    shared: Path, tmp_path: Path, heard: str, mute: str
) -> None:
    pair = [head(shared / "video" / f"{name}.mpg") for name in (heard, mute)]
    seen = watched(write(tmp_path / "pair.mkv", *at_once(*pair)))
    found, scores = moments(seen.seen, seen.heard)
    good = [moment for moment in found if are_good(scores[moment.id])]
    middle = pair[0].frames.shape[2]
    assert [moment.box is not None and moment.box[0] + moment.box[2] / 2 < middle for moment in good] == [True]
    seconds = {ms // 1000 for one in seen.utterances for ms in range(one.start_ms or 0, one.end_ms or 0)}
    assert seconds <= {ms // 1000 for one in good for ms in range(one.start_ms or 0, one.end_ms or 0)}
