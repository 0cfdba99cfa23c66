"""Pictures as upright RGB pixels, whatever their format and colours (Pillow)."""

import os
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
from PIL import Image

from schemas.errors import Unreadable

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


PLUGINS = {
    "jpg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "tiff": ("TIFF",),
    "heic": ("HEIF",),
    "avif": ("AVIF",),
    "ppm": ("PPM",),
    "jp2": ("JPEG2000",),
}
DECODING_BYTES = 800_000_000  # a picture may take while it is decoded: 108 megapixels of JPEG, the most phones make
BYTES_PER_PIXEL = {  # measured at 48 megapixels, the result of three bytes included
    "jpg": 7.4,
    "progressive jpg": 9.2,
    "png": 8.0,
    "gif": 4.2,
    "webp": 16.8,
    "bmp": 7.4,
    "tiff": 8.0,
    "heic": 8.0,
    "avif": 9.7,
    "ppm": 11.5,
    "jp2": 22.0,
}
STRIP_PIXELS = 1 << 22  # converted at once, so that a large picture is never held in a third copy
ORIENTATION = 0x0112
XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")
PNG_SIGNATURE, PNG_CHECKSUM_BYTES = b"\x89PNG\r\n\x1a\n", 4
PNG_EXIF = frozenset({"exif", "Raw profile type exif"})
XMP_KEYWORD = b"XML:com.adobe.xmp"
METADATA_BYTES = 16 << 20
SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
WITH_ALPHA = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})


@dataclass
class Picture:
    """An open picture: its size is known at once, its pixels are decoded when asked for and not kept.

    `size_px`: width and height of the upright picture.
    """

    image: Image.Image
    format: str
    orientation: int
    size_px: tuple[int, int]

    def decoded(self) -> Pixels:
        """The upright pixels, uint8 (height, width, 3), read-only; what is transparent becomes white. Works once."""
        image = self.image
        del self.image  # the decoders of some formats keep canvases as long as it is there
        quiet = _silent_stderr() if self.format == "tiff" else nullcontext()
        with _translated(self.format), quiet, closing(image):
            image.load()
            width, height = self.size_px
            pixels: Pixels = np.empty((height, width, 3), np.uint8)
            as_stored = _turned(pixels, self.orientation)
            levels = _levels(image)
            rows = max(1, STRIP_PIXELS // image.width)
            for top in range(0, image.height, rows):
                strip = image
                if rows < image.height:
                    strip = strip.crop((0, top, strip.width, min(top + rows, strip.height)))
                as_stored[top : top + rows] = _strip_rgb(strip, levels)
        pixels.flags.writeable = False
        return pixels


@contextmanager
def opened_picture(path: Path, name: str) -> Iterator[Picture]:
    """The picture as the format its content was found to be; raises Unreadable where it is broken or far too large."""
    with path.open("rb") as file:
        yield _picture(file, name)


def _picture(file: BinaryIO, name: str) -> Picture:
    if name == "heic":
        pillow_heif.register_heif_opener()
    with _translated(name):
        image = Image.open(file, formats=PLUGINS[name])
    _refuse_too_large(image, name)
    orientation = _orientation(image)
    return Picture(image, name, orientation, image.size[::-1] if orientation >= 5 else image.size)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Whatever Pillow stumbles over in a broken file becomes Unreadable; its warnings stay with us."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Unreadable:
        raise
    except Image.DecompressionBombError as bomb:
        raise Unreadable(f"picture too large: {str(bomb).lower().split(' exceeds')[0]}") from None
    except Exception as broken:  # noqa: BLE001  # its readers raise anything, from struct.error to ZeroDivisionError
        what = "truncated" if "truncated" in str(broken).lower() else "broken"
        raise Unreadable(f"{what} {name} picture") from None


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keeps what libtiff writes straight to the standard error stream from the terminal; it takes no other way."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _refuse_too_large(image: Image.Image, name: str) -> None:
    cost = BYTES_PER_PIXEL["progressive jpg" if "progressive" in image.info else name]
    if image.width * image.height * cost > DECODING_BYTES:
        most = f"{DECODING_BYTES / cost / 1e6:.0f} megapixels are decoded of {name}"
        raise Unreadable(f"picture too large: {image.width} x {image.height} pixels, at most {most}")


def _orientation(image: Image.Image) -> int:
    """The orientation in EXIF data, else in XMP, 1 to 8; broken ones turn nothing. TIFF and HEIC come turned."""
    if image.format in ("TIFF", "HEIF"):
        return 1
    try:
        with _translated("exif"):
            exif = _png_exif(image) if image.format == "PNG" else image.getexif()
            told = exif.get(ORIENTATION, 1)
    except Unreadable:
        return 1
    return told if isinstance(told, int) and 1 <= told <= 8 else 1


def _png_exif(image: Image.Image) -> Image.Exif:
    """The EXIF data of a PNG, or those its XMP stands for, also where they come behind the pixels.

    A PNG's own `getexif` would decode the whole picture to look there, when nobody has asked for its pixels yet.
    """
    file: BinaryIO | None = getattr(image, "fp", None)
    if file is None or PNG_EXIF & image.info.keys():
        return Image.Image.getexif(image)
    exif, here = Image.Exif(), file.tell()
    file.seek(len(PNG_SIGNATURE))
    while len(header := file.read(8)) == 8 and header[4:] != b"IEND":
        size = int.from_bytes(header[:4], "big")
        if header[4:] == b"eXIf" and size <= METADATA_BYTES:
            exif.load(file.read(size))
            break
        text = file.read(size) if header[4:] == b"iTXt" and size <= METADATA_BYTES else b""
        if oriented := XMP_ORIENTATION.search(_international_text(text)):
            exif[ORIENTATION] = int(oriented[1])
        file.seek(size - len(text) + PNG_CHECKSUM_BYTES, os.SEEK_CUR)
    file.seek(here)
    return exif


def _international_text(chunk: bytes) -> bytes:
    """The words of an iTXt chunk that holds XMP, which may be compressed (PNG 1.2, 4.2.3.3)."""
    keyword, _, rest = chunk.partition(b"\0")
    if keyword != XMP_KEYWORD:
        return b""
    words = rest[2:].split(b"\0", 2)[-1]  # behind flag and method of compression, language and translated keyword
    return zlib.decompressobj().decompress(words, METADATA_BYTES) if rest[:1] == b"\1" else words


def _turned(upright: Pixels, orientation: int) -> Pixels:
    """The upright pixels as a view in which the picture lies as it is stored (EXIF 2.32, tag 274)."""
    if orientation in (2, 3, 6, 7):
        upright = upright[:, ::-1]
    if orientation in (3, 4, 7, 8):
        upright = upright[::-1]
    return upright.transpose(1, 0, 2) if orientation >= 5 else upright


def _levels(image: Image.Image) -> tuple[float, float] | None:
    """What is black and what is white in a picture whose numbers are not bytes; None for all others."""
    if image.mode not in ("I", "F"):
        return None
    low, high = (float(level) for level in image.getextrema())  # type: ignore[arg-type]
    for white in (255, 65535):
        if image.mode == "I" and low >= 0 and high <= white:
            return 0.0, float(white)
    return low, max(high, low + 1e-6)


def _strip_rgb(strip: Image.Image, levels: tuple[float, float] | None) -> Pixels:
    """The pixels (height, width, 3) of a strip as stored."""
    if strip.mode in SIXTEEN_BIT or levels:
        grey = np.asarray(strip)
        if levels:
            low, high = levels
            grey = np.nan_to_num((grey - low) * (255 / (high - low))).clip(0, 255)
        else:
            grey = grey >> 8
        return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
    if strip.mode in WITH_ALPHA or "transparency" in strip.info:
        white = Image.new("RGBA", strip.size, "white")
        strip = Image.alpha_composite(white, strip.convert("RGBA"))
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))  # Pillow would make a copy
