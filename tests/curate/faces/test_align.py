"""Aligned crops: upright, the points always at the same places, one pixel for one pixel."""

from typing import Any

import cv2
import numpy as np
import pytest

from curate.faces.align import HALF, MIDDLE, UPRIGHT, turn_of, upright

FRONTAL = np.array([(100, 90), (148, 90), (124, 118), (105, 142), (143, 142)], float)  # twice the usual size


def dotted(points: Any, side: int = 300) -> Any:
    rgb = np.zeros((side, side, 3), np.uint8)
    for x, y in points:
        cv2.circle(rgb, (round(x), round(y)), 3, (255, 255, 255), -1)
    return rgb


def dots(rgb: Any) -> Any:
    """The middles of the dots, from left to right in rows."""
    middles = cv2.connectedComponentsWithStats((rgb[..., 0] > 100).astype(np.uint8))[3][1:]
    return middles[np.lexsort((middles[:, 0], middles[:, 1].round(-1)))]


@pytest.mark.parametrize("degrees", [0, 30, -75, 170])
@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_a_tilted_face_comes_out_upright_at_the_scale_it_had(degrees: int, margin: float) -> None:
    turn = cv2.getRotationMatrix2D((150, 150), degrees, 1.0)
    tilted = FRONTAL @ turn[:, :2].T + turn[:, 2]
    crop = upright(dotted(tilted), tilted, margin)
    assert crop.shape == (round(4 * HALF * (1 + 2 * margin)),) * 2 + (3,)
    expected = 2 * (UPRIGHT - MIDDLE) + crop.shape[0] / 2
    assert dots(crop) == pytest.approx(expected[np.lexsort((expected[:, 0], expected[:, 1].round(-1)))], abs=1.5)


def test_a_small_face_is_a_small_crop() -> None:
    small = FRONTAL / 4
    assert abs(turn_of(small)) == pytest.approx(2)
    assert upright(dotted(small, 80), small, 0).shape == (28, 28, 3)


def test_what_lies_outside_of_the_picture_is_black() -> None:
    crop = upright(np.full((150, 150, 3), 200, np.uint8), FRONTAL, 0.3)
    assert crop[:, 2].max() == 200
    assert crop[:, -2].max() == 0


def test_points_that_say_nothing_still_give_a_crop() -> None:
    assert upright(np.zeros((40, 30, 3), np.uint8), np.zeros((5, 2)) + 9, 0.3).shape == (80, 80, 3)
