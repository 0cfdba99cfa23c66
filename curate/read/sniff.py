"""What a file is, told by its first bytes; its name is never looked at."""

import re
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from curate.read.framing import adts_frames, dolby_frames, mpeg_audio_layer, transport_stream
from schemas.media import AssetKind
from schemas.stage import Dropped

HEAD_BYTES = 8192
TAG_BYTES = 32 << 20  # of cover pictures before the sound; where a tag goes on beyond it, it is taken for an MP3's
UNREAD = "a kind we do not read"
T = TypeVar("T")


@dataclass(frozen=True)
class Format:
    """A kind of media and the short name of its format, such as `flac` or `webm`."""

    kind: AssetKind
    name: str


SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"fLaC", Format("sound", "flac")),
    (b"wvpk", Format("sound", "wv")),
    (b"TTA1", Format("sound", "tta")),
    (b"MAC ", Format("sound", "ape")),
    (b"tBaK", Format("sound", "tak")),
    (b"MPCK", Format("sound", "mpc8")),
    (b"MP+", Format("sound", "mpc")),
    (b"DSD ", Format("sound", "dsf")),
    (b"\x7f\xfe\x80\x01", Format("sound", "dts")),
    (b"riff\x2e\x91\xcf\x11", Format("sound", "w64")),
    (b"NIST_1A\n", Format("sound", "nistsphere")),
    (b"Creative Voice File\x1a", Format("sound", "voc")),
    (b"#!AMR", Format("sound", "amr")),
    (b"caff\x00", Format("sound", "caf")),
    (b".snd\x00\x00", Format("sound", "au")),
    (b"\xff\xd8\xff", Format("picture", "jpg")),
    (b"\x89PNG\r\n\x1a\n", Format("picture", "png")),
    (b"GIF87a", Format("picture", "gif")),
    (b"GIF89a", Format("picture", "gif")),
    (b"II*\x00", Format("picture", "tiff")),
    (b"MM\x00*", Format("picture", "tiff")),
    (b"II+\x00", Format("picture", "tiff")),
    (b"MM\x00+", Format("picture", "tiff")),
    (b"\x00\x00\x01\xba", Format("video", "mpg")),
    (b"\x00\x00\x01\xb3", Format("video", "mpv")),
    (b"FLV\x01", Format("video", "flv")),
    (b".RMF\x00\x00\x00", Format("video", "rm")),
    (b"\x1f\x07\x00\x3f", Format("video", "dv")),
    (b"\x1f\x07\x00\xbf", Format("video", "dv")),
    (b"DKIF\x00\x00", Format("video", "ivf")),
    (b"YUV4MPEG2 ", Format("video", "y4m")),
    (b"nut/multimedia container\x00", Format("video", "nut")),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", Format("video", "mxf")),
    (b"\x00\x00\x00\x0cjP  ", Format("picture", "jp2")),
    (b"\xff\x4f\xff\x51", Format("picture", "jp2")),
)
OTHER_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "Windows program"),
    (b"\x7fELF", "Linux program"),
    (b"\xfe\xed\xfa", "macOS program"),
    (b"\xcf\xfa\xed\xfe", "macOS program"),
    (b"\xca\xfe\xba\xbe", "compiled program"),
    (b"\x00asm", "compiled program"),
    (b"%PDF-", "PDF document"),
    (b"%!PS", "PostScript document"),
    (b"{\\rtf", "RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office document"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"Rar!\x1a\x07", "rar archive"),
    (b"\x28\xb5\x2f\xfd", "zstd archive"),
    (b"MThd", "MIDI notes"),
    (b"8BPS", "Photoshop document"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"BLP1", "game texture"),
    (b"BLP2", "game texture"),
    (b"DDS ", "game texture"),
    (b"SQLite format 3\x00", "database"),
    (b"PAR1", "Parquet table"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 table"),
    (b"\x93NUMPY", "NumPy array"),
    (b"wOFF", "font"),
    (b"wOF2", "font"),
    (b"OTTO\x00", "font"),
)
UNREAD_SIGNATURES: tuple[tuple[bytes, str], ...] = (  # pictures and sounds that no decoder of ours knows
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL picture"),
    (b"\xff\x0a", "JPEG XL picture"),
    (b"BPG\xfb", "BPG picture"),
    (b"FLIF", "FLIF picture"),
    (b"v/1\x01", "OpenEXR picture"),
    (b"#?RADIANCE", "Radiance picture"),
    (b"OFR ", "OptimFROG sound"),
    (b"ajkg", "Shorten sound"),
)
ARCHIVE_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
)
RIFF_KINDS = {
    b"WAVE": Format("sound", "wav"),
    b"AVI ": Format("video", "avi"),
    b"AVIX": Format("video", "avi"),
    b"WEBP": Format("picture", "webp"),
}
BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})
MOV_ATOMS = frozenset({b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_SOUND = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
ASF_PICTURES = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
OGG_PICTURES = (b"\x80theora", b"\x01video\x00\x00\x00", b"BBCD\x00")
OGG_SOUND = ((b"OpusHead", "opus"), (b"\x01vorbis", "ogg"), (b"\x7fFLAC", "ogg"), (b"Speex   ", "ogg"))
ID3_VERSIONS = frozenset({2, 3, 4})
_BLANK = rb"(?:\s|#[^\n]*\n)+"
PORTABLE_MAP = re.compile(rb"P[1-6]" + _BLANK + rb"\d{1,6}" + _BLANK + rb"\d{1,6}\s")
TAR_BLOCK = 512
TEXT_BYTES = b"\t\n\x0b\x0c\r\x1b" + bytes(range(ord(" "), 256))


def sniff(head: bytes, size: int) -> Format | Dropped:
    """What a file is, from what `read_head` gives of it and its size, or why it is not media we read."""
    if size == 0 or not head:
        return Dropped("empty file")
    known = _media(head, size)
    if known:
        return known
    other = archive_kind(head)
    if other:
        return Dropped(f"not media: {other} archive")
    other = _begins(head, OTHER_SIGNATURES)
    if other:
        return Dropped(f"not media: {other}")
    unread = _begins(head, UNREAD_SIGNATURES)
    if unread:
        return Dropped(f"{UNREAD}: {unread}")
    return _framed(head, size) or Dropped("not media: text" if _is_text(head) else UNREAD)


def read_head(stream: BinaryIO) -> bytes:
    """The first bytes of a file as far as `sniff` needs them: HEAD_BYTES, and what ID3 tags before them take."""
    head = stream.read(HEAD_BYTES)
    while (lacking := min(_id3_bytes(head) + HEAD_BYTES, TAG_BYTES) - len(head)) > 0:
        following = stream.read(lacking)
        if not following:
            break
        head += following
    return head


def archive_kind(head: bytes) -> str | None:
    """`zip`, `tar`, `gzip`, `bzip2` or `xz` where the bytes begin such an archive."""
    kind = _begins(head, ARCHIVE_SIGNATURES)
    if kind:
        return kind
    if head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] == b"1AY&SY":
        return "bzip2"
    return "tar" if _is_tar(head) else None


def _media(head: bytes, size: int) -> Format | None:
    """Formats that begin with a signature; those that only repeat a pattern are found by `_framed`."""
    found = _begins(head, SIGNATURES) or _chunked(head) or _container(head) or _boxed(head, size)
    return found or _bitmap(head) or _portable_map(head)


def _begins(head: bytes, table: tuple[tuple[bytes, T], ...]) -> T | None:
    return next((found for signature, found in table if head.startswith(signature)), None)


def _chunked(head: bytes) -> Format | None:
    if head[:4] in (b"RIFF", b"RF64", b"RIFX", b"BW64"):
        return RIFF_KINDS.get(head[8:12])
    is_aiff = head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")
    return Format("sound", "aiff") if is_aiff else None


def _container(head: bytes) -> Format | None:
    if head[:4] == b"OggS":
        return _ogg(head)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return Format("video", "webm" if b"webm" in head[:64] else "mkv")
    if head[:16] == ASF_HEADER:
        return Format("sound", "wma") if ASF_SOUND in head and ASF_PICTURES not in head else Format("video", "wmv")
    return None


def _ogg(head: bytes) -> Format:
    if any(mark in head for mark in OGG_PICTURES):
        return Format("video", "ogv")
    return Format("sound", next((name for mark, name in OGG_SOUND if mark in head[:512]), "ogg"))


def _boxed(head: bytes, size: int) -> Format | None:
    """The family of MP4: boxes of a big-endian size and a four-letter name, the first of which tells the brands."""
    length, name = int.from_bytes(head[:4], "big"), head[4:8]
    if name == b"ftyp":
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(length, len(head)), 4))]
        return _brand(brands[0], frozenset(brands))
    if name in MOV_ATOMS and (length in (0, 1) or 8 <= length <= size):
        return Format("video", "mov")
    return None


def _brand(major: bytes, brands: frozenset[bytes]) -> Format | None:
    if major in AVIF_BRANDS or (major in (b"mif1", b"msf1", b"miaf") and brands & AVIF_BRANDS):
        return Format("picture", "avif")
    if major in HEIC_BRANDS or major in (b"mif1", b"msf1", b"miaf"):
        return Format("picture", "heic")
    if major in SOUND_BRANDS:
        return Format("sound", "m4a")
    if major == b"crx ":  # camera raw of one maker, in boxes
        return None
    if major[:3] in (b"3gp", b"3g2", b"3ge"):
        return Format("video", "3gp")
    return Format("video", "mov" if major == b"qt  " else "mp4")


def _bitmap(head: bytes) -> Format | None:
    is_bitmap = head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES
    return Format("picture", "bmp") if is_bitmap else None


def _portable_map(head: bytes) -> Format | None:
    """PBM, PGM and PPM: two letters, then width and height in digits; in the first three digits follow as well."""
    header = PORTABLE_MAP.match(head)
    is_plain = header and head[1:2] in b"123"
    if not header or (is_plain and head[header.end() :].translate(None, b"0123456789 \t\r\n")):
        return None
    return Format("picture", "ppm")


def _framed(head: bytes, size: int) -> Format | None:
    """Formats without a signature of their own: a pattern that must repeat, possibly after a tag or some junk."""
    if transport_stream(head):
        return Format("video", "ts")
    tag = _id3_bytes(head)
    if tag >= len(head) > 0:  # it is longer than anybody reads on
        return Format("sound", "mp3")
    sound, size = head[tag:], size - tag
    if tag and sound.startswith(b"fLaC"):
        return Format("sound", "flac")
    if adts_frames(sound, size):
        return Format("sound", "aac")
    if dolby := dolby_frames(sound, size):
        return Format("sound", dolby)
    layer = mpeg_audio_layer(sound, size)
    return Format("sound", "mp3" if layer == 3 else "mp2") if layer else None


def _id3_bytes(head: bytes) -> int:
    """How many bytes the ID3 tags at the start take; the size of each is told seven bits a byte."""
    end = 0
    while True:
        tag = head[end : end + 10]
        if tag[:3] != b"ID3" or len(tag) < 10 or tag[3] not in ID3_VERSIONS or max(tag[6:10]) > 127:
            return end
        end += 10 + sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))


def _is_tar(head: bytes) -> bool:
    """The checksum in a tar header must fit, so that old tars without a signature are known as well."""
    block = head[:TAR_BLOCK]
    if len(block) < TAR_BLOCK:
        return False
    try:
        told = int(block[148:156].strip(b"\x00 ") or b"x", 8)
    except ValueError:
        return False
    return told == sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        head[:1024].decode()
    except UnicodeDecodeError as broken:
        if broken.start < min(len(head), 1024) - 4:  # a character may be cut off by the end of what was read
            return False
    return not head[:1024].translate(None, TEXT_BYTES)
