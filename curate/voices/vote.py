"""A vote on who owns which frames, held by several ways of cutting and grouping one recording."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from curate.voices.timeline import NOBODY

Owner = NDArray[np.int16]
Whole = NDArray[np.int64]


def voted(owners: Sequence[Owner]) -> Owner:
    """The owner of each frame that most of them give it, (frames,), with voices numbered as by the one most agree with.

    Voices are matched one to one so that as many frames as can be have the same owner; a voice without a match does not
    vote (after DOVER, Stolcke and Yoshioka 2019, with one of the votes as the reference).
    """
    pairs = [[_matched(vote, other) for other in owners] for vote in owners]
    agreed = [
        sum(int((vote[vote != NOBODY] == to[vote != NOBODY]).sum()) for to in row)
        for vote, row in zip(owners, pairs, strict=True)
    ]
    reference = int(np.argmax(agreed))
    count = int(owners[reference].max(initial=NOBODY)) + 1
    ballots = np.zeros((len(owners[reference]), count), np.int16)
    for vote in pairs[reference]:
        valid = np.flatnonzero(vote != NOBODY)
        ballots[valid, vote[valid]] += 1
    if not count:
        return owners[reference]
    return np.where(ballots.any(axis=1), ballots.argmax(axis=1), NOBODY).astype(np.int16)


def _matched(reference: Owner, vote: Owner) -> Owner:
    """A vote with its voices numbered as those of the reference they share most frames with."""
    count, others = (int(owner.max(initial=NOBODY)) + 1 for owner in (reference, vote))
    both = (reference != NOBODY) & (vote != NOBODY)
    shared: Whole = np.bincount(vote[both].astype(np.int64) * count + reference[both], minlength=count * others)
    rows, columns = linear_sum_assignment(-shared.reshape(others, count))
    names = np.full(others + 1, NOBODY, np.int16)  # the last one is for NOBODY
    names[rows] = columns
    return names[vote]
