"""What the doctor says of programs, models and licences here, and of the bytes that a collection holds."""

import sys
from pathlib import Path

import pytest

from pipelines.configuration import change
from pipelines.doctor import Finding, findings
from pipelines.engine.catalog import Catalog
from pipelines.engine.store import Store
from tests.pipelines.conftest import run
from tests.pipelines.engine.test_links import CHANGED, other_sound
from tests.test_cli import emocurate

pytestmark = pytest.mark.long


def found(home: Path, what: str) -> Finding:
    """The one finding about a thing."""
    (finding,) = [finding for finding in findings(home) if finding.what == what]
    return finding


def test_a_machine_without_ffmpeg_is_not_ill_and_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    finding = found(tmp_path, "ffmpeg")
    assert finding.state == "note"
    assert "pip install 'emocurate[demo]'" in finding.found


@pytest.mark.parametrize(
    ("package", "binaries"),
    [("av", ("libx264", "libx265")), ("pillow-heif", ("libx265",)), ("imageio-ffmpeg", ("ffmpeg-",))],
)
def test_gpl_binaries_inside_wheels_are_named(tmp_path: Path, package: str, binaries: tuple[str, ...]) -> None:
    finding = found(tmp_path, f"GPL binaries in {package}")
    assert finding.state == "note"
    assert all(binary in finding.found for binary in binaries)
    assert "NOTICE" in finding.found


def test_the_version_of_the_ffmpeg_that_decodes_is_told(tmp_path: Path) -> None:
    import av

    assert found(tmp_path, "FFmpeg inside av").found.startswith(f"{av.ffmpeg_version_info} (libavcodec 6")


def media_findings(home: Path) -> list[Finding]:
    return [one for one in findings(home, lambda *_: None) if one.what == "media" or one.what.startswith("file ")]


def spoil(home: Path, name: str) -> Path:
    """Write other bytes of equal size over the stored copy of a file."""
    query = "SELECT DISTINCT asset FROM statements WHERE name = ?"
    ((asset,),) = Catalog(home).rows(query, [name])
    stored = Store(home / "media").path(asset)
    other_sound_of = stored.read_bytes()
    stored.write_bytes(other_sound_of[:-1] + bytes([other_sound_of[-1] ^ 1]))
    return stored


def test_files_that_are_what_was_added_are_counted(taken_in: Path) -> None:
    assert media_findings(taken_in) == [Finding("good", "media", "7 of 7 files hold the bytes they were added with")]


def test_a_copy_of_equal_size_with_other_bytes_is_named_with_what_to_do(taken_in: Path) -> None:
    stored = spoil(taken_in, "tone-2.wav")
    assert media_findings(taken_in) == [
        Finding("bad", "file tone-2.wav", f"other bytes lie in {stored}; remove that file, then add it again"),
        Finding("good", "media", "6 of 7 files hold the bytes they were added with"),
    ]


def test_a_changed_original_is_named(linked_in: Path, media: Path) -> None:
    other_sound(media / "tone-1.wav")
    assert media_findings(linked_in)[0] == Finding("bad", "file tone-1.wav", CHANGED)


def test_an_overwritten_original_with_its_old_time_fails_from_then_on(linked_in: Path, media: Path) -> None:
    import os

    before = (media / "tone-1.wav").stat()
    other_sound(media / "tone-1.wav")
    os.utime(media / "tone-1.wav", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert media_findings(linked_in)[0].found == CHANGED
    assert run(linked_in).failed == 1


def test_a_setting_without_effect_is_named(home: Path) -> None:
    change(home, "export.answers", "false")
    change(home, "export.texts", "true")
    assert found(home, "setting").found.startswith("export.texts = true has no effect while export.answers = false")


def test_nothing_is_hashed_unless_asked(taken_in: Path) -> None:
    spoil(taken_in, "tone-2.wav")
    assert not any(one.what.startswith("file ") for one in findings(taken_in))


def test_how_far_it_is_is_told(taken_in: Path) -> None:
    told: list[tuple[int, int]] = []
    findings(taken_in, lambda *done: told.append(done))
    assert told == [(7, 7)]


def test_the_command_ends_with_an_error_that_names_the_file(taken_in: Path) -> None:
    spoil(taken_in, "tone-2.wav")
    done = emocurate("doctor", "--verify", home=taken_in)
    assert done.returncode == 1
    assert "file tone-2.wav" in done.stdout
    assert emocurate("doctor", home=taken_in).returncode == 0
