"""What is live: what the stages in force made, and what people were asked about, whatever changes."""

from pathlib import Path

import pytest

from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from schemas.answers import Ask, Item
from schemas.media import Asset, Clip
from schemas.stage import Receipt
from tests.pipelines.engine.odd_stages import Brightness, Corner, Halve, Loudest
from tests.pipelines.engine.runs import count, run


def ask_about(home: Path, kind: str) -> None:
    clips = Catalog(home).rows("SELECT id FROM live_clips WHERE kind = ?", [kind])
    items = [Item("clip", clip) for (clip,) in clips]
    Catalog(home).add([*items, *(Ask(item.id, "scheme") for item in items)])


def test_a_clip_that_was_asked_about_stays_live_whatever_changes(visited: Path) -> None:
    ask_about(visited, "utterance")
    asked = set(Catalog(visited).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    run(visited, [Halve(ms=400), Loudest(), Corner(), Brightness()])
    live = set(Catalog(visited).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    assert asked < live
    assert len(live) == 16


def test_a_new_clip_that_overlaps_an_asked_one_folds_onto_it(visited: Path) -> None:
    ask_about(visited, "utterance")
    ask_about(visited, "face")
    asked = set(Catalog(visited).rows("SELECT id FROM live_clips"))
    run(visited, [Halve(ms=960), Loudest(), Corner(px=8), Brightness()])
    assert set(Catalog(visited).rows("SELECT id FROM live_clips")) == asked


def test_a_face_elsewhere_in_the_picture_does_not_fold(visited: Path) -> None:
    ask_about(visited, "face")
    run(visited, [Halve(), Loudest(), Corner(px=4), Brightness()])
    assert count(visited, "live_clips WHERE kind = 'face'") == 6


def test_a_changed_parameter_runs_its_stage_again_and_retires_its_old_clips(visited: Path) -> None:
    run(visited, [Halve(ms=600), Loudest(), Corner(), Brightness()])
    assert count(visited, "live_clips WHERE kind = 'utterance'") == 8
    assert count(visited, "clips WHERE kind = 'utterance'") == 16
    assert count(visited, "receipts WHERE stage LIKE 'Corner%'") == 3


SOUND, VIDEO = Asset("5" * 32, "sound", "wav", 1), Asset("7" * 32, "video", "mp4", 1)
OLD, NEW = "Find@1", "Find@2"


def live_clips(home: Path) -> set[str]:
    return {clip for (clip,) in Catalog(home).rows("SELECT id FROM live_clips")}


def made(home: Path, stage: str, *clips: Clip, state: str = "done", row: str = SOUND.id) -> None:
    Catalog(home).add([SOUND, VIDEO], [Receipt(stage, row, state, made=clips)])  # type: ignore[arg-type]


def asked(home: Path, clip: Clip) -> None:
    item = Item("clip", clip.id)
    Catalog(home).add([item, Ask(item.id, "scheme")])


def utterance(start_ms: int, end_ms: int, kind: str = "utterance", asset: Asset = SOUND) -> Clip:
    return Clip(asset.id, kind, start_ms, end_ms)  # type: ignore[arg-type]


def face(at_ms: int | None, *box: int) -> Clip:
    return Clip(VIDEO.id, "face", at_ms, at_ms, box)  # type: ignore[arg-type]


ASKED = utterance(1000, 2000)
FACE = face(500, 100, 100, 100, 100)


@pytest.mark.parametrize(
    ("old", "new", "folds"),
    [
        (ASKED, utterance(1000, 1800), True),  # IoU is 0.8 exactly
        (ASKED, utterance(1000, 1799), False),
        (ASKED, utterance(1200, 2000), True),
        (ASKED, utterance(1201, 2000), False),
        (ASKED, utterance(900, 2150), True),
        (ASKED, utterance(900, 2151), False),
        (ASKED, utterance(3000, 4000), False),
        (ASKED, utterance(1000, 2001, "burst"), False),
        (ASKED, utterance(1000, 2000, asset=VIDEO), False),
        (FACE, face(500, 100, 100, 100, 80), True),
        (FACE, face(500, 100, 100, 100, 79), False),
        (FACE, face(500, 100, 120, 100, 80), True),
        (FACE, face(500, 120, 100, 80, 100), True),
        (FACE, face(500, 121, 100, 79, 100), False),
        (FACE, face(500, 111, 100, 100, 100), True),
        (FACE, face(500, 112, 100, 100, 100), False),
        (FACE, face(500, 100, 111, 100, 100), True),
        (FACE, face(500, 100, 112, 100, 100), False),
        (FACE, face(500, 300, 300, 100, 100), False),
        (FACE, face(501, 100, 100, 100, 100), False),
        (face(None, 0, 0, 10, 10), face(None, 0, 0, 10, 9), True),
        (face(None, 0, 0, 10, 10), face(0, 0, 0, 10, 9), False),
    ],
)
def test_a_new_clip_folds_onto_an_asked_one_from_an_overlap_of_four_fifths_on(
    home: Path, old: Clip, new: Clip, folds: bool
) -> None:
    made(home, OLD, old)
    asked(home, old)
    made(home, NEW, new)
    live.refresh(Catalog(home), [NEW])
    assert live_clips(home) == ({old.id} if folds else {old.id, new.id})


def test_nothing_folds_onto_a_clip_that_nobody_was_asked_about(home: Path) -> None:
    made(home, OLD, ASKED)
    made(home, NEW, utterance(1000, 2001))
    live.refresh(Catalog(home), [OLD, NEW])
    assert len(live_clips(home)) == 2


def test_a_released_clip_stays_live(home: Path) -> None:
    made(home, OLD, ASKED, utterance(3000, 4000))
    with Catalog(home).open() as connection:
        insert(connection, "released", {"release": ["r"], "clip": [ASKED.id]})
    live.refresh(Catalog(home), [NEW])
    assert Catalog(home).rows("SELECT id, asset, kind, pinned FROM live_clips") == [
        (ASKED.id, SOUND.id, "utterance", True)
    ]


def test_an_item_that_nobody_was_asked_about_pins_nothing(home: Path) -> None:
    made(home, OLD, ASKED)
    Catalog(home).add([Item("clip", ASKED.id)])
    live.refresh(Catalog(home), [NEW])
    assert live_clips(home) == set()


def test_an_item_of_another_kind_pins_no_clip_of_its_name(home: Path) -> None:
    made(home, OLD, ASKED)
    item = Item("key", ASKED.id)
    Catalog(home).add([item, Ask(item.id, "scheme")])
    live.refresh(Catalog(home), [NEW])
    assert live_clips(home) == set()


def test_an_asked_clip_is_live_once_though_the_stage_in_force_made_it(home: Path) -> None:
    made(home, OLD, ASKED)
    asked(home, ASKED)
    live.refresh(Catalog(home), [OLD])
    assert Catalog(home).rows("SELECT id, pinned FROM live_clips") == [(ASKED.id, True)]


def test_a_clip_that_nobody_was_asked_about_is_live_and_not_pinned(home: Path) -> None:
    made(home, OLD, ASKED)
    live.refresh(Catalog(home), [OLD])
    assert Catalog(home).rows("SELECT id, asset, kind, pinned FROM live_clips") == [
        (ASKED.id, SOUND.id, "utterance", False)
    ]


@pytest.mark.parametrize("state", ["dropped", "failed"])
def test_only_receipts_that_are_done_make_clips(home: Path, state: str) -> None:
    made(home, OLD, ASKED, state=state)
    live.refresh(Catalog(home), [OLD])
    assert live_clips(home) == set()


def test_nothing_is_written_when_nothing_has_changed(home: Path) -> None:
    made(home, OLD, ASKED)
    live.refresh(Catalog(home), [OLD])
    with Catalog(home).open() as connection:
        connection.execute("DELETE FROM live_clips")
    live.refresh(Catalog(home), [OLD])
    assert live_clips(home) == set()


def test_the_stages_in_force_stay_in_force_until_others_are_named(home: Path) -> None:
    made(home, OLD, ASKED)
    live.refresh(Catalog(home), [OLD])
    made(home, OLD, utterance(3000, 4000), row=VIDEO.id)
    with Catalog(home).open() as connection:
        live.refresh_on(connection)
    assert len(live_clips(home)) == 2
    assert Catalog(home).rows("SELECT stage FROM active_stages") == [(OLD,)]
    live.refresh(Catalog(home), [NEW])
    assert (live_clips(home), Catalog(home).rows("SELECT stage FROM active_stages")) == (set(), [(NEW,)])


def test_stages_that_are_in_force_again_have_their_clips_again(home: Path) -> None:
    made(home, OLD, ASKED)
    for stage, count_live in [(OLD, 1), (NEW, 0), (OLD, 1)]:
        live.refresh(Catalog(home), [stage])
        assert len(live_clips(home)) == count_live


@pytest.mark.parametrize("change", ["receipts", "clips", "asks", "released"])
def test_what_was_found_asked_or_released_since_the_last_look_is_noticed(home: Path, change: str) -> None:
    made(home, OLD, ASKED, utterance(3000, 4000))
    live.refresh(Catalog(home), [NEW])
    with Catalog(home).open() as connection:
        if change == "released":
            insert(connection, "released", {"release": ["r"], "clip": [ASKED.id]})
    if change == "receipts":  # a clip that is there already is found again
        made(home, NEW, ASKED)
    if change == "asks":
        asked(home, ASKED)
    if change == "clips":  # as when a receipt names a clip that comes with a later commit
        asked(home, utterance(5000, 6000))
        live.refresh(Catalog(home), [NEW])
        Catalog(home).add([utterance(5000, 6000)])
    live.refresh(Catalog(home), [NEW])
    assert len(live_clips(home)) == 1


@pytest.mark.parametrize(
    ("old", "new", "behind"),
    [
        (ASKED, utterance(1000, 1700), True),
        (ASKED, utterance(1499, 2500), True),
        (ASKED, utterance(1500, 2500), False),
        (ASKED, utterance(1900, 2000), True),
        (ASKED, utterance(1900, 2100), False),
        (ASKED, utterance(1200, 1600, "overlap"), True),
        (ASKED, utterance(1000, 1700, "speech"), False),
        (ASKED, utterance(1000, 1700, asset=VIDEO), False),
        (FACE, face(500, 100, 100, 100, 51), True),
        (FACE, face(500, 150, 100, 100, 100), False),
        (FACE, face(501, 100, 100, 100, 51), False),
    ],
)
def test_a_new_clip_stands_behind_an_asked_one_that_it_shares_most_of_the_shorter_with(
    home: Path, old: Clip, new: Clip, behind: bool
) -> None:
    made(home, OLD, old)
    asked(home, old)
    made(home, NEW, new)
    live.refresh(Catalog(home), [NEW])
    superseded = {clip for (clip,) in Catalog(home).rows("SELECT id FROM live_clips WHERE superseded")}
    assert superseded == ({new.id} if behind else set())
