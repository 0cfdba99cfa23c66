"""Compares our shard writer with webdataset's, on tmpfs and on a disk: the same samples of 20 KB with the same JSON."""

import gc
import os
import random
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipelines.release.shards import Sharding, write_shards
from schemas.layout import FlatLabel, Layout, record
from schemas.release import Sample, SampleLabel
from tests.benchmarks.figures import ROUNDS, Figure, medians, say, spent

SAMPLES = 10_000
MEDIA_BYTES = 20_000
SHARD_BYTES = 256 << 20
TMPFS = Path("/dev/shm")  # noqa: S108 - memory, where there is some
NAMES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
LAYOUT = Layout(
    ("bandwidth_hz", "clipping", "loudness_lufs", "snr_db", "speech"),
    (FlatLabel("emotion", "ekman-1", "emotion", "majority@1", "person", "choice", NAMES),),
)
Pairs = list[tuple[Sample, bytes]]


def samples(count: int) -> Pairs:
    """Clips as a small project has them: one label drawn from three answers, five scores."""
    draw = random.Random(7)  # noqa: S311 - repeatable, not secret
    media = draw.randbytes(MEDIA_BYTES + count)
    keys = sorted(f"{draw.getrandbits(128):032x}" for _ in range(count))
    return [(_sample(key), media[place : place + MEDIA_BYTES]) for place, key in enumerate(keys)]


def ours(pairs: Pairs, folder: Path) -> None:
    """Build the JSON, write, hash (shards, media, what went in) and sync the shards."""
    how = Sharding(
        folder=folder, name="voice-train", suffix="flac", layout=LAYOUT, max_bytes=SHARD_BYTES, max_samples=len(pairs)
    )
    write_shards(how, pairs)


def theirs(pairs: Pairs, folder: Path) -> None:
    """Build the JSON and write the shards with webdataset; no hash, no sync."""
    from webdataset import ShardWriter

    with ShardWriter(str(folder / "voice-train-%06d.tar"), maxcount=len(pairs), maxsize=SHARD_BYTES, verbose=0) as out:
        for sample, media in pairs:
            out.write({"__key__": sample.key, "flac": media, "json": record(sample, LAYOUT)})


def synced(pairs: Pairs, folder: Path) -> None:
    """The same with the shards brought to the disk, as ours are."""
    theirs(pairs, folder)
    for path in folder.glob("*.tar"):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def alone(blob: bytes, folder: Path) -> None:
    """As many bytes brought to the disk, and nothing else: what no writer can beat."""
    with (folder / "alone").open("wb", buffering=0) as file:
        left = memoryview(blob)
        while left:
            left = left[file.write(left[: 1 << 20]) :]
        os.fsync(file.fileno())


def loaded(folder: Path) -> None:
    """Every sample through webdataset's reader, as a training script has it; JSON is read as JSON."""
    from webdataset import WebDataset

    shards = sorted(str(path) for path in folder.glob("*.tar"))
    for _ in WebDataset(shards, shardshuffle=False):
        pass


def read(folder: Path) -> None:
    """Every byte of every member with tarfile, and nothing else."""
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path, "r|") as tar:
            for member in tar:
                if file := tar.extractfile(member):
                    file.read()


def main(count: int = SAMPLES) -> list[Figure]:
    """Samples a second of CPU time, since the machine may be shared, medians of rounds taken in turns."""
    pairs = samples(count)
    blob = b"".join(media for _, media in pairs)
    gc.freeze()  # an export streams its samples; what this list costs the collector is not measured
    figures = []
    for name, place in _places():
        rounds = []
        for _ in range(ROUNDS):
            with _folder(place) as mine, _folder(place) as peer, _folder(place) as whole, _folder(place) as bare:
                written, by_peer = spent(lambda: ours(pairs, mine)), spent(lambda: theirs(pairs, peer))
                on_disk, bound = spent(lambda: synced(pairs, whole)), spent(lambda: alone(blob, bare))
                through, plain = spent(lambda: loaded(mine)), spent(lambda: read(mine))
            rounds.append([*written, *by_peer, *through, *plain, on_disk[0], bound[0]])
        figures += _figures(name, count, medians(rounds))
    return figures


def _figures(name: str, count: int, told: list[float]) -> list[Figure]:
    wall, cpu, peer_wall, peer_cpu, loader, loader_cpu, plain, plain_cpu, on_disk, bound = (
        count / seconds for seconds in told
    )
    say(f"{name}: {wall:,.0f} samples/s ({cpu:,.0f} a second of CPU), ShardWriter {peer_wall:,.0f} ({peer_cpu:,.0f})")
    say(f"{name}: synced like ours, ShardWriter {on_disk:,.0f} ({wall / on_disk:.2f} x); the bytes alone {bound:,.0f}")
    say(
        f"{name}: webdataset reads {loader:,.0f} samples/s, tarfile alone {plain:,.0f}; of CPU {loader_cpu / plain_cpu:.2f}"
    )
    return [
        Figure(f"shards of 20 KB on {name}", "samples/s", wall, 4.0, peer=peer_wall, of_peer=True),
        Figure(f"loader over our shards on {name}", "samples/s", loader, 0.9, peer=plain, of_peer=True),
    ]


def _places() -> Iterator[tuple[str, Path | None]]:
    if TMPFS.is_dir():
        yield "tmpfs", TMPFS
    yield "disk", None


def _folder(place: Path | None) -> "tempfile.TemporaryDirectory[str]":
    return _Folder(dir=place)


class _Folder(tempfile.TemporaryDirectory):  # type: ignore[type-arg]
    """A folder as a path."""

    def __enter__(self) -> Path:  # type: ignore[override]
        return Path(self.name)


def _sample(key: str) -> Sample:
    label = SampleLabel(
        "ekman-1",
        "emotion",
        "majority@1",
        3,
        "anger",
        names=("anger", "fear"),
        shares=(0.6667, 0.3333),
        agreement=0.3333,
    )
    quality = {"bandwidth_hz": 7800.0, "clipping": 0.0, "loudness_lufs": -23.5, "snr_db": 21.25, "speech": 0.98}
    return Sample(
        key=key, kind="utterance", media="voice", split="train", asset=key[::-1], source=key, basis="licence",
        start_ms=1200, end_ms=3400, duration_ms=2200, rate_hz=16000, labels=(label,), quality=quality,
        licence="CC-BY-4.0", source_address="https://example.org/recordings", language="en", speaker="s0123456789",
        transcript="what a day, I cannot believe it", previous=key, next=key,
    )  # fmt: skip


if __name__ == "__main__":
    for figure in main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES):
        say(" | ".join(figure.cells))
