"""What the tests of decoding share: a file decoded in one go, and files made to measure."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from curate.read.decode import Description, decode
from curate.read.sniff import Format, read_head, sniff
from curate.read.sounds import Sound
from schemas.media import AssetKind


def kind_of(path: Path) -> AssetKind | None:
    with path.open("rb") as file:
        found = sniff(read_head(file), path.stat().st_size)
    return found.kind if isinstance(found, Format) else None


def everything(path: Path, every_ms: int = 500) -> tuple[list[tuple[int | None, Any]], Any, Description]:
    """All frames with their times, the sound (its two arrays), and the description."""
    with decode(path, kind_of(path) or "sound", sound=True, every_ms=(every_ms,)) as decoding:
        frames = [(frame.at_ms, frame.rgb) for frame in decoding.frames()]
        sound = decoding.sound()
        return frames, sound and (sound.native.copy(), sound.speech.copy()), decoding.description()


def heard(path: Path, use: Callable[[Sound], Any], kind: AssetKind = "sound") -> Any:
    with decode(path, kind, sound=True, every_ms=()) as decoding:
        sound = decoding.sound()
        assert sound is not None
        return use(sound)


def written(folder: Path, samples: Any, rate_hz: int, **how: Any) -> Path:
    import soundfile

    path = folder / "sound.wav"
    soundfile.write(path, samples, rate_hz, **how)
    return path


def numbered_video(path: Path, times: list[int], sound_from: list[tuple[int, Any]] | None = None) -> Path:
    """A video whose frame n is shown at times[n] ms and is grey 8 * n; pieces of 16 kHz sound begin at their ms."""

    import av
    import numpy as np

    with av.open(str(path), "w", format="matroska") as output:
        picture = output.add_stream("libx264", rate=1000, options={"preset": "ultrafast", "crf": "1"})
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        sound: Any = output.add_stream("pcm_s16le", rate=16_000, layout="mono") if sound_from else None
        for number, at_ms in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 8 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        for at_ms, samples in sound_from or ():
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, at_ms * 16
            output.mux(sound.encode(frame))
    return path
