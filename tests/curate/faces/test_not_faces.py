"""What is no face is not a good one: an animal, and things among which a detector sees faces now and then."""

from typing import Any

import pytest

from curate.faces.mtcnn import Mtcnn
from schemas.sections import FaceSettings

GOOD = FaceSettings()


@pytest.fixture(scope="module")
def pictures() -> Any:
    return pytest.importorskip("skimage.data", reason="the pictures come with scikit-image (extra demo)")


def good_faces(rgb: Any) -> int:
    """How many faces of a picture the defaults ask people about, as far as the detector decides it."""
    return int((Mtcnn(smallest_px=GOOD.find_px).faces(rgb).scores >= GOOD.min_score).sum())


def test_a_cat_that_looks_at_the_camera_is_no_face(pictures: Any) -> None:
    assert good_faces(pictures.chelsea()) == 0
    assert good_faces(pictures.astronaut()) == 1


@pytest.mark.parametrize("name", ["coffee", "rocket", "colorwheel"])
def test_things_are_no_good_faces(pictures: Any, name: str) -> None:
    assert good_faces(getattr(pictures, name)()[..., :3]) == 0


def test_what_a_motorcycle_has_of_a_face_is_less_sure_than_a_good_one(pictures: Any) -> None:
    left, _, _ = pictures.stereo_motorcycle()
    assert good_faces(left) == 0
    assert len(Mtcnn(smallest_px=GOOD.find_px).faces(left).scores) == 1
