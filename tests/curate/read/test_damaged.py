"""Files that are broken, lying or hostile: decoded as far as they go, or turned down with a reason."""

import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.read import containers, sounds
from curate.read.decode import decode
from schemas.errors import Unreadable
from schemas.media import AssetKind
from tests.curate.decoded import everything

DAMAGED = ["wav", "flac", "mp3", "opus", "m4a", "mp4", "webm", "mpg", "avi"]
DAMAGED += ["jpg", "png", "gif", "webp", "tiff", "heic", "avif"]


def test_broken_files_are_decoded_in_part_or_turned_down_with_a_short_reason(
    broken: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    refused = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in broken:
            try:
                everything(path)
            except Unreadable as told:
                refused[path.name] = str(told)
    assert len(broken) >= 40
    assert len(refused) >= 40
    assert all(len(reason) < 120 and str(path.parent) not in reason for reason in refused.values())
    assert capfd.readouterr() == ("", "")
    for name, reason in (
        ("zero bytes.mp3", "empty file"),
        ("a text.wav", "not media: text"),
        ("truncated at 30%.jpg", "truncated jpg picture"),
        ("truncated at 90%.png", "truncated png picture"),
        ("no samples.wav", "no sound in it"),
        ("rate of 1 Hz.wav", "a sampling rate of 1 Hz is absurd"),
        ("bomb of 60000 x 60000.png", "picture too large: image size (3600000000 pixels)"),
        ("header only.mp4", "no track that can be decoded in this mp4 file"),
    ):
        assert refused[name] == reason


def test_of_a_file_that_breaks_off_what_comes_before_is_kept(broken: list[Path]) -> None:
    names = ("flipped bits.mp4", "truncated at 90%.flac", "truncated at 90%.avi")
    kept = [everything(path)[2] for path in broken if path.name in names]
    assert len(kept) == len(names)
    assert all(description.errors and (description.duration_ms or 0) > 500 for description in kept)


def test_what_is_declared_does_not_count_where_it_is_measured(broken: list[Path]) -> None:
    measured = {
        path.name: everything(path)[2].duration_ms
        for path in broken
        if path.name.startswith("says ") and path.suffix != ".png"
    }
    assert measured["says 4 GB of sound.wav"] == 1000
    assert measured["says 18 days of sound.flac"] == 1000
    assert (measured["says years of video.mp4"] or 0) < 2000


def test_less_than_50_ms_of_a_damaged_sound_is_nothing(good: dict[str, Path], tmp_path: Path) -> None:
    data = good["mp3"].read_bytes()
    path = tmp_path / "short.mp3"
    path.write_bytes(data[:700] + bytes(range(256)) * 20)
    with pytest.raises(Unreadable):
        everything(path)


def test_video_frames_larger_than_8k_are_refused(good: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "FRAME_PIXELS", 100 * 100)
    with pytest.raises(Unreadable, match="frames of 192 x 192 pixels, larger than 8K"):
        everything(good["mp4"])


def test_sound_without_an_end_is_refused(good: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "LONGEST_MS", 1000)
    with pytest.raises(Unreadable, match="sound of more than a day"):
        everything(good["flac"])


def test_a_file_of_another_kind_than_it_is_held_to_be_is_turned_down(good: dict[str, Path]) -> None:
    with (
        pytest.raises(Unreadable, match="not a picture: flac"),
        decode(good["flac"], "picture", sound=True, every_ms=(1,)),
    ):
        pass


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), decode(tmp_path / "gone.wav", "sound", sound=True, every_ms=()):
        pass


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(DAMAGED),
    wrong=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8),
    end=st.integers(0, 1 << 20),
)
def test_any_wrong_bytes_in_any_format_raise_nothing_but_unreadable(
    key: str, wrong: list[tuple[int, bytes]], end: int, good: dict[str, Path], tmp_path: Path
) -> None:
    data = bytearray(good[key].read_bytes()[:40_000])
    for at, some in wrong:
        place = at % (len(data) if at % 2 else min(300, len(data)))  # half of them into the header
        data[place : place + len(some)] = some
    path = tmp_path / "any"
    path.write_bytes(data[: max(1, end % len(data))] if end % 3 == 0 else data)
    with suppress(Unreadable):
        everything(path)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["sound", "picture", "video"]), data=st.binary(max_size=300))
def test_any_bytes_at_all_raise_nothing_but_unreadable(kind: AssetKind, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    with suppress(Unreadable), decode(path, kind, sound=True, every_ms=(100,)) as decoding:
        list(decoding.frames())
        decoding.description()


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["speech", "faces", "video", "messy", "neardup"])
def test_development_media_are_decoded_or_refused_with_a_reason(folder: str, shared: Path) -> None:
    for path in sorted((shared / folder).iterdir()):
        with suppress(Unreadable):
            frames, sound, _ = everything(path)
            assert frames or sound
