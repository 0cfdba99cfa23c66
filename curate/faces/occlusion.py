"""How much of a face seems to be covered, by what every uncovered face shows: eyes, a mouth, and two like halves."""

from typing import Any

import cv2
import numpy as np

from curate.faces.align import SIDE, UPRIGHT, Numbers, turn_of

CELL, ANGLES = 8, 6
INNER = np.s_[12:60, 12:52]
FLAT = 5.0  # levels: added to the contrast of a face, so that noise on a flat one is none
FAINT = 170.0  # summed gradient of a cell below which it has no direction
CHEEK, BAND, LIPS, ALIKE = 2.0, 0.5, 0.5, 0.71  # what uncovered faces reach
ALL_BUT = 0.3  # of an eye that is darker than its cheek but not than its lid: closed, or narrow
TURNED_DEG = 45.0  # from here on one half of a face is hidden by the other


# Of every pixel, where the counts of its cell begin.
WHICH_CELL = ANGLES * np.add.outer(SIDE // CELL * (np.arange(SIDE) // CELL), np.arange(SIDE) // CELL)


def occlusion(rgb: Any, points: Any) -> float:
    """How much of a face seems covered, 0 to 1, of a picture (height, width, 3) and five points (5, 2) in its pixels.

    One less the product of three shares, in luma brought upright by the points: both eyes are darker than the cheeks
    below and than what is above and below them; lips meet in a line that is darker than they are; the directions of
    the edges (histograms of cells, Dalal and Triggs 2005, doi:10.1109/CVPR.2005.177) of one half mirror the other's.
    What looks like an eye hides from it, so sunglasses do, and so does what is smaller than an eye; light from the side
    and turned heads pass for a cover.
    """
    luma, places = _upright(rgb, np.asarray(points, float))
    contrast = float(cv2.meanStdDev(luma[INNER])[1][0, 0]) + FLAT
    cheek = min(_darker_than_cheek(luma, place) for place in places[:2]) / contrast
    band = min(_dark_band(luma, place, (4, 5, 6)) for place in places[:2]) / contrast
    lips = _dark_band(luma, places[3:].mean(axis=0), (6, 4, 4)) / contrast
    eyes = np.clip(cheek / CHEEK, 0, 1) * np.clip(band / BAND, ALL_BUT, 1)
    return float(1 - eyes * np.clip(lips / LIPS, 0, 1) * np.clip(_likeness(luma) / ALIKE, 0, 1) ** 2)


def _upright(rgb: Any, points: Numbers) -> tuple[Numbers, Numbers]:
    """Luma of a face (64, 64), turned and scaled so that its points lie on the usual ones, and where they lie then."""
    middle = points.mean(axis=0)
    turn = turn_of(points)
    half = SIDE / abs(turn)
    last = np.array([rgb.shape[1] - 1, rgb.shape[0] - 1])
    low = np.clip(np.floor(middle - half), 0, last).astype(int)
    right, bottom = np.clip(np.ceil(middle + half), low + 1, last + 1).astype(int)
    crop = cv2.cvtColor(np.ascontiguousarray(rgb[low[1] : bottom, low[0] : right]), cv2.COLOR_RGB2GRAY)
    shrink = min(1.0, abs(turn))
    if shrink < 1:
        size = [max(1, round(side * shrink)) for side in crop.shape[::-1]]
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    inside = (points - low) * shrink
    turn /= shrink
    centre, usual = inside.mean(axis=0), UPRIGHT.mean(axis=0)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    moved = np.hstack([matrix, (usual - matrix @ centre)[:, None]])
    luma = cv2.warpAffine(crop, moved, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return luma.astype(float), (inside - centre) @ matrix.T + usual


def _darker_than_cheek(luma: Numbers, place: Numbers) -> float:
    x, y = (min(max(int(value), 6), SIDE - 15) for value in place)
    eye, cheek = luma[y - 3 : y + 4, x - 5 : x + 6], luma[y + 7 : y + 14, x - 5 : x + 6]
    return float(cheek.sum() / cheek.size) - _fifth(eye)


def _fifth(values: Numbers) -> float:
    """What a fifth of the values does not exceed, between two of them in proportion, as numpy's percentile has it."""
    place, between = divmod((values.size - 1) / 5, 1)
    low, high = np.partition(values.ravel(), (int(place), int(place) + 1))[int(place) : int(place) + 2].tolist()
    return float(low + (high - low) * between)


def _dark_band(luma: Numbers, place: Numbers, sizes: tuple[int, int, int]) -> float:
    """How far the darkest row near a place lies below those above and below it; sizes: half width, up, down."""
    half, up, down = sizes
    x, y = (min(max(int(value), 12), SIDE - 12) for value in place)
    plain = luma[:, x - half : x + half + 1].sum(axis=1) / (2 * half + 1)
    rows = plain.copy()
    rows[1:] += plain[:-1]
    rows[0] += plain[0]
    rows[:-1] += plain[1:]
    rows[-1] += plain[-1]
    rows /= 3
    first, last = max(y - 5, up), min(y + 6, SIDE - down)
    beside = np.minimum(rows[first - up : last - up], rows[first + down : last + down])
    return float((beside - rows[first:last]).max())


def _likeness(luma: Numbers) -> float:
    """How alike the edges of both halves are, 0 to 1, over the cells of the inner face."""
    across, down = cv2.Sobel(luma, cv2.CV_64F, 1, 0), cv2.Sobel(luma, cv2.CV_64F, 0, 1)
    strength, degrees = cv2.cartToPolar(across, down, angleInDegrees=True)
    angle = (np.where(degrees < 180, degrees, degrees - 180) * ANGLES / 180).astype(int)
    angle[angle == ANGLES] = 0
    cells = SIDE // CELL
    sums = np.bincount((WHICH_CELL + angle).ravel(), strength.ravel(), cells * cells * ANGLES)
    edges: Numbers = sums.reshape(cells, cells, ANGLES).astype(float)
    edges = edges / (np.linalg.norm(edges, axis=-1, keepdims=True) + FAINT)
    mirrored = edges[:, ::-1, ::-1]
    return float((edges * mirrored)[1:7, 1:4].sum(axis=-1).mean())
