"""What should not leave in a release: secrets, paths of a machine, e-mails and numbers of people, tags inside media."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SHOWN = 3  # samples that a finding names
# What a text gives away, by what it is called; those marked stand against publishing.
SECRET = re.compile(
    r"\b(hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[\w-]{10,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
PATH = re.compile(r"(?<![\w:/.])(/(home|Users|root|mnt|media|var|tmp|srv|data)/[^\s\"',;]+)|\b[A-Za-z]:\\[^\s\"',;]+")
E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
PHONE = re.compile(r"(?<![\w.+/-])(\+\d{1,3}|0)[ ./()-]*(\d[ ./()-]*){7,13}\d(?![\w-])")
TEXTS = {
    "a secret, such as a token": SECRET,
    "a path of a machine": PATH,
    "an e-mail address": E_MAIL,
    "a telephone number": PHONE,
}
AGAINST = ("a secret, such as a token", "a path of a machine", "tags inside the media file")
TAGS = "tags inside the media file"
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags of an extended WebP header
# Title, place, artist, author, comment, device and software in MP4, and where 3GPP and Apple keep a place.
_MP4_TELLING = (b"\xa9nam", b"\xa9xyz", b"\xa9ART", b"\xa9aut", b"\xa9cmt", b"\xa9mak", b"\xa9mod", b"\xa9swr", b"loci",
                b"com.apple.quicktime.location")  # fmt: skip
_MP4_DESCRIBING = (b"moov", b"meta", b"udta")
HEAD_BYTES = 64 << 10  # of a media file in which tags are looked for


@dataclass
class Findings:
    """What was found, by what it is and in which column: how often, and the first samples."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    keys: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def see(self, key: str, column: str, texts: Iterable[str]) -> None:
        """Look through the texts of one column of a sample; what is found is never repeated in a message."""
        for text in texts:
            for what in given_away(text):
                self.note(what, column, key)

    def see_strict(self, document: str, text: str) -> None:
        """Look through a document for what stands against publishing."""
        for what in given_away(text):
            if what in AGAINST:
                self.note(what, document, document)

    def note(self, what: str, column: str, key: str) -> None:
        """Count one finding."""
        self.counts[what, column] = self.counts.get((what, column), 0) + 1
        named = self.keys.setdefault((what, column), [])
        if len(named) < SHOWN and key not in named:
            named.append(key)

    def sentences(self, against: bool) -> list[str]:
        """What stands against publishing, or what is to be looked at, a sentence each."""
        return [
            f"{what} in {column}" + _where(column, count, self.keys[what, column])
            for (what, column), count in sorted(self.counts.items())
            if (what in AGAINST) is against
        ]


def _where(column: str, count: int, keys: list[str]) -> str:
    return "" if keys == [column] else f" of {count:,} samples, such as {', '.join(keys)}"


def given_away(text: str) -> Iterator[str]:
    """What a text gives away."""
    for what, pattern in TEXTS.items():
        if pattern.search(text):
            yield what


def has_tags(head: bytes) -> bool:
    """Whether the beginning of a FLAC, WebP, JPEG, Ogg or MP4 file holds what tells of people, places or devices."""
    if head.startswith(b"fLaC"):
        return any(_telling(kind, body) for kind, body in _flac_blocks(head))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        # both come after the picture, which may be long; the header at the beginning says whether they do
        told = head[12:16] == b"VP8X" and bool(head[20:21] and head[20] & (_WEBP_EXIF | _WEBP_XMP))
        return told or any(kind in (b"EXIF", b"XMP ") for kind in _webp_chunks(head))
    if head.startswith(b"\xff\xd8"):
        return b"Exif\x00\x00" in head or b"http://ns.adobe.com/xap" in head
    if head.startswith(b"OggS") and (start := head.find(b"OpusTags")) >= 0:
        return bool(_comments(head[start + 8 :]))
    return head[4:8] == b"ftyp" and any(atom in body for body in _mp4_described(head) for atom in _MP4_TELLING)


def _mp4_described(head: bytes) -> Iterator[bytes]:
    """The top-level boxes that describe an MP4, never `mdat`: among compressed pictures any four bytes turn up."""
    at = 0
    while at + 8 <= len(head):
        size, start = int.from_bytes(head[at : at + 4]), at + 8
        if size == 1:  # the size follows, in 8 bytes
            size, start = int.from_bytes(head[at + 8 : at + 16]), at + 16
        end = at + size if size else len(head)  # 0: up to the end of the file
        if end < start:
            return
        if head[at + 4 : at + 8] in _MP4_DESCRIBING:
            yield head[start:end]
        at = end


def _telling(kind: int, body: bytes) -> bool:
    return kind == 6 or (kind == 4 and bool(_comments(body)))  # a picture, or comments


def _flac_blocks(head: bytes) -> Iterator[tuple[int, bytes]]:
    at = 4
    while at + 4 <= len(head):
        kind, size = head[at] & 0x7F, int.from_bytes(head[at + 1 : at + 4])
        yield kind, head[at + 4 : at + 4 + size]
        if head[at] & 0x80:
            return
        at += 4 + size


def _comments(body: bytes) -> list[bytes]:
    """The comments of a Vorbis comment block, but those that name an encoder only."""
    try:
        (vendor,) = struct.unpack_from("<I", body)
        (count,) = struct.unpack_from("<I", body, 4 + vendor)
        at, comments = 8 + vendor, []
        for _ in range(min(count, 1_000)):
            (size,) = struct.unpack_from("<I", body, at)
            comments.append(body[at + 4 : at + 4 + size])
            at += 4 + size
    except struct.error:
        return []
    return [comment for comment in comments if not comment.upper().startswith(b"ENCODER")]


def _webp_chunks(head: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(head):
        yield head[at : at + 4]
        size = int.from_bytes(head[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
