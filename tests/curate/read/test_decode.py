"""Media as frames and sound: one open, one pass, upright and in time."""

import io
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.read import sounds
from curate.read.decode import Description, decode
from curate.read.sounds import Sound
from tests.curate.decoded import everything, heard, kind_of, numbered_video, written
from tests.media.make import MUXED, face, voice

LOSSLESS = ("wav", "wav_24bit", "wav_rf64", "flac", "flac_24bit", "aiff", "caf", "au")


def test_every_good_file_is_decoded_without_errors(good: dict[str, Path]) -> None:
    for key, path in good.items():
        frames, sound, description = everything(path)
        assert description.errors == 0, key
        assert frames or sound, key
        if description.duration_ms and key not in ("talking_head", "wma") and not key.startswith("odd"):
            assert 1990 <= description.duration_ms <= 2150, key


@pytest.mark.parametrize("key", LOSSLESS)
def test_lossless_sound_is_what_was_written_to_the_bit(key: str, good: dict[str, Path]) -> None:
    import numpy as np
    import soundfile

    _, (native, speech), description = everything(good[key])
    truth, rate_hz = soundfile.read(good[key], dtype="int16", always_2d=True)
    assert np.array_equal(native, truth)
    assert native.dtype == speech.dtype == np.int16
    assert (description.rate_hz, description.channels) == (rate_hz, truth.shape[1])


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000])
def test_speech_is_16_khz_and_every_sample_stays_at_its_time(rate_hz: int, tmp_path: Path) -> None:
    import numpy as np

    samples = np.zeros(2 * rate_hz, np.int16)
    clicks = [rate_hz // 4, rate_hz, rate_hz * 3 // 2]
    for click in clicks:
        samples[click] = 20_000
    speech = heard(written(tmp_path, samples, rate_hz), lambda sound: np.abs(sound.speech.astype(int)))
    assert abs(len(speech) - 32_000) <= 1
    for click in clicks:
        at = click * 16_000 // rate_hz
        assert abs(int(speech[at - 100 : at + 100].argmax()) - 100) <= 1


def test_speech_of_stereo_is_the_mean_of_its_sides(tmp_path: Path) -> None:
    import numpy as np

    sides = np.stack([voice(0.5), np.zeros(8000, np.int16)], axis=1)
    native, speech = heard(written(tmp_path, sides, 16_000), lambda sound: (sound.native, sound.speech))
    assert np.array_equal(native, sides)
    assert np.abs(speech - sides[:, 0] / 2).max() <= 1


@pytest.mark.parametrize("channels", [3, 4, 6, 8, 9, 16])
def test_every_one_of_many_channels_is_heard(channels: int, tmp_path: Path) -> None:
    import numpy as np

    for channel in range(channels):
        samples = np.zeros((3200, channels), np.int16)
        samples[:, channel] = np.tile([12_000, -12_000], 1600)
        native = heard(written(tmp_path, samples, 16_000), lambda sound: sound.native)
        assert native.shape == (3200, 2)
        assert np.abs(native).max() >= 12_000 // channels


def test_spans_are_slices_in_whole_milliseconds(good: dict[str, Path]) -> None:
    import numpy as np

    def check(sound: Sound) -> bool:
        native = np.array_equal(sound.native_span(105, 1333), sound.native[round(105 * 44.1) : round(1333 * 44.1)])
        speech = np.array_equal(sound.speech_span(105, 1333), sound.speech[105 * 16 : 1333 * 16])
        return native and speech and len(sound.speech_span(1900, 9000)) == len(sound.speech) - 1900 * 16

    assert heard(good["flac_24bit"], check)


@pytest.mark.parametrize(("limit", "most"), [("IN_MEMORY_MS", 500), ("IN_MEMORY_BYTES", 20_000)])
def test_long_sound_in_a_scratch_file_is_the_same_and_leaves_nothing(
    limit: str, most: int, good: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    kept = everything(good["flac_24bit"])[1]
    spans = heard(good["flac_24bit"], lambda sound: (sound.native_span(100, 200), sound.speech_span(100, 200)))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sounds, limit, most)
    spilled = everything(good["flac_24bit"])[1]
    again = heard(good["flac_24bit"], lambda sound: (sound.native_span(100, 200), sound.speech_span(100, 200)))
    assert all(np.array_equal(one, other) for one, other in zip((*kept, *spans), (*spilled, *again), strict=True))
    assert list(tmp_path.iterdir()) == []


def test_arrays_cannot_be_written_to(good: dict[str, Path]) -> None:
    frames, _, _ = everything(good["mp4"])
    assert not frames[0][1].flags.writeable
    assert not heard(good["wav"], lambda sound: sound.native.flags.writeable or sound.speech.flags.writeable)


def test_frames_are_the_first_at_or_after_each_multiple(tmp_path: Path) -> None:
    times = [0, 40, 80, 120, 160, 200, 430, 440, 450, 600, 610]
    path = numbered_video(tmp_path / "video.mkv", times)
    frames, _, _ = everything(path, every_ms=100)
    assert [at_ms for at_ms, _ in frames] == [0, 120, 200, 430, 600]
    shown = [round(float(rgb.mean()) / 8) for _, rgb in frames]
    assert shown == [times.index(at_ms) for at_ms, _ in frames if at_ms is not None]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(1, 400), min_size=1, max_size=25), every_ms=st.integers(1, 700))
def test_frames_of_any_rate_are_sampled_alike(tmp_path: Path, steps: list[int], every_ms: int) -> None:
    times = [sum(steps[:number]) for number in range(len(steps))]
    frames, _, _ = everything(numbered_video(tmp_path / "video.mkv", times), every_ms)
    wanted = {min((at for at in times if at >= due), default=None) for due in range(0, times[-1] + 1, every_ms)}
    assert [at_ms for at_ms, _ in frames] == sorted(at for at in wanted if at is not None)


def test_sound_that_begins_late_or_pauses_stays_in_time_with_the_pictures(tmp_path: Path) -> None:
    import numpy as np

    spoken = np.full(8000, 5000, np.int16)
    path = numbered_video(tmp_path / "video.mkv", list(range(0, 3000, 100)), [(500, spoken), (2000, spoken)])
    native = heard(path, lambda sound: sound.native[:, 0], "video")
    assert len(native) == 2500 * 16
    assert [bool(native[at_ms * 16 + 8]) for at_ms in (250, 750, 1500, 2250)] == [False, True, False, True]


def test_frames_and_sound_do_not_depend_on_what_else_is_asked(good: dict[str, Path]) -> None:
    import numpy as np

    frames, sound, _ = everything(good["mp4"])
    with decode(good["mp4"], "video", sound=False, every_ms=(500,)) as decoding:
        assert decoding.sound() is None
    with decode(good["mp4"], "video", sound=False, every_ms=(500,)) as decoding:
        alone = [(frame.at_ms, frame.rgb) for frame in decoding.frames()]
    assert [at_ms for at_ms, _ in alone] == [at_ms for at_ms, _ in frames]
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(alone, frames, strict=True))
    assert np.array_equal(heard(good["mp4"], lambda heard: heard.native, "video"), sound[0])


def test_frames_can_be_left_halfway_and_the_sound_is_still_whole(good: dict[str, Path]) -> None:
    with decode(good["mp4"], "video", sound=True, every_ms=(100,)) as decoding:
        assert next(decoding.frames()).at_ms == 0
        sound = decoding.sound()
        assert sound is not None
        assert sound.duration_ms == everything(good["mp4"])[2].duration_ms


def test_a_rotated_video_is_upright(good: dict[str, Path], tmp_path: Path) -> None:
    import imageio_ffmpeg
    import numpy as np
    from PIL import Image

    frames, _, description = everything(good["mp4_rotated"])
    truth = tmp_path / "truth.png"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(good["mp4_rotated"]), "-frames:v", "1"]
    subprocess.run([*command, str(truth)], check=True, capture_output=True)
    upright = np.asarray(Image.open(truth).convert("RGB")).astype(int)
    assert (description.width_px, description.height_px) == (128, 192)
    assert np.abs(frames[0][1] - upright).mean() < 3


def test_the_header_alone_tells_what_a_file_holds(good: dict[str, Path]) -> None:
    def told(key: str) -> Description:
        with decode(good[key], kind_of(good[key]) or "sound", sound=False, every_ms=()) as decoding:
            assert list(decoding.frames()) == []
            assert decoding.sound() is None
            return decoding.description()

    assert told("wav") == Description(2000, 16_000, 1, sound_codec="pcm_s16le")
    assert told("flac_24bit") == Description(2000, 44_100, 2, sound_codec="flac")
    assert told("jpg_turned_6") == Description(width_px=120, height_px=160, picture_codec="jpg")
    assert told("mp4_rotated").width_px == 128
    assert told("mp4") == Description(2000, 16_000, 1, 192, 192, 10.0, "aac", "h264")


def test_a_video_without_sound_has_none_and_a_recording_without_pictures_has_no_frames(good: dict[str, Path]) -> None:
    frames, sound, description = everything(good["mp4_silent"])
    assert (len(frames), sound, description.channels) == (4, None, None)
    frames, sound, description = everything(good["webm_voice"])
    assert (frames, len(sound[0]), description.width_px) == ([], 96_000, None)


def test_a_cover_picture_in_a_sound_file_is_no_video(good: dict[str, Path], tmp_path: Path) -> None:
    cover = io.BytesIO()
    face((64, 64)).save(cover, "PNG")
    frame = b"\x00image/png\x00\x03\x00" + cover.getvalue()
    body = b"APIC" + len(frame).to_bytes(4, "big") + b"\x00\x00" + frame
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    path = tmp_path / "covered.mp3"
    path.write_bytes(b"ID3\x03\x00\x00" + size + body + good["mp3_junk_first"].read_bytes()[780:])
    frames, sound, description = everything(path)
    assert frames == []
    assert len(sound[0]) > 30_000
    assert description.picture_codec is None


def test_odd_names_are_no_hindrance(good: dict[str, Path]) -> None:
    odd = [path for key, path in good.items() if key.startswith("odd")]
    assert len(odd) >= 8
    assert {everything(path)[2].duration_ms for path in odd} == {500}


def test_the_same_file_gives_the_same_samples_and_pixels(good: dict[str, Path]) -> None:
    import numpy as np

    for key in ("mp3", "webm", "opus", "heic"):
        one, other = everything(good[key]), everything(good[key])
        assert one[2] == other[2]
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(one[0], other[0], strict=True))
        assert one[1] is other[1] or np.array_equal(one[1][1], other[1][1])


def test_every_container_of_the_recipes_is_covered(good: dict[str, Path]) -> None:
    assert set(MUXED) <= set(good)


def test_channels_of_opposite_polarity_do_not_cancel_and_that_is_noted(tmp_path: Path) -> None:
    import numpy as np

    spoken = voice(1.5)
    path = written(tmp_path, np.stack([spoken, -spoken], axis=1), 16_000)
    speech, opposed = heard(path, lambda sound: (sound.speech.copy(), sound.opposed))
    assert opposed == 1
    assert np.abs(speech - spoken.astype(int)).max() <= 2


def test_channels_that_agree_or_differ_are_mixed_by_their_mean(tmp_path: Path) -> None:
    import numpy as np

    spoken, other = voice(1.5), np.random.default_rng(0).normal(0, 3000, 24_000).astype(np.int16)
    for second in (spoken, spoken // 3, other, np.zeros_like(spoken)):
        path = written(tmp_path, np.stack([spoken, second], axis=1), 16_000)
        assert heard(path, lambda sound: sound.opposed) == 0


def two_tracks(path: Path, tracks: list[Any], gap_ms: int = 0) -> Path:
    """A file of sound tracks at 16 kHz, each of a second or more; after half a second the clock jumps by the gap."""
    with av.open(str(path), "w", format="matroska") as output:
        streams: list[Any] = [output.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in tracks]
        for stream, samples in zip(streams, tracks, strict=True):
            for start in range(0, len(samples), 1600):
                frame = av.AudioFrame.from_ndarray(samples[start : start + 1600].reshape(1, -1), "s16", "mono")
                frame.sample_rate, frame.pts = 16_000, start + (gap_ms * 16 if start >= 8000 else 0)
                output.mux(stream.encode(frame))
    return path


def test_an_empty_first_track_does_not_hide_the_second(tmp_path: Path) -> None:
    import numpy as np

    spoken = voice(1.5)
    path = two_tracks(tmp_path / "two.mkv", [np.zeros_like(spoken), spoken])
    speech, track = heard(path, lambda sound: (sound.speech.copy(), sound.track), "video")
    assert track == 1
    assert np.array_equal(speech, spoken)


def test_of_two_tracks_that_are_not_empty_the_first_is_heard(tmp_path: Path) -> None:
    import numpy as np

    spoken = voice(1.5)
    path = two_tracks(tmp_path / "two.mkv", [spoken // 4, spoken])
    speech, track = heard(path, lambda sound: (sound.speech.copy(), sound.track), "video")
    assert track == 0
    assert np.array_equal(speech, spoken // 4)


def test_a_gap_in_the_times_of_sound_alone_becomes_silence(tmp_path: Path) -> None:
    import numpy as np

    spoken = voice(1.5)
    speech = heard(two_tracks(tmp_path / "gap.mkv", [spoken], gap_ms=3000), lambda sound: sound.speech.copy(), "video")
    assert len(speech) == pytest.approx(4.5 * 16_000, abs=50)
    assert not speech[9_000:55_000].any()
    assert np.abs(speech[-15_000:] - spoken[-15_000:].astype(int)).max() <= 2
