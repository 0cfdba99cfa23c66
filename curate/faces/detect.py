"""DetectFaces: the faces in a picture or a frame of a video, with five points and the pose of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import cv2

from curate.faces.detector import Detector
from curate.faces.looks import frame_look
from curate.faces.mtcnn import CELL, Mtcnn
from curate.faces.occlusion import TURNED_DEG, occlusion
from curate.faces.pose import head_poses
from curate.read.decode import Frame
from curate.vectors import bits, vector
from curate.weights import Weights
from schemas.errors import BadSetting
from schemas.media import Asset, Box, Clip, score
from schemas.stage import Made, Outcome, Signal


@dataclass(frozen=True)
class DetectFaces:
    """Finds the faces in a frame, five points on each, and where each looks.

    A frame longer than `max_side_px` is shrunk to it for the search, so that the smallest face that is found grows in
    proportion. `every_ms` is how often a video is looked at.
    Makes a clip per face with its box inside the frame, and on it: `face_score` (0 to 1), `face_points` (x, y of left
    eye, right eye, nose, left and right corner of the mouth, as the picture shows them, in pixels of the frame; 10
    numbers), and of these points, whatever the backend, so that a threshold means the same with each: the pose as
    `yaw_deg`, `pitch_deg`, `roll_deg` (`head_poses`), and unless a face is turned too far `occlusion` (the function of
    that name). In a video also `frame_look`, by which cuts are told.
    """

    detector: Detector = field(default_factory=Mtcnn)
    every_ms: int = 1_000
    max_side_px: int = 1_920

    version: ClassVar[int] = 2
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("picture", "video")
    reads: ClassVar[Signal] = Signal.FRAME

    def __post_init__(self) -> None:
        if self.max_side_px < CELL or self.every_ms < 1:
            raise BadSetting(
                f"max_side_px = {self.max_side_px}, face.every_ms = {self.every_ms}; "
                f"expected {CELL} pixels and 1 ms at least"
            )

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights of its detector."""
        return self.detector.models

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per asset and frame: clips with their scores, best face first; nothing where there is no face."""
        for asset, frame in zip(rows, signals, strict=True):
            yield self._found(asset, frame)

    def _found(self, asset: Asset, frame: Frame) -> list[Made]:
        rgb, scale = _limited(frame.rgb, self.max_side_px)
        faces = self.detector.faces(rgb)
        made: list[Made] = []
        seen: set[Box] = set()
        is_moving = frame.at_ms is not None and len(faces.boxes) > 0
        look = frame_look(frame.rgb) if is_moving else None
        places = faces.points / scale
        for corners, sure, points, pose in zip(
            faces.boxes / scale, faces.scores, places, head_poses(places), strict=True
        ):
            box = _box(corners.tolist(), *frame.rgb.shape[:2])
            if box is not None and box not in seen:
                seen.add(box)
                clip = Clip(asset.id, "face", frame.at_ms, frame.at_ms, box)
                made += [clip, score(clip.id, "face_score", sure), vector(clip.id, "face_points", points.ravel())]
                made += [score(clip.id, name, value) for name, value in _looks(frame.rgb, points, pose).items()]
                made += [] if look is None else [bits(clip.id, "frame_look", look)]
        return made


def _looks(rgb: Any, points: Any, pose: Any) -> dict[str, float]:
    """What the points of a face say of it: where it looks and, unless it looks too far away, how much is covered."""
    looks = dict(zip(("yaw_deg", "pitch_deg", "roll_deg"), pose.tolist(), strict=True))
    return looks if abs(looks["yaw_deg"]) > TURNED_DEG else {**looks, "occlusion": occlusion(rgb, points)}


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
