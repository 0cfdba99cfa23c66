"""What the doctor says of programs, models and licences of this environment."""

import sys
from pathlib import Path

import pytest

from pipelines.doctor import Finding, findings


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
