"""An hour of FLAC to 600 cuts in FLAC shards, against `ffmpeg -f segment` with as many processes."""

import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines.cuts import make_cuts
from pipelines.cutting import Job, cut_path
from pipelines.engine.store import Store
from pipelines.release.shards import Sharding, write_shards
from schemas.layout import Layout
from schemas.media import Clip
from schemas.release import Sample
from tests.benchmarks.figures import ROUNDS, Figure, medians, say, spent
from tests.benchmarks.recordings import recording, speech

RECORDINGS = 4
MINUTES = 15
CUT_MS = 6_000
PROCESSES = 2


def jobs(home: Path, paths: list[Path]) -> list[Job]:
    """Every recording in the store, cut end to end."""
    made = []
    for path in paths:
        asset, _ = Store(home / "media").link(path)
        starts = range(0, MINUTES * 60_000, CUT_MS)
        made.append(Job(asset, "sound", "voice", tuple(Clip(asset, "utterance", at, at + CUT_MS) for at in starts)))
    return made


def ours(home: Path, some: list[Job]) -> None:
    """Cut, and write the shards with their JSON, hashed."""
    make_cuts(home, some, PROCESSES)
    clips = sorted((clip.id, clip) for job in some for clip in job.clips)
    pairs = ((_sample(clip), cut_path(home, "voice", key)) for key, clip in clips)
    how = Sharding(
        folder=home / "shards", name="voice-train", suffix="flac", layout=Layout(), max_bytes=256 << 20,
        max_samples=10_000,
    )  # fmt: skip
    write_shards(how, pairs)


def theirs(folder: Path, paths: list[Path]) -> None:
    """As many ffmpeg at once, one recording each; no shards, no hashes."""
    with ThreadPoolExecutor(PROCESSES) as some:
        list(some.map(lambda path: _segmented(folder, path), paths))


def ffmpeg() -> str:
    """The one of the system, else the one in a wheel."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def main() -> list[Figure]:
    """Print both times, medians of three rounds taken in turns."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paths = [place / f"{number}.flac" for number in range(RECORDINGS)]
        pieces = speech()
        for path in paths:
            recording(path, pieces, MINUTES)
        for number in range(ROUNDS):
            home, segments = place / f"home-{number}", place / f"segments-{number}"
            some = jobs(home, paths)
            segments.mkdir()
            mine, peer = spent(lambda: ours(home, some)), spent(lambda: theirs(segments, paths))  # noqa: B023
            cuts = sum(len(job.clips) for job in some)
            assert cuts <= len(list(segments.iterdir())) <= cuts + 2 * len(paths)  # its last segments may be short
            rounds.append([*mine, *peer])
    wall_s, cpu_s, peer_s, peer_cpu_s = medians(rounds)
    say(
        f"cut: 1 h to 600 cuts in shards: {wall_s:.2f} s ({cpu_s:.2f} s of CPU), "
        f"ffmpeg -f segment {peer_s:.2f} s ({peer_cpu_s:.2f} s), ratio of CPU times {cpu_s / peer_cpu_s:.2f}"
    )
    name = "1 h of FLAC to 600 cuts in shards"
    return [Figure(name, "s", wall_s, 1.75, at_most=True, peer=peer_s, of_peer=True)]


def _segmented(folder: Path, path: Path) -> None:
    options = ["-v", "error", "-nostdin", "-i", str(path), "-f", "segment", "-segment_time", str(CUT_MS / 1000)]
    subprocess.run([ffmpeg(), *options, "-c:a", "flac", str(folder / f"{path.stem}-%04d.flac")], check=True)


def _sample(clip: Clip) -> Sample:
    return Sample(
        key=clip.id, kind=clip.kind, media="voice", split="train", asset=clip.asset, source=clip.asset, basis="licence",
        start_ms=clip.start_ms, end_ms=clip.end_ms, duration_ms=CUT_MS, rate_hz=16_000, licence="CC-BY-4.0",
    )  # fmt: skip


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
