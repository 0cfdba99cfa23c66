"""Near-duplicates: exact search among hashes beside imagededup, sounds with planted copies, people from vectors."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from curate.prints.sounds import sound_print
from curate.twins.hamming import close_pairs
from curate.twins.people import centred, people, rates
from curate.twins.sounds import overlaps
from schemas.duplicates import DuplicateSettings
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, peak_mb, say, spent
from tests.curate.twins.test_sounds import encoded

IMAGEDEDUP_S = (
    187.0  # imagededup 0.3.3, 20,000 hashes, at most 8 bits, two cores, measured once; the peer may be missing
)
CLIPS, PLANTED = 10_000, 10  # every tenth clip has a copy
LENGTHS_S = ((0.5, 1), (1, 2), (2, 4), (4, 10))
RATE_HZ = 16_000


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
    """How long imagededup takes for the same hashes, None where it is not installed."""
    try:
        from imagededup.handlers.search.retrieval import HashEval  # a peer that may be missing
    except ImportError:
        return None
    named = {str(place): f"{value:016x}" for place, value in enumerate(hashes(count, most).tolist())}

    def distance(one: str, other: str) -> int:
        return (int(one, 16) ^ int(other, 16)).bit_count()

    return spent(
        lambda: HashEval(named, named, distance, verbose=False, threshold=most, search_method="brute_force")
    ).wall_s


def voice(random: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """Speech-like sound: a source of changing pitch, voiced or not, through three moving resonances."""
    count = int(seconds * RATE_HZ)
    time = np.arange(count) / RATE_HZ
    knots = np.linspace(0, seconds, max(int(seconds * 12) + 3, 4))
    turns = len(knots)
    pitch = np.interp(time, knots, random.uniform(90, 260) * np.exp(random.normal(0, 0.15, turns)))
    pulses = (2 * np.pi * np.cumsum(pitch) / RATE_HZ % (2 * np.pi) < 0.6) - 0.095
    level = np.interp(time, knots, np.abs(random.normal(0.5, 0.5, turns)).clip(0.02))
    breath = np.interp(time, knots, (random.random(turns) < 0.2).astype(float))
    source = level * (pulses * (1 - breath) + random.normal(0, 0.4, count) * breath)
    ranges = ((250, 900), (800, 2300), (2200, 3400))
    tracks = [np.interp(time, knots, random.uniform(low, high, turns)) for low, high in ranges]
    made, states = np.zeros(count), [np.zeros(2)] * 3
    for at in range(0, count, 160):
        part = source[at : at + 160]
        for place, track in enumerate(tracks):
            radius = np.exp(-np.pi * (80 + 40 * place) / RATE_HZ)
            poles = [1, -2 * radius * np.cos(2 * np.pi * track[at] / RATE_HZ), radius**2]
            part, states[place] = lfilter([1 - radius], poles, part, zi=states[place])
        made[at : at + 160] = part
    return made / np.abs(made).max() * 0.5


def whole(samples: Any) -> NDArray[np.int16]:
    return np.asarray(np.clip(samples, -1, 1) * 32_767).astype(np.int16)


def noisy(samples: NDArray[np.float64], db: float) -> NDArray[np.int16]:
    deviation = np.sqrt(np.mean(samples**2)) * 10 ** (-db / 20)
    return whole(samples + np.random.default_rng(len(samples)).normal(0, deviation, len(samples)))


ALTERED: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "mp3 48k": lambda one: encoded(whole(one), "mp3"),
    "opus 24k": lambda one: encoded(whole(one), "opus"),
    "gain -20 dB": lambda one: whole(one / 10),
    "noise 20 dB": lambda one: noisy(one, 20),
    "noise 10 dB": lambda one: noisy(one, 10),
    "trimmed": lambda one: whole(one[int(len(one) * 0.12) + 37 : int(len(one) * 0.93)]),
    "overlapping half": lambda one: whole(one[len(one) // 2 :]),
}


def sounds(count: int, each: int) -> tuple[float, dict[str, float]]:
    """How long all clips take to be compared, in seconds; precision, and recall by length (all variants but 10 dB).

    Prints the table by variant and length.
    """
    random = np.random.default_rng(5)
    lengths = random.uniform(0.5, 10, count)
    made = [voice(random, length) for length in lengths]
    prints = [sound_print(whole(one)) for one in made]
    how = {count + place: list(ALTERED)[place % len(ALTERED)] for place in range(count // each)}
    prints += [sound_print(ALTERED[name](made[copy - count])) for copy, name in how.items()]
    settings, found = DuplicateSettings(), set[tuple[int, int]]()

    def look() -> None:
        found.update((o.one, o.other) for o in overlaps(prints, settings.strictness, settings.sound_error))

    took = spent(look).wall_s
    right = {copy for one, copy in found if copy - count == one}
    hits, totals = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for copy, name in how.items():
        place = next(n for n, (low, high) in enumerate(LENGTHS_S) if low <= lengths[copy - count] <= high)
        totals[name, place] += 1
        hits[name, place] += copy in right
    told = {"precision": len(right) / max(len(found), 1)}
    for place, (low, high) in enumerate(LENGTHS_S):
        row = [f"{name} {hits[name, place]}/{totals[name, place]}" for name in ALTERED]
        say(f"twins: sounds of {low} to {high} s: {', '.join(row)}")
        counted = [name for name in ALTERED if name != "noise 10 dB"]
        told[f"{low}"] = sum(hits[n, place] for n in counted) / max(sum(totals[n, place] for n in counted), 1)
    say(f"twins: precision {told['precision']:.4f}, {took:.1f} s")
    return took, told


def speakers(count: int, of: int) -> tuple[float, float, float]:
    """How long so many vectors of so many speakers take to be grouped, the peak in MB, and the share of pairs missed."""
    random = np.random.default_rng(2)
    told = random.integers(0, of, count)
    means = random.normal(size=(of, 192)).astype(np.float32)
    vectors = centred(means[told] + random.normal(scale=0.8, size=(count, 192)).astype(np.float32))
    groups = list[NDArray[np.int64]]()
    took = spent(lambda: groups.append(people(vectors, 0.35))).wall_s
    wrong = rates(groups[0], told)
    return took, peak_mb(), (wrong.missed + wrong.mixed) / max(wrong.same, 1)


def main(clips: int = CLIPS, vectors: int = 100_000) -> Iterator[Figure]:
    """All figures, each in a process of its own."""
    few, many = (medians([[apart(searched, *of)] for _ in range(ROUNDS)])[0] for of in ((20_000, 8), (1_000_000, 3)))
    peer = apart(imagededup_s, 20_000, 8)
    if peer is None:
        say(f"twins: imagededup is not installed; beside the {IMAGEDEDUP_S:.0f} s it took on two cores")
    peer_s = peer or IMAGEDEDUP_S
    yield Figure("20,000 hashes, at most 8 bits, beside imagededup", "s", few, 1 / 150, True, peer_s, of_peer=True)
    yield Figure("1,000,000 hashes, at most 3 bits", "s", many, 3.0, True)
    took, peak, wrong = apart(speakers, vectors, 2_000)
    say(f"twins: {vectors:,} vectors of 2,000 speakers: {wrong:.4f} of pairs wrong")
    yield Figure(f"{vectors:,} vectors grouped", "s", took, 60.0, True)
    yield Figure(f"{vectors:,} vectors grouped: memory", "MB", peak, 2_000.0, True)
    _, told = apart(sounds, clips, PLANTED)
    yield Figure(f"{clips:,} sounds: precision", "", told["precision"], 0.99)
    yield Figure(f"{clips:,} sounds of 1 to 2 s: recall", "", told["1"], 0.9)
    yield Figure(f"{clips:,} sounds of 2 to 4 s: recall", "", told["2"], 0.97)
    yield Figure(f"{clips:,} sounds of 4 to 10 s: recall", "", told["4"], 0.97)


if __name__ == "__main__":
    for figure in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(figure.cells))
