"""`corpus import` of WebDataset shards: 100,000 samples with a label each, and what they take of memory."""

import io
import json
import os
import random
import resource
import tarfile
import tempfile
from pathlib import Path

from annotate.ratings.flags import Flags
from pipelines import collection
from pipelines.imports.datasets.bring import GivenDataset, import_dataset
from schemas.media import Source
from tests.benchmarks.figures import Figure, say, spent

SAMPLES, A_SHARD = 100_000, 5_000
HEAD = b"fLaC\x00\x00\x00\x22"  # what makes the rest a sound, as far as anybody can tell without decoding it
SOUND_BYTES = 20_000


def shards(folder: Path, samples: int) -> None:
    """Shards whose keys restart, each sample a sound of 20 kB and a JSON of five members."""
    draw = random.Random(11)  # noqa: S311 - repeatable, not secret
    noise = draw.randbytes(SOUND_BYTES)
    for first in range(0, samples, A_SHARD):
        with tarfile.open(folder / f"bench-{first // A_SHARD:06d}.tar", "w", format=tarfile.USTAR_FORMAT) as tape:
            for place in range(min(A_SHARD, samples - first)):
                told = {"id": first + place, "speaker": f"s{place % 100}", "language": "en", "text": "words"}
                told["arousal"] = place % 100 / 25
                sound = HEAD + draw.randbytes(16) + noise
                for suffix, data in (("flac", sound), ("json", json.dumps(told).encode())):
                    info = tarfile.TarInfo(f"{place:06d}.{suffix}")
                    info.size = len(data)
                    tape.addfile(info, io.BytesIO(data))


def main() -> list[Figure]:
    """Samples a second, and peak memory beyond what a tenth of them took."""
    rates, peaks = [], []
    samples = int(os.environ.get("BENCH_SAMPLES", SAMPLES))
    for count in (samples // 10, samples):
        with tempfile.TemporaryDirectory() as folder:
            incoming = Path(folder) / "shards"
            incoming.mkdir()
            shards(incoming, count)
            here = collection.make(Path(folder) / "home", "bench", ("ekman",))
            flags = Flags(wide=("arousal",), scales=("0:4",))
            source = Source("licence", "CC-BY-4.0")
            given = GivenDataset(here.home, here.people, (str(incoming),), source, name="bench", flags=flags)
            os.sync()  # what was left to be written is not ours to wait for
            wall_s, cpu_s = spent(lambda given=given: import_dataset(given))  # type: ignore[misc]
        rates.append(count / wall_s)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        say(f"datasets: {count:,} samples in {wall_s:.1f} s ({cpu_s:.1f} s of CPU), peak {peaks[-1]:,.0f} MB")
    return [
        Figure("corpus import, WebDataset of 100,000 samples", "samples/s", rates[-1], 1500),
        Figure("corpus import, memory of ten times as many", "ratio", peaks[0] / peaks[-1], 0.6),
    ]


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
