"""Occlusion: what is put over a face is seen on it, at any size and tilt; what the proxy misses is held here, too."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from curate.faces.detect import DetectFaces
from curate.faces.mtcnn import Mtcnn
from curate.faces.occlusion import TURNED_DEG, occlusion
from curate.faces.pose import head_poses
from curate.read.decode import Frame, decode
from schemas.media import Asset, Score

COVERED = 0.8
COVERS = {
    "left half": (0, 0, 0.5, 1),
    "right half": (0.5, 0, 1, 1),
    "mask": (0, 0.58, 1, 1.2),
    "bar": (0, 0.28, 1, 0.5),
}


@pytest.fixture(scope="module")
def astronaut() -> Any:
    return pytest.importorskip("skimage.data", reason="the picture comes with scikit-image (extra demo)").astronaut()


@pytest.fixture(scope="module")
def points(astronaut: Any) -> Any:
    return Mtcnn().faces(astronaut).points[0]


def covered(rgb: Any, box: Any, shares: tuple[float, float, float, float], colour: tuple[int, int, int]) -> Any:
    """A picture with a rectangle of one colour over some of a box; shares of its size: left, top, right, bottom."""
    left, top, right, bottom = box
    across, down = right - left, bottom - top
    low = round(left + shares[0] * across), round(top + shares[1] * down)
    high = round(left + shares[2] * across), round(top + shares[3] * down)
    return cv2.rectangle(rgb.copy(), low, high, colour, -1)


def hand(rgb: Any, box: Any, middle: tuple[float, float], half: tuple[float, float]) -> Any:
    """A picture with an ellipse of the colour of the cheek over some of a box."""
    left, top, right, bottom = box
    across, down = right - left, bottom - top
    skin = np.median(rgb[round(top + 0.6 * down) : round(top + 0.7 * down), round(left) : round(right)], axis=(0, 1))
    centre = round(left + middle[0] * across), round(top + middle[1] * down)
    axes = round(half[0] * across), round(half[1] * down)
    return cv2.ellipse(rgb.copy(), centre, axes, 20, 0, 360, skin.tolist(), -1)


@pytest.mark.parametrize("cover", COVERS)
@pytest.mark.parametrize("colour", [(30, 60, 160), (210, 205, 200)])
def test_half_a_face_a_mask_and_a_bar_over_the_eyes_are_seen(
    astronaut: Any, points: Any, cover: str, colour: tuple[int, int, int]
) -> None:
    box = Mtcnn().faces(astronaut).boxes[0]
    assert occlusion(astronaut, points) < 0.3
    assert occlusion(covered(astronaut, box, COVERS[cover], colour), points) > COVERED


@pytest.mark.parametrize("middle", [(0.3, 0.4), (0.7, 0.4), (0.5, 0.78)])
def test_a_hand_over_an_eye_or_the_mouth_is_seen_though_it_has_the_colour_of_the_face(
    astronaut: Any, points: Any, middle: tuple[float, float]
) -> None:
    box = Mtcnn().faces(astronaut).boxes[0]
    assert occlusion(hand(astronaut, box, middle, (0.25, 0.3)), points) > COVERED


def test_size_and_tilt_of_a_face_change_little(astronaut: Any, points: Any) -> None:
    plain = occlusion(astronaut, points)
    for scale in (0.5, 3):
        resized = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        assert occlusion(resized, scale * points) == pytest.approx(plain, abs=0.2)
    turn = cv2.getRotationMatrix2D((224, 118), 25, 1.0)
    turned = cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    assert occlusion(turned, points @ turn[:, :2].T + turn[:, 2]) == pytest.approx(plain, abs=0.2)


@pytest.mark.parametrize("shape", [(1, 1), (30, 40), (400, 3)])
def test_points_that_lie_anywhere_break_nothing(shape: tuple[int, int], points: Any) -> None:
    for moved in (points, points * 0, points - 500, points + 500, np.zeros((5, 2)) + 7):
        assert 0 <= occlusion(np.full((*shape, 3), 90, np.uint8), moved) <= 1


def test_what_is_smaller_than_an_eye_is_missed(astronaut: Any, points: Any) -> None:
    box = Mtcnn().faces(astronaut).boxes[0]
    assert occlusion(hand(astronaut, box, (0.25, 0.68), (0.1, 0.1)), points) < COVERED


@pytest.mark.shared
def test_most_made_covers_are_seen_on_photos_and_most_uncovered_faces_are_not_taken_for_covered(shared: Path) -> None:
    plain: list[float] = []
    seen: dict[str, list[float]] = {name: [] for name in (*COVERS, "hand")}
    for path in sorted((shared / "faces").glob("*.jpg")):
        with decode(path, "picture", sound=False, every_ms=(1000,)) as decoding:
            (frame,) = decoding.frames()
        faces = Mtcnn().faces(frame.rgb)
        for box, sure, points in zip(*faces[:2], faces.points, strict=True):
            if sure < 0.9 or abs(head_poses(np.asarray(points, float)[None])[0][0]) > TURNED_DEG:
                continue
            plain.append(occlusion(frame.rgb, points))
            for name, shares in COVERS.items():
                seen[name].append(occlusion(covered(frame.rgb, box, shares, (60, 80, 110)), points))
            seen["hand"].append(occlusion(hand(frame.rgb, box, (0.62, 0.7), (0.25, 0.3)), points))
    assert np.mean(np.array(plain) > COVERED) <= 0.2
    shares = {name: float(np.mean(np.array(values) > COVERED)) for name, values in seen.items()}
    assert min(shares.values()) >= 0.8, shares


def test_a_face_that_looks_away_has_no_such_score(astronaut: Any) -> None:
    class Sideways(Mtcnn):
        def faces(self, rgb: Any) -> Any:
            faces = super().faces(rgb)
            turned = faces.points.copy()
            turned[:, 2, 0] += 30  # the nose before the far cheek
            return faces._replace(points=turned)

    (outcome,) = DetectFaces(Sideways())([Asset("a", "picture", "png", 1)], [Frame(None, astronaut)])
    names = {row.name: row.value for row in outcome if isinstance(row, Score)}  # type: ignore[union-attr]
    assert abs(names["yaw_deg"] or 0) > 45
    assert "occlusion" not in names
