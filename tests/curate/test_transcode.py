"""Transcodes by the ffmpeg program: sound as Opus, moments as MP4, the same way every time."""

import sys
from pathlib import Path

import pytest
import soundfile

from curate.read.decode import decode
from curate.transcode import ffmpeg_program, moment_cuts, opus
from schemas.errors import Missing, Unreadable
from tests.curate.test_cut import drained
from tests.media.make import voice


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "voice.wav", voice(2.0), 16_000)
    return tmp_path / "voice.wav"


def test_the_ffmpeg_on_the_path_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ffmpeg_program() == str(program)


def test_without_an_ffmpeg_on_the_path_the_bundled_one_is_used(spoken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "imageio_ffmpeg" in ffmpeg_program()
    assert opus(spoken).startswith(b"OggS")


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # as if it were not installed


@pytest.mark.usefixtures("no_ffmpeg")
def test_without_any_ffmpeg_it_is_said_what_to_install(spoken: Path) -> None:
    with pytest.raises(Missing) as missing:
        opus(spoken)
    for command in ("apt install ffmpeg", "brew install ffmpeg", "pip install 'emocurate[demo]'"):
        assert command in str(missing.value)


@pytest.mark.usefixtures("no_ffmpeg")
def test_sound_and_frames_are_decoded_without_any_ffmpeg(good: dict[str, Path]) -> None:
    with decode(good["mp4"], "video", sound=True, every_ms=(500,)) as decoding:
        assert len(list(decoding.frames())) >= 2
        assert decoding.sound() is not None


def test_a_moment_is_the_span_and_the_box_with_its_sound(good: dict[str, Path]) -> None:
    with decode(good["mp4"], "video", sound=False, every_ms=()) as decoding:
        whole = decoding.description()
    width, height = whole.width_px or 0, whole.height_px or 0
    spans = [(100, 600, (10, 10, 40, 30)), (0, 400, None)]
    (_, first), (_, second) = moment_cuts(good["mp4"], spans, margin=0.0)
    for content, (start_ms, end_ms, box) in zip((first, second), spans, strict=True):
        cut = good["mp4"].with_name(f"cut-{start_ms}.mp4")
        cut.write_bytes(content)
        with decode(cut, "video", sound=True, every_ms=(1,)) as decoding:
            frames = list(decoding.frames())
            sound = decoding.sound()
            told = decoding.description()
        expected = (box[2], box[3]) if box else (width // 2 * 2, height // 2 * 2)
        assert (told.width_px, told.height_px) == expected
        assert (told.picture_codec, told.sound_codec) == ("vp9", "opus")
        assert sound is not None
        assert sound.duration_ms == pytest.approx(end_ms - start_ms, abs=60)
        assert (frames[-1].at_ms or 0) + 40 == pytest.approx(end_ms - start_ms, abs=90)


def test_a_moment_of_a_turned_video_lies_in_the_upright_frame(good: dict[str, Path]) -> None:
    ((_, content),) = moment_cuts(good["mp4_rotated"], [(0, 300, (0, 0, 128, 192))], margin=0.3)
    cut = good["mp4_rotated"].with_name("cut-turned.mp4")
    cut.write_bytes(content)
    with decode(cut, "video", sound=False, every_ms=()) as decoding:
        told = decoding.description()
    assert (told.width_px, told.height_px) == (128, 192)


def test_a_moment_beyond_the_end_costs_no_other_its_cut(good: dict[str, Path]) -> None:
    cuts = dict[int, bytes]()
    with pytest.raises(Unreadable, match="no track that can be decoded"):
        drained(moment_cuts(good["mp4"], [(60_000, 61_000, None), (0, 300, None)]), cuts)
    assert list(cuts) == [1]


@pytest.mark.usefixtures("no_ffmpeg")
def test_without_any_ffmpeg_no_moment_is_cut_and_it_is_said_what_to_install(good: dict[str, Path]) -> None:
    with pytest.raises(Missing, match="only Opus and moments need; install it"):
        list(moment_cuts(good["mp4"], [(0, 300, None)]))


def test_the_same_sound_is_the_same_opus_with_its_level(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    sound = tmp_path / "tone.flac"
    tone = 0.25 * np.sin(np.arange(22_050) * 0.06)
    soundfile.write(sound, np.stack([tone, tone / 2], axis=1), 22_050)
    first = opus(sound)
    assert opus(sound) == first
    coded = tmp_path / "tone.opus"
    coded.write_bytes(first)
    with decode(coded, "sound", sound=True, every_ms=()) as decoding:
        told = decoding.description()
    assert (told.sound_codec, told.channels, told.rate_hz) == ("opus", 2, 48_000)
    samples, rate_hz = soundfile.read(coded)
    assert len(samples) / rate_hz == pytest.approx(1, abs=0.02)
    assert np.sqrt((samples**2).mean(axis=0)) == pytest.approx([0.25 / 2**0.5, 0.125 / 2**0.5], rel=0.05)


def test_what_cannot_be_opus_is_told(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "nothing.flac", np.zeros(0), 16_000)
    with pytest.raises(Unreadable):
        opus(tmp_path / "nothing.flac")


NUMBERED_PX = 256, 128


def numbered(path: Path, codec: str, sound_codec: str) -> Path:
    """Eight seconds in which each frame bears its number in eight squares, and only the first is a key frame."""
    import av
    import numpy as np

    spoken = voice(8.0, 44_100)
    with av.open(str(path), "w") as output:
        pictures = output.add_stream(codec, rate=25)
        pictures.width, pictures.height = NUMBERED_PX
        pictures.pix_fmt, pictures.bit_rate = "yuv420p", 1_000_000
        pictures.codec_context.gop_size = 250
        heard = output.add_stream(sound_codec, rate=44_100, layout="mono")
        step = 44_100 // 25
        for number in range(200):
            rgb = np.repeat([20 + 210 * (number >> bit & 1) for bit in range(8)], 32).astype(np.uint8)
            frame = np.broadcast_to(rgb[None, :, None], (128, 256, 3))
            output.mux(pictures.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
            samples = spoken[number * step : (number + 1) * step].reshape(1, -1)
            sound = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            sound.sample_rate, sound.pts = 44_100, number * step
            output.mux(heard.encode(sound))
        for track in (pictures, heard):
            output.mux(track.encode(None))
    return path


def numbers_seen(path: Path) -> list[tuple[int, int]]:
    """When each frame is shown, and the number it bears."""
    with decode(path, "video", sound=False, every_ms=(1,)) as decoding:
        return [
            (frame.at_ms or 0, sum(int(frame.rgb[64, 32 * bit + 16].mean() > 128) << bit for bit in range(8)))
            for frame in decoding.frames()
        ]


@pytest.mark.parametrize(
    ("suffix", "codec", "sound_codec"),
    [("ts", "libx264", "mp2"), ("mpg", "mpeg1video", "mp2"), ("mp4", "libx264", "aac")],
)
def test_a_moment_far_from_a_key_frame_shows_what_is_seen_in_its_span(
    tmp_path: Path, suffix: str, codec: str, sound_codec: str
) -> None:
    original = numbered(tmp_path / f"numbered.{suffix}", codec, sound_codec)
    when = {number: at_ms for at_ms, number in numbers_seen(original)}
    for start_ms, end_ms in ((348, 2148), (6200, 7700)):
        ((_, content),) = moment_cuts(original, [(start_ms, end_ms, (0, 0, *NUMBERED_PX))], margin=0.0)
        (tmp_path / "cut.mp4").write_bytes(content)
        seen = numbers_seen(tmp_path / "cut.mp4")
        assert max(abs(when[number] - start_ms - at_ms) for at_ms, number in seen) <= 40, "as far as a frame lasts"
        assert seen[-1][0] + 40 == pytest.approx(end_ms - start_ms, abs=45)
