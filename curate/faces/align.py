"""Faces brought upright by their five points, at the scale they were taken: pixels are turned, never made up."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SIDE = 64
UPRIGHT = np.array([(20, 24), (44, 24), (32, 38), (22.5, 50), (41.5, 50)])  # where the five points are brought to
MIDDLE, HALF = np.array([32, 36]), 28  # of the square from brow to chin, in the same places


def turn_of(points: Numbers) -> complex:
    """The similarity that brings points nearest to the usual ones, but for the shift, as one complex number."""
    seen, usual = ((each - each.mean(axis=0)) @ (1, 1j) for each in (points, UPRIGHT))
    spread = float((np.abs(seen) ** 2).sum())
    turn = complex((usual * seen.conj()).sum()) / spread if spread else 1
    return turn or 1  # points that are all one, or mirrored, say nothing


def upright(rgb: Any, points: Any, margin: float) -> Any:
    """A square around a face in a picture (height, width, 3), upright by its points (5, 2), with a margin around.

    The margin is a share of the square from brow to chin. One pixel of the picture is one of the square, whatever its
    size; what lies outside of the picture is black.
    """
    seen = np.asarray(points, float)
    turn = turn_of(seen)
    side = max(1, min(round(2 * HALF * (1 + 2 * margin) / abs(turn)), 2 * max(rgb.shape[:2])))
    rotation = turn / abs(turn)
    matrix = np.array([[rotation.real, -rotation.imag], [rotation.imag, rotation.real]])
    shift = side / 2 - (MIDDLE - UPRIGHT.mean(axis=0)) / abs(turn) - matrix @ seen.mean(axis=0)
    return cv2.warpAffine(rgb, np.hstack([matrix, shift[:, None]]), (side, side), flags=cv2.INTER_LINEAR)
