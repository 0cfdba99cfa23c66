"""A collection that may not be written can be looked at."""

import ctypes
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from schemas.stage import Receipt
from tests.processes import Done, typed

CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 0x20080522, 1, 2
EFFECTIVE, PERMITTED = 0, 1  # where the first 32 of either lie in what capget gives


def heed_permissions() -> None:
    """Let this process obey the permissions of files even as root."""
    if os.geteuid() == 0:
        libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
        assert libc.capget(header, sets) == 0
        for kind in (EFFECTIVE, PERMITTED):
            sets[kind] &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH)
        assert libc.capset(header, sets) == 0


def emocurate(*verb: str, home: Path) -> Done:
    return typed(*verb, "--home", str(home), first=heed_permissions)


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
