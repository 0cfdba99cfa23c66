"""The MTCNN cascade finds the faces that are there, where they are."""

from typing import Any

import numpy as np
import pytest

from curate.faces import mtcnn
from curate.faces.mtcnn import Mtcnn

USUAL = Mtcnn()
EYES_NOSE_MOUTH = ((204, 102), (247, 104), (225, 130), (201, 140), (245, 142))


@pytest.fixture(scope="module")
def astronaut() -> Any:
    data = pytest.importorskip("skimage.data", reason="the picture comes with scikit-image (extra demo)")
    return data.astronaut()


def test_the_one_face_is_found_with_its_points(astronaut: Any) -> None:
    found = USUAL.faces(astronaut)
    assert found.boxes == pytest.approx(np.array([[180, 63, 266, 173]]), abs=6)
    assert found.scores[0] > 0.95
    assert found.points[0] == pytest.approx(np.array(EYES_NOSE_MOUTH), abs=3)


def test_several_faces_of_several_sizes_are_all_found_best_first(astronaut: Any) -> None:
    picture = np.full((600, 900, 3), 90, np.uint8)
    picture[:512, :512] = astronaut
    picture[300:556, 600:856] = astronaut[::2, ::2]
    found = USUAL.faces(picture)
    assert len(found.boxes) == 2
    assert list(found.scores) == sorted(found.scores, reverse=True)
    assert sorted(round(float(box[0])) // 100 for box in found.boxes) == [1, 6]


def test_a_face_smaller_than_the_smallest_searched_is_not_looked_for(astronaut: Any) -> None:
    assert len(Mtcnn(300).faces(astronaut).boxes) == 0


def test_a_face_cut_by_the_edge_of_the_picture_is_found(astronaut: Any) -> None:
    (box,) = USUAL.faces(np.ascontiguousarray(astronaut[:, 190:])).boxes
    assert box[0] < 10
    assert box[2] == pytest.approx(76, abs=10)


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (39, 39), (200, 300)])
def test_a_picture_without_a_face_has_none_whatever_its_size(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    found = USUAL.faces(picture)
    assert [len(part) for part in found] == [0, 0, 0]
    assert found.points.shape == (0, 5, 2)


def test_many_candidates_are_judged_in_parts_with_the_same_result(
    astronaut: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = USUAL.faces(astronaut)
    monkeypatch.setattr(mtcnn, "CROPS", 3)
    parts = USUAL.faces(astronaut)
    assert parts.boxes == pytest.approx(whole.boxes, abs=0.01)


def test_thresholds_of_certainty_leave_nothing(astronaut: Any) -> None:
    assert len(Mtcnn(thresholds=(0.6, 0.7, 0.99999)).faces(astronaut).boxes) == 0
