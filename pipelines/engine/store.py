"""The store: all bytes of a collection, each file under the hash of its content."""

import errno
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from pipelines.engine.lease import ASIDE, aside
from schemas.errors import Altered
from schemas.ids import asset_id

CHUNK = 1 << 20
FRESH_NS = 2_000_000_000  # within a tick of its clock, 2 s at most, a file system may give two writes one time
NEVER_NS = (1 << 63) - 1

CHANGED = "the linked file has changed since it was added; put its bytes back, or add it again as a new file"
ADD_AGAIN = "add the file again, then run --retry"
WRITTEN_TO = "the file was written to while it was read; wait until it is whole, then type the same command again"

Allow = Callable[[str], None]  # raises where the bytes of this id may not come in


@dataclass(frozen=True)
class Identity:
    """What tells without reading that a file was not written to: where it lies, its size, its time, its inode.

    `ctime_ns` is not compared: backups and permissions change it too.
    """

    path: str
    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int = field(compare=False)


@dataclass(frozen=True)
class Note:
    """What a linked original was when it was last hashed, and whether it had the bytes of its asset.

    Cuts older than `cuts_since_ns` were made before originals were hashed for it.
    """

    identity: Identity
    whole: bool
    hashed_ns: int
    cuts_since_ns: int

    def speaks_for(self, identity: Identity) -> bool:
        """Whether a file that is this now need not be hashed again; its own bytes may come back with their old time."""
        is_same = self.identity == identity and abs(self.hashed_ns - identity.mtime_ns) > FRESH_NS
        return is_same and (self.whole or self.identity.ctime_ns == identity.ctime_ns)


@dataclass(frozen=True)
class Store:
    """Files below `root`, named by the id of their bytes; put is safe from any number of processes at once.

    Whoever wants bytes asks `local` or `verified`, so that an object store can take this one's place.
    """

    root: Path

    def path(self, asset: str) -> Path:
        """Where the bytes of an asset lie, or would lie."""
        return self.root.joinpath(asset[:2], asset)

    def local(self, asset: str, size: int) -> Path:
        """A path that holds the bytes of an asset of `size` bytes; raises Altered with the reason where none does.

        A copy is known by its size. A linked original is hashed when its size, time or inode are not those it had when
        it was last hashed.
        """
        path = self.path(asset)
        identity = _identity(path)
        if not path.is_symlink():
            if identity.size != size:
                raise Altered(f"{identity.size} of {size} bytes are left in media; {ADD_AGAIN}")
            return path
        note = _note(path)
        if note is None or not note.speaks_for(identity):
            self.verify(asset)
        elif not note.whole:
            raise Altered(CHANGED)
        return path

    def verify(self, asset: str) -> Identity:
        """Hash the bytes of an asset and give the identity of their file; raises Altered where they are others."""
        path = self.path(asset)
        is_link, hashed_ns = path.is_symlink(), time.time_ns()
        identity, found = _hashed_file(path)
        if is_link:
            with aside(self.root.parent, self.root.name) as folder:
                _write_note(folder, path, identity, found == asset, hashed_ns)
        if found != asset:
            raise Altered(CHANGED if is_link else f"other bytes lie in {path}; remove that file, then add it again")
        return identity

    @contextmanager
    def verified(self, asset: str) -> Iterator[Path]:
        """The path of bytes that have just been hashed; raises Altered, at the end too if they were written to."""
        before = self.verify(asset)
        path = self.path(asset)
        yield path
        if _identity(path) != before:
            raise Altered(WRITTEN_TO)

    def has(self, asset: str, size: int) -> bool:
        """Whether the bytes are there, all of them: a disk that lost its power may know the name and not the bytes."""
        with suppress(Altered):
            return os.path.lexists(self.path(asset)) and bool(self.local(asset, size))  # most are not: told at once
        return False

    def links(self) -> Iterator[str]:
        """The assets whose originals lie elsewhere."""
        for folder in sorted(self.root.glob("??")):
            with os.scandir(folder) as entries:
                yield from [entry.name for entry in entries if entry.is_symlink()]

    def cuts_since_ns(self, asset: str) -> int:
        """The time of a file from which on its bytes are known to have been hashed for every cut."""
        path = self.path(asset)
        if not path.is_symlink():
            return 0
        note = _note(path)
        return note.cuts_since_ns if note else NEVER_NS

    def put(self, head: bytes, rest: BinaryIO, allow: Allow = lambda _: None) -> tuple[str, int]:
        """Keep `head` and what follows it in `rest`; gives the asset's id and its size in bytes.

        `allow` is asked, with the id, before the bytes get their name; where it raises, nothing is kept. Written aside
        and renamed: a name that exists is complete. What is there already is not written again. Whoever holds
        `lease.aside` of the store's folder meanwhile sees to it that a kill leaves nothing for long.
        """
        start = head + rest.read(CHUNK)
        following = rest.read(CHUNK)
        digest, size = hashlib.sha256(start), len(start)
        if not following and self.has(asset := asset_id(digest.hexdigest()), size):
            return asset, size  # the common small file is known before a byte is written
        aside = self.root.joinpath(ASIDE, secrets.token_hex(16))
        try:
            with _created(aside) as written:
                written.write(start)
                while following:
                    digest.update(following)
                    written.write(following)
                    size += len(following)
                    following = rest.read(CHUNK)
                if size > len(start):
                    _hasten(written)
            asset = asset_id(digest.hexdigest())
            allow(asset)
            self._settle(aside, asset)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return asset, size

    def adopt(self, file: Path, asset: str, size: int) -> Path:
        """Give a file beside the store, whose hash and size are known, its name here; gives where its bytes lie now.

        Where the store is on another disk, or holds the bytes already, the file stays where it is.
        """
        if self.has(asset, size):
            return file
        try:
            self._settle(file, asset)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return file
        return self.path(asset)

    def link(self, original: Path, allow: Allow = lambda _: None) -> tuple[str, int]:
        """Keep media where they are: the name of the asset points to the original; gives its id and size in bytes.

        Raises Altered where the original is written to while it is hashed.
        """
        original, hashed_ns = original.resolve(), time.time_ns()
        identity, asset = _hashed_file(original)
        allow(asset)
        if not self.has(asset, identity.size):
            with aside(self.root.parent, self.root.name) as folder:
                made = folder / secrets.token_hex(16)
                made.symlink_to(original)
                self._settle(made, asset)
                _write_note(folder, self.path(asset), identity, True, hashed_ns)
        return asset, identity.size

    def remove(self, asset: str) -> int:
        """Remove the bytes of an asset, never the original of a link; gives how many bytes that were."""
        return sum(unlinked(path) for path in (self.path(asset), _note_path(self.path(asset))))

    def _settle(self, aside: Path, asset: str) -> None:
        path = self.path(asset)
        try:
            aside.replace(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(path)


def unlinked(path: Path) -> int:
    """Remove a file, if it is there; gives how many bytes it had."""
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size


def _hasten(file: BinaryIO) -> None:
    """Let the system begin to bring a large file to the disk, so that little is left when everything must be there."""
    if hasattr(os, "posix_fadvise"):
        file.flush()
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _created(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def hashed(head: bytes, rest: BinaryIO) -> tuple[str, int]:
    """The asset id and size of bytes that are not kept."""
    digest, size = hashlib.sha256(head), len(head)
    while following := rest.read(CHUNK):
        digest.update(following)
        size += len(following)
    return asset_id(digest.hexdigest()), size


def _note(path: Path) -> Note | None:
    """What is known of the original that this name in the store points to."""
    try:
        values = json.loads(_note_path(path).read_bytes().decode())
        return Note(**values | {"identity": Identity(**values["identity"])})
    except (FileNotFoundError, ValueError):  # a disk that lost its power may hold an empty note
        return None


def _write_note(folder: Path, path: Path, identity: Identity, whole: bool, hashed_ns: int) -> None:
    """Keep what a linked original is; the time since which cuts count stays what it was."""
    before = _note(path)
    written = folder / secrets.token_hex(16)
    written.touch()  # its time is of the clock that gives cuts theirs
    since_ns = before.cuts_since_ns if before else written.stat().st_mtime_ns
    written.write_text(json.dumps(asdict(Note(identity, whole, hashed_ns, since_ns))), "utf-8")
    written.replace(_note_path(path))


def _note_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _hashed_file(path: Path) -> tuple[Identity, str]:
    """What a file is and the id of its bytes; raises Altered where it is written to or replaced meanwhile."""
    before = _identity(path)
    with _reading(path), path.open("rb") as file:
        asset, _ = hashed(b"", file)
    if _identity(path) != before:
        raise Altered(WRITTEN_TO)
    return before, asset


def _identity(path: Path) -> Identity:
    with _reading(path):
        looked = path.stat()
        if not stat.S_ISREG(looked.st_mode):
            raise OSError("it is not a file any more")
        original = os.readlink(path) if path.is_symlink() else os.fspath(path)  # noqa: PTH115  # a fifth of the time
    return Identity(original, looked.st_size, looked.st_mtime_ns, looked.st_ino, looked.st_ctime_ns)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What keeps a file from being read, as the reason that stands in the catalog."""
    try:
        yield
    except OSError as error:
        is_link = path.is_symlink()
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise Altered(f"cannot be read: {error.strerror or error}") from None
        if is_link:
            raise Altered("the linked file has gone; put it back, or add it again from where it is now") from None
        raise Altered(f"the file has gone from media; {ADD_AGAIN}") from None
