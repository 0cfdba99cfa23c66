"""A clip is found in a longer sound by its fingerprint: in one place, or not at all."""

from typing import Any

import numpy as np
import pytest

from curate.prints.sounds import sound_print
from curate.twins.sought import moves, sought, sought_near

RATE_HZ = 16_000


def notes(seed: int, seconds: float) -> Any:
    """A sound at 16 kHz that is like no other."""
    random = np.random.default_rng(seed)
    at = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    pitches = random.uniform(250, 3000, (int(seconds * 10) + 1, 3))[(at * 10).astype(int)]
    sound = np.sin(2 * np.pi * np.cumsum(pitches, axis=0) / RATE_HZ).sum(axis=1)
    return (3000 * sound + random.normal(0, 30, len(at))).astype(np.int16)


def place(clip: Any, *parts: Any) -> int | None:
    """Where a clip begins in sounds that come one after the other, in ms."""
    whole = np.concatenate(parts)
    found = sought(sound_print(clip), whole, sound_print(whole))
    return found and found.start_ms


@pytest.mark.parametrize("before_s", [0.0, 0.777, 1.003, 1.011, 1.022, 5.013])
def test_a_clip_is_found_to_within_a_few_ms_after_whatever_has_come_before_it(before_s: float) -> None:
    clip = notes(1, 2.0)
    start_ms = place(clip, notes(2, before_s), clip, notes(3, 1.5))
    assert start_ms is not None
    assert abs(start_ms - before_s * 1000) <= 4


def test_a_clip_that_is_not_there_or_is_there_twice_is_not_found() -> None:
    clip = notes(1, 2.0)
    assert place(clip, notes(2, 4.0)) is None
    assert place(clip, clip, notes(2, 1.0), clip) is None


def test_less_than_most_of_a_clip_is_not_the_clip() -> None:
    clip = notes(1, 3.0)
    assert place(clip, notes(2, 2.0), clip[: len(clip) // 2], notes(3, 2.0)) is None


def test_a_laugh_that_is_too_short_to_be_found_alone_is_found_where_longer_clips_have_moved_to() -> None:
    laugh = notes(1, 0.5)
    whole = np.concatenate([notes(2, 3.3), laugh, notes(3, 2.0)])
    words = sound_print(laugh)
    assert sought(words, whole, sound_print(whole)) is None
    near = sought_near(words, whole, [1_000, 3_310])
    assert near is not None
    assert abs(near.start_ms - 3_300) <= 4
    assert sought_near(words, whole, [1_000, 4_500]) is None


def test_other_sound_in_the_place_of_a_short_clip_is_not_taken_for_it() -> None:
    speech = notes(2, 60.0)
    taken = [sought_near(sound_print(notes(100 + n, 0.5)), speech, [n * 500 + 200]) for n in range(100)]
    assert taken == [None] * 100
    silence = np.zeros(RATE_HZ * 5, np.int16)
    assert sought_near(sound_print(notes(1, 0.5)), silence, [2_000]) is None


def test_places_that_cannot_be_told_apart_are_one_move() -> None:
    assert moves([5_002, 0, 5_000, 64, 9_000]) == [0, 5_000, 9_000]
