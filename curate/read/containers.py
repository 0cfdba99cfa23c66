"""Sound and video files as one stream of decoded frames, in the order they lie in the file (FFmpeg through PyAV)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.stream import Discard, Disposition

from curate.read.sniff import Format
from curate.read.tracks import heard_track
from schemas.errors import Unreadable

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


DEMUXERS = {
    "mp2": "mp3",
    "opus": "ogg",
    "ogv": "ogg",
    "m4a": "mov",
    "mp4": "mov",
    "3gp": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "mpg": "mpeg",
    "mpv": "mpegvideo",
    "ts": "mpegts",
    "y4m": "yuv4mpegpipe",
    "wma": "asf",
    "wmv": "asf",
}
CLOCKED = frozenset({"mov", "matroska", "asf", "mpegts", "mpeg"})
TOLD_BY_HEADER = frozenset({"wav", "flac", "aiff", "au", "caf"})  # FFmpeg would read on to find what the header says
PROBE_BYTES = 1 << 12  # enough for what the header says; more only makes small files slow
PACKET_BYTES = 1 << 16  # of uncompressed sound; FFmpeg's own choice makes many times as many packets
FRAME_PIXELS = 8192 * 4320  # the largest frame of a video, 8K; a decoder keeps up to sixteen of them
LIMIT = {"max_pixels": str(FRAME_PIXELS)}
CODEC_OPTIONS = {"flac": {"err_detect": "crccheck+explode"}}  # a damaged frame would be played as loud noise
LOWEST_HZ, HIGHEST_HZ = 1_000, 768_000
MOST_CHANNELS = 64
LONGEST_MS = 24 * 3600 * 1000
MOST_FRAMES_PER_SECOND = 1000
FIRST_FRAME_PACKETS = 100  # how far to look for the first frame when only that is wanted


@dataclass
class Container:
    """An open sound or video file with at most one picture track and one sound track, and the number of that.

    `errors` counts what could not be decoded so far.
    """

    handle: Any
    picture: Any
    sound: Any
    sound_track: int = 0
    errors: int = field(default=0)

    @property
    def declared_ms(self) -> int | None:
        """How long the file says it is, None where it says nothing or something absurd."""
        duration_us = self.handle.duration or 0
        return round(duration_us / 1000) if 0 < duration_us / 1000 <= LONGEST_MS else None

    @property
    def has_clock(self) -> bool:
        """Whether the file bears times of its own; formats of sound alone only count what is in them."""
        return self.picture is not None or bool(CLOCKED & set(self.handle.format.name.split(",")))

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second on average, None where unknown or absurd."""
        rate = self.picture and (self.picture.average_rate or self.picture.guessed_rate)
        return round(float(rate), 3) if rate and 0 < rate <= MOST_FRAMES_PER_SECOND else None

    def at_s(self, frame: av.AudioFrame | av.VideoFrame) -> float | None:
        """When a frame is shown or heard, in seconds since the beginning; None where the file does not say.

        A file that begins at a negative time begins at zero: what is before is a codec's run-up, which is not played.
        """
        if frame.pts is None or not frame.time_base:
            return None
        return float(frame.pts * frame.time_base) - max(0.0, (self.handle.start_time or 0) / 1e6)

    def close(self) -> None:
        """Let go of the file and its decoders."""
        self.picture = self.sound = None
        self.handle.close()

    def frames(self, sound: bool, pictures: Literal["all", "first", "none"]) -> Iterator[Any]:
        """The decoded frames of the tracks that are wanted, sound and pictures mixed, in one pass over the file."""
        picture = self.picture if pictures != "none" else None
        streams = [stream for stream in (self.sound if sound else None, picture) if stream is not None]
        pictures_to_go = FIRST_FRAME_PACKETS if pictures == "first" else None
        for packet in self._packets(streams):
            if pictures_to_go is None or packet.stream is not picture:
                yield from self._decoded(packet)
            elif pictures_to_go:
                first = self._decoded(packet)[:1]
                yield from first
                pictures_to_go = 0 if first else pictures_to_go - 1
            elif not sound:
                return

    def _packets(self, streams: list[Any]) -> Iterator[Any]:
        """The packets of the streams; where the file breaks, those that make the decoders give what they still hold."""
        for stream in self.handle.streams:
            stream.discard = Discard.default if stream in streams else Discard.all
        packets = self.handle.demux(streams) if streams else iter(())
        try:
            yield from packets
        except (av.FFmpegError, ValueError):
            self.errors += 1
            for stream in streams:
                flush = av.Packet()
                flush.stream = stream
                yield flush

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            frames: list[Any] = packet.decode()
        except (av.FFmpegError, ValueError):
            self.errors += 1
            return []
        self.errors += sum(frame.is_corrupt for frame in frames)
        return frames


@contextmanager
def opened(path: Path, found: Format) -> Iterator[Container]:
    """The file as the format its content was found to be; raises Unreadable where there is nothing to decode in it."""
    name = found.name
    av.logging.set_level(None)
    try:
        handle = av.open(
            f"file:{path}", format=DEMUXERS.get(name, name), options=_options(name), metadata_errors="replace"
        )
    except (av.FFmpegError, ValueError) as broken:
        raise Unreadable(f"broken or truncated {name} file: {said(broken)}") from None
    with handle:
        picture = _track(handle.streams.video) if found.kind == "video" else None
        tracks = [stream for stream in handle.streams.audio if stream.codec_context is not None]
        sound = heard_track(path, DEMUXERS.get(name, name), _options(name), tracks)
        container = Container(handle, picture, _track([sound] if sound else []), tracks.index(sound) if sound else 0)
        _refuse_absurd(container, name)
        yield container


def _options(name: str) -> dict[str, str]:
    options = {"protocol_whitelist": "file"} | LIMIT
    if name in TOLD_BY_HEADER:
        options |= {"probesize": str(PROBE_BYTES), "max_size": str(PACKET_BYTES)}
    return options


def _track(streams: Any) -> Any:
    """The first track that can be decoded and is more than a cover picture; it is decoded by one thread."""
    for stream in streams:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            stream.codec_context.thread_count = 1
            stream.codec_context.options = CODEC_OPTIONS.get(stream.codec_context.name, {}) | LIMIT
            return stream
    return None


def _refuse_absurd(container: Container, name: str) -> None:
    if container.sound is None and container.picture is None:
        raise Unreadable(f"no track that can be decoded in this {name} file")
    if container.sound is not None:
        codec = container.sound.codec_context
        refuse_absurd_sound(codec.sample_rate, codec.channels)
    if container.picture is not None:
        codec = container.picture.codec_context
        if codec.width * codec.height > FRAME_PIXELS:
            raise Unreadable(f"frames of {codec.width} x {codec.height} pixels, larger than 8K")


def refuse_absurd_sound(rate_hz: int, channels: int) -> None:
    """Raise Unreadable where the sound has a rate or a number of channels that no recording has; 0 is not yet known."""
    if rate_hz and not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
        raise Unreadable(f"a sampling rate of {rate_hz} Hz is absurd")
    if channels > MOST_CHANNELS:
        raise Unreadable(f"{channels} channels, more than {MOST_CHANNELS}")


def upright(frame: av.VideoFrame) -> Pixels:
    """The pixels (height, width, 3) of a frame as it is meant to be seen, turned by its display matrix; read-only."""
    try:
        pixels: Pixels = frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, ValueError) as broken:
        raise Unreadable(f"a frame without colours we know: {said(broken)}") from None
    quarters = quarter_turns(frame)
    if quarters:
        pixels = np.ascontiguousarray(np.rot90(pixels, quarters))
    pixels.flags.writeable = False
    return pixels


def quarter_turns(frame: av.VideoFrame) -> int:
    """By how many quarter turns, counterclockwise, a frame must be turned to be upright."""
    return round(int(frame.rotation) / 90) % 4


def said(broken: Exception) -> str:
    """What FFmpeg said of an error, without number and path."""
    return str(getattr(broken, "strerror", None) or broken).splitlines()[0][:120].lower()
