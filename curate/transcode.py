"""Transcodes by the ffmpeg program: sound as Opus, moments as MP4. Everything done for every file is in `decode`."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg
import soundfile

from curate.cut import widened
from curate.read.containers import opened
from curate.read.decode import decode, format_of
from schemas.errors import Missing, Unreadable
from schemas.media import Box

NO_FFMPEG = (
    "there is no ffmpeg, which only Opus and moments need; install it on Debian with: apt install ffmpeg, "
    "on macOS with: brew install ffmpeg, or anywhere with: pip install 'emocurate[demo]'"
)

OPUS_BITS = 64_000  # a second and channel

# ffmpeg finds no place in these: it begins at the next key frame, which may be seconds after the span.
WITHOUT_INDEX = frozenset({"mpg", "ts"})
LEAD_MS = (
    20_000  # so far before a span they are read from; key frames lie 10 s apart at most where nobody asked for more
)


def ffmpeg_program() -> str:
    """The path of the ffmpeg on PATH, else of the one inside the imageio-ffmpeg wheel; raises Missing."""
    if program := shutil.which("ffmpeg"):
        return program
    try:
        import imageio_ffmpeg  # noqa: PLC0415  # of the extra [demo]

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise Missing(NO_FFMPEG) from None


@cache
def ffmpeg_version() -> str:
    """What the ffmpeg program calls itself, such as 5.1.9; other versions may give other bytes. Raises Missing."""
    said = subprocess.run([ffmpeg_program(), "-version"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


def opus(sound: Path) -> bytes:
    """A sound as Opus in Ogg, 64 kbit/s a channel, decoded at 48 kHz; the same sound and ffmpeg, the same bytes.

    Level and channels stay; no tag but the encoder's is in it. Raises Missing without ffmpeg, Unreadable where it
    refuses the sound.
    """
    try:
        channels = soundfile.info(sound).channels
    except soundfile.LibsndfileError as error:
        raise Unreadable(str(error)[:200]) from None
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder) / "sound.opus"
        made = ffmpeg.output(
            ffmpeg.input(f"file:{sound}").audio, str(coded), acodec="libopus", audio_bitrate=OPUS_BITS * channels,
            application="audio", fflags="+bitexact", flags="+bitexact", map_metadata=-1, threads=1,
        )  # fmt: skip
        try:
            made.overwrite_output().run(cmd=ffmpeg_program(), quiet=True)
        except ffmpeg.Error as error:
            raise Unreadable(error.stderr.decode("utf-8", "replace").strip().splitlines()[-1][:200]) from None
        return coded.read_bytes()


def moment_cuts(
    path: Path, moments: Sequence[tuple[int, int, Box | None]], margin: float = 0.3
) -> Iterator[tuple[int, bytes]]:
    """MP4 bytes (VP9 and Opus) of each moment (start_ms, end_ms, box), sound and picture, with its place in the order.

    A box is widened by `margin` of its size on every side and clipped to the upright frame; sides are made even, and
    nothing is scaled. VP9, because browsers play it and nobody asks a fee for it. Raises Missing without ffmpeg,
    Unreadable, after all other cuts, where it finds nothing in a span.
    """
    program = ffmpeg_program()
    with decode(path, "video", sound=False, every_ms=()) as decoding:
        told = decoding.description()
    found = format_of(path)
    with opened(path, found) as container:
        track = container.sound_track
    size = told.width_px or 0, told.height_px or 0
    last: Unreadable | None = None
    for place, (start_ms, end_ms, box) in enumerate(moments):
        area = widened(box or (0, 0, *size), size, margin)
        try:
            lead_ms = min(start_ms, LEAD_MS) if found.name in WITHOUT_INDEX else None
            picture, sound = _span(path, (start_ms, end_ms), track, lead_ms)
            yield place, _moment(program, picture, sound, area)
        except Unreadable as error:
            last = error
    if last:
        raise last


def _span(path: Path, span: tuple[int, int], track: int, lead_ms: int | None) -> tuple[Any, Any]:
    """What is seen and heard in a span; with a lead the file is read from before it, and what leads is left out."""
    start_s, lasts_s = span[0] / 1000, (span[1] - span[0]) / 1000
    if lead_ms is None:
        source = ffmpeg.input(f"file:{path}", ss=start_s, t=lasts_s)
        return source.video, source[f"a:{track}"]
    lead_s = lead_ms / 1000
    source = ffmpeg.input(f"file:{path}", ss=start_s - lead_s, t=lead_s + lasts_s + 1)
    picture = source.video.filter("trim", start=lead_s, end=lead_s + lasts_s).filter("setpts", f"PTS-{lead_s}/TB")
    sound = source[f"a:{track}"].filter("atrim", start=lead_s, end=lead_s + lasts_s)
    return picture, sound.filter("asetpts", f"PTS-{lead_s}/TB")


def _moment(program: str, picture: Any, sound: Any, area: Box) -> bytes:
    left, top, width, height = area
    picture = picture.filter("crop", width // 2 * 2, height // 2 * 2, left, top)
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "moment.mp4"
        made = ffmpeg.output(
            picture, sound, str(cut), vcodec="libvpx-vp9", crf=32, video_bitrate=0, deadline="good",
            **{"cpu-used": 5, "threads": 1}, pix_fmt="yuv420p", acodec="libopus", audio_bitrate="96k", strict=-2,
            movflags="+faststart", fflags="+bitexact", flags="+bitexact", map_metadata=-1,
        )  # fmt: skip
        try:
            made.overwrite_output().run(cmd=program, quiet=True)
        except ffmpeg.Error as error:
            raise Unreadable(error.stderr.decode("utf-8", "replace").strip().splitlines()[-1][:200]) from None
        with opened(cut, format_of(cut)) as container:  # ffmpeg does not mind that a file has ended
            if container.picture is None or not any(container.frames(sound=False, pictures="first")):
                raise Unreadable("nothing to see in the span")
        return cut.read_bytes()
