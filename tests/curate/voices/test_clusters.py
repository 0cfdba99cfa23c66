"""Average linkage is what scipy makes of it, weights are copies, and long recordings are linked as if they were short."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from curate.voices.clusters import average_linkage, voices
from curate.voices.pieces import Pieces
from curate.voices.segmentation import SEGMENTER, activity

POINTS = of_numpy.arrays(float, st.tuples(st.integers(2, 12), st.just(3)), elements=st.floats(-1, 1, width=32))


def same_groups(ours: Any, theirs: Any) -> bool:
    return bool((np.equal.outer(ours, ours) == np.equal.outer(theirs, theirs)).all())


def distances(points: Any) -> Any:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


@given(st.integers(0, 10_000), st.floats(0.1, 1.5))
def test_with_equal_weights_it_is_scipys_average_linkage(seed: int, limit: float) -> None:
    between = distances(np.random.default_rng(seed).normal(size=(9, 3)))
    theirs = fcluster(linkage(squareform(between, checks=False), "average"), limit, "distance")
    assert same_groups(average_linkage(between, np.ones(9), limit), theirs)


@given(st.integers(0, 10_000))
def test_a_weight_of_two_is_the_same_row_twice(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(6, 3))
    twice = np.concatenate([points, points[:1]])
    weighted = average_linkage(distances(points), np.array([2.0, 1, 1, 1, 1, 1]), 1.2)
    assert same_groups(average_linkage(distances(twice), np.ones(7), 1.2)[:6], weighted)


@given(POINTS)
def test_every_row_has_a_cluster_and_numbers_have_no_gaps(points: Any) -> None:
    labels = average_linkage(distances(points), np.ones(len(points)), 0.5)
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))


def people(stretches: int, rng: Any, seconds: float = 3.0) -> tuple[Pieces, Any]:
    """Twelve people who speak in turn in each stretch, with vectors near their own direction."""
    centres = np.linalg.qr(rng.normal(size=(192, 12)))[0].T
    who = np.tile(np.arange(12), 3 * stretches)
    vectors = centres[who] + rng.normal(scale=0.03, size=(len(who), 192))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    starts = np.arange(len(who)) * 1000
    length = round(seconds * 1000 / 16.875)
    return Pieces(starts, starts + length, np.repeat(np.arange(stretches), 36), vectors), who


def test_twelve_people_are_told_apart_over_many_stretches_as_over_one() -> None:
    nothing = activity(np.zeros(0, np.int16), SEGMENTER.short)
    for stretches in (1, 3, 30):
        found, who = people(stretches, np.random.default_rng(stretches))
        assert same_groups(voices(nothing, found, 0.6).of_piece, who)


def test_a_voice_of_less_than_a_second_goes_to_the_one_it_resembles_most() -> None:
    found, _who = people(1, np.random.default_rng(0))
    few = np.r_[:24, 24:26]
    found = found.where(np.isin(np.arange(36), few))
    found.vectors[25] = -found.vectors[3] * 0.4 + found.vectors[7] * 0.6
    found.vectors[25] /= np.linalg.norm(found.vectors[25])
    short = found._replace(ends=np.where(np.arange(26) == 25, found.starts + 40, found.ends))
    nothing = activity(np.zeros(0, np.int16), SEGMENTER.short)
    labels = voices(nothing, short, 0.3).of_piece
    assert labels[25] == labels[7]
    assert labels.max() + 1 == 12
