"""The bytes of a clip: a span of sound as FLAC, a face as WebP."""

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from curate.faces.align import upright
from curate.read.containers import opened
from curate.read.decode import MediaDecoding, decode, format_of
from curate.read.sounds import sample_at
from curate.read.stretches import Form, Stretches, form_of
from schemas.errors import Unreadable
from schemas.media import PADDING, AssetKind, Box

Samples = np.ndarray[Any, np.dtype[Any]]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


FLAC_LEVEL = 0.5  # level 4 of 8: within 0.2 % of the size at the default level, a fifth faster
FLAC_CHANNELS = 8
OPUS_HZ = 48_000  # what Opus is decoded at, whatever went in; coding it is in `transcode`
WEBP_QUALITY, WEBP_METHOD = 92, 4
WEBP_LARGEST_PX = 16_383


def face_cuts(
    path: Path,
    kind: AssetKind,
    faces: Sequence[tuple[int | None, Box | None]],
    margin: float = PADDING,
    points: Sequence[Sequence[float] | None] = (),
) -> Iterator[tuple[int, bytes]]:
    """WebP bytes of each face (at_ms, box) with its place in the order given, as its frame comes by, by one decoding.

    A box is widened by `margin` of its size on every side and clipped to the upright frame; None is the whole frame.
    A face of which `points` are given (x, y of five, one after another) is brought upright by them. Nothing is scaled.
    `at_ms` is the time of a frame as `decode` told it, None for pictures. Raises Unreadable, after all other cuts,
    where there is no such frame.
    """
    known = points or [None] * len(faces)
    crops = [(at_ms, _crop(box, five, margin)) for (at_ms, box), five in zip(faces, known, strict=True)]
    return _faces(path, kind, crops) if crops else iter(())


@dataclass
class _Cut:
    """One span while it is written: the samples from `start` to before `end` of the file."""

    place: int
    start: int
    end: float  # infinite to the end of the sound
    encoder: Any = field(default=None)
    written: io.BytesIO = field(default_factory=io.BytesIO)

    def write(self, samples: Samples, at: int, form: Form) -> None:
        """Encode what lies in the span of these samples, the first of which is number `at`."""
        inside = samples[max(0, self.start - at) : int(min(max(0, self.end - at), len(samples)))]
        if not len(inside):
            return
        try:
            self.encoder = self.encoder or _flac(self.written, form)
            self.encoder.write(inside)
        except soundfile.LibsndfileError:
            raise Unreadable(f"FLAC cannot hold a sampling rate of {form.rate_hz} Hz") from None

    def finish(self) -> tuple[int, bytes]:
        """The place of the span in the order given, and its bytes; something was written to it."""
        self.encoder.close()
        return self.place, self.written.getvalue()


def _flac(written: io.BytesIO, form: Form) -> Any:
    subtype = "PCM_16" if form.bits == 16 else "PCM_24"
    return soundfile.SoundFile(
        written, "w", form.rate_hz, form.channels, subtype, format="FLAC", compression_level=FLAC_LEVEL
    )


def voice_cuts(path: Path, spans: Sequence[tuple[int, int | None]]) -> Iterator[tuple[int, bytes]]:
    """FLAC bytes of each span (start_ms, end_ms) with its place in the order given, as they are done, by one decoding.

    Rate, channels (up to eight, more become two) and level stay as recorded, bits up to 24. A cut begins with the
    sample at its start and ends before the one at its end; None is the end of the sound. Spans that overlap are written
    side by side, so that no sound is held back. Raises Unreadable, after all other cuts, where a span holds no sound.
    """
    if not spans:
        return
    coming: list[_Cut] = []
    current: list[_Cut] = []
    at = 0
    for form, samples in _stretches(path):
        if not at:
            coming = _spans_at(spans, form.rate_hz)
        while coming and coming[-1].start < at + len(samples):
            current.append(coming.pop())
        for cut in current:
            cut.write(samples, at, form)
        at += len(samples)
        yield from (cut.finish() for cut in current if cut.end <= at and cut.encoder)
        current = [cut for cut in current if cut.end > at or not cut.encoder]
        if not coming and not current:
            return
    if not at:
        raise Unreadable("no sound in it")
    yield from (cut.finish() for cut in current if cut.encoder)
    if coming or not all(cut.encoder for cut in current):
        raise Unreadable("a span without any sound in it")


def _spans_at(spans: Sequence[tuple[int, int | None]], rate_hz: int) -> list[_Cut]:
    """The spans in samples, the first to come last in the list."""
    cuts = [
        _Cut(place, sample_at(start_ms, rate_hz), math.inf if end_ms is None else sample_at(end_ms, rate_hz))
        for place, (start_ms, end_ms) in enumerate(spans)
    ]
    return sorted(cuts, key=lambda cut: -cut.start)


def _stretches(path: Path) -> Iterator[tuple[Form, Samples]]:
    """The sound of a file in the form it is cut in, in time with its pictures if it has any, as `decode` has it."""
    with opened(path, format_of(path)) as container:
        if container.sound is None:
            raise Unreadable("no sound track")
        stretches: Stretches | None = None
        for frame in container.frames(sound=True, pictures="none"):
            if stretches is None:
                stretches = Stretches(form_of(frame, container.sound.codec_context.name, FLAC_CHANNELS, 32))
            at_s = container.at_s(frame) if container.picture else None
            yield from ((stretches.form, samples) for samples in stretches.add(frame, at_s))
        if stretches is not None:
            yield from ((stretches.form, samples) for samples in stretches.rest())


def _faces(
    path: Path, kind: AssetKind, faces: Sequence[tuple[int | None, Callable[[Pixels], Pixels]]]
) -> Iterator[tuple[int, bytes]]:
    """Cuts as their frames come by."""
    places: dict[int | None, list[int]] = {}
    for place, (at_ms, _) in enumerate(faces):
        places.setdefault(at_ms, []).append(place)
    with decode(path, kind, sound=False, every_ms=(1,)) as decoding:
        frames = (
            decoding.frames_where(places.__contains__) if isinstance(decoding, MediaDecoding) else decoding.frames()
        )
        for frame in frames:
            for place in places.pop(frame.at_ms, ()):
                yield place, _webp(faces[place][1](frame.rgb))
            if not places:
                return
    raise Unreadable(f"no frame at {min(places, key=lambda at_ms: at_ms or 0)} ms")


def _crop(box: Box | None, points: Sequence[float] | None, margin: float) -> Callable[[Pixels], Pixels]:
    """What is taken of a frame for a face."""
    if points is not None:
        return partial(upright, points=np.reshape(points, (5, 2)), margin=margin)
    return partial(_around, box=box, margin=margin) if box else lambda rgb: rgb


def widened(box: Box, size: tuple[int, int], margin: float) -> Box:
    """A box widened by a share of its size on every side, inside a frame of this width and height; never empty."""
    x, y, width, height = box
    left = min(max(0, math.floor(x - margin * width)), size[0] - 1)
    top = min(max(0, math.floor(y - margin * height)), size[1] - 1)
    right, bottom = math.ceil(x + (1 + margin) * width), math.ceil(y + (1 + margin) * height)
    return left, top, max(min(right, size[0]) - left, 1), max(min(bottom, size[1]) - top, 1)


def _around(rgb: Pixels, box: Box, margin: float) -> Pixels:
    left, top, width, height = widened(box, (rgb.shape[1], rgb.shape[0]), margin)
    return rgb[top : top + height, left : left + width]


def _webp(rgb: Pixels) -> bytes:
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    if max(picture.size) > WEBP_LARGEST_PX:  # WebP can hold no more
        picture.thumbnail((WEBP_LARGEST_PX, WEBP_LARGEST_PX))
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
    return written.getvalue()
