"""Which pieces are of one voice: average linkage of their vectors in five minutes, then of what came of those."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.voices.pieces import Pieces, apart
from curate.voices.segmentation import Activity

Whole = NDArray[np.int64]
Doubles = NDArray[np.float64]

PENALTY = 0.6  # added to the distance of two pieces for each share of windows above a half that tells them apart
REWARD = 0.2  # taken from it for each share below a half
LINKED = 12  # groups of clusters that are linked at once
LEAST_S = 1.0  # a voice with less is too short to be told from others


class Voices(NamedTuple):
    """The voice of each piece, (pieces,); the mean of the unit vectors of each voice, (voices, 192); its seconds."""

    of_piece: Whole
    means: Doubles
    seconds: Doubles


def voices(heard: Activity, found: Pieces, same: float) -> Voices:
    """The Voices of pieces: two are one voice up to the mean cosine distance `same` between their pieces.

    The mean distance of two clusters is one minus the product of their mean vectors, so that clusters of different
    stretches are linked as if their pieces were compared with each other; memory does not grow with the square.
    """
    groups = [_of_stretch(heard, found, stretch, same) for stretch in np.unique(found.stretches)]
    while len(groups) > 1:
        groups = [_linked(groups[first : first + LINKED], same) for first in range(0, len(groups), LINKED)]
    return _absorbed(found, groups[0]) if groups else Voices(np.zeros(0, np.int64), np.zeros((0, 192)), np.zeros(0))


def average_linkage(distance: Doubles, weights: Doubles, limit: float) -> Whole:
    """The cluster of each row, numbered from 0: the two nearest become one until none are nearer than the limit.

    `distance` is (n, n) and symmetric; the distance of clusters is the mean over their members, weighted.
    """
    between, weight = distance.astype(np.float64), weights.astype(np.float64)
    np.fill_diagonal(between, np.inf)
    labels = np.arange(len(weight))
    while len(weight) > 1:
        near, far = np.unravel_index(int(between.argmin()), between.shape)
        if not between[near, far] < limit:
            break
        total = weight[near] + weight[far]
        merged = (weight[near] * between[near] + weight[far] * between[far]) / total
        between[near], between[:, near], weight[near] = merged, merged, total
        between[near, near] = np.inf
        between[far], between[:, far] = np.inf, np.inf
        labels[labels == far] = near
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _of_stretch(heard: Activity, found: Pieces, stretch: int, same: float) -> Voices:
    here = found.where(found.stretches == stretch)
    told_apart = apart(heard, here) - 0.5
    evidence = np.where(told_apart > 0, PENALTY * told_apart, REWARD * told_apart)
    labels = average_linkage(1 - here.vectors @ here.vectors.T + evidence, here.seconds, same)
    return _summed(labels, here.vectors, here.seconds)


def _linked(groups: Sequence[Voices], same: float) -> Voices:
    """Groups of voices, one after the other, made one."""
    means = np.concatenate([group.means for group in groups])
    seconds = np.concatenate([group.seconds for group in groups])
    labels = average_linkage(1 - means @ means.T, seconds, same)
    firsts = np.cumsum([0, *(len(group.seconds) for group in groups)])
    of_piece = [labels[first + group.of_piece] for first, group in zip(firsts, groups, strict=False)]
    linked = _summed(labels, means, seconds)
    return Voices(np.concatenate(of_piece), linked.means, linked.seconds)


def _summed(labels: Whole, vectors: Doubles, seconds: Doubles) -> Voices:
    share = (labels == np.arange(labels.max(initial=-1) + 1)[:, None]) * seconds
    total = share.sum(axis=1)
    return Voices(labels, share @ vectors / total[:, None], total)


def _absorbed(found: Pieces, group: Voices) -> Voices:
    """Voices of less than a second given to those they resemble most."""
    large = np.flatnonzero(group.seconds >= min(LEAST_S, group.seconds.max()))
    units = group.means[large] / np.linalg.norm(group.means[large], axis=1, keepdims=True)
    nearest = (found.vectors @ units.T).argmax(axis=1)
    position = np.full(len(group.seconds), -1)
    position[large] = np.arange(len(large))
    kept = position[group.of_piece]
    return _summed(np.where(kept >= 0, kept, nearest), found.vectors, found.seconds)
