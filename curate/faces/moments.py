"""FindMoments: who is seen to say what is heard: a face and the utterance that goes with its lips."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.faces.mouths import Mouth, mouths_in
from curate.faces.tracks import Face, around, faces_in
from curate.vectors import numbers
from curate.voices.envelope import NAME as ENVELOPE
from curate.voices.envelope import STEP_MS
from schemas.media import Asset, Clip, Score, score
from schemas.stage import Made, Outcome, Rows, Signal

Numbers = NDArray[np.float64]
WINDOW = 13  # steps: what changes more slowly than this is somebody who moves, or a voice that gets tired
LEADS = range(-1, 3)  # steps by which lips may be before the sound
EDGE = 4  # steps at both ends that the lead needs


class Seen(NamedTuple):
    """A track: its faces in order of time, and its mouths."""

    faces: Sequence[Face]
    mouths: Sequence[Mouth]


@dataclass(frozen=True)
class FindMoments:
    """Finds for each utterance of a video the face whose lips move with the voice.

    A track is compared where it is in view for `least_ms` and for `least_share` of the utterance, with a mouth to be
    seen for as much of that. `sync` is the highest rank correlation, lips up to two steps of 40 ms before the sound,
    of how far the mouth is open and how loud the voice is, both less what changes slowly. Where people speak one after
    another, who listens has still lips; nothing keeps apart two who say the same at once.
    Makes a clip `moment` per utterance that has a face: the time both last, a box around the face; with `sync`,
    `sync_margin` (to the next best face; `sync` itself where there is none), and `mouth_share`.
    `after` are the stages that found speech, faces, tracks, mouths and envelopes.
    """

    after: tuple[str, ...]
    least_ms: int = 800
    least_share: float = 0.6

    version: ClassVar[int] = 2
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("video",)
    reads: ClassVar[Signal] = Signal.ROWS

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Rows]) -> Iterable[Outcome]:
        """One outcome per video: its moments with their scores; nothing where nobody is seen to speak."""
        for asset, found in zip(rows, signals, strict=True):
            tracks = _tracks(found)
            yield [made for voice in _utterances(found) for made in self._moment(asset, *voice, tracks)]

    def _moment(self, asset: Asset, utterance: Clip, envelope: Numbers, tracks: Sequence[Seen]) -> Iterator[Made]:
        compared = [self._compared(utterance, envelope, track) for track in tracks]
        best = sorted((one for one in compared if one is not None), key=lambda one: -one[0])
        if not best:
            return
        sync, share, start_ms, end_ms, faces = best[0]
        box = around([face.box for face in faces if start_ms <= face.at_ms <= end_ms] or [faces[0].box])
        moment = Clip(asset.id, "moment", start_ms, end_ms, box)
        yield moment
        yield score(moment.id, "sync", sync)
        yield score(moment.id, "sync_margin", sync - best[1][0] if len(best) > 1 else sync)
        yield score(moment.id, "mouth_share", share)

    def _compared(
        self, utterance: Clip, envelope: Numbers, track: Seen
    ) -> tuple[float, float, int, int, Sequence[Face]] | None:
        """How well lips and voice go together, the share of time with a mouth, and the time; None for too little."""
        starts, ends = utterance.start_ms or 0, utterance.end_ms or 0
        at = starts + STEP_MS * np.arange(len(envelope))
        seen_ms = np.array([mouth.at_ms for mouth in track.mouths])
        if not len(seen_ms):
            return None
        near = np.abs(seen_ms[_nearest(seen_ms, at)] - at) <= STEP_MS
        inside = np.flatnonzero(near)
        if len(inside) * STEP_MS < max(self.least_ms, self.least_share * (ends - starts)):
            return None
        first, last = int(inside[0]), int(inside[-1]) + 1
        share = float(near[first:last].mean())
        if share < self.least_share:
            return None
        lips = np.interp(at[first:last], seen_ms, [mouth.opening for mouth in track.mouths])
        sync = synchrony(lips, envelope[first:last])
        return sync, share, int(at[first]), min(int(at[last - 1]) + STEP_MS, ends), track.faces


def synchrony(lips: Numbers, voice: Numbers) -> float:
    """The highest rank correlation of how far lips are open and how loud a voice is, (steps,); 0 for too few steps.

    Ranks (Spearman 1904, doi:10.2307/1412159), so that no single shout or flash of teeth decides.
    """
    if len(lips) < 2 * EDGE + WINDOW:
        return 0.0
    quick_lips, quick_voice = (_ranks(_quick(values)) for values in (lips, voice))
    steps = np.arange(EDGE, len(lips) - EDGE)
    return max(_correlation(quick_lips[steps], quick_voice[steps + lead]) for lead in LEADS)


def _ranks(values: Numbers) -> Numbers:
    """The rank of each value, the mean of their ranks for equal ones, from 1."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Numbers = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def _quick(values: Numbers) -> Numbers:
    """Values less their mean around, weighted by a Hann window."""
    window = np.hanning(WINDOW + 2)[1:-1]
    around_ = np.convolve(np.pad(values, WINDOW // 2, "edge"), window / window.sum(), "valid")
    return np.asarray(values - around_, float)


def _correlation(one: Numbers, other: Numbers) -> float:
    one, other = one - one.mean(), other - other.mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def _utterances(found: Rows) -> list[tuple[Clip, Numbers]]:
    """The utterances with their envelopes, in order of time."""
    rows = [row for rows in found.made.values() for row in rows]
    envelopes = {row.row: numbers(row).astype(float) for row in rows if isinstance(row, Score) and row.name == ENVELOPE}
    clips = {row.id: row for row in rows if isinstance(row, Clip) and row.id in envelopes}
    return sorted(((clip, envelopes[key]) for key, clip in clips.items()), key=lambda voice: voice[0].start_ms or 0)


def _tracks(found: Rows) -> list[Seen]:
    """The tracks in their order, with the mouths that lie in their boxes."""
    by_number: dict[int, list[Face]] = {}
    for face in faces_in(found):
        number = int(face.number("track_number", 0))
        if number:
            by_number.setdefault(number, []).append(face)
    mouths = sorted(mouth for rows in found.made.values() for mouth in mouths_in(rows))
    return [Seen(faces, _mouths_of(faces, mouths)) for _, faces in sorted(by_number.items())]


def _mouths_of(faces: Sequence[Face], mouths: Sequence[Mouth]) -> list[Mouth]:
    """The mouths inside the face of a track that is nearest in time, one at a time."""
    seen_ms = np.array([face.at_ms for face in faces])
    usual_ms = int(np.median(np.diff(seen_ms))) if len(seen_ms) > 1 else STEP_MS
    times = np.array([mouth.at_ms for mouth in mouths])
    if not len(times):
        return []
    low, high = np.searchsorted(times, (seen_ms[0] - usual_ms, seen_ms[-1] + usual_ms + 1))
    mine: dict[int, Mouth] = {}
    nearest = _nearest(seen_ms, times[low:high])
    for mouth, place in zip(mouths[low:high], nearest, strict=True):
        left, top, width, height = faces[place].box
        if left <= mouth.x < left + width and top <= mouth.y < top + height:
            mine.setdefault(mouth.at_ms, mouth)
    return list(mine.values())


def _nearest(places: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each wanted number the position of the nearest of some sorted ones."""
    after = np.clip(np.searchsorted(places, wanted), 1, max(len(places) - 1, 1))
    after = np.minimum(after, len(places) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(places[before] - wanted) <= np.abs(places[after] - wanted), before, after)
