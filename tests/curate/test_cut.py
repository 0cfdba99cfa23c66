"""The bytes of clips: exact to the sample and to the pixel, the same every time."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.cut import face_cuts, voice_cuts
from curate.read.decode import decode
from schemas.errors import Unreadable
from tests.media.make import voice


def in_order(cuts: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """The cuts by their places, which are 0, 1, 2, …"""
    places, contents = zip(*sorted(cuts), strict=True)
    assert places == tuple(range(len(places)))
    return list(contents)


def drained(cuts: Iterable[tuple[int, bytes]], into: dict[int, bytes]) -> None:
    """Keep every cut by its place, whatever comes after it."""
    for placed in cuts:
        into.update([placed])


def heard(flac: bytes, dtype: str = "int32") -> tuple[Any, int]:
    import soundfile

    samples, rate_hz = soundfile.read(io.BytesIO(flac), dtype=dtype, always_2d=True)
    return samples, int(rate_hz)


def seen(webp: bytes) -> Any:
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(webp)).convert("RGB")).astype(int)


@pytest.mark.parametrize("key", ["wav", "wav_8bit", "wav_24bit", "wav_mulaw", "flac", "flac_24bit", "aiff", "wav_8ch"])
def test_a_cut_is_the_recording_to_the_bit(key: str, good: dict[str, Path]) -> None:
    import numpy as np
    import soundfile

    truth, rate_hz = soundfile.read(good[key], dtype="int32", always_2d=True)
    spans = [(0, 300), (123, 1001), (1999, 2000)]
    for (start_ms, end_ms), flac in zip(spans, in_order(voice_cuts(good[key], spans)), strict=True):
        samples, hz = heard(flac)
        assert hz == rate_hz
        assert np.array_equal(samples, truth[round(start_ms * rate_hz / 1000) : round(end_ms * rate_hz / 1000)])


@pytest.mark.parametrize(
    ("key", "subtype"), [("wav", "PCM_16"), ("flac_24bit", "PCM_24"), ("wav_float", "PCM_24"), ("mp3", "PCM_16")]
)
def test_a_cut_has_the_bits_of_its_recording_up_to_24(key: str, subtype: str, good: dict[str, Path]) -> None:
    import soundfile

    (flac,) = in_order(voice_cuts(good[key], [(0, 500)]))
    assert soundfile.info(io.BytesIO(flac)).subtype == subtype


def test_cuts_have_their_place_in_the_order_given_and_may_overlap(good: dict[str, Path]) -> None:
    spans = [(1000, 1500), (0, 200), (100, 1900), (0, 200), (1200, 1300)]
    alone = [in_order(voice_cuts(good["flac"], [span]))[0] for span in spans]
    assert in_order(voice_cuts(good["flac"], spans)) == alone


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(st.tuples(st.integers(0, 1900), st.integers(1, 900)), min_size=1, max_size=12))
def test_any_spans_give_the_samples_between_their_ends(spans: list[tuple[int, int]], good: dict[str, Path]) -> None:
    import numpy as np
    import soundfile

    truth, _ = soundfile.read(good["flac"], dtype="int16", always_2d=True)
    asked = [(start_ms, start_ms + long_ms) for start_ms, long_ms in spans]
    for (start_ms, end_ms), flac in zip(asked, in_order(voice_cuts(good["flac"], asked)), strict=True):
        assert np.array_equal(heard(flac, "int16")[0], truth[start_ms * 16 : end_ms * 16])


@pytest.mark.parametrize("beyond", [0, 1, 2])
def test_a_span_without_sound_costs_no_other_its_cut(beyond: int, good: dict[str, Path]) -> None:
    spans = [(1000, 1500), (0, 200)]
    whole = {spans[place]: content for place, content in voice_cuts(good["wav"], spans)}
    spans.insert(beyond, (5000, 6000))
    cuts = dict[int, bytes]()
    with pytest.raises(Unreadable, match="a span without any sound in it"):
        drained(voice_cuts(good["wav"], spans), cuts)
    assert {spans[place]: content for place, content in cuts.items()} == whole


@pytest.mark.parametrize("beyond", [0, 1, 2])
def test_a_time_without_a_frame_costs_no_other_face_its_cut(beyond: int, good: dict[str, Path]) -> None:
    box = (10, 10, 50, 50)
    with decode(good["mp4"], "video", sound=False, every_ms=(300,)) as decoding:
        times = [frame.at_ms for frame in decoding.frames()][:2]
    times.insert(beyond, 77)
    cuts = dict[int, bytes]()
    with pytest.raises(Unreadable, match="no frame at 77 ms"):
        drained(face_cuts(good["mp4"], "video", [(at_ms, box) for at_ms in times]), cuts)
    assert sorted(cuts) == [place for place in range(3) if place != beyond]


def test_more_than_eight_channels_become_two(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    path = tmp_path / "many.wav"
    soundfile.write(path, np.tile(voice(0.5)[:, None], (1, 12)), 16_000)
    (flac,) = in_order(voice_cuts(path, [(0, 500)]))
    assert heard(flac)[0].shape == (8000, 2)


def test_cuts_of_a_video_are_in_time_with_its_spans(good: dict[str, Path]) -> None:
    import numpy as np

    with decode(good["mov"], "video", sound=True, every_ms=()) as decoding:
        sound = decoding.sound()
        assert sound is not None
        whole = sound.native.copy()
    (flac,) = in_order(voice_cuts(good["mov"], [(500, 1500)]))
    assert np.array_equal(heard(flac, "int16")[0], whole[8000:24_000])


def test_a_span_that_ends_late_is_cut_at_the_end_and_one_beyond_it_is_refused(good: dict[str, Path]) -> None:
    (flac,) = in_order(voice_cuts(good["wav"], [(1500, 9000)]))
    assert len(heard(flac)[0]) == 8000
    with pytest.raises(Unreadable, match="a span without any sound in it"):
        list(voice_cuts(good["wav"], [(5000, 6000)]))


@pytest.mark.parametrize("rate_hz", [127_999, 700_000])
def test_a_rate_that_flac_cannot_hold_is_refused(rate_hz: int, tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "odd.wav"
    soundfile.write(path, voice(0.2), rate_hz)
    with pytest.raises(Unreadable, match=f"FLAC cannot hold a sampling rate of {rate_hz} Hz"):
        list(voice_cuts(path, [(0, 10)]))


def test_no_spans_give_no_cuts(good: dict[str, Path]) -> None:
    assert list(voice_cuts(good["wav"], [])) == []
    assert list(face_cuts(good["jpg"], "picture", [])) == []


def test_what_has_no_sound_cannot_be_cut(good: dict[str, Path]) -> None:
    with pytest.raises(Unreadable, match="no sound track"):
        list(voice_cuts(good["mp4_silent"], [(0, 100)]))
    with pytest.raises(Unreadable):
        list(voice_cuts(good["jpg"], [(0, 100)]))


def test_a_face_is_cut_with_a_margin_from_the_upright_picture(good: dict[str, Path]) -> None:
    with decode(good["jpg_turned_6"], "picture", sound=False, every_ms=(1,)) as decoding:
        (frame,) = decoding.frames()
    (webp,) = in_order(face_cuts(good["jpg_turned_6"], "picture", [(None, (40, 50, 20, 30))]))
    truth = frame.rgb[41:89, 34:66].astype(int)
    assert seen(webp).shape == truth.shape
    assert abs(seen(webp) - truth).mean() < 6


def test_a_margin_ends_at_the_edge_of_the_picture(good: dict[str, Path]) -> None:
    boxes = [(0, 0, 120, 160), (100, 140, 20, 20), (-10, -10, 20, 20), (119, 159, 1, 1)]
    sizes = [
        seen(webp).shape[:2] for webp in in_order(face_cuts(good["png"], "picture", [(None, box) for box in boxes]))
    ]
    assert sizes == [(160, 120), (26, 26), (16, 16), (2, 2)]


def test_faces_of_a_video_are_cut_from_the_frames_that_were_seen(good: dict[str, Path]) -> None:
    with decode(good["mp4_rotated"], "video", sound=False, every_ms=(300,)) as decoding:
        frames = [(frame.at_ms, frame.rgb) for frame in decoding.frames()]
    box = (10, 20, 60, 80)
    faces = [(at_ms, box) for at_ms, _ in reversed(frames)] + [(frames[0][0], (0, 0, 30, 30))]
    cuts = in_order(face_cuts(good["mp4_rotated"], "video", faces, margin=0))
    for (_, rgb), webp in zip(reversed(frames), cuts, strict=False):
        assert abs(seen(webp) - rgb[20:100, 10:70].astype(int)).mean() < 6
    assert seen(cuts[-1]).shape == (30, 30, 3)


def test_a_face_at_a_time_without_a_frame_is_refused(good: dict[str, Path]) -> None:
    with pytest.raises(Unreadable, match="no frame at 77 ms"):
        list(face_cuts(good["mp4"], "video", [(77, (0, 0, 10, 10))]))


def test_the_same_clip_has_the_same_bytes(good: dict[str, Path]) -> None:
    faces: list[tuple[int | None, tuple[int, int, int, int]]] = [(0, (10, 10, 50, 50)), (500, (30, 30, 80, 80))]
    assert list(face_cuts(good["webm"], "video", faces)) == list(face_cuts(good["webm"], "video", faces))
    assert list(voice_cuts(good["mp3"], [(100, 900)])) == list(voice_cuts(good["mp3"], [(100, 900)]))
