"""FollowFaces: the faces of a video joined to tracks, one for each time somebody is in view, and the best of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.faces.looks import cuts
from curate.vectors import numbers
from schemas.errors import BadSetting
from schemas.media import Asset, Box, Clip, Score, score
from schemas.stage import Dropped, Made, Outcome, Rows, Signal

RANKED = 12  # of a track, by how good and how different they are; those after them are not chosen among
APART_MS, TURNED_DEG = 3_000.0, 30.0  # from here on two faces of a track are as different as can be
SURELY, HARDLY = 0.5, 1.5  # of the distance below which two vectors are one person's; from frame to frame faces blur
COVERED = 0.5  # how much less a face is worth that seems covered: `occlusion` only guesses
SHARP = 200.0  # `blur` at which a face is half as sharp as can be


class Face(NamedTuple):
    """A face at one instant, with what was measured of it: numbers by name, its vector, and how its frame looked."""

    clip: Clip
    scores: Mapping[str, Score]

    def number(self, name: str, otherwise: float) -> float:
        """A score that is a number."""
        measured = self.scores.get(name)
        return otherwise if measured is None or measured.value is None else measured.value

    @property
    def box(self) -> Box:
        """Its box; every face has one."""
        assert self.clip.box is not None  # noqa: S101
        return self.clip.box

    @property
    def at_ms(self) -> int:
        """When it is seen."""
        return self.clip.start_ms or 0


@dataclass(frozen=True)
class FollowFaces:
    """Joins faces of consecutive sampled frames whose boxes overlap by `least_iou`, best overlap first.

    Where both have vectors, these must not be far apart (from `same_below`, as a distance, by a half), and faces whose
    vectors are closer than half of that need not overlap. A track ends where its face is gone for longer than `gap_ms`,
    and at every cut. Times are those of the frames, so that a varying frame rate changes nothing; sound is not needed.
    Makes a clip `track` per track, its box around all its faces, with `track_number` (from 1, in order of time) and
    `track_faces` (how many); gives each face the `track_number` of its track and its `track_rank` there: 1 is the best,
    that is sharp, frontal, uncovered and sure; the next are good and different from those before, in time and in pose.
    `after` are the stages that found and measured the faces.
    """

    after: tuple[str, ...]
    least_iou: float = 0.3
    gap_ms: int = 600
    same_below: float = 0.45

    version: ClassVar[int] = 2
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("video",)
    reads: ClassVar[Signal] = Signal.ROWS

    def __post_init__(self) -> None:
        if not 0 < self.least_iou <= 1 or self.gap_ms < 1:
            raise BadSetting(
                f"least_iou = {self.least_iou}, gap_ms = {self.gap_ms}; expected above 0 to 1, and 1 at least"
            )

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Rows]) -> Iterable[Outcome]:
        """One outcome per video: its tracks with their scores and those of their faces; nothing where there is none."""
        for asset, found in zip(rows, signals, strict=True):
            faces = faces_in(found)
            reasons = [why for why in found.dropped.values() if why]
            yield Dropped(reasons[0]) if not faces and reasons else list(self._rows(asset, faces))

    def _rows(self, asset: Asset, faces: Sequence[Face]) -> Iterator[Made]:
        for number, track in enumerate(self._tracks(faces), start=1):
            clip = Clip(asset.id, "track", track[0].at_ms, track[-1].at_ms, around([face.box for face in track]))
            yield clip
            yield score(clip.id, "track_number", number)
            yield score(clip.id, "track_faces", len(track))
            for face, rank in zip(track, ranks(track), strict=True):
                yield score(face.clip.id, "track_number", number)
                yield score(face.clip.id, "track_rank", rank)

    def _tracks(self, faces: Sequence[Face]) -> list[list[Face]]:
        frames = [list(group) for _, group in groupby(faces, key=lambda face: face.at_ms)]
        is_cut = _cuts(frames)
        ended: list[list[Face]] = []
        following: list[list[Face]] = []
        for frame, cut in zip(frames, is_cut, strict=True):
            now_ms = frame[0].at_ms
            lost = [cut or now_ms - track[-1].at_ms > self.gap_ms for track in following]
            ended += [track for track, is_lost in zip(following, lost, strict=True) if is_lost]
            following = [track for track, is_lost in zip(following, lost, strict=True) if not is_lost]
            for track, face in self._joined(following, frame):
                track.append(face)
            taken = {track[-1].clip for track in following}
            following += [[face] for face in frame if face.clip not in taken]
        return sorted([*ended, *following], key=lambda track: (track[0].at_ms, track[0].box))

    def _joined(self, following: Sequence[list[Face]], frame: Sequence[Face]) -> list[tuple[list[Face], Face]]:
        """Which face goes on which track, each at most once, the surest pairs first."""
        pairs = [(self._alike(track[-1], face), track, face) for track in following for face in frame]
        tracks: set[int] = set()
        faces: set[Clip] = set()
        joined = []
        for alike, track, face in sorted(pairs, key=lambda pair: -pair[0]):
            if alike > 0 and id(track) not in tracks and face.clip not in faces:
                tracks.add(id(track))
                faces.add(face.clip)
                joined.append((track, face))
        return joined

    def _alike(self, last: Face, face: Face) -> float:
        """How surely two faces are one person's in consecutive frames, 0 where they cannot be."""
        overlap = _iou(last.box, face.box)
        vectors = [one.scores["face_vector"] for one in (last, face) if "face_vector" in one.scores]
        if len(vectors) < 2:
            return overlap if overlap >= self.least_iou else 0.0
        apart = float(np.linalg.norm(numbers(vectors[0]) - numbers(vectors[1]))) / self.same_below
        is_one = apart < SURELY or (overlap >= self.least_iou and apart < HARDLY)
        return HARDLY - apart + overlap if is_one else 0.0


def faces_in(found: Rows) -> list[Face]:
    """The faces among what stages made of a video, with their scores, in order of time and place."""
    clips: dict[str, Clip] = {}
    scores: dict[str, dict[str, Score]] = {}
    for made in (row for rows in found.made.values() for row in rows):
        if isinstance(made, Score):
            scores.setdefault(made.row, {})[made.name] = made
        elif made.kind == "face" and made.start_ms is not None:
            clips[made.id] = made
    faces = [Face(clip, scores.get(key, {})) for key, clip in clips.items()]
    return sorted(faces, key=lambda face: (face.at_ms, face.box))


def ranks(track: Sequence[Face]) -> list[int]:
    """For each face of a track its rank from 1: good faces first, each of the first ones unlike those before it."""
    worth, place_in = _worth(track), _differences(track)
    order: list[int] = []
    difference = np.ones(len(track))
    left = worth.copy()
    while len(order) < min(RANKED, len(track)):
        best = int(np.argmax(left * (0.25 + 0.75 * difference)))
        order.append(best)
        left[best] = -1
        difference = np.minimum(difference, place_in(best))
    rest = [place for place in np.argsort(-worth, kind="stable").tolist() if place not in set(order)]
    rank = np.empty(len(track), int)
    rank[order + rest] = np.arange(1, len(track) + 1)
    return [int(number) for number in rank]


def _worth(track: Sequence[Face]) -> NDArray[np.float64]:
    """How good each face is to be asked about, 0 to 1: sharp, frontal, uncovered and surely a face."""
    blur = np.array([max(face.number("blur", SHARP), 0.0) for face in track])
    turned = np.array([np.hypot(face.number("yaw_deg", 0), face.number("pitch_deg", 0)) for face in track])
    sure = np.array([face.number("face_score", 1) for face in track])
    shown = 1 - COVERED * np.array([face.number("occlusion", 0) for face in track])
    return np.asarray(blur / (blur + SHARP) * np.clip(np.cos(np.radians(turned)), 0.05, 1) * sure * shown, float)


def _differences(track: Sequence[Face]) -> Any:
    """How unlike a face is to all of its track, 0 to 1: by time, and by where the head looks."""
    at = np.array([face.at_ms for face in track], float)
    pose = np.array([(face.number("yaw_deg", 0), face.number("pitch_deg", 0)) for face in track])

    def of(place: int) -> NDArray[np.float64]:
        turned = np.linalg.norm(pose - pose[place], axis=1) / TURNED_DEG
        return np.asarray(np.clip(np.abs(at - at[place]) / APART_MS + turned, 0, 1), float)

    return of


def _cuts(frames: Sequence[Sequence[Face]]) -> NDArray[np.bool_]:
    """Before which frames there is a cut; nowhere where nobody kept how they looked."""
    looks = [frame[0].scores.get("frame_look") for frame in frames]
    if not looks or any(look is None for look in looks):
        return np.zeros(len(looks), bool)
    return cuts(np.array([np.frombuffer((look and look.bits) or b"", np.uint8) for look in looks]))


def _iou(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of these."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
