"""What is large, long or crowded ends in rows like anything else: 4K and 8K, nobody, fifty faces, three hours."""

import tracemalloc
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from curate.faces.detect import DetectFaces
from curate.faces.insightface import scrfd
from curate.faces.packs import pack
from curate.faces.tracks import FollowFaces
from curate.read.decode import Frame
from schemas.errors import Missing
from schemas.media import Asset, Clip, score
from schemas.stage import Made, Outcome, Rows
from tests.curate.faces.tiny_models import recogniser

PICTURE, VIDEO = Asset("a", "picture", "png", 1), Asset("a", "video", "mp4", 1)
FIVE_A_SECOND_MS, HOURS = 200, 3


@pytest.fixture(scope="module")
def portrait() -> Any:
    data = pytest.importorskip("skimage.data", reason="the picture comes with scikit-image (extra demo)")
    return cv2.resize(np.ascontiguousarray(data.astronaut()[20:220, 130:330]), (160, 160), interpolation=cv2.INTER_AREA)


def clips(outcome: Outcome) -> list[Clip]:
    return [row for row in outcome if isinstance(row, Clip)]  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(2160, 3840), (4320, 7680)])
def test_a_face_in_4k_and_8k_is_found_in_pixels_of_the_frame(portrait: Any, size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 120, np.uint8)
    face = cv2.resize(portrait, (900, 900))
    top, left = size[0] // 3, size[1] // 2
    frame[top : top + 900, left : left + 900] = face
    (outcome,) = DetectFaces()([PICTURE], [Frame(None, frame)])
    ((x, y, width, height),) = [clip.box for clip in clips(outcome) if clip.box]
    assert left < x < x + width < left + 900
    assert top <= y < y + height < top + 900


def test_fifty_faces_are_fifty_clips_and_nobody_is_none(portrait: Any) -> None:
    crowd = np.tile(portrait, (5, 10, 1))
    crowded, empty = DetectFaces()([PICTURE] * 2, [Frame(None, crowd), Frame(None, np.full_like(crowd, 90))])
    assert (len(clips(crowded)), list(empty)) == (50, [])  # type: ignore[arg-type]


def test_a_recognition_model_alone_is_no_detector(tmp_path: Path) -> None:
    recogniser(tmp_path / "det_10g.onnx")
    with pytest.raises(Missing, match="no face detector in"):
        scrfd(pack(str(tmp_path)))


@pytest.mark.heavy
def test_a_track_of_three_hours_is_one_track_and_memory_grows_with_its_rows_alone() -> None:
    def peak(minutes: int) -> tuple[int, float]:
        """How many tracks there are, and the bytes that following takes for each face."""
        made: list[Made] = []
        for number in range(minutes * 60_000 // FIVE_A_SECOND_MS):
            face = Clip(
                "a", "face", number * FIVE_A_SECOND_MS, number * FIVE_A_SECOND_MS, (40 + number % 3, 30, 80, 90)
            )
            made += [face, score(face.id, "face_score", 0.99), score(face.id, "blur", 100 + number % 7)]
        tracemalloc.start()
        (outcome,) = FollowFaces(("seen",))([VIDEO], [Rows({"seen": made})])
        rows = list(outcome)  # type: ignore[arg-type]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return len([row for row in rows if isinstance(row, Clip)]), most / (len(made) / 3)

    (short, few), (long, many) = peak(6), peak(60 * HOURS)
    assert (short, long) == (1, 1)
    assert many < 1.5 * few
