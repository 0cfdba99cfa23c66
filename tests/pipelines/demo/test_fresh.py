"""The environment with `datasets` alone: where it cannot be made, the reason is told."""

import subprocess
import venv
from pathlib import Path

import pytest

from pipelines.demo.fresh import read_there


def test_a_python_without_ensurepip_is_a_reason_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def without_ensurepip(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, ["python", "-m", "ensurepip"])

    monkeypatch.setattr(venv, "create", without_ensurepip)  # every Python that runs the tests has it
    rows, reason = read_there(tmp_path, "voice", "train")
    assert rows is None
    assert "is ensurepip installed?" in reason
