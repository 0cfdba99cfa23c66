"""Sounds that are the same again: clips with planted copies, recall and precision by variant and length.

Two kinds of clips. Natural ones are cut from the five minutes of speech beside the checkout (else the voices of the
demo), one behind the other, and every one has a copy by each variant. There are few, so the many are pieced together from
the same speech: syllables of a tenth to a fifth of a second, each from anywhere, at a speed and a level of its own; they
sound of people and rooms, and no two share as much as a word.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.prints.sounds import sound_print
from curate.twins.sounds import overlaps
from schemas.duplicates import DuplicateSettings
from tests.benchmarks.figures import Figure, apart, say, spent
from tests.benchmarks.recordings import RATE_HZ, speech
from tests.curate.twins.test_sounds import encoded

CLIPS, EACH = 10_000, 10  # every tenth clip has a copy
LENGTHS_S = ((0.5, 1), (1, 2), (2, 4), (4, 10))
BARS = {1: 0.9, 2: 0.97, 4: 0.97}  # recall, by where a length begins
HARD = "noise 10 dB"  # is told and not counted: nobody passes such copies on

Samples = NDArray[np.float64]


def pieced(random: np.random.Generator, sources: Sequence[NDArray[np.int16]], seconds: float) -> Samples:
    """Speech-like sound of so many seconds at 16 kHz, of syllables of recordings."""
    shares = np.array([len(one) for one in sources], float)
    made, at, fade = np.zeros(int(seconds * RATE_HZ)), 0, np.linspace(0, 1, 80)
    while at < len(made):
        source = sources[random.choice(len(sources), p=shares / shares.sum())]
        length, speed = int(random.uniform(0.1, 0.22) * RATE_HZ), random.uniform(0.75, 1.3)
        start = int(random.uniform(0, len(source) - length * speed - 1))
        part = source[start : start + int(length * speed) + 1]
        piece = np.interp(np.arange(length) * speed, np.arange(len(part)), part)
        loud = np.sqrt(np.mean(np.square(piece)))
        if loud < 100:  # pauses are no content
            continue
        piece *= 0.08 * random.uniform(0.5, 1.5) / loud
        piece[:80] *= fade
        piece[-80:] *= fade[::-1]
        made[at : at + length] = piece[: len(made) - at]
        at += length
    return np.clip(made, -1, 1)


def natural(random: np.random.Generator, sources: Sequence[NDArray[np.int16]]) -> Iterator[Samples]:
    """What was recorded, cut into clips of 1 to 4 s, but for those in which hardly anything is heard."""
    for source in sources:
        at = 0
        while at < len(source) - RATE_HZ:
            length = int(random.uniform(1, 4) * RATE_HZ)
            part = source[at : at + length] / 32_768
            at += length
            if len(part) >= RATE_HZ and np.sqrt(np.mean(part**2)) > 0.003:
                yield part


def whole(samples: Any) -> NDArray[np.int16]:
    """Samples between -1 and 1 as 16 bits."""
    return np.asarray(np.clip(samples, -1, 1) * 32_767).astype(np.int16)


def noisy(samples: Samples, db: float) -> NDArray[np.int16]:
    """The same with white noise so far below it."""
    deviation = np.sqrt(np.mean(samples**2)) * 10 ** (-db / 20)
    return whole(samples + np.random.default_rng(len(samples)).normal(0, deviation, len(samples)))


def trimmed(samples: Samples) -> Samples:
    """The same without 12 % at its beginning and 7 % at its end."""
    return samples[int(len(samples) * 0.12) + 37 : int(len(samples) * 0.93)]


ALTERED: dict[str, Callable[[Samples], Any]] = {
    "mp3 48k": lambda one: encoded(whole(one), "mp3"),
    "opus 24k": lambda one: encoded(whole(one), "opus"),
    "gain -20 dB": lambda one: whole(one / 10),
    "noise 20 dB": lambda one: noisy(one, 20),
    HARD: lambda one: noisy(one, 10),
    "trimmed": lambda one: whole(trimmed(one)),
    "trimmed, mp3, -6 dB": lambda one: encoded(whole(trimmed(one) / 2), "mp3"),
    "second half": lambda one: whole(one[len(one) // 2 :]),
}


@dataclass(frozen=True)
class Copy:
    """One copy: of which clip, of natural speech or not, by which variant, and how long the clip is in seconds."""

    of: int
    is_natural: bool
    variant: str
    seconds: float


def clips_of(count: int, each: int) -> tuple[list[Any], list[Any], list[Copy]]:
    """Fingerprints of clips, those of copies, and what these are."""
    random, sources = np.random.default_rng(6), speech()
    prints: list[Any] = []
    copied: list[Any] = []
    copies: list[Copy] = []

    def add(made: Samples, is_natural: bool, variants: Iterable[str]) -> None:
        for name in variants:
            copied.append(sound_print(ALTERED[name](made)))
            copies.append(Copy(len(prints), is_natural, name, len(made) / RATE_HZ))
        prints.append(sound_print(whole(made)))

    for made in natural(random, sources):
        add(made, True, ALTERED)
    for number in range(count - len(prints)):
        seconds = random.uniform(0.5, 2) if number % 3 == 0 else random.uniform(0.5, 10)  # where it is short it is hard
        name = list(ALTERED)[number // each % len(ALTERED)]
        add(pieced(random, sources, seconds), False, [] if number % each else [name])
    return prints, copied, copies


def measured(count: int, each: int) -> tuple[float, float, dict[str, tuple[int, int]]]:
    """How long comparing takes, in seconds; precision; and how many copies are found of how many, by kind and length.

    Prints the table by variant and length.
    """
    prints, copied, copies = clips_of(count, each)
    settings, found = DuplicateSettings(), set[tuple[int, int]]()

    def look() -> None:
        found.update((o.one, o.other) for o in overlaps(prints + copied, settings.strictness, settings.sound_error))

    took = spent(look).wall_s
    clip = np.array([*range(len(prints)), *(copy.of for copy in copies)])  # of clips themselves, of copies the original
    wrong = [(one, other) for one, other in found if clip[one] != clip[other]]
    hits = [(copy.of, len(prints) + place) in found for place, copy in enumerate(copies)]
    say(f"sounds: {sum(hits):,} copies are found, {len(wrong):,} pairs are wrong; comparing took {took:.1f} s")
    return took, sum(hits) / max(sum(hits) + len(wrong), 1), _told(copies, hits)


def _told(copies: Sequence[Copy], hits: Sequence[bool]) -> dict[str, tuple[int, int]]:
    """How many copies are found, of how many, by kind and length but for the hard ones; prints them by variant."""
    of, got = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for copy, hit in zip(copies, hits, strict=True):
        low, high = next(one for one in LENGTHS_S if copy.seconds <= one[1])
        kind = f"{'natural speech' if copy.is_natural else 'syllables'} of {low:g} to {high:g} s"
        of[kind, copy.variant] += 1
        got[kind, copy.variant] += hit
    told: dict[str, tuple[int, int]] = {}
    for kind in sorted({kind for kind, _ in of}):
        say(f"{kind}: {', '.join(f'{name} {got[kind, name]}/{of[kind, name]}' for name in ALTERED)}")
        counted = [name for name in ALTERED if name != HARD]
        told[kind] = sum(got[kind, name] for name in counted), sum(of[kind, name] for name in counted)
    return told


def main(clips: int = CLIPS) -> Iterator[Figure]:
    """Recall by kind and length, and precision, in a process of its own."""
    took, precision, found = apart(measured, clips, EACH)
    yield Figure(f"{clips:,} sounds compared", "s", took, 600, at_most=True)
    yield Figure(f"{clips:,} sounds: precision", "", precision, 0.99)
    for kind, (hits, of) in found.items():
        bar = next((bar for start, bar in BARS.items() if f" of {start} to" in kind), None)
        if bar is not None:
            yield Figure(f"{kind}: recall, of {of:,} copies", "", hits / max(of, 1), bar)


if __name__ == "__main__":
    for figure in main(*(int(argument) for argument in sys.argv[1:])):
        say("  ".join(figure.cells))
