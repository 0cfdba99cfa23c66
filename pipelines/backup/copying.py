"""The files of a collection on their way into a backup: each by the hash of its bytes, and only what is new."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from annotate.studio.server import LOCK, LOG
from pipelines.backup.manifest import MEDIA, Kept
from pipelines.backup.places import forgotten
from pipelines.engine.catalog import FILE_NAME as CATALOG
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import ASIDE
from pipelines.engine.lease import FOLDER as LOCKS
from pipelines.engine.objects import CACHE
from pipelines.engine.store import Store, hashed
from pipelines.rebuild.shards import ROOM as REBUILT
from pipelines.rebuild.shards import TABLE
from schemas.errors import BadInput

ROOMS = ("releases", "rebuilt", "forms")  # folders in them whose names begin with a dot are half written
DATABASES = (".sqlite", ".sqlite3")  # copied the way the database does it, while others write to it
PASSING = (ASIDE, LOCK, LOG)  # what is being written, and what only a process that runs needs
TRIES = 3


@dataclass
class Copying:
    """A collection that is copied into the objects of a backup; `before` is what the backup held of it already.

    What cannot be copied stays as it was `before`: media always, other files where `keeps`, which is while nobody was
    forgotten since.

    `files` and `links` are what it holds now; `copied` counts new files with their `bytes`, those too that the backup
    had `lost`, by their objects; `failed` are files that could not be copied, each with the reason.
    """

    home: Path
    objects: Store
    before: Mapping[str, Kept]
    thorough: bool = False
    keeps: bool = False
    files: dict[str, Kept] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    copied: int = 0
    bytes: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def catalog(self) -> str:
        """Copy the catalog as it is at one moment; gives the hash of its tombstones."""
        path = self.home / CATALOG
        # opened first and closed last: closing a file ends the lock that the database has on it in this process
        with path.open("rb") as file, Catalog(self.home).open() as connection:
            connection.execute("CHECKPOINT")
            self._note(CATALOG, path, *self.objects.put(b"", file))
            return forgotten(connection)

    def file(self, name: str) -> None:
        """Copy one file, unless the backup has its bytes; what goes away meanwhile is left out."""
        path = self.home / name
        try:
            if path.is_symlink():
                self.links[name] = os.readlink(path)  # noqa: PTH115  # as it was written, not as a path is
            elif path.suffix in DATABASES:
                self._database(name, path)
            elif kept := self._known(name, path):
                self.files[name] = kept
            else:
                self._bytes(name, path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._fail(name, error.strerror or str(error))

    def _fail(self, name: str, reason: str) -> None:
        self.failed[name] = reason
        kept = self.before.get(name)
        if kept and (self.keeps or kept.object == _asset(name)) and self.objects.path(kept.object).exists():
            self.files[name] = kept

    def _known(self, name: str, path: Path) -> Kept | None:
        """The object of a file that was not written to since the last time, or of media, which never are."""
        looked, before = path.stat(), self.before.get(name)
        if asset := _asset(name):
            before = Kept(asset, looked.st_size, looked.st_mtime_ns, looked.st_mode & 0o777)
        if before is None or (before.size, before.mtime_ns) != (looked.st_size, looked.st_mtime_ns):
            return None
        return before if self._has(before) else None

    def _has(self, kept: Kept) -> bool:
        path = self.objects.path(kept.object)
        if path.exists() and path.stat().st_size == kept.size:
            if not self.thorough:
                return True
            with path.open("rb") as file:
                if hashed(b"", file)[0] == kept.object:
                    return True
            path.unlink()  # damaged: it is written anew
        self.lost.add(kept.object)
        return False

    def _bytes(self, name: str, path: Path) -> None:
        for _ in range(TRIES):
            before = path.stat()
            with path.open("rb") as file:
                made, size = self.objects.put(b"", file)
            if (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, size):
                break
        else:
            self._fail(name, "it is written to all the time")
            return
        if (asset := _asset(name)) and made != asset:
            self._fail(name, "other bytes lie there than were added; `emocurate doctor --verify` says more")
            return
        self._note(name, path, made, size)

    def _database(self, name: str, path: Path) -> None:
        """Copy an SQLite database as it is at one moment, while others read and write it."""
        scratch = self.objects.root / ASIDE / path.name
        scratch.unlink(missing_ok=True)
        try:
            with (
                closing(sqlite3.connect(path, timeout=30)) as source,
                closing(sqlite3.connect(scratch)) as copy,
            ):
                source.backup(copy)
            with scratch.open("rb") as file:
                made, size = hashed(b"", file)
            self.objects.adopt(scratch, made, size)
            self._note(name, path, made, size)
        except sqlite3.Error as error:
            self._fail(name, f"the database cannot be read: {error}")
        finally:
            scratch.unlink(missing_ok=True)

    def _note(self, name: str, path: Path, made: str, size: int) -> None:
        looked, known = path.stat(), self.before.get(name)
        self.files[name] = Kept(made, size, looked.st_mtime_ns, looked.st_mode & 0o777)
        if known is None or known.object != made or made in self.lost:
            self.copied += 1
            self.bytes += size


def names(home: Path) -> Iterator[str]:
    """The files of a collection by their paths in it, but for the catalog, locks and what is half written.

    Raises BadInput for a folder that cannot be read or lies elsewhere: a backup without what is in it is none.
    """
    for folder, inner, files in os.walk(home, onerror=_refuse):
        below = Path(folder).relative_to(home)
        inner[:] = sorted(one for one in inner if not _is_passing(below / one))
        for linked in (home / below / one for one in inner if (home / below / one).is_symlink()):
            raise BadInput(
                f"{linked} is a link to a folder, and a backup holds what lies in the collection; move that folder "
                "here or mount it here, then type the same command again"
            )
        for name in sorted(files):
            if not _is_passing(below / name):
                yield (below / name).as_posix()


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise BadInput(
            f"{error.filename} cannot be read ({error.strerror}), and the backup stays as it was; mend that folder, "
            "then type the same command again"
        )


def _is_passing(path: Path) -> bool:
    first, *rest = path.parts
    if not rest:
        return first in (LOCKS, CACHE) or first.startswith(CATALOG)
    is_journal = path.name.endswith(("-wal", "-shm", "-journal"))
    is_half = first in ROOMS and rest[0].startswith(".")
    if first == REBUILT and (len(rest) == 1 or path.name == TABLE):  # `forget` knows by it alone what has been cut
        is_half = False
    return path.name in PASSING or is_journal or is_half


def _asset(name: str) -> str | None:
    """The id of the media that a path in a collection holds."""
    *folders, last = name.split("/")
    return last if folders[:1] == [MEDIA] and "." not in last else None
