"""Near-duplicates: exact search among hashes beside imagededup, and people from very many vectors."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.twins.hamming import close_pairs
from curate.twins.people import people, rates
from tests.benchmarks.bench_pictures import PEERS
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, peak_mb, say, spent

IMAGEDEDUP_S = 187.0  # imagededup 0.3.3, 20,000 hashes, at most 8 bits, two cores, measured once; where it is missing
IMAGEDEDUP = """
import json, sys, time
from imagededup.methods import PHash
if __name__ == "__main__":
    hashes, method = json.load(open(sys.argv[1])), PHash(verbose=False)
    started = time.perf_counter()
    method.find_duplicates(encoding_map=hashes, max_distance_threshold=int(sys.argv[2]), num_dist_workers=2)
    print(time.perf_counter() - started)
"""


def hashes(count: int, most: int) -> NDArray[np.uint64]:
    """Random hashes, a tenth of them with a copy that differs in up to one bit more than is looked for."""
    random = np.random.default_rng(1)
    made = random.integers(0, 2**64, count, dtype=np.uint64)
    copies = made[: count // 10].copy()
    for _ in range(most + 1):
        flipped = random.random(len(copies)) < 0.5
        copies[flipped] ^= np.uint64(1) << random.integers(0, 64, int(flipped.sum())).astype(np.uint64)
    return np.unique(np.concatenate([made[len(copies) :], copies]))


def searched(count: int, most: int) -> float:
    """How long finding all close pairs takes, in seconds."""
    prints = hashes(count, most)
    return spent(lambda: close_pairs(prints, most)).wall_s


def imagededup_s(count: int, most: int) -> float | None:
    """How long imagededup takes for the same hashes, in two processes as is its way; None where it is not there."""
    if PEERS is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        named = {f"{number:06}": f"{value:016x}" for number, value in enumerate(hashes(count, most).tolist())}
        (place / "hashes.json").write_text(json.dumps(named))
        (place / "peer.py").write_text(IMAGEDEDUP)
        command = [PEERS / "bin" / "python", place / "peer.py", place / "hashes.json", str(most)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def speakers(count: int, of: int) -> tuple[float, float, float]:
    """How long so many vectors of so many speakers take to be grouped, the peak in MB, and the share of pairs missed."""
    random = np.random.default_rng(2)
    told = random.integers(0, of, count)
    means = random.normal(size=(of, 192)).astype(np.float32)
    vectors = means[told] + random.normal(scale=0.8, size=(count, 192)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = list[NDArray[np.int64]]()
    took = spent(lambda: groups.append(people(vectors, 0.35))).wall_s
    wrong = rates(groups[0], told)
    return took, peak_mb(), (wrong.missed + wrong.mixed) / max(wrong.same, 1)


def main(vectors: int = 100_000) -> Iterator[Figure]:
    """All figures, each in a process of its own."""
    few, many = (medians([[apart(searched, *of)] for _ in range(ROUNDS)])[0] for of in ((20_000, 8), (1_000_000, 3)))
    peer = imagededup_s(20_000, 8)
    if peer is None:
        say(f"twins: imagededup is not installed; beside the {IMAGEDEDUP_S:.0f} s it took on two cores")
    peer_s = peer or IMAGEDEDUP_S
    yield Figure("20,000 hashes, at most 8 bits, beside imagededup", "s", few, 1 / 150, True, peer_s, of_peer=True)
    yield Figure("1,000,000 hashes, at most 3 bits", "s", many, 3.0, True)
    took, peak, wrong = apart(speakers, vectors, 2_000)
    say(f"twins: {vectors:,} vectors of 2,000 speakers: {wrong:.4f} of pairs wrong")
    yield Figure(f"{vectors:,} vectors grouped", "s", took, 60.0, True)
    yield Figure(f"{vectors:,} vectors grouped: memory", "MB", peak, 2_000.0, True)


if __name__ == "__main__":
    for figure in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(figure.cells))
