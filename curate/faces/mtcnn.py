"""MTCNN: three small networks, each looking closer, that find faces and five points on them (arXiv:1604.02878)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Literal

import cv2
import joblib
import numpy as np
from onnxruntime import InferenceSession

from curate.faces.detector import Array, Faces, Pixels
from curate.faces.network import Network
from curate.weights import Packed, Weights, verified_files

PACKED = Packed("mtcnn", tuple(f"assets/weights/{name}.lz4" for name in ("pnet", "rnet", "onet")), "mtcnn==1.0.0")
MTCNN = Weights(
    name="MTCNN (proposal, refinement and output network in mtcnn 1.0)",
    sha256="4fc64d898dbb755011e69a466b50aeb31224f811519bb51a1ee3eade504cbfef",
    licence="MIT",
    purpose="finds faces and five points on each",
    packed=PACKED,
)

CELL = 12  # pixels of picture the first network judges at a time
CELL_STEP = 2
HALVE_BELOW = 0.35  # share of the picture's size below which it is halved before it is made smaller
SHRINK = 0.709  # from one size of the picture to the next: half the area
REFINED = 24  # pixels of the crops the second and the third network see
FINAL = 48
CROPS = 256  # crops judged in one call; keeps memory flat on a picture full of candidates
OVERLAP_AT_ONE_SIZE = 0.5
OVERLAP = 0.7


@dataclass(frozen=True)
class Mtcnn:
    """Finds faces from `smallest_px` up (the side of a square) that pass the thresholds of the three networks."""

    smallest_px: int = 40
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8)
    weights: str = MTCNN.short
    backend: Literal["mtcnn"] = "mtcnn"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The three networks, known by one SHA-256."""
        return (MTCNN,)

    def faces(self, rgb: Pixels) -> Faces:
        """The faces in one picture, best first; pixels may lie outside the picture."""
        networks = _networks(self.weights)
        boxes = _proposals(networks[0], rgb, self)
        boxes, scores, results = _judged(networks[1], rgb, boxes, (REFINED, self.thresholds[1]))
        boxes = _shifted(boxes, results[0])
        boxes = _square(boxes[_distinct(boxes, scores, OVERLAP)])
        boxes, scores, results = _judged(networks[2], rgb, boxes, (FINAL, self.thresholds[2]))
        size = boxes[:, 2:] - boxes[:, :2]
        points = boxes[:, None, :2] + size[:, None] * results[1].reshape(-1, 2, 5).transpose(0, 2, 1)
        boxes = _shifted(boxes, results[0])
        kept = _not_nested(boxes, scores, OVERLAP)
        return Faces(boxes[kept], scores[kept], points[kept].astype(np.float32))


def _proposals(network: InferenceSession, rgb: Pixels, search: Mtcnn) -> Array:
    """Squares that may hold a face, from the first network run over the picture at every size."""
    found, sure = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    for picture, scale in _sizes(rgb, search.smallest_px):
        shifts, chances = network.run(None, {"picture": _scaled(picture)[None]})
        chance = chances[0, 1]
        rows, columns = np.nonzero(chance > search.thresholds[0])
        corners = CELL_STEP * np.stack([columns, rows, columns, rows], axis=1)
        cells = corners + np.array([0, 0, CELL, CELL], np.float32)
        boxes = (cells + CELL * shifts[0][:, rows, columns].T) / scale
        scores = chance[rows, columns]
        kept = _distinct(boxes, scores, OVERLAP_AT_ONE_SIZE)
        found.append(boxes[kept].astype(np.float32))
        sure.append(scores[kept])
    boxes, scores = np.concatenate(found), np.concatenate(sure)
    return _square(boxes[_distinct(boxes, scores, OVERLAP)])


def _sizes(rgb: Pixels, smallest_px: float) -> Iterator[tuple[Pixels, float]]:
    """The picture smaller and smaller, with its scale: first so that the smallest face fills one cell.

    Sizes are drawn from the picture halved as often as leaves it well above them: halving is cheap, the rest is not.
    """
    height, width = rgb.shape[:2]
    scale, halved = CELL / smallest_px, 1.0
    while min(height, width) * scale >= CELL:
        while scale < HALVE_BELOW * halved:
            rgb = _shrunk(rgb, rgb.shape[1] // 2, rgb.shape[0] // 2)
            halved /= 2
        yield _shrunk(rgb, int(np.ceil(width * scale)), int(np.ceil(height * scale))), scale
        scale *= SHRINK


def _shrunk(rgb: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _judged(
    network: InferenceSession, rgb: Pixels, boxes: Array, bar: tuple[int, float]
) -> tuple[Array, Array, list[Array]]:
    """What a network that sees crops of `bar[0]` pixels says of boxes: those above `bar[1]`, scores, other results."""
    side, threshold = bar
    parts = [
        network.run(None, {"picture": _crops(rgb, boxes[first : first + CROPS], side)})
        for first in range(0, max(len(boxes), 1), CROPS)
    ]
    *others, chances = [np.concatenate(column) for column in zip(*parts, strict=True)]
    passed = chances[:, 1] > threshold
    return boxes[passed], chances[passed, 1], [other[passed] for other in others]


def _crops(rgb: Pixels, boxes: Array, side: int) -> Array:
    """The boxes cut out and brought to one size, (boxes, 3, side, side); black where a box leaves the picture."""
    height, width = rgb.shape[:2]
    crops = np.zeros((len(boxes), side, side, 3), np.uint8)
    for crop, (left, top, right, bottom) in zip(crops, boxes.round().astype(int).tolist(), strict=True):
        inside = rgb[max(top, 0) : max(bottom, top + 1, 0), max(left, 0) : max(right, left + 1, 0)]
        if not inside.size:
            continue
        margins = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
        whole = cv2.copyMakeBorder(inside, *margins, cv2.BORDER_CONSTANT) if any(margins) else inside
        cv2.resize(whole, (side, side), dst=crop, interpolation=cv2.INTER_AREA)
    return _scaled(crops)


def _scaled(rgb: Pixels) -> Array:
    """Pixels as the networks learnt them: colours before height and width, -1 to 1."""
    scaled: Array = (rgb.astype(np.float32) - np.float32(127.5)) / np.float32(128)
    return np.moveaxis(scaled, -1, -3)


def _shifted(boxes: Array, shifts: Array) -> Array:
    """Boxes whose corners are moved by the given shares of their size."""
    return boxes + shifts * np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _square(boxes: Array) -> Array:
    """Boxes made square around their middle, by their longer side."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _distinct(boxes: Array, scores: Array, overlap: float) -> Any:
    """Positions of the boxes, best first, that share no more than `overlap` (of their union) with a better one."""
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    if not len(corners):
        return np.zeros(0, int)
    return np.asarray(cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, overlap), int)


def _not_nested(boxes: Array, scores: Array, overlap: float) -> list[int]:
    """Positions of the boxes, best first, that share no more than `overlap` of the smaller one with a better one."""
    kept: list[int] = []
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    for place in np.argsort(-scores, kind="stable").tolist():
        low = np.maximum(boxes[kept, :2], boxes[place, :2])
        high = np.minimum(boxes[kept, 2:], boxes[place, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        if not (shared > overlap * np.minimum(areas[kept], areas[place])).any():
            kept.append(place)
    return kept


@cache
def _networks(weights: str) -> tuple[InferenceSession, InferenceSession, InferenceSession]:
    """Proposal, refinement and output network, put together from the arrays in the installed package.

    They run on the processor: a dozen small calls for each picture, every one of another size, take twice as long on a
    graphics card (19 pictures/s against 8, measured in one process each).
    """
    first, second, third = (joblib.load(BytesIO(content)) for content in verified_files(PACKED, weights))
    return _proposal_network(first), _crop_network(second, REFINED), _crop_network(third, FINAL)


class _Layers:
    """A network under construction: arrays are taken from a list in the order in which the layers want them."""

    def __init__(self, name: str, arrays: list[Any]) -> None:
        self.net = Network(name)
        self.arrays = iter(arrays)

    def conv(self, value: str) -> str:
        """A convolution; its kernel is kept as (height, width, inputs, outputs)."""
        kernel = next(self.arrays).transpose(3, 2, 0, 1)
        return self.net.node("Conv", value, self.net.constant(kernel), self.net.constant(next(self.arrays)))

    def prelu(self, value: str) -> str:
        """A rectifier with a slope per channel."""
        slopes = next(self.arrays)
        return self.net.node(
            "PRelu", value, self.net.constant(slopes.reshape(-1, 1, 1) if slopes.ndim == 3 else slopes)
        )

    def pool(self, value: str, side: int, *, whole: bool) -> str:
        """The maximum over squares, two apart; `whole` counts a square that sticks out at the far edge too."""
        return self.net.node("MaxPool", value, kernel_shape=[side, side], strides=[2, 2], ceil_mode=int(whole))

    def dense(self, value: str) -> str:
        """A fully connected layer."""
        return self.net.dense(value, next(self.arrays), next(self.arrays))

    def chances(self, value: str) -> str:
        """Scores of two classes as probabilities."""
        return self.net.node("Softmax", value, axis=1)


def _proposal_network(arrays: list[Any]) -> InferenceSession:
    layers = _Layers("proposal", arrays)
    value = layers.pool(layers.prelu(layers.conv("picture")), 2, whole=True)
    value = layers.prelu(layers.conv(layers.prelu(layers.conv(value))))
    shifts, chances = layers.conv(value), layers.chances(layers.conv(value))
    return layers.net.session({"picture": [1, 3, "height", "width"]}, (shifts, chances), on_processor=True)


def _crop_network(arrays: list[Any], side: int) -> InferenceSession:
    """The refinement network, or the output network, which has one layer and one result (the points) more."""
    layers = _Layers(f"crops of {side}", arrays)
    value = layers.pool(layers.prelu(layers.conv("picture")), 3, whole=True)
    value = layers.pool(layers.prelu(layers.conv(value)), 3, whole=False)
    value = layers.prelu(layers.conv(value))
    if side == FINAL:
        value = layers.prelu(layers.conv(layers.pool(value, 2, whole=True)))
    value = layers.net.node("Flatten", layers.net.node("Transpose", value, perm=[0, 3, 2, 1]), axis=1)
    value = layers.prelu(layers.dense(value))
    results = [layers.dense(value) for _ in range(2 if side == FINAL else 1)]
    chances = layers.chances(layers.dense(value))
    return layers.net.session({"picture": ["crops", 3, side, side]}, (*results, chances), on_processor=True)
