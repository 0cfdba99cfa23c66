"""`add` against plain hashing and copying: 2 GB of mixed files, and 10,000 small ones."""

import hashlib
import os
import random
import shutil
import tempfile
from pathlib import Path

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from schemas.media import Source
from tests.benchmarks.figures import ROUNDS, Figure, Spent, medians, say, spent

CHUNK = 1 << 20
POOL_BYTES = 64 << 20
HEADS = {  # what makes the rest a file of its kind, as far as anybody can tell without decoding it
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42",
    "wav": b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00",
    "mp3": b"ID3\x04\x00\x00\x00\x03\x00\x00",
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    "flac": b"fLaC\x00\x00\x00\x22",
}
MIXED = {"mp4": (5, 160_000_000), "wav": (36, 16_000_000), "mp3": (60, 4_000_000), "jpg": (140, 2_400_000)}
MIXED_SMALL = {"flac": (500, 120_000)}
SMALL = {"flac": (5_000, 24_000), "jpg": (5_000, 16_000)}


def files(folder: Path, kinds: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Make so many files of about so many random bytes each; gives how many and how many bytes."""
    draw = random.Random(11)  # noqa: S311 - repeatable, not secret
    pool = memoryview(draw.randbytes(POOL_BYTES))
    count = total = 0
    for suffix, (number, about) in kinds.items():
        for place in range(number):
            left = draw.randint(about * 3 // 4, about * 5 // 4)
            count, total = count + 1, total + left
            path = folder / f"{place % 20:02}" / f"{suffix}-{place}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as written:
                left -= written.write(HEADS[suffix] + draw.randbytes(16))
                while left:
                    start = draw.randrange(POOL_BYTES - CHUNK)
                    left -= written.write(pool[start : start + min(left, CHUNK)])
    return count, total


def ours(incoming: Path, place: Path) -> Spent:
    """Take everything in, with its rows in the catalog of a new collection."""
    here = collection.make(place / "home", "bench", ("ekman",))
    intake = Intake(here.home, Source("licence", "CC-BY-4.0"), Metadata(), here.people)
    return spent(lambda: add(intake, [incoming]))


def theirs(incoming: Path, place: Path) -> Spent:
    """Read every file, hash it, and write it elsewhere."""

    def copy() -> None:
        for path in sorted(path for path in incoming.rglob("*") if path.is_file()):
            digest = hashlib.sha256()
            with path.open("rb", buffering=0) as source, (place / path.name).open("wb", buffering=0) as copied:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    copied.write(chunk)

    return spent(copy)


def compared(name: str, kinds: dict[str, tuple[int, int]]) -> tuple[list[float], int, int]:
    """Median times of both in turns (wall and CPU of ours, then of the peer), and how many files and bytes."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        incoming = Path(folder) / "incoming"
        count, total = files(incoming, kinds)
        for _ in range(ROUNDS):
            times: list[float] = []
            for way in (ours, theirs):
                os.sync()  # what the last one left to be written is not ours to wait for
                place = Path(folder) / "place"
                place.mkdir()
                times += way(incoming, place)
                shutil.rmtree(place)
            rounds.append(times)
    mine, cpu_s, peer, peer_cpu_s = middle = medians(rounds)
    say(
        f"add: {name}, {count:,} files, {total / 1e9:.2f} GB: {mine:.2f} s ({cpu_s:.2f} s of CPU), "
        f"SHA-256 and copy {peer:.2f} s ({peer_cpu_s:.2f} s), ratio of CPU times {peer_cpu_s / cpu_s:.2f}"
    )
    return middle, count, total


def main() -> list[Figure]:
    """Both comparisons."""
    (mine, _, peer, _), _, total = compared("mixed", MIXED | MIXED_SMALL)
    mixed = Figure("add, 2 GB of mixed files", "MB/s", total / mine / 1e6, 0.8, peer=total / peer / 1e6, of_peer=True)
    (mine, _, peer, _), count, _ = compared("small", SMALL)
    return [mixed, Figure("add, 10,000 small files", "files/s", count / mine, 1500, peer=count / peer)]


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
