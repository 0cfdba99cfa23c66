"""Talking heads side by side: who speaks and who listens is known, and so is whose sound is heard."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from curate.faces.detect import DetectFaces
from curate.faces.moments import FindMoments
from curate.faces.mouths import WatchMouths
from curate.faces.tracks import FollowFaces
from curate.quality import MeasureFace
from curate.read.decode import decode
from curate.voices.envelope import MeasureEnvelope
from curate.voices.utterances import FindSpeech
from schemas.media import Asset, Clip, Score
from schemas.stage import Dropped, Made, Outcome, Rows

RATE_HZ, FRAMES_PER_S = 16_000, 25
VIDEO = Asset("a", "video", "mkv", 1)


class Head(NamedTuple):
    """One who speaks: frames (n, height, width, 3) at 25 a second, and their sound, 16 kHz."""

    frames: Any
    sound: Any


def head(path: Path) -> Head:
    """What a recording holds, the sound as long as the frames."""
    with decode(path, "video", sound=True, every_ms=(1,)) as decoding:
        frames = np.array([frame.rgb for frame in decoding.frames()])
        heard = decoding.sound()
        assert heard is not None
        sound = np.array(heard.speech)
    wanted = len(frames) * RATE_HZ // FRAMES_PER_S
    return Head(frames, np.pad(sound, (0, max(0, wanted - len(sound))))[:wanted])


def listening(one: Head, count: int) -> Any:
    """So many frames of somebody who says nothing: the end of what they said, to and fro."""
    quiet = one.frames[-18:]
    loop = np.concatenate([quiet, quiet[::-1]])
    return np.concatenate([loop] * (count // len(loop) + 1))[:count]


def write(path: Path, frames: Any, sound: Any) -> Path:
    """A video of these frames and this sound, with nothing lost on the way that matters."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=FRAMES_PER_S)
        pictures.width, pictures.height, pictures.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        pictures.bit_rate = 8_000_000
        voice = container.add_stream("pcm_s16le", rate=RATE_HZ)
        voice.layout = "mono"
        step = RATE_HZ // FRAMES_PER_S
        for number, rgb in enumerate(frames):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")))
            samples = sound[number * step : (number + 1) * step].reshape(1, -1).astype(np.int16)
            heard = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            heard.sample_rate, heard.pts = RATE_HZ, number * step
            container.mux(voice.encode(heard))
        container.mux(pictures.encode(None))
    return path


def in_turn(heads: Sequence[Head]) -> tuple[Any, Any]:
    """Two side by side: the first speaks while the second listens, then the other way round."""
    one, other = heads
    count = min(len(one.frames), len(other.frames))
    left = np.concatenate([one.frames[:count], listening(one, count)])
    right = np.concatenate([listening(other, count), other.frames[:count]])
    samples = count * RATE_HZ // FRAMES_PER_S
    return np.concatenate([left, right], axis=2), np.concatenate([one.sound[:samples], other.sound[:samples]])


def at_once(one: Head, other: Head) -> tuple[Any, Any]:
    """Two side by side who speak at once; only the first is heard."""
    count = min(len(one.frames), len(other.frames))
    return np.concatenate([one.frames[:count], other.frames[:count]], axis=2), one.sound


class Watched(NamedTuple):
    """What stages made of a video: of its frames with the tracks, and of its sound; and its utterances."""

    seen: Sequence[Made]
    heard: Sequence[Made]
    utterances: Sequence[Clip]


def watched(path: Path) -> Watched:
    """What the stages before FindMoments make of a video."""
    find, measure, watch = DetectFaces(every_ms=200), MeasureFace(), WatchMouths()
    seen: list[Made] = []
    with decode(path, "video", sound=True, every_ms=(40, 200)) as decoding:
        for frame in decoding.frames():
            seen += _made(watch([VIDEO], [frame]))
            if 200 in frame.due:
                faces = _made(find([VIDEO], [frame]))
                clips = [row for row in faces if isinstance(row, Clip)]
                seen += [*faces, *_made(measure(clips, [frame] * len(clips)))]
        sound = decoding.sound()
        assert sound is not None
        heard = _made(FindSpeech()([VIDEO], [sound]))
        voices = [row for row in heard if isinstance(row, Clip) and row.kind == "utterance"]
        heard += _made(MeasureEnvelope()(voices, [sound] * len(voices)))
    tracks = _made(FollowFaces(("seen",))([VIDEO], [Rows({"seen": seen})]))
    return Watched([*seen, *tracks], heard, voices)


def moments(seen: Sequence[Made], heard: Sequence[Made]) -> tuple[list[Clip], dict[str, dict[str, float]]]:
    """The moments of what is seen and what is heard, and their scores by name."""
    made = _made(FindMoments(("all",))([VIDEO], [Rows({"all": [*seen, *heard]})]))
    scores: dict[str, dict[str, float]] = {}
    for row in made:
        if isinstance(row, Score):
            scores.setdefault(row.row, {})[row.name] = row.value or 0.0
    return [row for row in made if isinstance(row, Clip)], scores


def _made(outcomes: Iterable[Outcome]) -> list[Made]:
    rows: list[Made] = []
    for outcome in outcomes:
        assert not isinstance(outcome, Dropped), outcome
        rows += outcome
    return rows
