"""Sound and photos for benchmarks, made from real ones: the development media beside the checkout, else our samples."""

import os
import random
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

RATE_HZ = 16_000
SHARED = Path(os.environ.get("EMOCURATE_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
PIECE_MS = 60_000


def speech() -> "list[Any]":
    """Real speech in pieces of a minute at most: int16 arrays at 16 kHz."""
    from curate.read.decode import decode, format_of

    folders = [SHARED / "speech", SHARED / "speech_emotion"]
    if not SHARED.exists():
        folders = [Path(str(files("pipelines.demo"))) / "media"]
    pieces = []
    for path in sorted(path for folder in folders for path in folder.iterdir() if path.suffix in (".wav", ".flac")):
        with decode(path, format_of(path).kind, sound=True, every_ms=()) as decoding:
            sound = decoding.sound()
            whole: Any = sound.speech if sound else []
            step = RATE_HZ * PIECE_MS // 1000
            pieces += [whole[start : start + step].copy() for start in range(0, len(whole), step)]
    return pieces


def recording(path: Path, pieces: Sequence[Any], minutes: int, rate_hz: int = RATE_HZ) -> None:
    """Write a recording of the pieces in an order of its own, in the format its name asks for, 16 bits, one channel.

    Each piece has a pace of its own, so that recordings are no near-duplicates of each other, and of themselves.
    """
    import numpy as np
    import soundfile
    from scipy.signal import resample_poly

    draw = random.Random(path.name)  # noqa: S311 - repeatable, not secret
    left = minutes * 60 * RATE_HZ
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16") as written:
        while left:
            paced = resample_poly(draw.choice(pieces).astype(np.float32), draw.randint(80, 125), 100)[:left]
            left -= len(paced)
            sound = paced if rate_hz == RATE_HZ else resample_poly(paced, rate_hz, RATE_HZ)
            written.write(sound.clip(-32768, 32767).astype(np.int16))


def photos(folder: Path, copies: int) -> list[Path]:
    """Photos with faces in them, each cropped a little otherwise in every copy, as JPEG."""
    from PIL import Image

    made = []
    for place, picture in enumerate(_pictures()):
        for number in range(copies):
            made.append(folder / f"photo-{place:02}-{number:03}.jpg")
            edge = 2 * number
            picture.crop((edge, edge, picture.width - 1, picture.height - 1)).save(made[-1], quality=90)
            assert isinstance(picture, Image.Image)
    return made


def _pictures() -> list[Any]:
    from PIL import Image

    if SHARED.exists():
        return [Image.open(path).convert("RGB") for path in sorted((SHARED / "faces").glob("*.jpg"))]
    from skimage import data

    astronaut = Image.fromarray(data.astronaut())
    sizes = [(512, 512), (1024, 1024), (640, 480), (480, 640)]
    return [astronaut.resize(size) for size in sizes]
