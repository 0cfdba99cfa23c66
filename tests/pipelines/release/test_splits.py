import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.splits import groups, split_of
from schemas.errors import BadSetting
from schemas.media import Clip
from schemas.release import SPLITS

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def test_clips_of_one_recording_are_one_group() -> None:
    clips = [Clip("a", "utterance", 0, 900), Clip("a", "burst", 1000, 1200), Clip("b", "utterance", 0, 900)]
    assert [groups(clips)[clip.id] for clip in clips] == ["a", "a", "b"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10_000)), unique=True))
def test_no_recording_is_ever_in_two_splits(places: list[tuple[int, int]]) -> None:
    clips = [Clip(f"asset{asset}", "utterance", start, start + 500) for asset, start in places]
    split = {(clip.asset, split_of(groups(clips)[clip.id], SHARES, "salt")) for clip in clips}
    assert len(split) == len({asset for asset, _ in places})


@given(st.sets(st.text(min_size=1)), st.sets(st.text(min_size=1)))
def test_adding_recordings_never_moves_earlier_ones(first: set[str], more: set[str]) -> None:
    before = {one: split_of(one, SHARES, "salt") for one in sorted(first)}
    after = {one: split_of(one, SHARES, "salt") for one in sorted(first | more)}
    assert before.items() <= after.items()


def test_the_shares_are_kept_over_many_groups() -> None:
    drawn = [split_of(f"group {number}", SHARES, "salt") for number in range(20_000)]
    assert [round(drawn.count(split) / len(drawn), 2) for split in SPLITS] == pytest.approx([0.8, 0.1, 0.1], abs=0.011)


def test_another_salt_draws_another_way() -> None:
    names = [f"group {number}" for number in range(100)]
    assert [split_of(one, SHARES, "a") for one in names] != [split_of(one, SHARES, "b") for one in names]


def test_known_groups_stay_where_they_were_drawn_for_ever() -> None:
    drawn = {name: split_of(name, SHARES, "emocurate") for name in "abcd"}
    assert drawn == {"a": "train", "b": "validation", "c": "train", "d": "test"}


@given(st.text())
def test_a_share_of_nothing_gets_nothing(group: str) -> None:
    assert split_of(group, {"train": 0, "test": 3}, "salt") == "test"


@pytest.mark.parametrize("shares", [{}, {"train": 0}, {"train": -1, "test": 2}, {"train": float("nan")}, {"tset": 1}])
def test_shares_that_cannot_be_drawn_from_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(BadSetting):
        split_of("a", shares, "salt")
