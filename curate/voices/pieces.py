"""Pieces of a recording in which one voice is heard alone, cut at pauses and where voices change."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.voices.embeddings import BLOCK_MS, LEAST_FRAMES, Pooled, voice_vector
from curate.voices.segmentation import FRAME_MS, FRAMES, RATE_HZ, Activity, start_ms

Whole = NDArray[np.int64]
Doubles = NDArray[np.float64]

SPEECH = 0.45  # how likely anybody must speak
OVERLAP = 0.22  # how likely two must speak
TURNOVER = 0.5  # how sure the segmentation must be that voices change
STRETCH_FRAMES = 17_778  # five minutes: where memory ends; pieces are cut there
SHORTEST = 8  # blocks of 100 ms on both sides of a change of voices
SIDE = 15  # blocks compared on both sides of it
WIDTH = 192  # numbers of a vector
LONG = 40  # blocks from which on a piece is suspected to hold two voices


class Pieces(NamedTuple):
    """Frames from each start to before its end, in order; the stretch each lies in; their unit vectors, (n, 192)."""

    starts: Whole
    ends: Whole
    stretches: Whole
    vectors: Doubles

    @property
    def seconds(self) -> Doubles:
        """How long each lasts."""
        return np.asarray((self.ends - self.starts) * FRAME_MS / 1000)

    def where(self, chosen: NDArray[np.bool_]) -> "Pieces":
        """Those that are chosen."""
        return Pieces(self.starts[chosen], self.ends[chosen], self.stretches[chosen], self.vectors[chosen])


def pieces(speech: NDArray[np.int16], heard: Activity, changes: Sequence[float], weights: str) -> list[Pieces]:
    """The Pieces of a recording for each of some ways of cutting it.

    `changes` are the cosine distances of two voices from which on a piece is cut between them.
    """
    empty = np.zeros(0, np.int64)
    none = Pieces(empty, empty, empty, np.zeros((0, WIDTH)))
    cut = [[none] for _ in changes]
    for first in range(0, len(heard.speech), STRETCH_FRAMES):
        stretch = Stretch(speech, heard, first, weights)
        for kept, change in zip(cut, changes, strict=True):
            kept.append(stretch.pieces(change))
    return [Pieces(*(np.concatenate(columns) for columns in zip(*kept, strict=True))) for kept in cut]


def apart(heard: Activity, chosen: Pieces) -> Doubles:
    """For every two pieces the share of windows with both that gives them to different voices; .5 where none has both.

    Shape (n, n); pieces are of one stretch.
    """
    count = len(chosen.starts)
    differing, together = np.zeros((count, count)), np.zeros((count, count))
    for window, begin in enumerate(heard.firsts):
        inside = np.flatnonzero((chosen.starts >= begin) & (chosen.ends <= begin + FRAMES))
        if len(inside) < 2:
            continue
        tracks = heard.tracks[window].astype(np.float64)
        spans = zip(chosen.starts[inside] - begin, chosen.ends[inside] - begin, strict=True)
        shares = np.array([tracks[start:end].mean(axis=0) for start, end in spans])
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-6)
        both = np.ix_(inside, inside)
        differing[both] += 1 - shares @ shares.T
        together[both] += 1
    return np.where(together > 0, differing / np.maximum(together, 1), 0.5)


class Stretch:
    """Five minutes of a recording, seen by CAM++ as a whole; each piece of it is seen once more for itself.

    Seen as a whole, what is short is told from what stands around it, and its place in the recording counts as much as
    its voice; seen for itself, it is the other way round. A piece's vector is the mean of both.
    """

    def __init__(self, speech: NDArray[np.int16], heard: Activity, first: int, weights: str) -> None:
        self.first, self.weights = first, weights
        here = slice(first, min(first + STRETCH_FRAMES, len(heard.speech)))
        start = round(start_ms(first) * RATE_HZ / 1000)
        self.speech = speech[start : start + round(STRETCH_FRAMES * FRAME_MS * RATE_HZ / 1000)]
        single = (heard.speech[here] >= SPEECH) & (heard.overlap[here] < OVERLAP)
        self.size = len(single)
        self.single = _runs(single & ~_turnovers(heard.change[here]))
        self.pooled = Pooled(self.speech, _wanted(single), weights)
        self.alone: dict[tuple[int, int], Doubles] = {}

    def pieces(self, change: float) -> Pieces:
        """The Pieces of the stretch, cut where two voices differ by so much."""
        blocks = [
            (begin, end)
            for start, stop in self.single
            for begin, end in _split(self.pooled, _block(start), _block(stop), change)
            if self.pooled.frames(begin, end) >= LEAST_FRAMES
        ]
        frames = [(self.first + _frame(begin), self.first + min(_frame(end), self.size)) for begin, end in blocks]
        starts, ends = np.array(frames, np.int64).reshape(-1, 2).T
        vectors = np.array([self._vector(begin, end) for begin, end in blocks]).reshape(-1, WIDTH)
        return Pieces(starts, ends, np.full(len(blocks), self.first // STRETCH_FRAMES), vectors)

    def _vector(self, begin: int, end: int) -> Doubles:
        if (begin, end) not in self.alone:
            block = BLOCK_MS * RATE_HZ // 1000
            alone = voice_vector(self.speech[begin * block : end * block], self.weights)
            both = alone + self.pooled.vectors(np.array([begin]), np.array([end]))[0]
            self.alone[begin, end] = both / np.linalg.norm(both)
        return self.alone[begin, end]


def _block(frame: int) -> int:
    """The 100 ms that begin nearest to a frame, both counted from the start of the stretch."""
    return round(frame * FRAME_MS / BLOCK_MS)


def _frame(block: int) -> int:
    return round(block * BLOCK_MS / FRAME_MS)


def _wanted(single: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which 100 ms hold one voice for at least half of their time."""
    blocks = (np.arange(len(single)) * FRAME_MS // BLOCK_MS).astype(np.int64)
    share = np.bincount(blocks, single) / np.maximum(np.bincount(blocks), 1)
    return np.append(share >= 0.5, [False, False])


def _turnovers(change: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The frames at which voices change most surely, one for each time they do."""
    marked = np.zeros(len(change), np.bool_)
    for start, end in _runs(change >= TURNOVER):
        marked[start + int(change[start:end].argmax())] = True
    return marked


def _split(pooled: Pooled, start: int, end: int, change: float) -> Iterator[tuple[int, int]]:
    """A span of blocks, cut where what is on both sides differs most, as long as it differs enough.

    The longer a piece, the likelier it holds two voices: less difference is enough, and at last none is needed.
    """
    waiting = [(start, end)]
    while waiting:
        begin, stop = waiting.pop()
        at = np.arange(begin + SHORTEST, stop - SHORTEST + 1)
        if len(at):
            before = pooled.vectors(np.maximum(at - SIDE, begin), at)
            after = pooled.vectors(at, np.minimum(at + SIDE, stop))
            distance = 1 - (before * after).sum(axis=1)
            most = int(distance.argmax())
            limit = change if stop - begin < LONG else 0.8 * change
            if distance[most] >= limit or stop - begin > 2 * LONG:
                waiting += [(int(at[most]), stop), (begin, int(at[most]))]
                continue
        if stop > begin:
            yield begin, stop


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
