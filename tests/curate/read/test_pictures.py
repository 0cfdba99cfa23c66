"""Pictures of all formats and colours: upright RGB, or refused."""

import weakref
import zlib
from pathlib import Path

import pytest

from curate.read import pictures
from schemas.errors import Unreadable
from tests.curate.decoded import everything
from tests.media.make import face

COLOURED = ("jpg_cmyk", "jpg_progressive", "png_palette", "gif", "gif_moving", "webp", "avif", "heic")


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_is_turned_as_its_exif_data_say(orientation: int, good: dict[str, Path]) -> None:
    import numpy as np

    [(at_ms, rgb)], _, description = everything(good[f"jpg_turned_{orientation}"])
    assert at_ms is None
    assert (description.width_px, description.height_px) == (120, 160)
    assert np.abs(rgb.astype(int) - np.asarray(face((120, 160)))).mean() < 3


@pytest.mark.parametrize("key", ["jpg", "png", "webp", "avif", "heic", "tiff"])
def test_a_decoded_picture_keeps_its_size_and_lets_go_of_its_decoder(key: str, good: dict[str, Path]) -> None:
    with pictures.opened_picture(good[key], key) as picture:
        decoder = weakref.ref(picture.image)
        picture.decoded()
        assert decoder() is None
        assert picture.size_px == (120, 160)


def test_pictures_that_come_turned_are_not_turned_twice(tmp_path: Path) -> None:
    import numpy as np
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("tiff", "heic", "avif", "webp", "png"):
        path = tmp_path / f"turned.{suffix}"
        face((120, 160)).transpose(Image.Transpose.ROTATE_90).save(path, exif=exif.tobytes())
        [(_, rgb)], _, description = everything(path)
        assert (description.width_px, description.height_px) == (120, 160), suffix
        assert np.abs(rgb.astype(int) - np.asarray(face((120, 160)))).mean() < 12, suffix


def png_with(path: Path, kind: bytes, content: bytes, behind: bool) -> Path:
    """A PNG that lies on its side and says so in a chunk before or behind its pixels."""
    from PIL import Image

    face((120, 160)).transpose(Image.Transpose.ROTATE_90).save(path)
    data = path.read_bytes()
    chunk = len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
    at = data.index(b"IEND") - 4 if behind else data.index(b"IDAT") - 4
    path.write_bytes(data[:at] + chunk + data[at:])
    return path


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("how", ["exif", "plain XMP", "packed XMP", "XMP element"])
def test_a_png_is_turned_as_its_exif_data_or_xmp_say_before_or_behind_its_pixels(
    how: str, behind: bool, tmp_path: Path
) -> None:
    import numpy as np
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    words = b'<rdf:Description tiff:Orientation="6"/>'
    words = b"<tiff:Orientation>6</tiff:Orientation>" if how == "XMP element" else words
    packed = how == "packed XMP"
    text = b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + (zlib.compress(words) if packed else words)
    kind, content = (b"eXIf", exif.tobytes()[6:]) if how == "exif" else (b"iTXt", text)
    [(_, rgb)], _, description = everything(png_with(tmp_path / "turned.png", kind, content, behind))
    assert (description.width_px, description.height_px) == (120, 160)
    assert np.array_equal(rgb, np.asarray(face((120, 160))))


def test_broken_chunks_of_a_png_turn_nothing(tmp_path: Path) -> None:
    path = png_with(tmp_path / "broken.png", b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0no zlib", behind=True)
    assert everything(path)[2].width_px == 160


@pytest.mark.parametrize(
    "key", ["jpg_cmyk", "jpg_progressive", "png_palette", "gif", "gif_moving", "webp", "avif", "heic"]
)
def test_every_kind_of_colours_becomes_rgb(key: str, good: dict[str, Path]) -> None:
    import numpy as np

    [(_, rgb)], _, _ = everything(good[key])
    assert rgb.shape == (160, 120, 3)
    assert np.abs(rgb.astype(int) - np.asarray(face((120, 160)))).mean() < 10


@pytest.mark.parametrize("key", ["jpg_grey", "png_16bit", "tiff_float"])
def test_greys_of_any_depth_become_rgb(key: str, good: dict[str, Path]) -> None:
    import numpy as np

    [(_, rgb)], _, _ = everything(good[key])
    assert np.abs(rgb.astype(int) - np.asarray(face((120, 160)).convert("L"))[:, :, None]).mean() < 5


def test_what_is_transparent_becomes_white(good: dict[str, Path]) -> None:
    [(_, rgb)], _, _ = everything(good["png_alpha"])
    assert rgb[0].min() >= 250
    assert rgb[-1].mean() < 200


def test_large_pictures_are_converted_in_strips_without_a_seam(
    good: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    keys = ("jpg_turned_6", "png_alpha", "png_16bit", "tiff_float", "png_palette")
    whole = [everything(good[key])[0][0][1] for key in keys]
    monkeypatch.setattr(pictures, "STRIP_PIXELS", 1000)
    strips = [everything(good[key])[0][0][1] for key in keys]
    assert all(np.array_equal(one, other) for one, other in zip(whole, strips, strict=True))


def test_pictures_that_would_take_too_much_memory_are_refused(
    good: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "DECODING_BYTES", 160 * 120 * 8)
    assert everything(good["jpg"])[0]
    with pytest.raises(Unreadable, match="120 x 160 pixels, at most 0 megapixels are decoded of webp"):
        everything(good["webp"])
