"""An hour of mixed media through all default stages, beside one decode and the time that its networks take alone."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnxruntime import InferenceSession

from curate.read.decode import decode, format_of
from curate.transcode import ffmpeg_program
from pipelines.engine.workers import Inline
from tests.benchmarks.bench_run import ours
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, on_one_core, say, spent
from tests.benchmarks.recordings import SHARED, photos, recording, speech

SOUND_MIN, VIDEO_MIN = 50, 10
PIECE_MIN = 10
COPIES = 5


def media(folder: Path) -> float:
    """Write the media, and give how many minutes they are; without development media there is no video."""
    pieces = speech()
    for number in range(SOUND_MIN // PIECE_MIN):
        recording(folder / f"{number}.flac", pieces, PIECE_MIN)
    photos(folder, COPIES)
    heads = sorted((SHARED / "video").glob("*.mpg"))
    for number in range(VIDEO_MIN // PIECE_MIN if heads else 0):
        listed = folder / "list.txt"
        listed.write_text("".join(f"file '{heads[place % len(heads)]}'\n" for place in range(PIECE_MIN * 20)))
        command = [
            ffmpeg_program(),
            "-v",
            "error",
            "-f",
            "concat",
            "-safe",
            "0",
            "-i",
            listed,
            "-c",
            "copy",
            folder / f"{number}.mkv",
        ]
        subprocess.run(command, check=True)
        listed.unlink()
    return SOUND_MIN + (VIDEO_MIN if heads else 0)


def stages(incoming: Path) -> list[float]:
    """Seconds on the clock of a run of all stages in this process on one core, and of these what networks took."""
    on_one_core()
    plain, taken = InferenceSession.run, [0.0]

    def timed(self: Any, *given: Any) -> Any:
        started = time.perf_counter()
        try:
            return plain(self, *given)
        finally:
            taken[0] += time.perf_counter() - started

    InferenceSession.run = timed
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as place:
            taken[0] = 0.0
            wall_s = ours(incoming, Path(place), Inline(), "onnx").wall_s
            rounds.append((wall_s, taken[0]))
    return medians(rounds)


def decoded(incoming: Path, every_ms: int) -> float:
    """Seconds on the clock for decoding everything once on one core."""
    on_one_core()

    def once() -> None:
        for path in sorted(incoming.iterdir()):
            with decode(path, format_of(path).kind, sound=True, every_ms=(every_ms,)) as decoding:
                for _ in decoding.frames():
                    pass
                decoding.sound()

    return medians([spent(once) for _ in range(ROUNDS)])[0]


def main() -> Iterator[Figure]:
    """The run beside its peer."""
    with tempfile.TemporaryDirectory() as folder:
        minutes = media(Path(folder))
        wall_s, networks_s = apart(stages, Path(folder))
        decode_s = apart(decoded, Path(folder), 200)
    say(f"mixed: {minutes:.0f} min: {wall_s:.1f} s; one decode {decode_s:.1f} s, networks {networks_s:.1f} s")
    peer = decode_s + networks_s
    yield Figure("all stages, an hour of mixed media", "s", wall_s, 1.3, at_most=True, peer=peer, of_peer=True)


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
