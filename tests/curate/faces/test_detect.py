"""DetectFaces: clips with their scores, inside the frame, whatever the batch."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.faces.detect import DetectFaces
from curate.faces.mtcnn import CELL, Mtcnn
from curate.read.decode import Frame, decode
from curate.vectors import numbers
from schemas.errors import BadSetting, Missing
from schemas.media import Asset, Box, Clip, Score
from schemas.ranges import RANGES
from schemas.stage import Dropped, stage_key


@pytest.fixture(scope="module")
def astronaut() -> Any:
    data = pytest.importorskip("skimage.data", reason="the picture comes with scikit-image (extra demo)")
    return data.astronaut()


def picture(name: str = "a") -> Asset:
    return Asset(name, "picture", "jpeg", 1)


def made(rgb: Any, stage: DetectFaces | None = None, at_ms: int | None = None) -> list[Any]:
    (outcome,) = (stage or DetectFaces())([picture()], [Frame(at_ms, rgb)])
    assert not isinstance(outcome, Dropped)
    return list(outcome)


def boxes(outcome: Any) -> list[Box]:
    return [one.box for one in outcome if isinstance(one, Clip) and one.box]


def test_a_face_is_a_clip_with_its_score_points_and_pose(astronaut: Any) -> None:
    clip, *scores = made(astronaut)
    assert clip == Clip("a", "face", None, None, clip.box)
    assert clip.box == pytest.approx((181, 63, 86, 110), abs=6)
    names = ["face_score", "face_points", "yaw_deg", "pitch_deg", "roll_deg", "occlusion"]
    assert [one.name for one in scores] == names
    assert all(isinstance(one, Score) and one.row == clip.id for one in scores)
    assert len(numbers(scores[1])) == 10
    yaw, pitch, roll = (one.value for one in scores[2:5])
    assert abs(yaw) < 10
    assert abs(pitch) < 20
    assert roll == pytest.approx(3, abs=4)


def test_a_face_in_a_video_stands_at_the_instant_of_its_frame(astronaut: Any) -> None:
    assert (made(astronaut, at_ms=2040)[0].start_ms, made(astronaut, at_ms=2040)[0].end_ms) == (2040, 2040)


def test_the_mirrored_face_has_the_mirrored_pose(astronaut: Any) -> None:
    pose = [one.value for one in made(astronaut)[3:6]]
    mirrored = [one.value for one in made(np.ascontiguousarray(astronaut[:, ::-1]))[3:6]]
    assert mirrored == pytest.approx([-pose[0], pose[1], -pose[2]], abs=5)


def test_a_frame_without_a_face_leaves_nothing_and_is_not_dropped() -> None:
    assert made(np.zeros((1, 1, 3), np.uint8)) == []
    assert made(np.full((240, 320, 3), 128, np.uint8)) == []


def test_boxes_stay_inside_the_frame(astronaut: Any) -> None:
    ((left, top, width, height),) = boxes(made(np.ascontiguousarray(astronaut[80:, 190:])))
    assert left == 0
    assert top >= 0
    assert left + width <= 322
    assert top + height <= 432


def test_a_frame_that_is_shrunk_for_the_search_has_its_boxes_in_its_own_pixels(astronaut: Any) -> None:
    import cv2

    large = cv2.resize(astronaut, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    ((left, top, width, height),) = boxes(made(large, DetectFaces(max_side_px=512)))
    assert (left / 4, top / 4, width / 4, height / 4) == pytest.approx((181, 63, 86, 110), abs=6)


@pytest.mark.parametrize("wrong", [{"every_ms": 0}, {"max_side_px": 3}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting, match=r"face\.every_ms = .*; expected 12 pixels"):
        DetectFaces(**wrong)


def test_a_setting_may_have_just_the_sizes_the_stage_takes() -> None:
    smallest, largest = RANGES["face.find_px"]
    assert (smallest, largest) == (CELL, DetectFaces().max_side_px)


def test_weights_that_are_not_here_are_refused(astronaut: Any) -> None:
    with pytest.raises(Missing, match="pip install"):
        made(astronaut, DetectFaces(Mtcnn(weights="0" * 16)))


def test_every_parameter_is_part_of_the_identity_of_the_stage() -> None:
    detectors = [Mtcnn(), Mtcnn(smallest_px=41), Mtcnn(thresholds=(0.6, 0.7, 0.9)), Mtcnn(weights="0" * 16)]
    changed = [*map(DetectFaces, detectors), DetectFaces(every_ms=500)]
    assert len({stage_key(stage) for stage in changed}) == len(changed)


@settings(max_examples=8, deadline=None)
@given(
    order=st.permutations(range(5)),
    size=st.integers(1, 5),
    shifts=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 60)), min_size=5, max_size=5),
)
def test_order_and_company_in_a_batch_change_nothing(
    astronaut: Any, order: list[int], size: int, shifts: list[tuple[int, int]]
) -> None:
    crops = [np.ascontiguousarray(astronaut[top : top + 240, left : left + 300]) for left, top in shifts]
    rows = [(picture(str(place)), Frame(place, crop)) for place, crop in enumerate(crops)]
    stage = DetectFaces()
    alone = [next(iter(stage([row], [frame]))) for row, frame in rows]
    for first in range(0, 5, size):
        batch = order[first : first + size]
        outcomes = list(stage([rows[place][0] for place in batch], [rows[place][1] for place in batch]))
        assert outcomes == [alone[place] for place in batch]


def labelled(shared: Path) -> dict[str, list[Box]]:
    truth: dict[str, list[Box]] = {}
    for table in ("training.xml", "testing.xml"):
        for image in ET.parse(shared / "faces" / table).getroot().iter("image"):  # noqa: S314  # our own file
            sides = ("left", "top", "width", "height")
            found = [tuple(int(box.get(side, "0")) for side in sides) for box in image.iter("box")]
            truth.setdefault(Path(image.get("file", "")).name, []).extend(found)  # type: ignore[arg-type]
    return truth


def _overlap(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared_px = max(across, 0) * max(down, 0)
    return shared_px / (one[2] * one[3] + other[2] * other[3] - shared_px)


def found_among(stage: DetectFaces, shared: Path) -> tuple[int, int]:
    """How many of the faces on the photos a stage finds, and how many boxes hold none."""
    right = wrong = 0
    for name, truth in labelled(shared).items():
        with decode(shared / "faces" / name, "picture", sound=False, every_ms=(1000,)) as decoding:
            (frame,) = decoding.frames()
        for box in boxes(made(frame.rgb, stage)):
            hit = any(_overlap(box, one) > 0.3 for one in truth)
            right, wrong = right + hit, wrong + (not hit)
    return right, wrong


@pytest.mark.shared
def test_42_of_the_43_faces_on_photos_are_found_and_nothing_else(shared: Path) -> None:
    assert found_among(DetectFaces(), shared) == (42, 0)


@pytest.mark.shared
def test_a_talking_head_has_one_face_on_every_frame(shared: Path) -> None:
    for path in sorted((shared / "video").glob("*.mpg")):
        with decode(path, "video", sound=False, every_ms=(500,)) as decoding:
            frames = list(decoding.frames())
        assert [len(boxes(outcome)) for outcome in DetectFaces()([picture()] * len(frames), frames)] == [1] * len(
            frames
        )
