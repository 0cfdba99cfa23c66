"""Writes one tar whose bytes depend on its members alone, and that is whole or not there at all."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.engine.lease import sync_folder

BLOCK = 512
_RECORD = 20 * BLOCK  # tar readers expect a file to end on a whole record
END = 2 * BLOCK + _RECORD  # what ending a file adds at most
_LARGEST_MEMBER = 8**11 - 1  # eleven octal digits in the header
_WRITE_AT_ONCE = 1 << 20
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
        self._thread = ThreadPoolExecutor(1)  # hashing and writing let go of the interpreter
        self._writing: Future[None] | None = None

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
        self._put(bytes(-len(data) % BLOCK))
        if self._waiting_bytes >= _WRITE_AT_ONCE:
            self._flush()

    def close(self) -> str:
        """End the archive, bring it to the disk, give it its name; returns the SHA-256 of its bytes."""
        empty = 2 * BLOCK
        self._put(bytes(empty + -(self.size + empty) % _RECORD))
        self._flush()
        self._settle()
        os.fsync(self._file.fileno())
        self._end()
        self._aside.replace(self.path)
        sync_folder(self.path.parent)
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Remove what was written, unless it was closed and has its name."""
        if not self._file.closed:
            self._end()
            self._aside.unlink()

    def _end(self) -> None:
        self._thread.shutdown()
        self._file.close()

    def _put(self, data: bytes) -> None:
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self.size += len(data)

    def _flush(self) -> None:
        """Let a thread hash and write what waits, once it is done with what it was given before."""
        self._settle()
        self._writing = self._thread.submit(self._write, self._waiting)
        self._waiting, self._waiting_bytes = [], 0

    def _settle(self) -> None:
        """Wait for the thread; raises what it met."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write(self, waiting: list[bytes]) -> None:
        data = memoryview(b"".join(waiting))
        self._hash.update(data)
        while data:
            data = data[self._file.write(data) :]


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
