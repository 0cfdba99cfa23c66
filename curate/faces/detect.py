"""DetectFaces: the faces in a picture or a frame of a video, with five points and the pose of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2

from curate.faces import mtcnn
from curate.faces.pose import head_pose
from curate.read.decode import Frame
from curate.vectors import vector
from schemas.errors import BadSetting, nearest
from schemas.media import Asset, Box, Clip, score
from schemas.settings import FaceBackend
from schemas.stage import Made, Outcome, Signal

Detector = Callable[[Any, mtcnn.Search, str], mtcnn.Faces]

WEIGHTS = (mtcnn.MTCNN,)
DETECTORS: dict[FaceBackend, Detector] = {"mtcnn": mtcnn.faces}


@dataclass(frozen=True)
class DetectFaces:
    """Finds the faces in a frame, five points on each, and where each looks.

    `min_px` is the side of the smallest square that is searched for a face (its box comes out somewhat tighter); in a
    frame longer than `max_side_px` it grows in proportion. `every_ms` is how often a video is looked at.
    Makes a clip per face with its box inside the frame, and on it: `face_score` (0 to 1), `face_points` (x, y of left
    eye, right eye, nose, left and right corner of the mouth, as the picture shows them, in pixels of the frame; 10
    numbers), and the pose as `yaw_deg`, `pitch_deg`, `roll_deg` (see curate.pose).
    """

    backend: FaceBackend = "mtcnn"
    min_px: int = 40
    every_ms: int = 1_000
    max_side_px: int = 1_920
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8)
    weights: str = mtcnn.MTCNN.short

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("picture", "video")
    reads: ClassVar[Signal] = Signal.FRAME

    def __post_init__(self) -> None:
        if self.backend not in DETECTORS:
            raise BadSetting(f"no face detector {self.backend!r}; {nearest(self.backend, DETECTORS)}")
        if self.min_px < mtcnn.CELL or self.max_side_px < self.min_px or self.every_ms < 1:
            raise BadSetting(
                f"face.find_px = {self.min_px}, face.every_ms = {self.every_ms}; "
                f"expected {mtcnn.CELL} to {self.max_side_px} pixels, and 1 ms at least"
            )

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per asset and frame: clips with their scores, best face first; nothing where there is no face."""
        for asset, frame in zip(rows, signals, strict=True):
            yield self._found(asset, frame)

    def _found(self, asset: Asset, frame: Frame) -> list[Made]:
        rgb, scale = _limited(frame.rgb, self.max_side_px)
        found = DETECTORS[self.backend](rgb, mtcnn.Search(self.min_px, self.thresholds), self.weights)
        made: list[Made] = []
        seen: set[Box] = set()
        for corners, sure, points in zip(found.boxes / scale, found.scores, found.points / scale, strict=True):
            box = _box(corners.tolist(), *frame.rgb.shape[:2])
            if box is not None and box not in seen:
                seen.add(box)
                clip = Clip(asset.id, "face", frame.at_ms, frame.at_ms, box)
                yaw, pitch, roll = head_pose(points)
                made += [clip, score(clip.id, "face_score", sure), vector(clip.id, "face_points", points.ravel())]
                pose = {"yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll}
                made += [score(clip.id, name, value) for name, value in pose.items()]
        return made


def _limited(rgb: Any, longest: int) -> tuple[Any, float]:
    """A frame no longer than so many pixels, and by how much it was shrunk."""
    height, width = rgb.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale == 1.0:
        return rgb, scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), scale


def _box(corners: Sequence[float], height: int, width: int) -> Box | None:
    """Corners as a box of whole pixels inside the frame; None where nothing of it is inside."""
    left, top, right, bottom = (round(value) for value in corners)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
