"""People from vectors: average linkage as scipy has it, within what is known of who is and is not the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from curate.twins import people as module
from curate.twins.people import UNKNOWN, Rates, people, rates

UNIT = 32


def voices(
    speakers: int, each: int, seed: int, spread: float = 0.12
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Vectors of so many speakers, in turn."""
    random = np.random.default_rng(seed)
    means = random.normal(size=(speakers, UNIT))
    made = np.tile(means, (each, 1)) + random.normal(scale=spread * 3, size=(speakers * each, UNIT))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.2, 0.8))
def test_the_groups_are_those_of_scipys_average_linkage(seed: int, least: float) -> None:
    vectors = voices(6, 5, seed, spread=0.3)
    wanted = fcluster(linkage(vectors, "average", metric="cosine"), 1 - least, "distance")
    made = people(vectors, least)
    assert len(set(zip(wanted.tolist(), made.tolist(), strict=True))) == len(set(wanted)) == len(set(made.tolist()))


def test_speakers_are_told_apart_and_numbered_as_they_appear() -> None:
    assert people(voices(5, 8, 1), 0.5).tolist() == list(range(5)) * 8


def test_one_speaker_under_three_names_is_one_unless_they_were_told() -> None:
    vectors = voices(2, 6, 2)
    assert len(set(people(vectors, 0.5).tolist())) == 2
    told = np.full(12, UNKNOWN)
    told[[0, 2]] = 0, 1  # one voice, said to be two people
    groups = people(vectors, 0.5, told)
    assert groups[0] != groups[2]
    assert len(set(groups.tolist())) == 3


def test_told_speakers_are_one_however_far_apart() -> None:
    told = np.array([7, 7, *[UNKNOWN] * 8])
    groups = people(voices(2, 5, 3), 0.5, told)
    assert groups[0] == groups[1]


@given(st.integers(0, 1000))
def test_what_is_apart_never_ends_in_one_group(seed: int) -> None:
    vectors = voices(3, 6, seed, spread=0.3)
    random = np.random.default_rng(seed)
    apart = [tuple(map(int, random.choice(18, 2, replace=False))) for _ in range(12)]
    groups = people(vectors, 0.1, apart=apart)  # type: ignore[arg-type]
    assert all(groups[one] != groups[other] for one, other in apart)


def test_many_vectors_give_the_same_people(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = voices(9, 30, 4)
    before = people(vectors, 0.5)
    monkeypatch.setattr(module, "MANY", 10)
    monkeypatch.setattr(module, "ROWS", 64)
    assert people(vectors, 0.5).tolist() == before.tolist()


def test_errors_are_counted_in_pairs_of_told_people() -> None:
    groups, told = np.array([0, 0, 1, 1, 2]), np.array([5, 5, 5, 6, UNKNOWN])
    assert rates(groups, told) == Rates(missed=2, same=3, mixed=1, other=3)


def test_nobody_is_nobody() -> None:
    assert people(np.empty((0, 4), np.float32), 0.5).tolist() == []
