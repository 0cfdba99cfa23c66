"""Where a head looks, from five points of its face."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


# The points of an adult's face in millimetres: right, down and away from who looks at it. The eyes are 63 mm apart
# (Dodgson 2004, doi:10.1117/12.529999); the other places are where the detector sees them on frontal faces of that
# size; the nose stands 28 mm and the mouth 6 mm before the eyes.
FACE_MM = ((-31.5, 0, 0), (31.5, 0, 0), (0, 35, -28), (-26, 70, -6), (26, 70, -6))

# How far each point may lie from there, across and down: a smile lifts the corners of the mouth and fear drops the jaw,
# and an expression must not pass for a nod.
SPREAD_MM = ((2, 2), (2, 2), (3, 3), (6, 20), (6, 20))

STEPS = 20
LONGEST_STEP = 0.25  # radians: from the frontal pose, small steps reach the nearest explanation of the points
SETTLED = 1e-5


def head_pose(points: Any) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a head in degrees, from left eye, right eye, nose, left and right mouth, (5, 2) pixels.

    Yaw is positive when the face turns to the right of the picture, pitch when it looks up, roll when it tilts
    clockwise; all are 0 for an upright face that looks at the camera. A generic face under scaled orthography, fitted
    by weighted Gauss-Newton steps (Lowe 1991, doi:10.1109/34.134043). Faces differ: good to some 10 degrees.
    """
    seen = np.asarray(points, float) - np.mean(points, axis=0)
    model = np.array(FACE_MM, float)
    turn, scale, shift = _frontal(seen, model)
    for _ in range(STEPS):
        step = _step(seen, model @ turn.T, scale, shift)
        angle = float(np.linalg.norm(step[:3]))
        step *= min(1.0, LONGEST_STEP / max(angle, SETTLED))
        turn = cv2.Rodrigues(step[:3])[0] @ turn
        scale, shift = scale + step[3], shift + step[4:]
        if angle < SETTLED:
            break
    yaw = np.arcsin(np.clip(turn[2, 0], -1, 1))
    pitch, roll = -np.arctan2(turn[2, 1], turn[2, 2]), np.arctan2(turn[1, 0], turn[0, 0])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def _frontal(seen: Numbers, model: Numbers) -> tuple[Numbers, float, Numbers]:
    """Where the search begins: a face that looks straight ahead, tilted as its eyes are; rotation, scale and shift."""
    across, down = seen[1] - seen[0]
    turn = np.asarray(cv2.Rodrigues(np.array([0, 0, np.arctan2(down, across)]))[0], float)
    flat = (model @ turn.T)[:, :2]
    size = np.linalg.norm(flat - flat.mean(axis=0))
    scale = max(float(np.linalg.norm(seen) / size), SETTLED)
    return turn, scale, -scale * flat.mean(axis=0)


def _step(seen: Numbers, turned: Numbers, scale: float, shift: Numbers) -> Numbers:
    """Change of rotation (a vector of radians), scale and shift that best explains what is left of the points, (6,)."""
    across, down, away = turned.T
    slope = np.zeros((5, 2, 6))
    slope[:, 0, 1], slope[:, 0, 2] = scale * away, -scale * down
    slope[:, 1, 0], slope[:, 1, 2] = -scale * away, scale * across
    slope[:, :, 3] = turned[:, :2]
    slope[:, 0, 4] = slope[:, 1, 5] = 1
    weight = 1 / np.array(SPREAD_MM, float)
    left = (seen - scale * turned[:, :2] - shift) * weight
    solved = np.linalg.lstsq((slope * weight[..., None]).reshape(10, 6), left.ravel(), rcond=None)[0]
    return np.asarray(solved, float)
