"""WatchMouths: how far every mouth in a frame is open, densely, so that it can be held against what is heard."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.faces.detector import Detector
from curate.faces.mtcnn import Mtcnn
from curate.read.decode import Frame
from curate.vectors import numbers, vector
from curate.weights import Weights
from schemas.media import Asset, Score
from schemas.stage import Outcome, Signal

NAME = "mouths_"  # and the time of the frame in ms: the score of one frame
ACROSS, DOWN = 48, 32  # pixels to which the surroundings of a mouth are brought
WIDE = 1.4  # their width in distances from the eyes to the mouth
BELOW = 0.08  # of that distance, by which the middle of the lips lies below the corners of the mouth
INNER = np.s_[8:26, 12:36]  # where the lips part
DARKEST, BRIGHTEST = 2, 90  # per cent of the pixels there
SMALLEST_PX = 64  # of a face whose lips can be read


class Mouth(NamedTuple):
    """A mouth at one instant: where its middle is in pixels of the frame, and how far it is open."""

    at_ms: int
    x: float
    y: float
    opening: float


@dataclass(frozen=True)
class WatchMouths:
    """Looks at the mouths of all faces of a frame, one frame each `every_ms`; only faces large enough are searched.

    Gives the video a score `mouths_<ms>` for each frame with faces: a vector of x, y and opening of one mouth after
    another. An opening mouth is darker inside, and shows teeth: the opening is how far the brightest tenth of what lies
    between the lips stands above its darkest fiftieth, in levels of 255.
    """

    detector: Detector = field(default_factory=lambda: Mtcnn(smallest_px=SMALLEST_PX))
    every_ms: int = 40

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("video",)
    reads: ClassVar[Signal] = Signal.FRAME

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights of its detector."""
        return self.detector.models

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per video and frame: one score, or nothing where there is no face."""
        for asset, frame in zip(rows, signals, strict=True):
            faces = self.detector.faces(frame.rgb)
            seen = [(*_middle(points), opening(frame.rgb, points)) for points in faces.points]
            yield [vector(asset.id, f"{NAME}{frame.at_ms}", seen)] if seen else []


def mouths_in(made: Iterable[Any]) -> Iterator[Mouth]:
    """The mouths that WatchMouths has kept, in no order."""
    for row in made:
        if isinstance(row, Score) and row.name.startswith(NAME):
            at_ms = int(row.name.removeprefix(NAME))
            yield from (Mouth(at_ms, *map(float, each)) for each in numbers(row).reshape(-1, 3))


def opening(rgb: Any, points: Any) -> float:
    """How far a mouth is open in a picture (height, width, 3), from the five points of its face (5, 2)."""
    luma = cv2.cvtColor(_lips(rgb, np.asarray(points, float)), cv2.COLOR_RGB2GRAY)[INNER]
    dark, light = np.percentile(luma, (DARKEST, BRIGHTEST))
    return float(light - dark)


def _middle(points: NDArray[np.float32]) -> tuple[float, float]:
    x, y = points[3:].mean(axis=0)
    return float(x), float(y)


def _lips(rgb: Any, points: NDArray[np.float64]) -> Any:
    """The surroundings of a mouth, upright and of one size, whatever the size and the tilt of the face."""
    across = points[1] - points[0]
    middle = points[3:].mean(axis=0)
    distance = max(float(np.linalg.norm(middle - points[:2].mean(axis=0))), 1.0)
    x, y = float(middle[0]), float(middle[1] + BELOW * distance)
    turn = cv2.getRotationMatrix2D(
        (x, y), float(np.degrees(np.arctan2(across[1], across[0]))), ACROSS / (WIDE * distance)
    )
    turn[:, 2] += (ACROSS / 2 - x, DOWN / 2 - y)
    return cv2.warpAffine(rgb, turn, (ACROSS, DOWN), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
