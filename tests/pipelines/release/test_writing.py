"""A disk that is full and a folder that may not be written leave the last good release as it was."""

import ctypes
import os
import shutil
from collections.abc import Callable
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from schemas.answers import Answer
from tests.pipelines.conftest import Builder
from tests.pipelines.release.test_export import files_of, once_in
from tests.pipelines.test_read_only import heed_permissions
from tests.processes import Done, typed

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000  # of unshare(2)
PRIVATE = 1 << 18 | 1 << 14  # MS_PRIVATE and MS_REC of mount(2)


def little_room(releases: Path, more_bytes: int, afterwards: Path) -> None:
    """Put the releases on a disk in memory that takes so much more and no process but this one sees.

    When the process ends, what lies there is copied out.
    """
    libc, (user, group) = ctypes.CDLL(None, use_errno=True), (os.getuid(), os.getgid())
    assert libc.unshare(NEW_MOUNTS if user == 0 else NEW_MOUNTS | NEW_USER) == 0, os.strerror(ctypes.get_errno())
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", "ascii")
    assert libc.mount(None, b"/", None, PRIVATE, None) == 0
    before = releases.with_name("before")
    shutil.copytree(releases, before)
    page = os.sysconf("SC_PAGE_SIZE")
    held = sum(-(-path.stat().st_size // page) * page for path in before.rglob("*") if path.is_file())
    room = b"size=%d" % (held + more_bytes)
    assert libc.mount(b"none", os.fsencode(releases), b"tmpfs", 0, room) == 0, os.strerror(ctypes.get_errno())
    shutil.copytree(before, releases, dirs_exist_ok=True)
    shutil.rmtree(before)
    Finalize(None, shutil.copytree, (releases, afterwards), exitpriority=1)


@pytest.fixture
def changed(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection with a release, since which all answers of one rater have changed."""
    home = copy_of(once_in)
    rows = Catalog(home).rows(
        """SELECT origin, ask, question, rater, '2026-03-01T00:00:00.000000Z', '"neutral"', 'given', 900 FROM answers
           WHERE question = 'emotion' AND rater = (SELECT min(rater) FROM answers)"""
    )
    Catalog(home).add([Answer(*row) for row in rows])
    return home


def exported(home: Path, first: Callable[[], None] | None = None) -> Done:
    return typed("export", "--no-figures", "--home", str(home), first=first)


def without_room(home: Path, more_kb: int, afterwards: Path) -> None:
    """An export for which there is too little room, and what it leaves: the first release, whole."""
    releases = home / "releases"
    done = exported(home, partial(little_room, releases, more_kb << 10, afterwards))
    assert done.returncode == 1
    assert "there is no room for" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in afterwards.iterdir() if not path.name.startswith(".")] == ["v1"]
    assert files_of(afterwards / "v1") == files_of(releases / "v1")
    assert Catalog(home).rows("SELECT name FROM releases") == [("v1",)]


def test_a_full_disk_leaves_the_last_release_as_it_was(changed: Path, tmp_path: Path) -> None:
    without_room(changed, 16, tmp_path / "afterwards")


@pytest.mark.heavy
@pytest.mark.parametrize("more_kb", [0, 60, 150])
def test_where_there_is_room_again_the_next_export_writes_the_new_release(
    changed: Path, tmp_path: Path, more_kb: int
) -> None:
    without_room(changed, more_kb, tmp_path / "afterwards")
    assert exported(changed).returncode == 0
    assert sorted(path.name for path in (changed / "releases").iterdir()) == ["v1", "v2"]


def test_a_folder_that_may_not_be_written_leaves_the_last_release_and_is_named(changed: Path) -> None:
    releases = changed / "releases"
    before = files_of(releases)
    releases.chmod(0o555)
    done = exported(changed, heed_permissions)
    releases.chmod(0o755)
    assert done.returncode == 1
    assert f"{releases}/.v2.aside may not be opened, made or changed by this user" in done.stderr
    assert files_of(releases) == before
    assert Catalog(changed).rows("SELECT name FROM releases") == [("v1",)]
