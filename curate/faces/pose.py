"""Where a head looks, from five points of its face."""

from typing import Any

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


def head_poses(points: Any) -> Numbers:
    """Yaw, pitch and roll of heads in degrees, (faces, 3), from left eye, right eye, nose, left and right mouth.

    Points are pixels, (faces, 5, 2). Yaw is positive when the face turns to the right of the picture, pitch when it
    looks up, roll when it tilts clockwise; all are 0 for an upright face that looks at the camera. A generic face under
    scaled orthography, fitted by weighted Gauss-Newton steps (Lowe 1991, doi:10.1109/34.134043). Faces differ: good to
    some 10 degrees. All heads of a picture are fitted at once, each on its own.
    """
    given = np.asarray(points, float)
    seen = given - given.mean(axis=1, keepdims=True)
    model = np.array(FACE_MM, float)
    turn, scale, shift = _frontal(seen, model)
    left = np.arange(len(seen))
    for _ in range(STEPS if len(seen) else 0):
        step = _steps(seen[left], model @ turn[left].transpose(0, 2, 1), scale[left], shift[left])
        angle = np.linalg.norm(step[:, :3], axis=1)
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(angle, SETTLED))[:, None]
        turn[left] = _rotations(step[:, :3]) @ turn[left]
        scale[left] += step[:, 3]
        shift[left] += step[:, 4:]
        left = left[angle >= SETTLED]
        if not len(left):
            break
    yaw = np.arcsin(np.clip(turn[:, 2, 0], -1, 1))
    pitch, roll = -np.arctan2(turn[:, 2, 1], turn[:, 2, 2]), np.arctan2(turn[:, 1, 0], turn[:, 0, 0])
    degrees: Numbers = np.degrees(np.stack([yaw, pitch, roll], axis=1))
    return degrees


def _frontal(seen: Numbers, model: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Where the search begins: faces that look straight ahead, tilted as their eyes are; rotations, scales, shifts."""
    across, down = (seen[:, 1] - seen[:, 0]).T
    turn = _rotations(np.stack([np.zeros(len(seen)), np.zeros(len(seen)), np.arctan2(down, across)], axis=1))
    flat = (model @ turn.transpose(0, 2, 1))[:, :, :2]
    middle = flat.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(flat - middle, axis=(1, 2))
    scale = np.maximum(np.linalg.norm(seen, axis=(1, 2)) / sizes, SETTLED)
    return turn, scale, -scale[:, None] * middle[:, 0]


def _rotations(vectors: Numbers) -> Numbers:
    """Rotations about vectors by their length in radians, (n, 3) as (n, 3, 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    axis = vectors / np.maximum(angle[:, 0], np.finfo(float).tiny)
    cross = np.zeros((len(vectors), 3, 3))
    cross[:, (2, 0, 1), (1, 2, 0)], cross[:, (1, 2, 0), (2, 0, 1)] = axis, -axis
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross), float)


def _steps(seen: Numbers, turned: Numbers, scale: Numbers, shift: Numbers) -> Numbers:
    """Changes of rotation (a vector of radians), scale and shift that best explain what is left of the points, (n, 6).

    The least squares of all heads are solved at once, by their normal equations: columns of one length keep them exact.
    """
    across, down, away = np.moveaxis(turned, -1, 0)
    slope = np.zeros((len(seen), 5, 2, 6))
    slope[:, :, 0, 1], slope[:, :, 0, 2] = scale[:, None] * away, -scale[:, None] * down
    slope[:, :, 1, 0], slope[:, :, 1, 2] = -scale[:, None] * away, scale[:, None] * across
    slope[:, :, :, 3] = turned[:, :, :2]
    slope[:, :, 0, 4] = slope[:, :, 1, 5] = 1
    weight = 1 / np.array(SPREAD_MM, float)
    left = (seen - scale[:, None, None] * turned[:, :, :2] - shift[:, None]) * weight
    weighted = (slope * weight[..., None]).reshape(-1, 10, 6)
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    columns = weighted / lengths
    rows = columns.transpose(0, 2, 1)
    solved = np.linalg.solve(rows @ columns, rows @ left.reshape(-1, 10, 1))
    return np.asarray(solved[..., 0] / lengths[:, 0], float)
