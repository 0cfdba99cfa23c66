"""One process on a graphics card: pyannote's batches; no bars."""

import time
from pathlib import Path

from tests.benchmarks.figures import apart, say
from tests.benchmarks.recordings import RATE_HZ

BATCHES = (30, 60, 120, 240)


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
