"""The store: all bytes of a collection, each file under the hash of its content."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.engine.lease import ASIDE
from schemas.ids import asset_id

CHUNK = 1 << 20


@dataclass(frozen=True)
class Store:
    """Files below `root`, named by the id of their bytes; put is safe from any number of processes at once.

    Only `path`, `has`, `put` and `link` are used by others, so that an object store can take this one's place.
    """

    root: Path

    def path(self, asset: str) -> Path:
        """Where the bytes of an asset lie, or would lie."""
        return self.root.joinpath(asset[:2], asset)

    def has(self, asset: str, size: int) -> bool:
        """Whether the bytes are there, all of them: a disk that lost its power may know the name and not the bytes."""
        try:
            return self.path(asset).stat().st_size == size
        except FileNotFoundError:
            return False

    def put(self, head: bytes, rest: BinaryIO) -> tuple[str, int]:
        """Keep `head` and what follows it in `rest`; gives the asset's id and its size in bytes.

        Written aside and renamed: a name that exists is complete. What is there already is not written again. Whoever
        holds `lease.aside` of the store's folder meanwhile sees to it that a kill leaves nothing for long.
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
            self._settle(aside, asset)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return asset, size

    def link(self, asset: str, original: Path) -> None:
        """Keep the media where they are: the name of the asset points to the original file."""
        path = self.path(asset)
        if not self.has(asset, original.stat().st_size):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(original.resolve())

    def _settle(self, aside: Path, asset: str) -> None:
        path = self.path(asset)
        try:
            aside.replace(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(path)


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
