"""One-off transcodes with the ffmpeg program; everything that is done for every file goes through `decode`."""

import shutil
from pathlib import Path

import ffmpeg

from schemas.errors import Missing

NO_FFMPEG = (
    "there is no ffmpeg, which only transcodes need; install it on Debian with: apt install ffmpeg, "
    "on macOS with: brew install ffmpeg, or anywhere with: pip install 'emocurate[demo]'"
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


def make_talking_picture(picture: Path, sound: Path, video: Path, frames_per_s: int = 5) -> None:
    """Write a video (Matroska, MPEG-4, FLAC) that shows a picture while a sound lasts; the same input, the same bytes.

    Raises Missing without ffmpeg, OSError when ffmpeg refuses its input.
    """
    shown = ffmpeg.input(str(picture), loop=1, framerate=frames_per_s)
    aside = video.with_suffix(".aside.mkv")
    made = ffmpeg.output(
        shown, ffmpeg.input(str(sound)), str(aside), vcodec="mpeg4", qscale=3, acodec="flac", pix_fmt="yuv420p",
        shortest=None, fflags="+bitexact", flags="+bitexact", map_metadata=-1,
    )  # fmt: skip
    try:
        made.overwrite_output().run(cmd=ffmpeg_program(), quiet=True)
    except ffmpeg.Error as error:
        raise OSError(error.stderr.decode("utf-8", "replace").strip().splitlines()[-1]) from None
    aside.replace(video)
