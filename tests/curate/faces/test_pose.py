"""Head pose from five points: exact for the generic face, and in the directions that the names say."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.faces.pose import FACE_MM, head_poses


def head_pose(points: Any) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of the one head with these points (5, 2)."""
    yaw, pitch, roll = head_poses(np.asarray(points, float)[None])[0].tolist()
    return yaw, pitch, roll


def seen(yaw: float, pitch: float, roll: float, scale: float = 2.0) -> Any:
    """The generic face turned, as a camera far away sees it."""
    turns = [np.radians([0, 0, roll]), np.radians([0, -yaw, 0]), np.radians([-pitch, 0, 0])]
    about_z, about_y, about_x = (cv2.Rodrigues(turn)[0] for turn in turns)
    return (np.array(FACE_MM) @ (about_z @ about_y @ about_x).T)[:, :2] * scale + (300, 200)


@given(st.floats(-50, 50), st.floats(-35, 35), st.floats(-40, 40), st.floats(0.2, 20))
def test_the_pose_of_a_face_that_is_not_turned_far_is_recovered(
    yaw: float, pitch: float, roll: float, scale: float
) -> None:
    assert head_pose(seen(yaw, pitch, roll, scale)) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_a_nose_to_the_right_is_a_positive_yaw_a_nose_raised_a_positive_pitch_a_clockwise_tilt_a_positive_roll() -> (
    None
):
    frontal = seen(0, 0, 0)
    right, raised = frontal.copy(), frontal.copy()
    right[2, 0] += 15
    raised[2, 1] -= 15
    assert head_pose(right)[0] > 10
    assert head_pose(raised)[1] > 10
    lower_right_eye = frontal.copy()
    lower_right_eye[[1, 4], 1] += 10
    assert head_pose(lower_right_eye)[2] > 3


def test_a_smile_does_not_pass_for_a_nod() -> None:
    smiling = seen(0, 0, 0)
    smiling[3:, 1] -= 20  # 10 mm up
    assert abs(head_pose(smiling)[1]) < 6


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.ones((5, 2)) * 7, np.arange(10).reshape(5, 2)])
def test_points_that_are_no_face_still_give_finite_numbers(points: Any) -> None:
    assert np.isfinite(head_pose(points)).all()


def test_a_head_has_the_pose_it_has_whoever_else_is_in_the_picture() -> None:
    crowd = np.array([seen(yaw, 5, -yaw, 1 + abs(yaw) / 10) for yaw in range(-40, 50, 10)] + [np.zeros((5, 2))])
    alone = [head_pose(points) for points in crowd]
    assert head_poses(crowd).tolist() == [list(pose) for pose in alone]
    assert head_poses(np.zeros((0, 5, 2))).shape == (0, 3)
