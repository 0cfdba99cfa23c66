"""`flagged`: what raters flag is in no release until somebody decides, and publishing an older one says so."""

from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.release.export import export as write
from pipelines.release.exported import Exported
from pipelines.release.order import Export, Wanted
from pipelines.weigh.exclusions import exclude
from pipelines.weigh.flagged import WITHHELD, against_release, decide, flagged
from schemas.answers import WHOLE_ASK
from schemas.errors import BadInput, BadSetting
from schemas.modality import FACE, MINOR, VOICE
from schemas.settings import Settings
from tests.pipelines.answering import Said, answer, asset


def export(home: Path, name: str | None = None) -> Exported:
    return write(Export(home, Settings(), Wanted(), 1, False), name)


def held(home: Path) -> dict[str, int]:
    """How many clips a release would leave out, by the reason."""
    return dict(Catalog(home).rows(f"SELECT reason, count(*) FROM ({WITHHELD}) GROUP BY reason"))


@pytest.fixture
def clips(home: Path) -> list[str]:
    """Three utterances of one file."""
    return asset(home, "talk", clips=3)


def flag(home: Path, clip: str, reason: str | None, rater: str = "r1") -> None:
    answer(home, [Said(clip, rater, reason, WHOLE_ASK, state="skipped", origin="flags")])


@pytest.mark.parametrize("reason", ["broken", "distressing", VOICE.mistaken, FACE.mistaken])
def test_a_flagged_clip_is_left_out_with_the_reason_until_it_is_kept(home: Path, clips: list[str], reason: str) -> None:
    flag(home, clips[0], reason)
    assert held(home) == {f"raters flag it: {reason}; decide with: emocurate flagged list": 1}
    assert [(one.clip, one.flag, one.state) for one in flagged(home)] == [(clips[0], reason, "undecided")]
    assert decide(home, [clips[0][:12]], "heard it: fine", keep=True).new == 1
    assert held(home) == {}
    assert decide(home, [clips[0]], "heard it: fine", keep=True).new == 0


def test_a_minor_keeps_every_clip_of_the_file_out(home: Path, clips: list[str]) -> None:
    asset(home, "other")
    flag(home, clips[0], MINOR)
    assert held(home) == {
        "raters flag it: a minor; decide with: emocurate flagged list": 1,
        "raters flag a clip of its file: a minor; decide with: emocurate flagged list": 2,
    }
    decide(home, [clips[0]], "22 years, says the form", keep=True)
    assert held(home) == {}


@pytest.mark.parametrize("reason", ["cannot tell", "I know this person", None])
def test_what_says_nothing_of_the_clip_withholds_nothing(home: Path, clips: list[str], reason: str | None) -> None:
    flag(home, clips[0], reason)
    assert (held(home), flagged(home)) == ({}, [])


def test_a_clip_that_nobody_flagged_can_be_rejected(home: Path, clips: list[str]) -> None:
    decide(home, [clips[1]], "a poster", keep=False)
    assert held(home) == {"rejected by a decision; undo it with: emocurate flagged keep CLIP": 1}
    assert [(one.clip, one.state, one.why) for one in flagged(home)] == [(clips[1], "rejected", "a poster")]


def test_a_flag_that_comes_after_a_decision_asks_again(
    home: Path, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.weigh.flagged.now", lambda: "2026-02-28T00:00:00.000000Z")
    decide(home, [clips[0]], "fine", keep=True)
    flag(home, clips[0], "broken")
    assert [one.state for one in flagged(home)] == ["undecided"]
    assert len(held(home)) == 1


def test_the_flag_of_a_rater_who_is_left_out_counts_for_nothing(home: Path, clips: list[str]) -> None:
    flag(home, clips[0], "broken", "careless")
    exclude(home, "careless", "flags everything")
    assert (held(home), flagged(home)) == ({}, [])


def test_an_older_release_that_holds_a_clip_flagged_since_is_not_published(answered: Path) -> None:
    export(answered, "old")
    assert against_release(answered, "old") == []
    ((clip,),) = Catalog(answered).rows("SELECT min(id) FROM live_clips WHERE modality = 'voice'")
    flag(answered, clip, MINOR)
    (sentence,) = against_release(answered, "old")
    assert sentence.startswith("2 clips were flagged or rejected; decide with `emocurate flagged list`")
    assert dict(export(answered, "new").left_out) == held(answered)


def test_a_decision_needs_a_clip_and_a_reason(home: Path, clips: list[str]) -> None:
    with pytest.raises(BadInput, match="is no clip here; type: emocurate flagged list"):
        decide(home, ["zzz"], "why", keep=True)
    with pytest.raises(BadInput, match="begins the ids of several clips"):
        decide(home, [""], "why", keep=True)
    with pytest.raises(BadSetting, match="needs a reason"):
        decide(home, [clips[0]], " ", keep=False)
