"""WebDataset shards: what lies where in a tar, grouped by key; what is damaged is named and costs nothing else."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from curate.read.archives import TAR_HEADER_BYTES, TAR_HEADERS_IN_MEMORY, Limits, unpacked_tar
from schemas.errors import Unreadable

BLOCK = 512
SCAN_BYTES = 1 << 20
TWICE = "member .{} is there twice; the first counts"


@dataclass(frozen=True)
class ShardMember:
    """One file of a sample: what stands behind the key's dot, where its bytes are; or why it is not read."""

    suffix: str
    offset: int
    size: int
    refusal: str | None = None


@dataclass
class ShardSample:
    """The members of one key, in their order; `faults` say what of it is not read."""

    key: str
    members: dict[str, ShardMember] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ShardIndex:
    """The samples of one shard by key, its members lying together or not, and stretches of bytes that are no tar.

    An index takes some 500 bytes a member, so memory is bounded by the largest shard.
    """

    samples: dict[str, ShardSample]
    damage: tuple[str, ...]


@dataclass(frozen=True)
class OpenShard:
    """A shard that is open: its index, and the bytes of its members."""

    index: ShardIndex
    file: BinaryIO

    def read(self, member: ShardMember) -> bytes:
        """The bytes of a member; raises Unreadable where they are not all there."""
        if member.refusal:
            raise Unreadable(member.refusal)
        self.file.seek(member.offset)
        data = self.file.read(member.size)
        if len(data) < member.size:
            raise Unreadable(_cut_off(len(data), member.size))
        return data


def opened(path: Path, limits: Limits, aside: Path) -> Iterator[OpenShard]:
    """The shard at a path, open until the next is asked for; raises Unreadable, OSError."""
    with unpacked_tar(path, limits, aside) as tar, tar.open("rb") as file:
        yield OpenShard(indexed(file, tar.stat().st_size, limits), file)


def indexed(file: BinaryIO, size: int, limits: Limits) -> ShardIndex:
    """What lies where in a tar of `size` bytes: a key is a member's path up to the first dot of its last part.

    Blocks that are no header are skipped up to the next that is one, so that damage costs what it covers.
    """
    samples: dict[str, ShardSample] = {}
    damage: list[str] = []
    end = 0
    for count, info in enumerate(_headers(file), start=1):
        damage += _damaged(file, end, info.offset)
        end = info.offset_data + -(-info.size // BLOCK) * BLOCK if info.isreg() else info.offset_data
        if count > limits.members:
            raise Unreadable(f"more than {limits.members} files in the archive")
        if not info.isdir():
            _sort_in(samples, info, size, limits)
    damage += _damaged(file, end, size)
    return ShardIndex(samples, tuple(damage))


def _headers(file: BinaryIO) -> Iterator[tarfile.TarInfo]:
    try:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_Header, ignore_zeros=True) as tape:
            while (info := tape.next()) is not None:
                tape.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
                yield info
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError):
        return  # what is left to the end is damage


def _sort_in(samples: dict[str, ShardSample], info: tarfile.TarInfo, size: int, limits: Limits) -> None:
    folder, slash, name = info.name.removeprefix("./").rpartition("/")
    key, _, suffix = name.partition(".")
    sample = samples.setdefault(f"{folder}{slash}{key}", ShardSample(f"{folder}{slash}{key}"))
    suffix = suffix.lower()
    if suffix in sample.members:
        sample.faults.append(TWICE.format(suffix))
        return
    there = size - info.offset_data
    refusal = None if info.isreg() and not info.issparse() else "a link, a device or a sparse file"
    refusal = refusal or (f"larger than {limits.member_bytes} bytes" if info.size > limits.member_bytes else None)
    refusal = refusal or (_cut_off(max(there, 0), info.size) if there < info.size else None)
    sample.members[suffix] = ShardMember(suffix, info.offset_data, info.size, refusal)


def _cut_off(there: int, size: int) -> str:
    return f"cut off: {there:,} of {size:,} bytes are there"


def _damaged(file: BinaryIO, start: int, end: int) -> list[str]:
    """Says so where bytes between two places of a file are not all zero; the file stays where it was."""
    before, place = file.tell(), start
    file.seek(start)
    while place < end and (data := file.read(min(SCAN_BYTES, end - place))):
        if data.strip(b"\0"):
            file.seek(before)
            return [f"bytes {start:,} to {end:,} are no tar: damaged, or cut off"]
        place += len(data)
    file.seek(before)
    return []


class _Header(tarfile.TarInfo):
    """A tar header; one of absurd size is none, for tarfile would read it into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in TAR_HEADERS_IN_MEMORY and header.size > TAR_HEADER_BYTES:
            raise tarfile.InvalidHeaderError("a header of absurd size")  # type: ignore[attr-defined]
        return header
