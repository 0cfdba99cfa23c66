"""A collection that may not be written can be looked at."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from schemas.stage import Receipt

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def heed_permissions() -> None:
    """Let the program that comes obey the permissions of files even as root."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def emocurate(*verb: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *verb, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=heed_permissions)


@pytest.fixture
def fixed(answered: Path) -> Iterator[Path]:
    """A collection with answers that may not be written, and whose live clips are to be found anew."""
    asset = Catalog(answered).rows("SELECT id FROM assets WHERE kind = 'sound' LIMIT 1")[0][0]
    Catalog(answered).add([], [Receipt("Another@1", asset, "done")])
    (answered / "catalog.duckdb").chmod(0o444)
    answered.chmod(0o555)
    yield answered
    answered.chmod(0o755)


def test_status_of_what_may_not_be_written_counts_everything(fixed: Path) -> None:
    done = emocurate("status", "--json", home=fixed)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["files"]["kept"], told["clips"]["voice"]["good"], told["answers"]) == (7, 8, 66)


@pytest.mark.parametrize(
    "verb", ["status --files", "agree", "labels", "audit", "raters report", "scheme list", "doctor"]
)
def test_every_look_works_where_nothing_may_be_written(verb: str, fixed: Path) -> None:
    done = emocurate(*verb.split(), home=fixed)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_what_would_change_it_is_refused(fixed: Path) -> None:
    done = emocurate("run", home=fixed)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {fixed} may not be written, only looked at")
