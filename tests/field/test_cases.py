"""The cases that real data and hostile use left behind, beside the checkout, and what became of them: each prints PASS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AS_THEY_ARE = ("01", "04", "09", "10", "18", "19", "20")  # the others run as the copies here, whose first lines say why
COPIES = ("clock", "media", "names", "rights", "release", "label-studio")

pytestmark = pytest.mark.heavy


@pytest.fixture
def emocurate(tmp_path: Path) -> Path:
    """The command, of the sources or the wheel that is tested."""
    command = tmp_path / "emocurate"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n')
    command.chmod(0o755)
    return command


@pytest.mark.parametrize("case", [*AS_THEY_ARE, *COPIES])
def test_every_case_passes(case: str, shared: Path, emocurate: Path, tmp_path: Path) -> None:
    field = shared / "field"
    script = HERE / f"{case}.sh" if case in COPIES else field / f"CASE-{case}" / "repro.sh"
    paths = {"E": emocurate, "PY": sys.executable, "SRC": ROOT, "FIELD": field, "TMPDIR": tmp_path}
    environment = os.environ | {name: str(path) for name, path in paths.items()}
    done = subprocess.run(["bash", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(("PASS", "FAIL"))]
    assert verdicts, done.stdout + done.stderr
    assert [line for line in verdicts if line.startswith("FAIL")] == [], done.stdout + done.stderr
