"""Writes tar shards whose bytes depend on the samples alone, and that are whole or not there at all."""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipelines.engine.lease import sync_folder
from schemas.release import Sample, Shard, record

_BLOCK = 512
_RECORD = 20 * _BLOCK  # tar readers expect a file to end on a whole record
_END = 2 * _BLOCK + _RECORD  # what ending a file adds at most
_LARGEST_MEMBER = 8**11 - 1  # eleven octal digits in the header
_WRITE_AT_ONCE = 1 << 20
_CUTS_IN = 16  # past half of its limits a shard ends before about every 16th key
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NAME_BYTES = 100


class TarShard:
    """One USTAR file without times or owners, written aside and given its name by `close` when it is whole.

    Leaving the `with` block by an exception removes what was written. `size` is the number of bytes so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._aside = path.with_name(path.name + ".tmp")
        self._file = self._aside.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.discard()

    def add(self, name: str, data: bytes) -> None:
        """Append one member; raises ValueError unless its name is ASCII of at most 100 bytes and it is below 8 GiB."""
        self._put(_header(name, len(data)))
        self._put(data)
        self._put(bytes(-len(data) % _BLOCK))
        if self._waiting_bytes >= _WRITE_AT_ONCE:
            self._flush()

    def close(self) -> str:
        """End the archive, bring it to the disk, give it its name; returns the SHA-256 of its bytes."""
        empty = 2 * _BLOCK
        self._put(bytes(empty + -(self.size + empty) % _RECORD))
        self._flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._aside.replace(self.path)
        sync_folder(self.path.parent)
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Remove what was written, unless it was closed and has its name."""
        if not self._file.closed:
            self._file.close()
            self._aside.unlink()

    def _put(self, data: bytes) -> None:
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self.size += len(data)

    def _flush(self) -> None:
        data = memoryview(b"".join(self._waiting))
        self._waiting, self._waiting_bytes = [], 0
        self._hash.update(data)
        while data:
            data = data[self._file.write(data) :]


Placed = Callable[[str, str, int], None]  # is told of a sample its key, its shard, and where its media begin there


def write_shards(  # noqa: PLR0913, PLR0917  # what shards are made of, and whom to tell
    folder: Path,
    name: str,
    samples: Iterable[tuple[Sample, bytes]],
    suffix: str,
    max_bytes: int,
    max_samples: int,
    placed: Placed = lambda *_: None,
) -> list[Shard]:
    """Write the samples of one medium and split as `<name>-000000.tar`, …; older shards of that name are removed.

    Samples come sorted by key, each with the bytes of its media file; members are `<key>.<suffix>` and `<key>.json`.
    A shard holds at most `max_samples` samples and, unless a single one is larger, `max_bytes` bytes. Past half of
    either it ends where the keys say so, which leaves most other shards as they are when a sample goes. Raises
    ValueError for keys that are unsorted, repeated or unfit for WebDataset, and for samples that do not go together.
    """
    if max_bytes < 1 or max_samples < 1:
        raise ValueError(f"a shard needs room: max_bytes={max_bytes}, max_samples={max_samples}")
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Shards(folder, name, max_bytes, max_samples)
    try:
        for sample, media in samples:
            shard, offset = writer.add(sample, [(suffix, media), ("json", json_bytes(record(sample)))])
            placed(sample.key, shard, offset)
        writer.finish()
    finally:
        writer.abandon()
    written = {shard.path for shard in writer.shards}
    ours = re.compile(re.escape(name) + r"-\d{6}\.tar(\.tmp)?")
    for path in folder.iterdir():
        if ours.fullmatch(path.name) and path not in written:
            path.unlink()
    sync_folder(folder)
    return writer.shards


def json_bytes(row: dict[str, Any]) -> bytes:
    """The record of a sample as the bytes of its JSON member."""
    return _json(row).encode()


class _Shards:
    """The shard that is being filled, and those before it."""

    def __init__(self, folder: Path, name: str, max_bytes: int, max_samples: int) -> None:
        self.shards: list[Shard] = []
        self._stem = folder / name
        self._max_bytes, self._max_samples = max_bytes, max_samples
        self._tar: TarShard | None = None
        self._keys: list[str] = []
        self._last: Sample | None = None

    def add(self, sample: Sample, members: list[tuple[str, bytes]]) -> tuple[str, int]:
        """Append a sample; gives the name of its shard and where the bytes of its first member begin in it."""
        self._check(sample)
        if self._tar and self._ends_before(sample.key, sum(2 * _BLOCK + len(data) for _, data in members)):
            self.finish()
        if self._tar is None:
            self._tar = TarShard(self._stem.with_name(f"{self._stem.name}-{len(self.shards):06d}.tar"))
        offset = self._tar.size + _BLOCK
        for suffix, data in members:
            self._tar.add(f"{sample.key}.{suffix}", data)
        self._keys.append(sample.key)
        self._last = sample
        return self._tar.path.name, offset

    def finish(self) -> None:
        if self._tar is None or self._last is None:
            return
        media, split = self._last.media, self._last.split
        sha256 = self._tar.close()
        keys, size = self._keys, self._tar.size
        self.shards.append(Shard(self._tar.path, sha256, len(keys), size, media, split, keys[0], keys[-1]))
        self._tar, self._keys = None, []

    def abandon(self) -> None:
        if self._tar is not None:
            self._tar.discard()

    def _ends_before(self, key: str, more_bytes: int) -> bool:
        size, count = self._tar.size if self._tar else 0, len(self._keys)
        full = size + more_bytes + _END > self._max_bytes or count >= self._max_samples
        half_full = 2 * size >= self._max_bytes or 2 * count >= self._max_samples
        return full or (half_full and zlib.crc32(key.encode()) % _CUTS_IN == 0)

    def _check(self, sample: Sample) -> None:
        if not _KEY.fullmatch(sample.key):
            raise ValueError(f"key {sample.key!r} does not fit WebDataset: letters, digits, _ and - only")
        last = self._last
        if last is None:
            return
        if sample.key <= last.key:
            raise ValueError(f"samples come sorted by key and once each: {sample.key} after {last.key}")
        if (sample.media, sample.split) != (last.media, last.split) or sample.quality.keys() != last.quality.keys():
            raise ValueError(f"{sample.key} differs from {last.key} in medium, split or the names of its scores")


def _header(name: str, size: int) -> bytes:
    """The USTAR header of a file that anyone may read, of no owner and no time; the checksum is a sum of its bytes."""
    encoded = name.encode("ascii")
    if not 0 < len(encoded) <= _NAME_BYTES:
        raise ValueError(f"member name {name!r} has {len(encoded)} bytes; a shard takes 1 to {_NAME_BYTES}")
    if size > _LARGEST_MEMBER:
        raise ValueError(f"member {name} has {size} bytes; a shard takes {_LARGEST_MEMBER} at most")
    digits = b"%011o" % size
    checksum = _TEMPLATE_SUM + sum(encoded) + sum(digits)
    padded = encoded + bytes(_NAME_BYTES - len(encoded))
    return b"".join((padded, _BEFORE_SIZE, digits, _BEFORE_CHECKSUM, b"%06o\x00 " % checksum, _AFTER_CHECKSUM))


_ZERO = b"0000000\x00"  # an octal number of eight bytes
_BEFORE_SIZE = b"".join((b"0000644\x00", _ZERO, _ZERO))  # mode, owner, group
_BEFORE_CHECKSUM = b"".join((b"\x00", b"00000000000\x00"))  # end of size, time
_MAGIC = b"".join((b"ustar\x00", b"00"))
_AFTER_CHECKSUM = b"".join((b"0", bytes(100), _MAGIC, bytes(64))).ljust(356, b"\x00")
_TEMPLATE_SUM = sum(_BEFORE_SIZE) + sum(_BEFORE_CHECKSUM) + sum(_AFTER_CHECKSUM) + 8 * ord(" ")  # a blank checksum
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False).encode
