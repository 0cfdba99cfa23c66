"""Text files as they come: any encoding, any line end, stray control characters; clean UTF-8 afterwards."""

import codecs
import gzip
import io
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from schemas.errors import BadInput, BadSetting

CHUNK = 8 * 2**20
GZIP = b"\x1f\x8b"
_MARKS = (  # longest first: the mark of UTF-32 starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(code for code in (*range(32), 127) if chr(code) not in "\t\n")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")
_BLANK = re.compile(rb"\n\n+[^\n]")
_STRAY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CLEAN_ENCODINGS = ("utf-8", "ascii", "us-ascii")
UNREADABLE = (OSError, EOFError, zlib.error)  # what a file that is damaged or out of reach raises
_BINARY = {
    b"PK\x03\x04": "a workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "an SQLite database",
}
_MOST_CONTROLS = 0.08  # of a text; every byte value as often as any other makes 11 %


@dataclass(frozen=True)
class TextFile:
    """A text file, and what one look at it tells: `dirty` until it is clean UTF-8 with line feeds.

    `encoding` is that of the original, `stray` how many control characters were removed from it or repaired.
    """

    path: Path
    encoding: str
    lines: int = 0
    blank: bool = False
    stray: int = 0
    dirty: bool = False


def prepared(path: Path, encoding: str, aside: Path) -> TextFile:
    """The file itself when it is clean UTF-8 with line feeds, else a clean copy at `aside`; raises BadInput."""
    try:
        with _opened(path) as stream:
            refuse_binary(path, stream.read(4096), encoding)
        seen = _survey(path, encoding)
        if not seen.dirty:
            return seen
        stray = _rewrite(path, seen.encoding, aside)
        return replace(_survey(aside, "utf-8"), encoding=seen.encoding, stray=stray, dirty=False)
    except UNREADABLE as error:
        raise out_of_reach(path, error) from None
    except UnicodeError:
        raise BadInput(f"{path} is not {encoding} text; name its encoding with --encoding, such as cp1252") from None


def tabbed(text: TextFile, aside: Path) -> TextFile:
    """A copy at `aside` with a tab for every run of blanks, those that do not break a line included."""
    with text.path.open(encoding="utf-8", newline="\n") as lines, aside.open("w", encoding="utf-8", newline="") as out:
        out.writelines("\t".join(line.split()) + "\n" for line in lines)
    return replace(text, path=aside)


def head_of(path: Path, size: int = -1) -> bytes:
    """The first bytes of a file (all of them by default), unpacked where it is packed by gzip; raises BadInput."""
    try:
        with _opened(path) as stream:
            return stream.read(size)
    except UNREADABLE as error:
        raise out_of_reach(path, error) from None


def out_of_reach(path: Path, error: BaseException) -> BadInput:
    """The error for a file that cannot be read, with the reason the system gives."""
    return BadInput(f"cannot read {path}: {getattr(error, 'strerror', None) or error}")


def refuse_binary(path: Path, head: bytes, encoding: str) -> None:
    """Raise BadInput for a file whose beginning is no text in any encoding, unless one was named."""
    kind = next((kind for start, kind in _BINARY.items() if head.startswith(start)), None)
    if not kind and not encoding and not _marked(head):
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            controls = sum(byte < 32 and byte not in b"\t\n\r" for byte in head)
            kind = "binary" if controls > _MOST_CONTROLS * len(head) else None
    if kind and not encoding:
        raise BadInput(f"{path} is {kind}, not a table we read; save it as CSV, JSON or Parquet")


def decoded(head: bytes, encoding: str) -> str:
    """Bytes from the beginning of a file as text, as well as these tell its encoding; control characters are gone."""
    named = _known(encoding, head) or _marked(head) or "utf-8"
    try:
        text = codecs.getincrementaldecoder(named)().decode(head)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    return _STRAY.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _survey(path: Path, encoding: str) -> TextFile:
    with _opened(path) as stream:
        head = stream.read(CHUNK)
        named = _known(encoding, head) or _marked(head)
        if named and named not in _CLEAN_ENCODINGS:
            return TextFile(path, named, dirty=True)
        decoder = codecs.getincrementaldecoder("utf-8")()
        lines, run, blank, dirty, chunk = 0, 1, False, isinstance(stream, gzip.GzipFile), head
        while chunk:
            following = stream.read(CHUNK)
            try:
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk, final=not following)
            except UnicodeDecodeError:
                if encoding:
                    raise
                return TextFile(path, _older(path), dirty=True)
            lines += chunk.count(b"\n")
            blank = blank or _has_blank(b"\n" * min(run, 2) + chunk)
            dirty = dirty or _has_stray(chunk)
            rest = chunk.rstrip(b"\n")
            run = len(chunk) - len(rest) + (0 if rest else run)
            chunk = following
        return TextFile(path, "utf-8", lines - max(run - 1, 0) + (run == 0), blank, dirty=dirty)


def _has_blank(chunk: bytes) -> bool:
    """Whether there is an empty line with something after it; searched for only where two line feeds meet."""
    return b"\n\n" in chunk and _BLANK.search(chunk) is not None


def _has_stray(chunk: bytes) -> bool:
    """Whether there are control characters, carriage returns included; a table look-up, as this sees every byte."""
    if len(chunk.translate(None, _CONTROLS)) < len(chunk):
        return True
    return b"\xc2" in chunk and _C1_BYTES.search(chunk) is not None


def _known(encoding: str, head: bytes) -> str | None:
    if not encoding:
        return None
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise BadSetting(f"--encoding {encoding!r} is not known; try utf-8, cp1252, latin-1 or utf-16") from None
    return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name


def _marked(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[:4096]
    if sample and sample[1::2].count(0) > len(sample) // 3:
        return "utf-16-le"
    return "utf-16-be" if sample and sample[::2].count(0) > len(sample) // 3 else None


def _older(path: Path) -> str:
    """Windows-1252 where its five unused bytes do not occur, else Latin-1, which reads everything."""
    with _opened(path) as stream:
        while chunk := stream.read(CHUNK):
            if re.search(rb"[\x81\x8d\x8f\x90\x9d]", chunk):
                return "latin-1"
    return "cp1252"


def _rewrite(path: Path, encoding: str, aside: Path) -> int:
    """Write a clean copy; gives the number of control characters removed or repaired."""
    stray = 0
    old_lines = _only_carriage_returns(path, encoding)
    with _opened(path) as stream, aside.open("w", encoding="utf-8", newline="") as out:
        decoder = codecs.getincrementaldecoder(encoding)()
        chunk = held = ""
        while data := stream.read(CHUNK):
            chunk = held + decoder.decode(data)
            held = "\r" if chunk.endswith("\r") else ""  # its line feed may come with the next chunk
            stray += _write(chunk.removesuffix("\r") if held else chunk, old_lines, out)
        stray += _write(held + decoder.decode(b"", final=True), old_lines, out)
    return stray


def _write(text: str, old_lines: bool, out: io.TextIOBase) -> int:
    text = text.replace("\r\n", "\n").replace("\r", "\n" if old_lines else " ")
    cleaned, stray = _STRAY.subn(_repaired, text)
    out.write(cleaned)
    return stray


def _repaired(match: re.Match[str]) -> str:
    """Nothing, or the character a byte of Windows-1252 was meant to be before it was read as Latin-1."""
    character = match.group()
    if character < "\x80":
        return ""
    return character.encode("latin-1").decode("cp1252", "ignore")


def _only_carriage_returns(path: Path, encoding: str) -> bool:
    """Whether lines end as they did on old Macs."""
    with _opened(path) as stream:
        text = codecs.getincrementaldecoder(encoding)("ignore").decode(stream.read(CHUNK))
    return "\r" in text and "\n" not in text


def _opened(path: Path) -> BinaryIO:
    stream = path.open("rb")
    start = stream.read(2)
    stream.seek(0)
    if start == GZIP:
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    return stream
