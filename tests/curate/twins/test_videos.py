"""Videos that show the same: by their frames at one distance in time, and not by a still that many show."""

import numpy as np

from curate.twins.videos import Frames, Shown, agree, shown_twice

RANDOM = np.random.default_rng(4)


def video(seconds: int, start_ms: int = 0) -> Frames:
    return Frames(np.arange(seconds) * 1000 + start_ms, RANDOM.integers(0, 2**64, seconds, dtype=np.uint64))


def later(one: Frames, seconds: int, flips: int = 3) -> Frames:
    """What is left of a video whose first seconds are cut off, with bits that changed."""
    return Frames(one.at_ms[: len(one.at_ms) - seconds], one.prints[seconds:] ^ np.uint64(2**flips - 1))


def test_a_trimmed_copy_is_found_with_its_shift() -> None:
    videos = [video(12) for _ in range(5)]
    videos.append(later(videos[3], 4))
    assert shown_twice(videos, 6) == [Shown(3, 5, -4000, 3.0)]


def test_a_still_is_no_evidence() -> None:
    still = np.full(10, 77, np.uint64)
    assert shown_twice([Frames(np.arange(10) * 1000, still)] * 3, 6) == []


def test_a_title_in_common_makes_no_twins() -> None:
    one, other = video(20), video(20)
    other.prints[:3] = one.prints[:3]
    assert shown_twice([one, other], 6) == []


def test_agreement_needs_frames_at_the_same_time() -> None:
    one = video(10)
    assert agree(one, later(one, 2), -2000, 6) == 3.0
    assert agree(one, later(one, 2), -3000, 6) is None
    assert agree(one, Frames(np.empty(0, np.int64), np.empty(0, np.uint64)), 0, 6) is None
