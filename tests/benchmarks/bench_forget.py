"""Withdrawing one recording of a large collection: tables and catalog; and the one shard that held something of it.

`BENCH_ROWS` is how many clips the collection holds, 1,000,000 unless it is given.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from pipelines.release.shards import Sharding, write_shards
from pipelines.release.withdraw import Withdrawal, _Anew
from tests.benchmarks.bench_export import LAYOUT, SHARD_BYTES, samples
from tests.benchmarks.bench_scale import seeded
from tests.benchmarks.figures import Figure, say

ROWS = int(os.environ.get("BENCH_ROWS", "1_000_000"))
SAMPLES = 10_000  # of 20 KB, in one shard
FILE = "SELECT name FROM statements ORDER BY name LIMIT 1"


def catalog_s(home: Path) -> float:
    """Seconds to withdraw one recording with its 50 clips: rows are counted, and the catalog is written anew."""
    [(name,)] = Catalog(home).rows(FILE)
    started = time.perf_counter()
    done = forget(collection.find(home), name, "file", How())
    took_s = time.perf_counter() - started
    assert done.files == (name,)
    [(left,)] = Catalog(home).rows("SELECT count(*) FROM clips")
    assert left == ROWS - done.rows["clips"]
    return took_s


def shard_s(folder: Path) -> tuple[float, float]:
    """Seconds to write a shard, and to write it again without one sample; each is synced to the disk."""
    pairs = samples(SAMPLES)
    started = time.perf_counter()
    room = {"max_bytes": 4 * SHARD_BYTES, "max_samples": 4 * SAMPLES}  # past half of either it might be several
    (shard,) = write_shards(Sharding(folder=folder, name="voice-train", suffix="flac", layout=LAYOUT, **room), pairs)
    wrote_s = time.perf_counter() - started
    leaving = Withdrawal(frozenset({pairs[len(pairs) // 2][0].key}))
    started = time.perf_counter()
    made = _Anew(folder, {}, leaving, {shard.path.name})._shard(shard, folder / "again.tar")
    assert made is not None
    assert made.samples == SAMPLES - 1
    return wrote_s, time.perf_counter() - started


def main() -> Iterator[Figure]:
    """Both parts beside their bars."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "release").mkdir()
        wrote_s, again_s = shard_s(Path(folder) / "release")
        say(f"forget: a shard of {SAMPLES:,} samples: {wrote_s:.2f} s to write, {again_s:.2f} s without one of them")
        yield Figure("its shard, beside one shard's write", "s", again_s, 2, at_most=True, peer=wrote_s, of_peer=True)
        tables_s = catalog_s(seeded(Path(folder) / "home", ROWS))
        yield Figure(f"withdrawing 1 of {ROWS:,} clips, catalog", "s", tables_s, 60, at_most=True)
