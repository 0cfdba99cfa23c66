"""Makes files that are broken, lying, absurd or no media at all; the same bytes every time."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.media.make import MUXED, face, mux, voice

TRUNCATED_AT = (0.02, 0.3, 0.9)


def broken_files(folder: Path) -> list[Path]:
    """More than forty of them in the folder; what they are like is told by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    sound = _whole(folder)
    made = [*_cut_short(sound), *_flipped(sound), *_not_what_they_say(sound), *_lying(sound), *_bombs(), *_empty(sound)]
    for name, data in made:
        (folder / name).write_bytes(data)
    return [folder / name for name, _ in made]


def _whole(folder: Path) -> dict[str, bytes]:
    """Small sound files to break."""
    import soundfile

    whole = {}
    for name, how in (("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS")):
        file = io.BytesIO()
        soundfile.write(file, voice(1.0), 16_000, format=name.upper(), subtype=how)
        whole[name] = file.getvalue()
    for key in ("mp3", "m4a", "opus", "mp4", "webm", "avi", "mpg", "mkv"):
        path = mux(folder / "whole", replace(MUXED[key], seconds=1.0))
        whole[key] = path.read_bytes()
        path.unlink()
    for name, suffix in (("JPEG", "jpg"), ("PNG", "png"), ("GIF", "gif"), ("WEBP", "webp"), ("TIFF", "tif")):
        file = io.BytesIO()
        face((160, 160)).save(file, name)
        whole[suffix] = file.getvalue()
    return whole


def _cut_short(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for suffix, data in whole.items():
        for part in TRUNCATED_AT:
            yield f"truncated at {part:.0%}.{suffix}", data[: int(len(data) * part)]


def _flipped(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Files with a wrong bit or two in every kilobyte behind their headers."""
    for suffix in ("mp3", "flac", "jpg", "mp4", "webm", "mpg", "png"):
        chance, data = random.Random(suffix), bytearray(whole[suffix])  # noqa: S311
        for _ in range(len(data) // 512):
            data[chance.randrange(200, len(data))] ^= 1 << chance.randrange(8)
        yield f"flipped bits.{suffix}", bytes(data)


def _not_what_they_say(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "a picture.wav", whole["jpg"]
    yield "a video.jpg", whole["mp4"]
    yield "a text.wav", b"This is no sound at all.\n" * 100
    yield "a page.mp4", b"<!doctype html><title>Not found</title>" * 20
    yield "a program.mp3", b"MZ" + bytes(3000)
    yield "a playlist.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n"
    yield "random bytes.mp3", random.Random(0).randbytes(20_000)  # noqa: S311
    yield "random after a start.jpg", whole["jpg"][:300] + random.Random(1).randbytes(5_000)  # noqa: S311
    yield "random after a start.ogg", whole["ogg"][:100] + random.Random(2).randbytes(5_000)  # noqa: S311
    yield "two files in one.png", whole["png"] + whole["wav"]


def _lying(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    wav = whole["wav"]
    yield "says 4 GB of sound.wav", wav[:40] + b"\xff\xff\xff\xff" + wav[44:]
    yield "says half the sound.wav", wav[:40] + struct.pack("<I", (len(wav) - 44) // 2) + wav[44:]
    yield "rate of 4 GHz.wav", _wav(rate_hz=0xFFFFFFFF)
    yield "rate of 1 Hz.wav", _wav(rate_hz=1)
    yield "rate of 0.wav", _wav(rate_hz=0)
    yield "no channels.wav", _wav(channels=0)
    yield "60000 channels.wav", _wav(channels=60_000)
    yield "1000 bits.wav", _wav(bits=1000)
    yield "8 channels at 192 kHz.wav", _wav(channels=8, rate_hz=192_000, data=bytes(192_000 * 16 // 10))
    flac = bytearray(whole["flac"])
    flac[21:26] = bytes((flac[21] | 0x0F, 0xFF, 0xFF, 0xFF, 0xFF))
    yield "says 18 days of sound.flac", bytes(flac)
    at = whole["mp4"].index(b"mvhd") + 4
    yield "says years of video.mp4", whole["mp4"][: at + 16] + b"\x7f\xff\xff\xff" + whole["mp4"][at + 20 :]


def _wav(
    rate_hz: int = 16_000, channels: int = 1, bits: int = 16, data: bytes = bytes(3200), declared: int | None = None
) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2 & 0xFFFFFFFF, channels * 2 & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", declared or len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "bomb of 60000 x 60000.png", _png(60_000, 60_000, zlib.compress(bytes(1_000_000), 9))
    yield "bomb of 2 billion x 2 billion.png", _png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(bytes(1000)))
    yield "says 9000 x 9000 and holds nothing.png", _png(9000, 9000, zlib.compress(b""))
    yield (
        "bomb of 65535 x 65535.gif",
        b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
    )
    yield (
        "bomb of text.png",
        _png(8, 8, zlib.compress(bytes(200)), (b"zTXt", b"k\0\0" + zlib.compress(bytes(1 << 24), 9))),
    )
    yield "bomb.zip", _zip({"zeros.wav": bytes(80_000_000)})
    yield "bomb within.zip", _zip({"inner.zip": _zip({"zeros.wav": bytes(1 << 24)})})
    yield "bomb of 65500 x 65500.jpg", _jpeg_of(65_500, 65_500)
    yield "bomb of 60000 x 60000.bmp", _bmp(60_000, 60_000)


def _png(width: int, height: int, pixels: bytes, *more: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), *more, (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _jpeg_of(width: int, height: int) -> bytes:
    """A real JPEG whose header tells a size it does not have."""
    file = io.BytesIO()
    face((64, 64)).save(file, "JPEG")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def _zip(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _empty(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "zero bytes.mp3", b""
    yield "one byte.wav", b"R"
    yield "no samples.wav", _wav(data=b"")
    yield "no samples.flac", whole["flac"][:4] + b"\x80" + whole["flac"][5:21] + bytes(21)
    yield "header only.wav", whole["wav"][:20]
    yield "header only.mkv", bytes.fromhex("1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61")
    yield "header only.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x08moov"
    yield "tag only.mp3", b"ID3\x04\0\0\0\0\x07\x76" + bytes(1014)
