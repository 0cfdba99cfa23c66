"""The files inside a zip or tar archive, read one after another without ever unpacking to a path."""

import bz2
import gzip
import io
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from curate.read.sniff import HEAD_BYTES, archive_kind
from schemas.errors import Unreadable

BROKEN = (
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
TAR_HEADER_BYTES = 1 << 20  # long names and attributes; tarfile would read any size of them into memory
TAR_HEADERS_IN_MEMORY = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)
ENCRYPTED = 1
UNIX = 3


@dataclass(frozen=True)
class Limits:
    """How far an archive may unfold: bytes of one file, bytes of all, files, and bytes out per byte in.

    Files under `harmless_bytes` may expand as they like, for digital silence packs a thousand to one.
    """

    member_bytes: int = 32 << 30
    total_bytes: int = 4 << 40
    members: int = 2_000_000
    expansion: int = 100
    harmless_bytes: int = 64 << 20


@dataclass(frozen=True)
class Member:
    """A file inside an archive: its name, which is only a name, and its bytes, or why it is not read.

    The stream is good until the next member is asked for; `read` raises Unreadable where the archive is broken or
    goes over a limit. A refusal that stands against the archive itself bears the archive's name and comes last.
    """

    name: str
    stream: BinaryIO | None = None
    refusal: str | None = None


def members(path: Path, limits: Limits) -> Iterator[Member]:
    """Every file in a zip, tar, tar.gz, tar.bz2 or tar.xz, in its order; folders are passed over.

    Links, devices, encrypted files and archives within the archive are refused with a reason. What is readable of a
    broken archive comes first, then a refusal that tells what broke.
    """
    with path.open("rb") as file:
        kind = archive_kind(file.read(HEAD_BYTES))
        file.seek(0)
        spent = _Spent(limits, path.stat().st_size)
        reader = _zipped if kind == "zip" else _taped
        try:
            if kind is None:
                raise Unreadable("not an archive we read")
            yield from reader(file, kind, spent)
        except Unreadable as refused:
            yield Member(path.name, refusal=str(refused))
        except BROKEN as broken:
            yield Member(path.name, refusal=f"broken {kind} archive: {_said(broken)}")


@dataclass
class _Spent:
    """What has been read out of one archive so far, held against the limits."""

    limits: Limits
    packed_bytes: int
    unfolded_bytes: int = 0
    files: int = 0

    def count_file(self) -> None:
        self.files += 1
        if self.files > self.limits.members:
            raise Unreadable(f"more than {self.limits.members} files in the archive")

    def count_bytes(self, number: int) -> None:
        self.unfolded_bytes += number
        if self.unfolded_bytes > self.limits.total_bytes:
            raise Unreadable(f"the archive unfolds to more than {self.limits.total_bytes} bytes")
        too_large = _too_large(self.unfolded_bytes, self.packed_bytes, self.limits)
        if too_large:
            raise Unreadable(f"the archive {too_large}")


def _too_large(unfolded_bytes: int, packed_bytes: int, limits: Limits) -> str | None:
    if unfolded_bytes > limits.harmless_bytes and unfolded_bytes > limits.expansion * max(packed_bytes, 1):
        return f"unfolds to more than {limits.expansion} times its packed size"
    return None


def _refusal(size: int, packed_bytes: int, limits: Limits) -> str | None:
    if size > limits.member_bytes:
        return f"larger than {limits.member_bytes} bytes"
    return _too_large(size, packed_bytes, limits)


def _zipped(file: BinaryIO, _kind: str, spent: _Spent) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            spent.count_file()
            refusal = _zip_refusal(info) or _refusal(info.file_size, info.compress_size, spent.limits)
            if refusal:
                yield Member(info.filename, refusal=refusal)
                continue
            with ExitStack() as opened:
                try:
                    stream = opened.enter_context(archive.open(info))
                except BROKEN as broken:
                    yield Member(info.filename, refusal=f"broken in the archive: {_said(broken)}")
                else:
                    tally = _tally_of_one(spent, info.compress_size)
                    yield _member(info.filename, _Guarded(cast(BinaryIO, stream), tally))


def _zip_refusal(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & ENCRYPTED:
        return "encrypted"
    mode = info.external_attr >> 16 if info.create_system == UNIX else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link or a device, not a file"
    return None


def _taped(file: BinaryIO, kind: str, spent: _Spent) -> Iterator[Member]:
    with ExitStack() as opened:
        unpacked = opened.enter_context(_unpacked(file, kind))
        counted = io.BufferedReader(_Guarded(unpacked, spent.count_bytes))
        if archive_kind(counted.peek(HEAD_BYTES)) != "tar":
            raise Unreadable(f"{kind} compressed, but no tar archive inside")
        tape = opened.enter_context(tarfile.open(fileobj=counted, mode="r|", tarinfo=_StrictHeader))
        for info in tape:
            tape.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
            if info.isdir():
                continue
            spent.count_file()
            refusal = None if info.isreg() and not info.issparse() else "a link, a device or a sparse file"
            refusal = refusal or _refusal(info.size, spent.packed_bytes, spent.limits)
            stream = None if refusal else tape.extractfile(info)
            if stream is None:
                yield Member(info.name, refusal=refusal)
            else:
                yield _member(info.name, _Guarded(cast(BinaryIO, stream), lambda _: None))


def _unpacked(file: BinaryIO, kind: str) -> BinaryIO:
    if kind == "tar":
        return file
    if kind == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    return cast(BinaryIO, bz2.BZ2File(file) if kind == "bzip2" else lzma.LZMAFile(file))


@contextmanager
def unpacked_tar(path: Path, limits: Limits, aside: Path) -> Iterator[Path]:
    """A tar that can be read at any place: the file itself, or, of a compressed one, a copy in the folder `aside`.

    The copy goes at the end. Raises Unreadable for what is no tar, is broken or unfolds too far.
    """
    with path.open("rb") as file:
        kind = archive_kind(file.read(HEAD_BYTES))
        if kind == "tar":
            yield path
            return
        if kind in (None, "zip"):
            raise Unreadable("not a tar archive")
        file.seek(0)
        spent = _Spent(limits, path.stat().st_size)
        with TemporaryDirectory(dir=aside) as folder, _unpacked(file, kind) as packed:
            copy = Path(folder) / "copy.tar"
            with copy.open("wb") as written:
                shutil.copyfileobj(_Guarded(packed, spent.count_bytes), written, 1 << 20)
            yield copy


class _StrictHeader(tarfile.TarInfo):
    """A tar header that says when it is broken, where tarfile would take it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_StrictHeader":
        try:
            header = super().frombuf(buf, encoding, errors)
        except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as broken:
            raise Unreadable(f"broken tar archive: {broken}") from None
        if header.type in TAR_HEADERS_IN_MEMORY and header.size > TAR_HEADER_BYTES:
            raise Unreadable("broken tar archive: a header of absurd size")
        return header


def _member(name: str, stream: "_Guarded") -> Member:
    """The member with its stream, unless its first bytes show that it is itself an archive or broken."""
    buffered = io.BufferedReader(stream, buffer_size=1 << 16)
    try:
        nested = archive_kind(buffered.peek(HEAD_BYTES))
    except Unreadable as broken:
        return Member(name, refusal=str(broken))
    if nested:
        return Member(name, refusal=f"an archive within the archive ({nested})")
    return Member(name, stream=buffered)


def _tally_of_one(spent: _Spent, packed_bytes: int) -> Callable[[int], None]:
    """Counts the bytes of one zipped file, whose header may have told less than comes out."""
    read_bytes = 0

    def tally(number: int) -> None:
        nonlocal read_bytes
        read_bytes += number
        spent.count_bytes(number)
        refusal = _refusal(read_bytes, packed_bytes, spent.limits)
        if refusal:
            raise Unreadable(refusal)

    return tally


class _Guarded(io.RawIOBase):
    """A stream that tells how many bytes are read and speaks of what breaks in our words."""

    def __init__(self, stream: BinaryIO, tally: Callable[[int], None]) -> None:
        self._stream, self._tally = stream, tally

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except BROKEN as broken:
            raise Unreadable(f"broken in the archive: {_said(broken)}") from None
        self._tally(len(data))
        buffer[: len(data)] = data
        return len(data)


def _said(broken: BaseException) -> str:
    """What a library said, in one short line."""
    return (str(broken) or type(broken).__name__).splitlines()[0][:120]
