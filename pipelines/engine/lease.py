"""Leases: of a verb that must not run twice at once in a collection, one process holds the lease."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import Busy

FOLDER = "locks"


@contextmanager
def lease(home: Path, verb: str) -> Iterator[None]:
    """Hold the lease of a verb; the system takes it back when the process ends, however. Raises Busy."""
    path = home / FOLDER / verb
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another `emocurate {verb}` is at work in {home}; wait for it, or stop it") from None
        yield
