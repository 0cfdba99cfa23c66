"""What is live: what the stages in force made, and what people were asked about, whatever changes."""

from pathlib import Path

from pipelines.engine.catalog import Catalog
from schemas.answers import Ask, Item
from tests.pipelines.engine.odd_stages import Brightness, Corner, Halve, Loudest
from tests.pipelines.engine.runs import count, run


def ask_about(home: Path, kind: str) -> None:
    clips = Catalog(home).rows("SELECT id FROM live_clips WHERE kind = ?", [kind])
    items = [Item("clip", clip) for (clip,) in clips]
    Catalog(home).add([*items, *(Ask(item.id, "scheme") for item in items)])


def test_a_clip_that_was_asked_about_stays_live_whatever_changes(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "utterance")
    asked = set(Catalog(taken_in).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    run(taken_in, [Halve(ms=400), Loudest(), Corner(), Brightness()])
    live = set(Catalog(taken_in).rows("SELECT id FROM live_clips WHERE kind = 'utterance'"))
    assert asked < live
    assert len(live) == 16


def test_a_new_clip_that_overlaps_an_asked_one_folds_onto_it(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "utterance")
    ask_about(taken_in, "face")
    asked = set(Catalog(taken_in).rows("SELECT id FROM live_clips"))
    run(taken_in, [Halve(ms=960), Loudest(), Corner(px=8), Brightness()])
    assert set(Catalog(taken_in).rows("SELECT id FROM live_clips")) == asked


def test_a_face_elsewhere_in_the_picture_does_not_fold(taken_in: Path) -> None:
    run(taken_in)
    ask_about(taken_in, "face")
    run(taken_in, [Halve(), Loudest(), Corner(px=4), Brightness()])
    assert count(taken_in, "live_clips WHERE kind = 'face'") == 6


def test_a_changed_parameter_runs_its_stage_again_and_retires_its_old_clips(taken_in: Path) -> None:
    run(taken_in)
    run(taken_in, [Halve(ms=600), Loudest(), Corner(), Brightness()])
    assert count(taken_in, "live_clips WHERE kind = 'utterance'") == 8
    assert count(taken_in, "clips WHERE kind = 'utterance'") == 16
    assert count(taken_in, "receipts WHERE stage LIKE 'Corner%'") == 3
