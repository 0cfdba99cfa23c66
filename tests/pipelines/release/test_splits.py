from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.catalog import Catalog, insert
from pipelines.release.splits import Pins, draw_splits, split_of
from schemas.answers import Answer, Ask, Item, Rater
from schemas.errors import BadSetting
from schemas.media import Asset, Clip, Statement, Take
from schemas.release import SPLITS, Split
from schemas.sections import ExportSettings

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


TIME = "2026-03-01T00:00:00.000000Z"


def spoken(home: Path, speakers: dict[str, tuple[str, ...]]) -> None:
    """Assets with one clip each, and the speakers that are said to be in them."""
    assets = [Asset(asset, "sound", "wav", 1) for asset in speakers]
    said = [
        Statement(asset, f"{number}.wav", "file", TIME, speaker=speaker)
        for asset, names in speakers.items()
        for number, speaker in enumerate(names)
    ]
    Catalog(home).add([*assets, *said, *(Clip(asset, "utterance", 0, 900) for asset in speakers)])


def released(home: Path, name: str, splits: dict[str, Split]) -> None:
    """A release that holds the clips of some assets in these splits."""
    clips = [Clip(asset, "utterance", 0, 900).id for asset in splits]
    with Catalog(home).open() as connection:
        insert(connection, "releases", {"id": [name], "name": [name], "body": ["{}"]})
        columns = {"release": [name] * len(clips), "clip": clips, "split": list(splits.values())}
        insert(connection, "released", columns)


def drawn(home: Path, **settings: float) -> tuple[dict[str, Split], Pins]:
    with Catalog(home).open() as connection:
        pins = draw_splits(connection, ExportSettings(**settings))  # type: ignore[arg-type]
        return dict(connection.execute("FROM asset_splits ORDER BY 1").fetchall()), pins


def test_a_speaker_is_in_one_split_whatever_recordings_there_are(home: Path) -> None:
    spoken(home, {f"{number:032}": (f"p{number % 5}",) for number in range(60)})
    splits, _ = drawn(home, train=0.4, validation=0.3, test=0.3)
    by_speaker = {place: {split for asset, split in splits.items() if int(asset) % 5 == place} for place in range(5)}
    assert all(len(some) == 1 for some in by_speaker.values())
    assert len(set().union(*by_speaker.values())) > 1


def test_recordings_that_two_tables_give_different_speakers_join_these(home: Path) -> None:
    spoken(home, {"a" * 32: ("anna",), "b" * 32: ("anna", "berta"), "c" * 32: ("berta",), "d" * 32: ("carla",)})
    with Catalog(home).open() as connection:
        for salt in range(10):
            draw_splits(connection, ExportSettings(0.4, 0.3, 0.3, salt=str(salt)))
            splits = dict(connection.execute("FROM asset_splits").fetchall())
            assert len({splits[name * 32] for name in "abc"}) == 1


def test_takes_of_one_group_are_in_one_split(home: Path) -> None:
    spoken(home, {f"{number:032}": () for number in range(60)})
    Catalog(home).add([Take(f"{number:032}", "candidates", f"prompt {number % 20}", number) for number in range(60)])
    splits, _ = drawn(home, train=0.4, validation=0.3, test=0.3)
    by_prompt = {place: {split for asset, split in splits.items() if int(asset) % 20 == place} for place in range(20)}
    assert all(len(some) == 1 for some in by_prompt.values())
    assert len(set().union(*by_prompt.values())) > 1


def test_what_was_released_keeps_its_split_whatever_the_shares_and_the_salt(home: Path) -> None:
    spoken(home, {f"{number:032}": () for number in range(40)})
    first, _ = drawn(home)
    released(home, "v1", first)
    splits, pins = drawn(home, train=0.0, validation=0.0, test=1.0)
    assert splits == first
    assert pins == Pins()


def test_shares_act_on_groups_of_which_nothing_was_released(home: Path) -> None:
    spoken(home, {f"{number:032}": () for number in range(40)})
    pinned = {f"{number:032}": "train" for number in range(20)}
    released(home, "v1", pinned)  # type: ignore[arg-type]
    splits, _ = drawn(home, train=0.0, validation=0.0, test=1.0)
    assert {split for asset, split in splits.items() if asset in pinned} == {"train"}
    assert {split for asset, split in splits.items() if asset not in pinned} == {"test"}


def test_a_new_recording_of_a_released_speaker_goes_where_the_speaker_is(home: Path) -> None:
    spoken(home, {"a" * 32: ("anna",), "b" * 32: ("anna",)})
    released(home, "v1", {"a" * 32: "validation"})
    splits, _ = drawn(home, train=1.0, validation=0.0, test=0.0)
    assert splits == {"a" * 32: "validation", "b" * 32: "validation"}


def test_where_old_releases_disagree_the_latest_counts_and_the_clip_is_named(home: Path) -> None:
    spoken(home, {"a" * 32: ()})
    released(home, "v1", {"a" * 32: "train"})
    released(home, "v2", {"a" * 32: "test"})
    splits, pins = drawn(home)
    assert splits == {"a" * 32: "test"}
    assert pins.moved == (Clip("a" * 32, "utterance", 0, 900).id,)


def test_a_link_that_joins_released_clips_of_two_splits_leaves_out_the_fewer_and_keeps_their_pin(home: Path) -> None:
    spoken(home, {name * 32: ("anna",) for name in "abc"})
    released(home, "v1", {"a" * 32: "train", "b" * 32: "test", "c" * 32: "test"})
    splits, pins = drawn(home)
    assert set(splits.values()) == {"test"}
    assert dict(pins.torn) == {Clip("a" * 32, "utterance", 0, 900).id: "train"}


@pytest.mark.parametrize(("groups", "expected"), [(1, [1, 0, 0]), (2, [2, 0, 0]), (6, [5, 0, 1]), (10, [8, 1, 1])])
def test_a_first_release_of_few_groups_has_its_shares_to_a_group(home: Path, groups: int, expected: list[int]) -> None:
    spoken(home, {f"{number:032}": (f"p{number}",) for number in range(groups)})
    splits, _ = drawn(home, **SHARES)
    assert [list(splits.values()).count(split) for split in SPLITS] == expected


def test_the_shares_are_those_of_what_was_answered_about_however_much_was_not(home: Path) -> None:
    spoken(home, {f"{number:032}": (f"p{number}",) for number in range(16)})
    asked = {f"{number:032}" for number in range(0, 12, 2)}
    for asset in asked:
        item = Item("clip", Clip(asset, "utterance", 0, 900).id)
        ask = Ask(item.id, "ekman-1")
        said = Answer("here", ask.id, "emotion", "r1", TIME, '"joy"', "given")
        Catalog(home).add([item, ask, Rater("r1", "person"), said])
    splits, _ = drawn(home, **SHARES)
    of_asked = [split for asset, split in splits.items() if asset in asked]
    assert [of_asked.count(split) for split in SPLITS] == [5, 0, 1]


def test_later_groups_that_are_few_go_where_their_name_falls_and_not_all_to_train(home: Path) -> None:
    spoken(home, {"a" * 32: ()})
    released(home, "v1", drawn(home)[0])
    spoken(home, {"b" * 32: ()})
    later, salts = set(), iter(range(40))
    with Catalog(home).open() as connection:
        while later < set(SPLITS):
            draw_splits(connection, ExportSettings(**SHARES, salt=str(next(salts))))
            later.add(dict(connection.execute("FROM asset_splits").fetchall())["b" * 32])


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


def test_a_speaker_who_was_corrected_links_nothing_any_more(home: Path) -> None:
    spoken(home, {name * 32: ("unknown",) for name in "abcdefgh"})
    later = "2026-04-01T00:00:00.000000Z"
    Catalog(home).add(Statement(name * 32, "0.wav", "file", later, speaker=f"p-{name}") for name in "abcdefgh")
    splits, _ = drawn(home, train=0.4, validation=0.3, test=0.3)
    assert len(set(splits.values())) > 1
