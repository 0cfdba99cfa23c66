"""One process on a graphics card: pyannote's batches, and how onnxruntime chooses convolutions; no bars."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import apart, say
from tests.benchmarks.recordings import RATE_HZ

SEARCHES = ("HEURISTIC", "DEFAULT", "EXHAUSTIVE")
ARENAS = ("kSameAsRequested", "kNextPowerOfTwo")
BATCHES = (30, 60, 120, 240)
LIMIT_S = 20


@dataclass(frozen=True)
class Options:
    """How onnxruntime is told to use a card."""

    search: str
    arena: str


def convolutions(card: str, folder: Path) -> None:
    """MTCNN over pictures of a folder with each search, each picture's faces beside those found on the processor."""
    plain = apart(_found, "cpu", folder, None)
    say(f"alone, MTCNN on cpu: {plain[0]:.1f} pictures/s the first time, {plain[1]:.1f}/s again")
    for search in SEARCHES:
        for arena in ARENAS if search == SEARCHES[0] else ARENAS[:1]:
            first, again, faces = apart(_found, card, folder, Options(search, arena))
            found, furthest = sum(map(len, faces)), _furthest(faces, plain[2])
            say(f"alone, MTCNN on {card}, {search}, {arena}: {first:.1f} pictures/s the first time, {again:.1f}/s again; "
                f"{found} faces, boxes differ by {furthest}")  # fmt: skip


def _furthest(faces: list[Any], plain: list[Any]) -> str:
    import numpy as np

    others = sum(len(one) != len(other) for one, other in zip(faces, plain, strict=False))
    alike = [(one, other) for one, other in zip(faces, plain, strict=False) if len(one) == len(other)]
    px = max((float(np.abs(one - other).max(initial=0)) for one, other in alike), default=0.0)
    return f"{px:.3f} px, {others} pictures with another number of faces"


def _found(card: str, folder: Path, options: Options | None) -> tuple[float, float, list[Any]]:
    """Pictures in a second the first time, and again; and the boxes of the faces in each."""
    import cv2
    import numpy as np
    from PIL import Image

    from curate import sessions
    from curate.faces.mtcnn import Mtcnn

    cv2.setNumThreads(1)
    if options:
        chosen = {"cudnn_conv_algo_search": options.search, "arena_extend_strategy": options.arena}
        sessions.CUDA_OPTIONS.update(chosen)
    sessions.use_device(card)
    rgbs = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir())]
    Mtcnn().faces(rgbs[0])
    paces, boxes = [], []
    for _ in range(2):
        started, seen = time.perf_counter(), 0
        for rgb in rgbs:
            found = Mtcnn().faces(rgb)
            boxes.append(found.boxes)
            seen += 1
            if time.perf_counter() - started > LIMIT_S:
                break
        paces.append(seen / (time.perf_counter() - started))
    return paces[0], paces[1], boxes[: len(rgbs)]


def batches(card: str, models: Path, folder: Path) -> None:
    """The pace of pyannote.audio alone on a recording with batches of several sizes."""
    (path,) = folder.iterdir()
    for size in BATCHES:
        pace, turns, peak_mb = apart(_paced, card, models, path, size)
        say(f"alone, pyannote on {card}, batches of {size}: {pace:.0f} x real time, {turns} turns, {peak_mb:.0f} MB")


def _paced(card: str, models: Path, path: Path, size: int) -> tuple[float, int, float]:
    """Pace, number of turns, and the most memory of the card that torch took; the networks are warm."""
    import soundfile

    from curate import sessions
    from curate.voices import pyannote_networks
    from curate.voices.pyannote_files import pyannote_files
    from curate.voices.pyannote_turns import pyannote_turns

    sessions.use_device(card)
    pyannote_networks.ON_A_CARD = pyannote_networks.BATCH = size
    diarizer = pyannote_turns(pyannote_files(str(models)))
    samples, _ = soundfile.read(path, dtype="int16")
    diarizer.conversation(samples[: 20 * RATE_HZ])
    started = time.perf_counter()
    told = diarizer.conversation(samples)
    pace = len(samples) / RATE_HZ / (time.perf_counter() - started)
    import torch

    return pace, len(told.turns), torch.cuda.max_memory_allocated() / 2**20 if card != "cpu" else 0.0
