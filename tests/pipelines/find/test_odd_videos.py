"""Odd videos through the whole pipeline: each gives the right rows, or says why not."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import Tally, bring_up_to_date
from schemas.sections import MomentSettings
from schemas.settings import Settings
from tests.media.make import SPEECH_HZ, face, voice
from tests.pipelines.conftest import take_in

WITH_MOMENTS = Settings(moment=MomentSettings(find=True))
SECOND = Fraction(1, 1000)
Shot = tuple[int, Any]  # when it is shown, in ms, and what: (height, width, 3)


def video(path: Path, shots: Iterable[Shot], *sounds: Any, starts_ms: int = 0) -> Path:
    """A video of pictures at any times, with sound tracks (samples at 16 kHz) that begin at `starts_ms`."""
    shots = list(shots)
    with av.open(str(path), "w") as output:
        pictures = output.add_stream("mpeg4", rate=25)
        pictures.height, pictures.width = shots[0][1].shape[:2]
        pictures.pix_fmt, pictures.bit_rate = "yuv420p", 8_000_000
        pictures.codec_context.time_base = SECOND
        tracks = [output.add_stream("pcm_s16le", rate=SPEECH_HZ, layout="mono") for _ in sounds]
        for track, samples in zip(tracks, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray(np.asarray(samples, np.int16).reshape(1, -1), "s16", "mono")
            frame.sample_rate, frame.pts = SPEECH_HZ, starts_ms * SPEECH_HZ // 1000
            output.mux(track.encode(frame))
        for at_ms, rgb in shots:
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            shown.pts, shown.time_base = at_ms, SECOND
            output.mux(pictures.encode(shown))
        output.mux(pictures.encode(None))
    return path


def portrait(size: tuple[int, int], left: int, top: int, side: int, level: int = 120) -> Any:
    """A face of so many pixels at a place of a grey frame (height, width)."""
    frame = np.full((*size, 3), level, np.uint8)
    frame[top : top + side, left : left + side] = np.asarray(face((side, side)))
    return frame


@pytest.fixture
def found(home: Path) -> Callable[[Path], tuple[Tally, dict[str, list[tuple[Any, ...]]]]]:
    """What a run finds in a video: its tally, and start, end and box of the clips by kind."""

    def rows(path: Path) -> tuple[Tally, dict[str, list[tuple[Any, ...]]]]:
        take_in(home, [path])
        tally = bring_up_to_date(home, pipeline(WITH_MOMENTS), Inline())
        kinds: dict[str, list[tuple[Any, ...]]] = {}
        query = "SELECT kind, start_ms, end_ms, box FROM clips ORDER BY start_ms, box"
        for kind, *row in Catalog(home).rows(query):
            kinds.setdefault(kind, []).append(tuple(row))
        return tally, kinds

    return rows


def reasons(home: Path) -> dict[str, str]:
    """Why stages turned a file down, by stage."""
    rows = Catalog(home).rows("SELECT stage, reason FROM receipts SEMI JOIN assets ON id = \"row\" WHERE reason <> ''")
    return {stage.split("@")[0]: why for stage, why in rows}


@pytest.mark.parametrize("size", [(2160, 3840), pytest.param((4320, 7680), marks=pytest.mark.heavy)])
def test_a_face_in_a_4k_and_an_8k_video_is_one_track_in_pixels_of_the_frame(
    found: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    left, top, side = size[1] // 2, size[0] // 3, 900
    _, kinds = found(video(tmp_path / "large.mp4", [(at, portrait(size, left, top, side)) for at in (0, 200, 400)]))
    ((starts, ends, (x, y, width, height)),) = kinds["track"]
    assert (starts, ends, len(kinds["face"])) == (0, 400, 3)
    assert left < x < x + width < left + side
    assert top <= y < y + height < top + side


def test_a_video_larger_than_8k_is_dropped_with_its_size(home: Path, found: Any, tmp_path: Path) -> None:
    frame = np.full((4336, 8208, 3), 90, np.uint8)
    with av.open(str(tmp_path / "huge.mkv"), "w") as output:
        track = output.add_stream("libx264", rate=5)
        track.height, track.width, track.pix_fmt = 4336, 8208, "yuv420p"
        track.options = {"preset": "ultrafast"}
        output.mux(track.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        output.mux(track.encode(None))
    tally, kinds = found(tmp_path / "huge.mkv")
    assert (tally.files, tally.dropped, kinds) == (1, 1, {})
    assert set(reasons(home).values()) == {"frames of 8208 x 4336 pixels, larger than 8K"}


def test_nobody_in_view_and_no_sound_are_a_file_that_is_done_with_nothing_in_it(
    home: Path, found: Any, tmp_path: Path
) -> None:
    frames = [(at, np.full((180, 320, 3), 40 + at // 20, np.uint8)) for at in range(0, 1000, 100)]
    tally, kinds = found(video(tmp_path / "nobody.mp4", frames))
    assert (tally.files, tally.dropped, tally.failed, kinds) == (1, 0, 0, {})
    assert reasons(home)["FindSpeech"] == "no sound track"


def test_a_cut_to_another_frame_ends_a_track_though_the_face_stays_in_its_place(found: Any, tmp_path: Path) -> None:
    shots = [(at, portrait((240, 320), 80, 40, 160, 40 if at < 1000 else 220)) for at in range(0, 2000, 100)]
    _, kinds = found(video(tmp_path / "cut.mp4", shots))
    assert [(starts, ends) for starts, ends, _ in kinds["track"]] == [(0, 800), (1000, 1800)]


def test_times_of_a_varying_frame_rate_are_those_of_the_frames(found: Any, tmp_path: Path) -> None:
    times = [0, 40, 80, 390, 400, 730, 1010, 1020, 1290, 1900]
    _, kinds = found(video(tmp_path / "varying.mkv", [(at, portrait((240, 320), 80, 40, 160)) for at in times]))
    assert [starts for starts, _, _ in kinds["face"]] == [0, 390, 400, 730, 1010, 1290, 1900]
    assert [(starts, ends) for starts, ends, _ in kinds["track"]] == [(0, 1290), (1900, 1900)]


def test_sound_that_begins_late_and_ends_early_is_heard_at_its_time(found: Any, tmp_path: Path) -> None:
    shots = [(at, portrait((240, 320), 80, 40, 160)) for at in range(0, 5000, 100)]
    _, kinds = found(video(tmp_path / "late.mkv", shots, voice(1.5), starts_ms=2000))
    assert kinds["utterance"]
    assert all(1900 <= starts < ends <= 3600 for starts, ends, _ in kinds["utterance"])
    assert [(starts, ends) for starts, ends, _ in kinds["track"]] == [(0, 4800)]


def test_of_two_sound_tracks_the_one_with_something_in_it_is_heard(found: Any, tmp_path: Path) -> None:
    shots = [(at, portrait((240, 320), 80, 40, 160)) for at in range(0, 3000, 100)]
    _, kinds = found(video(tmp_path / "two.mkv", shots, np.zeros(48_000), voice(3)))
    assert kinds["utterance"]


def test_a_face_that_does_not_move_is_not_taken_to_speak(home: Path, found: Any, tmp_path: Path) -> None:
    shots = [(at, portrait((240, 320), 80, 40, 160)) for at in range(0, 3000, 40)]
    tally, kinds = found(video(tmp_path / "still.mkv", shots, voice(3)))
    assert kinds["utterance"]
    sync = Catalog(home).rows("SELECT value FROM scores WHERE name = 'sync'")
    assert all(value < WITH_MOMENTS.moment.min_sync for (value,) in sync)
    assert tally.files == 1  # though two passes have looked at it
