"""Sounds that share a stretch: words of their fingerprints that are alike, laid over each other at one distance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.prints.words import HEARD, STEP_MS, TAIL_MS

Words = NDArray[np.uint64]
HALF = 16  # bits of a word that must be equal for it to be looked at
FEWEST_HEARD = 14  # bits of a word; one of which less is heard could be anything's
MOST_WRONG = 3  # of the bits that are heard in both
NEIGHBOURS = 256  # how many of equal halves each is compared with
MANY = 4_000_000  # words; beyond them two have to be equal as a whole
LOOK = 24  # words before and after a place where words are alike
LOOSE = 0.36  # of the bits there may be wrong for a closer look
RUN = 24  # words over which the share of wrong bits is smoothed to see where a stretch begins and ends
AT_ONCE = 100_000
DEPENDENT = 4.0  # bits that vary as one
PART = (
    1.4  # how much stricter it is where less than half of the shorter sound is shared: there are many more such places
)
LOWER = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Overlap:
    """A stretch that two sounds share: where it begins in each, how long it is, all in ms, and the share of wrong bits.

    `one` and `other` are their numbers, the smaller first.
    """

    one: int
    other: int
    one_ms: int
    other_ms: int
    length_ms: int
    error: float


def overlaps(prints: Sequence[Words], strictness: float = 5.75, most_wrong: float = 0.3) -> list[Overlap]:
    """Every stretch that two of these sounds share, the longest of each pair first; see `allowed` for the limits."""
    table = _Table(prints)
    shared: dict[tuple[int, int], list[Overlap]] = {}
    for one, other, apart in _places(table):
        stretches = shared.setdefault((one, other), [])
        for new in _stretches(table, one, other, apart, strictness, most_wrong):
            stretches.append(new)
    return [kept for pair in sorted(shared) for kept in _apart(shared[pair])]


def allowed(heard: Any, strictness: Any, most_wrong: float) -> Any:
    """The share of wrong bits up to which a stretch with so many bits that are heard in both is the same sound.

    Of other sounds half are wrong, and the fewer bits there are the more that varies: half less `strictness` standard
    deviations of as many coins would be, if neighbouring bits were independent.
    """
    return np.minimum(most_wrong, 0.5 - strictness / 2 / np.sqrt(np.maximum(heard, 1) / DEPENDENT))


@dataclass(frozen=True, eq=False)
class _Table:
    """Fingerprints one behind the other."""

    prints: Sequence[Words]

    @cached_property
    def words(self) -> Words:
        return np.concatenate([np.empty(0, np.uint64), *self.prints])

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *map(len, self.prints)])

    @cached_property
    def owners(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(len(self.prints), dtype=np.int32), np.diff(self.starts))


def _wrong(one: Words, other: Words) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Of each two words how many bits are heard in both, and how many of these differ."""
    heard = (one & other) >> HEARD
    return np.bitwise_count(heard), np.bitwise_count((one ^ other) & heard)


def _places(table: _Table) -> Iterator[tuple[int, int, int]]:
    """Pairs of sounds, and by how many words they are apart where they seem to share something."""
    met = [_looked_at(table, first, second) for first, second in _alike(table)]
    if not met:
        return
    one, other, apart = (np.concatenate(parts) for parts in zip(*met, strict=True))
    places = np.unique(np.stack([one, other, apart], axis=1), axis=0)
    yield from map(tuple, places.tolist())


def _alike(table: _Table) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of words of two sounds that are alike."""
    words = table.words
    counted = np.flatnonzero(np.bitwise_count(words >> HEARD) >= FEWEST_HEARD)
    keys = [words[counted] & LOWER]
    if len(counted) <= MANY:
        keys = [keys[0] & np.uint64(0xFFFF), keys[0] >> np.uint64(HALF)]
    for key in keys:
        order = counted[np.argsort(key, kind="stable")]
        yield from _neighbours(table, np.sort(key), order)


def _neighbours(table: _Table, key: Words, order: NDArray[np.int64]) -> Iterator[Any]:
    words, owners = table.words[order], table.owners[order]
    here: NDArray[Any] = np.arange(len(key) - 1)
    for apart in range(1, min(NEIGHBOURS, len(key) - 1) + 1):
        here = here[: np.searchsorted(here, len(key) - apart)]
        here = here[key[here] == key[here + apart]]
        if not len(here):
            return
        heard, wrong = _wrong(words[here], words[here + apart])
        near = here[(heard >= FEWEST_HEARD) & (wrong <= MOST_WRONG) & (owners[here] != owners[here + apart])]
        first, second = order[near], order[near + apart]
        yield np.minimum(first, second), np.maximum(first, second)


def _looked_at(table: _Table, first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Those of the places around which the sounds agree: both sounds, and by how many words they are apart."""
    kept = []
    around = np.arange(-LOOK, LOOK + 1)
    for at in range(0, len(first), AT_ONCE):
        one, other = first[at : at + AT_ONCE], second[at : at + AT_ONCE]
        before = np.minimum(one - table.starts[table.owners[one]], other - table.starts[table.owners[other]])
        after = np.minimum(table.starts[table.owners[one] + 1] - one, table.starts[table.owners[other] + 1] - other)
        inside = (around >= -before[:, None]) & (around < after[:, None])
        heard, wrong = _wrong(
            table.words[np.where(inside, one[:, None] + around, one[:, None])],
            table.words[np.where(inside, other[:, None] + around, other[:, None])],
        )
        total = np.where(inside, heard, 0).sum(axis=1, dtype=np.int32)
        kept.append(np.where(inside, wrong, 0).sum(axis=1, dtype=np.int32) <= LOOSE * total)
    near = np.concatenate(kept) if kept else np.empty(0, bool)
    first, second = first[near], second[near]
    one, other = table.owners[first].astype(np.int64), table.owners[second].astype(np.int64)
    return one, other, (second - table.starts[other]) - (first - table.starts[one])


def _stretches(
    table: _Table, one: int, other: int, apart: int, strictness: float, most_wrong: float
) -> Iterator[Overlap]:
    """The stretches that two sounds share at one distance."""
    first, second = max(0, -apart), max(0, apart)
    length = min(len(table.prints[one]) - first, len(table.prints[other]) - second)
    half = min(len(table.prints[one]), len(table.prints[other])) / 2
    heard, wrong = _wrong(table.prints[one][first : first + length], table.prints[other][second : second + length])
    totals, errors = _sums(heard), _sums(wrong)
    starts, ends = _runs(totals, errors, most_wrong)
    # a part of a run hears no more than all of it, so what is allowed to the whole is the most allowed to any
    limits = allowed(totals[ends] - totals[starts], strictness * np.where(ends - starts < half, PART, 1), most_wrong)
    for run in zip(starts[limits >= 0].tolist(), ends[limits >= 0].tolist(), strict=True):
        start, end = _trimmed(totals, errors, *run)
        total = int(totals[end] - totals[start])
        error = int(errors[end] - errors[start]) / max(total, 1)
        if error <= allowed(total, strictness * (PART if end - start < half else 1), most_wrong):
            length_ms = (end - start) * STEP_MS + TAIL_MS
            yield Overlap(one, other, (first + start) * STEP_MS, (second + start) * STEP_MS, length_ms, round(error, 4))


def _sums(counts: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many there are before each word, and in all."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _runs(totals: NDArray[np.int64], errors: NDArray[np.int64], most_wrong: float) -> tuple[Any, Any]:
    """Where the share of wrong bits, smoothed, stays within the limit: the first words, and those behind the last."""
    heard, wrong = (_smoothed(sums) for sums in (totals, errors))
    good = np.concatenate([[False], (wrong <= most_wrong * heard) & (heard > 0), [False]])
    edges = np.flatnonzero(good[1:] != good[:-1])
    return edges[::2], edges[1::2]


def _trimmed(totals: NDArray[np.int64], errors: NDArray[np.int64], start: int, end: int) -> tuple[int, int]:
    """The part of a run with the most bits that are right beyond three of four: smoothing goes too far at its ends."""
    gains = totals[start : end + 1] / 4 - errors[start : end + 1]
    last = int(gains.argmax())
    return start + int(gains[: last + 1].argmin()), start + last


def _smoothed(sums: NDArray[np.int64]) -> Any:
    """Sums over so many words to each side, fewer at the ends."""
    ends = np.concatenate([np.zeros(RUN // 2, np.int64), sums, np.full(RUN // 2, sums[-1])])
    return ends[RUN + 1 :] - ends[: len(sums) - 1]


def _apart(stretches: list[Overlap]) -> Iterator[Overlap]:
    """The longest stretch, then those that lie elsewhere in one of the sounds; neighbouring distances say the same."""
    kept: list[Overlap] = []
    for new in sorted(stretches, key=lambda one: (-one.length_ms, one.error, one.one_ms)):
        if not any(_cross(new, old) for old in kept):
            kept.append(new)
            yield new


def _cross(new: Overlap, old: Overlap) -> bool:
    return all(
        min(at + new.length_ms, before + old.length_ms) - max(at, before) > TAIL_MS
        for at, before in ((new.one_ms, old.one_ms), (new.other_ms, old.other_ms))
    )
