"""From pieces with voices to a timeline: for every frame who speaks, and as a second voice, who else."""

import numpy as np
from numpy.typing import NDArray

from curate.filters import spread
from curate.voices.pieces import OVERLAP, SPEECH, STRETCH_FRAMES, Pieces
from curate.voices.segmentation import FRAME_MS, FRAMES, TRACKS, Activity

Whole = NDArray[np.int64]
Doubles = NDArray[np.float64]

NOBODY = -1
NEAR_S = 1.0  # how far away a piece still tells whose voice a window's track is: to 1/e
ANYWHERE = 1e-4  # what it tells from anywhere in the window
FAINT = 26  # of 255: a track that is never likelier is nobody's
SHORTEST_FRAMES = 6  # 101 ms


def owners(chosen: Pieces, of_piece: Whole, frames: int) -> NDArray[np.int16]:
    """The voice of the piece that holds each frame, or NOBODY, (frames,)."""
    owner = np.full(frames, NOBODY, np.int16)
    for start, end, voice in zip(chosen.starts, chosen.ends, of_piece, strict=True):
        owner[start:end] = voice
    return owner


def speakers(heard: Activity, owner: NDArray[np.int16]) -> NDArray[np.int16]:
    """For every frame the voice heard most and, where two speak at once, the other one, (frames, 2).

    Which of a window's tracks is which voice is told by the pieces that track is heard in, the nearer the more: so a
    track that holds two voices is parted, and what is too short for a piece, or overlapped, goes with what is around.
    """
    frames, count = len(owner), int(owner.max(initial=NOBODY)) + 1
    heard_most = np.full((frames, 2), NOBODY, np.int16)
    for first in range(0, frames if count else 0, STRETCH_FRAMES):
        last = min(first + STRETCH_FRAMES, frames)
        strength = _strength(heard, owner, first, last, count)
        speech, overlap = heard.speech[first:last] >= SPEECH, heard.overlap[first:last] >= OVERLAP
        for place, is_heard in enumerate((speech, speech & overlap)):
            most = strength.argmax(axis=1)
            rows = np.arange(last - first)
            clear = is_heard & (strength[rows, most] > 0)
            heard_most[first:last, place] = np.where(clear, most, NOBODY)
            strength[rows, most] = 0
    return heard_most


def spans(heard_most: NDArray[np.int16]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Runs of frames with the same voices: start, end and voices; what is too short goes with what it touches."""
    codes = np.sort(heard_most, axis=1).astype(np.int64)
    edges = np.flatnonzero((np.diff(codes, axis=0) != 0).any(axis=1)) + 1
    merged: list[tuple[int, int, tuple[int, ...]]] = []
    begin = NOBODY  # where a run too short to stand before the next one began
    for start, end in zip((0, *edges.tolist()), (*edges.tolist(), len(codes)), strict=True):
        who = tuple(int(voice) for voice in codes[start:end][:1].reshape(-1) if voice != NOBODY)
        if not who:
            begin = NOBODY
            continue
        touching = bool(merged) and merged[-1][1] == start
        if touching and (merged[-1][2] == who or end - start < SHORTEST_FRAMES):
            merged[-1] = (merged[-1][0], end, merged[-1][2])
        elif end - start < SHORTEST_FRAMES:
            begin = start if begin == NOBODY else begin
        else:
            merged.append((start if begin == NOBODY else begin, end, who))
            begin = NOBODY
    return merged


def _strength(heard: Activity, owner: NDArray[np.int16], first: int, last: int, count: int) -> Doubles:
    """How much of each voice is heard in each frame from first to before last, (frames, voices)."""
    strength = np.zeros((last - first, count))
    for window, begin in enumerate(heard.firsts.tolist()):
        low, high = max(begin, first), min(begin + FRAMES, last)
        if low >= high:
            continue
        here = owner[begin : begin + FRAMES]
        present = np.unique(here[here != NOBODY])
        if len(present):
            whose = _whose(heard.tracks[window][: len(here)], here[:, None] == present)
            strength[low - first : high - first, present] += whose[low - begin : high - begin]
    return strength


def _whose(tracks: NDArray[np.uint8], owned: NDArray[np.bool_]) -> Doubles:
    """The probabilities of a window's tracks dealt out to the voices whose pieces they are in, (frames, voices)."""
    fade = np.exp(-FRAME_MS / 1000 / NEAR_S)
    dealt = np.zeros(owned.shape)
    for place in range(TRACKS):
        likely = tracks[:, place : place + 1] / 255
        if tracks[:, place].max() < FAINT:
            continue
        told = likely * owned
        near = spread(told, fade) + ANYWHERE * told.sum(axis=0)
        dealt += likely * near / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    return dealt
