"""Leases: who may be at work in a collection, and where what is not whole yet is written."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.errors import Busy, Unwritable

FOLDER = "locks"
ASIDE = "aside"


@contextmanager
def lease(home: Path, verb: str, *, together: bool = False) -> Iterator[None]:
    """Hold the lease of a verb; the system takes it back when the process ends, however. Raises Busy.

    Those who hold it `together` do not mind each other, only who wants it alone.
    """
    with _lock(home, verb) as held:
        try:
            fcntl.flock(held, (fcntl.LOCK_SH if together else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another `emocurate {verb}` is at work in {home}; wait for it, or stop it") from None
        yield


@contextmanager
def aside(home: Path, room: str) -> Iterator[Path]:
    """The folder in a room where files are written before they get their names; whoever enters it alone sweeps it.

    All who are inside hold one lock together, so what is swept was left by the dead, and by nobody else.
    """
    folder = home / room / ASIDE
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(home, f"{room}-{ASIDE}") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            _sweep(folder)
        fcntl.flock(held, fcntl.LOCK_SH)
        yield folder


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, so that a renamed file survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(home: Path, name: str) -> BinaryIO:
    path = home / FOLDER / name
    if not os.access(home, os.W_OK):
        raise Unwritable(f"{home} may not be written, only looked at; mend its permissions, or work on a copy")
    path.parent.mkdir(exist_ok=True)
    return path.open("ab")


def _sweep(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
