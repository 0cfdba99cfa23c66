"""The body of a response as it streams in: unpacked within bounds, judged by its beginning, resumed where it broke."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from curate.read.sniff import HEAD_BYTES
from schemas.errors import Refused, Unreachable

CHUNK = 1 << 16
BOMB_BYTES, BOMB_RATIO = 1 << 20, 200  # unpacked beyond the first: no more than so many times what was sent
Judge = Callable[[bytes], str | None]  # why a body that begins so is not wanted


RESUMED_BYTES = 1 << 18  # what is smaller is fetched again sooner than noted


@dataclass
class Part:
    """The beginning of a file that broke off, with what tells whether the server still has the same one."""

    path: Path
    is_noted: bool = False

    @property
    def _note(self) -> Path:
        return self.path.with_suffix(".note")

    def headers(self, url: str) -> dict[str, str]:
        """What to ask for the rest with; nothing where there is no part of this address that can be gone on with."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            size = self.path.stat().st_size
        except (OSError, ValueError):
            return {}
        self.is_noted = True
        if not size or note.get("url") != url or not note.get("validator"):
            return {}
        return {"Range": f"bytes={size}-", "If-Range": str(note["validator"])}

    def begin(self, url: str, validator: str | None) -> None:
        """Note what the part that is written from now on is of; only a strong validator can say that it is the same."""
        self._note.write_text(json.dumps({"url": url, "validator": validator}), "utf-8")
        self.is_noted = True

    def drop(self) -> None:
        """Forget the part."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def settle(self, whole: Path) -> None:
        """The part is whole: give it its name."""
        self.path.replace(whole)
        if self.is_noted:
            self._note.unlink(missing_ok=True)


@dataclass
class Body:
    """What is written of one body, and its hash; `file` is None where it stays in memory."""

    most_bytes: int
    cut: bool
    judge: Judge | None
    file: BinaryIO | None = None
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    kept: bytearray = field(default_factory=bytearray)
    is_judged: bool = False
    noted: Callable[[], None] | None = None  # to be called once, when there is enough to go on from

    def resume(self, part: Path) -> None:
        """Go on after what was written before; its first bytes were judged then."""
        with part.open("rb") as written:
            while piece := written.read(1 << 20):
                self.digest.update(piece)
                self.size += len(piece)
        self.is_judged = self.size >= HEAD_BYTES

    def take(self, piece: bytes) -> bool:
        """Keep a piece; False where enough was read. Raises Refused beyond the size and for an unwanted beginning."""
        if self.size + len(piece) > self.most_bytes:
            if not self.cut:
                raise Refused(f"larger than {self.most_bytes / 1e6:,.0f} MB, which the settings allow")
            piece = piece[: self.most_bytes - self.size]
        self.digest.update(piece)
        self.size += len(piece)
        if self.file:
            self.file.write(piece)
            if self.noted and self.size >= RESUMED_BYTES:
                self.noted()
                self.noted = None
        if self.file is None or not self.is_judged:
            self.kept += piece
        if not self.is_judged and len(self.kept) >= HEAD_BYTES:
            self._judge()
        return self.size < self.most_bytes or not self.cut

    def end(self) -> None:
        """The body is whole; raises Refused where it begins as what is not wanted."""
        if not self.is_judged:
            self._judge()

    def _judge(self) -> None:
        self.is_judged = True
        reason = self.judge(bytes(self.kept[:HEAD_BYTES])) if self.judge else None
        if self.file:
            self.kept.clear()
        if reason:
            raise Refused(reason)


class Unpacking:
    """Undoes a content encoding piece by piece; raises Refused for a bomb and for an encoding nobody asked for."""

    def __init__(self, encoding: str) -> None:
        self._plain = encoding.strip().casefold() in ("", "identity")
        if not self._plain and encoding.strip().casefold() not in ("gzip", "x-gzip", "deflate"):
            raise Refused(f"sent packed as {encoding[:40]!r}, which was not asked for")
        self._sent, self._unpacked = 0, 0
        self._inner = zlib.decompressobj(47)

    def pieces(self, sent: bytes) -> Iterator[bytes]:
        """What the bytes that were sent hold, in pieces of bounded size."""
        if self._plain:
            yield sent
            return
        self._sent += len(sent)
        while sent:
            if self._inner.eof:  # gzip files may follow one another
                self._inner = zlib.decompressobj(47)
            try:
                piece = self._inner.decompress(sent, CHUNK)
            except zlib.error:
                raise Refused("packed content that cannot be unpacked") from None
            self._unpacked += len(piece)
            if self._unpacked > max(BOMB_BYTES, BOMB_RATIO * self._sent):
                raise Refused(f"unpacks to more than {BOMB_RATIO} times its size")
            yield piece
            sent = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail

    def end(self) -> None:
        """Raises Unreachable where packed content breaks off."""
        if not self._plain and self._sent and not self._inner.eof:
            raise Unreachable("broke off within packed content")
