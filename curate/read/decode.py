"""A media file opened and decoded once, whatever is wanted of it: upright frames, sound, what it says of itself."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np

from curate.read.containers import LONGEST_MS, Container, opened, quarter_turns, upright
from curate.read.pictures import Picture, opened_picture
from curate.read.sniff import Format, read_head, sniff
from curate.read.sounds import Recorder, Sound
from schemas.errors import Unreadable
from schemas.media import AssetKind

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


SHORTEST_MS = 50  # what is left of damaged sound counts from here on

__all__ = ["Decoding", "Description", "Frame", "Sound", "decode", "format_of"]


@dataclass(frozen=True)
class Description:
    """What a file holds; None where it does not have it or does not say. Width and height are of the upright frame."""

    duration_ms: int | None = None
    rate_hz: int | None = None
    channels: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    frame_rate: float | None = None
    sound_codec: str | None = None
    picture_codec: str | None = None
    errors: int = 0


@dataclass(frozen=True, eq=False)
class Frame:
    """An upright picture, uint8 (height, width, 3), read-only, and its time in the video (None for a picture).

    `due` says which of the distances that were asked for it is sampled for.
    """

    at_ms: int | None
    rgb: Pixels
    due: frozenset[int] = frozenset()


class Decoding(Protocol):
    """An open file. Frames are given once, as they are decoded; sound and description read on to the end first."""

    def frames(self) -> Iterator[Frame]:
        """The frames that were asked for, in their order."""

    def sound(self) -> Sound | None:
        """The sound, where it was asked for and there is a sound track with something in it."""

    def description(self) -> Description:
        """What the file holds; measured as far as it was decoded, else as the file declares it."""


@contextmanager
def decode(path: Path, kind: AssetKind, *, sound: bool, every_ms: Collection[int]) -> Iterator[Decoding]:
    """Open a file for its sound and its frames, of a video one for each of `every_ms`; neither: only its header.

    Everything that keeps a file from being decoded raises Unreadable with the reason, here or while it is read. Of a
    file that breaks off, what comes before is kept.
    """
    found = format_of(path)
    if found.kind != kind:
        raise Unreadable(f"not a {kind}: {found.name}")
    if kind == "picture":
        with opened_picture(path, found.name) as picture:
            yield PictureDecoding(picture, frozenset(every_ms))
        return
    with opened(path, found) as container:
        decoding = MediaDecoding(container, sound, frozenset(every_ms))
        try:
            yield decoding
        finally:
            decoding.close()


def format_of(path: Path) -> Format:
    """The format of a file by its content; raises Unreadable where it is not media."""
    with path.open("rb") as file:
        found = sniff(read_head(file), path.stat().st_size)
    if isinstance(found, Format):
        return found
    raise Unreadable(found.reason)


@dataclass
class PictureDecoding:
    """A picture: one frame and no sound."""

    picture: Picture
    every_ms: frozenset[int]

    def frames(self) -> Iterator[Frame]:
        due, self.every_ms = self.every_ms, frozenset()
        if due:
            yield Frame(None, self.picture.decoded(), due)

    def sound(self) -> None:
        return None

    def description(self) -> Description:
        width_px, height_px = self.picture.size_px
        return Description(width_px=width_px, height_px=height_px, picture_codec=self.picture.format)


@dataclass
class MediaDecoding:
    """Sound, video, or both: frames are given as they come by, and the sound between them is recorded on the side."""

    container: Container
    wants_sound: bool
    every_ms: frozenset[int]
    _recorder: Recorder | None = field(default=None, init=False)
    _sound: Sound | None = field(default=None, init=False)
    _size_px: tuple[int | None, int | None] = field(default=(None, None), init=False)
    _rate_and_channels: tuple[int | None, int | None] = field(default=(None, None), init=False)
    _pictures: int = field(default=0, init=False)
    _pictures_end_ms: int = field(default=0, init=False)
    _description: Description = field(default=Description(), init=False)
    _passing: Iterator[tuple[int, Any, frozenset[int]]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.container.sound is not None:
            codec = self.container.sound.codec_context
            self._rate_and_channels = codec.sample_rate or None, codec.channels or None

    def frames(self) -> Iterator[Frame]:
        yield from self.frames_where(lambda _: True)

    def frames_where(self, wanted: Callable[[int], bool]) -> Iterator[Frame]:
        """Those of the frames whose time in ms is wanted; the others are decoded too, but not made into pixels."""
        for at_ms, frame, due in self._pass():
            if wanted(at_ms):
                yield Frame(at_ms, upright(frame), due)

    def sound(self) -> Sound | None:
        self._drain()
        return self._sound

    def description(self) -> Description:
        self._drain()
        return self._description

    def close(self) -> None:
        """Give scratch files back."""
        if self._recorder is not None:
            self._recorder.close()

    def _drain(self) -> None:
        for _ in self._pass():
            pass

    def _pass(self) -> Iterator[tuple[int, Any, frozenset[int]]]:
        """The one pass over the file; whoever asks again goes on where the last one stopped."""
        if self._passing is None:
            self._passing = self._due_frames()
        return self._passing

    def _due_frames(self) -> Iterator[tuple[int, Any, frozenset[int]]]:
        next_ms = dict.fromkeys(self.every_ms, 0)
        for frame in self.container.frames(self.wants_sound, "all" if self.every_ms else "first"):
            if isinstance(frame, av.AudioFrame):
                self._record(frame)
                continue
            at_ms = self._see(frame)
            due = frozenset(step_ms for step_ms, from_ms in next_ms.items() if from_ms <= at_ms <= LONGEST_MS)
            if due:
                next_ms |= {step_ms: (at_ms // step_ms + 1) * step_ms for step_ms in due}
                yield at_ms, frame, due
        self._finish()

    def _record(self, frame: Any) -> None:
        if self._recorder is None:
            self._recorder = Recorder(frame, self.container.sound.codec_context.name, self.container.sound_track)
            self._rate_and_channels = frame.sample_rate, frame.layout.nb_channels
        self._recorder.add(frame, self.container.at_s(frame) if self.container.has_clock else None)

    def _see(self, frame: Any) -> int:
        """The time of a picture in whole milliseconds, and a note of it."""
        if not self._pictures:
            self._size_px = (frame.height, frame.width) if quarter_turns(frame) % 2 else (frame.width, frame.height)
        at_s = self.container.at_s(frame)
        frame_ms = 1000 / (self.container.frame_rate or 25)
        at_ms = round(self._pictures * frame_ms) if at_s is None else max(0, round(at_s * 1000))
        self._pictures += 1
        if at_ms <= LONGEST_MS:  # beyond it the file's clock is broken
            self._pictures_end_ms = max(self._pictures_end_ms, round(at_ms + frame_ms))
        return at_ms

    def _finish(self) -> None:
        """Judge what came of the file and let go of its decoders, which hold more memory than what they gave."""
        sound = self._recorder.finish() if self._recorder else None
        least_ms = SHORTEST_MS if self.container.errors else 0
        if sound and sound.native_tape.samples and sound.duration_ms >= least_ms:
            self._sound = sound
        nothing_came = self._sound is None and not self._pictures
        if nothing_came and (self.wants_sound or self.container.picture is not None):
            empty = "no sound in it" if self.container.picture is None else "no pictures and no sound in it"
            raise Unreadable("damaged: nothing in it can be decoded" if self.container.errors else empty)
        self._description = self._described()
        self.container.close()

    def _described(self) -> Description:
        picture, sound = self.container.picture, self.container.sound
        width_px, height_px = self._size_px
        return Description(
            duration_ms=self._duration_ms(),
            rate_hz=self._rate_and_channels[0],
            channels=self._rate_and_channels[1],
            width_px=width_px,
            height_px=height_px,
            frame_rate=self.container.frame_rate,
            sound_codec=sound and sound.codec_context.codec.canonical_name,
            picture_codec=picture and picture.codec_context.codec.canonical_name,
            errors=self.container.errors,
        )

    def _duration_ms(self) -> int | None:
        sees_all = self.container.picture is None or bool(self.every_ms)
        hears_all = self.container.sound is None or self.wants_sound
        if not (sees_all and hears_all):
            return self.container.declared_ms
        return max(self._sound.duration_ms if self._sound else 0, self._pictures_end_ms if self.every_ms else 0)
