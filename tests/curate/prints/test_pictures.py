"""Fingerprints of pictures: the same whatever was done to the encoding, far from those of other pictures."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from curate.prints.pictures import FingerprintPicture, picture_print, turned
from curate.prints.words import PICTURE_PRINT
from curate.read.decode import Frame
from schemas.media import Asset, Score

CLOSE = 6  # bits


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture with large and small shapes as photos have them (1 / f), unlike any of another seed."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(size[1])[:, None], np.fft.fftfreq(size[0])[None]
    spectrum = np.fft.fft2(random.normal(size=size[::-1])) / np.maximum(np.hypot(down, across), 1 / 320) ** 1.5
    made = np.fft.ifft2(spectrum).real
    grey = 128 + 40 * (made - made.mean()) / made.std()
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def bits_of(picture: Image.Image) -> int:
    found = picture_print(np.asarray(picture))
    assert found is not None
    return found


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality)
    return Image.open(held).convert("RGB")


def labelled(picture: Image.Image) -> Image.Image:
    mark = Image.new("L", picture.size)
    mark.paste(128, (8, 214, 48, 226))
    return Image.composite(Image.new("RGB", picture.size, (255, 255, 255)), picture, mark)


ALTERED = {
    "jpeg at quality 30": lambda one: jpeg(one, 30),
    "a quarter of the size": lambda one: one.resize((80, 60)),
    "another shape": lambda one: one.resize((200, 200)),
    "more contrast": lambda one: ImageEnhance.Contrast(one).enhance(1.6),
    "darker": lambda one: ImageEnhance.Brightness(one).enhance(0.6),
    "blurred": lambda one: one.filter(ImageFilter.GaussianBlur(3)),
    "a watermark": labelled,
    "without colour": lambda one: one.convert("L").convert("RGB"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_copy_stays_close(how: str) -> None:
    for seed in range(12):
        picture = scene(seed)
        assert (bits_of(picture) ^ bits_of(ALTERED[how](picture))).bit_count() <= CLOSE


def test_other_pictures_are_far() -> None:
    prints = [bits_of(scene(seed)) for seed in range(60)]
    distances = [(a ^ b).bit_count() for place, a in enumerate(prints) for b in prints[:place]]
    assert min(distances) > 2 * CLOSE


def test_turned_and_mirrored_copies_are_known_from_the_fingerprint_alone() -> None:
    for seed in range(6):
        picture = scene(seed, (240, 240))
        found = [int(some[0]) for some in turned(np.array([bits_of(picture)], np.uint64))]
        copies = [ImageOps.mirror(picture), ImageOps.flip(picture), picture.rotate(180)]
        copies += [one.transpose(Image.Transpose.TRANSPOSE) for one in (picture, copies[1], copies[0], copies[2])]
        assert len(set(found)) == 7
        assert [(a ^ bits_of(b)).bit_count() <= 2 for a, b in zip(found, copies, strict=True)] == [True] * 7


def test_a_picture_of_one_colour_has_no_fingerprint() -> None:
    assert picture_print(np.full((40, 60, 3), 90, np.uint8)) is None


def test_each_frame_of_a_video_has_its_own_score() -> None:
    asset = Asset("a" * 32, "video", "mkv", 1)
    frames = [Frame(at, np.asarray(scene(at or 0))) for at in (0, 1000)]
    outcomes: list[Any] = list(FingerprintPicture()([asset, asset], frames))
    made = [score for outcome in outcomes for score in outcome]
    assert all(isinstance(one, Score) and len(one.bits or b"") == 8 for one in made)
    assert [one.name for one in made] == [f"{PICTURE_PRINT} 0", f"{PICTURE_PRINT} 1000"]


def test_all_altered_copies_of_a_photo_are_close(shared: Path) -> None:
    prints = [bits_of(Image.open(path).convert("RGB")) for path in sorted((shared / "neardup").glob("*.jpg"))]
    assert len(prints) == 12
    assert max((prints[0] ^ other).bit_count() for other in prints) <= CLOSE
