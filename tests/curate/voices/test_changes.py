"""CompareSides: where another voice takes over, both sides differ more than those of one voice in two emotions."""

from pathlib import Path

import pytest

from curate.voices.changes import CompareSides
from schemas.media import Clip
from schemas.sections import VoiceSettings
from schemas.stage import Dropped
from tests.curate.conversations import taken_over
from tests.curate.decoded import heard
from tests.curate.speech_sounds import sound, voice

COMPARE = CompareSides(least_ms=1_500, step_ms=100)  # at one moment alone, the middle of three seconds


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("anna_neutral", "anna_sadness", True),
        ("ralf_neutral", "ralf_anger", True),
        ("anna_neutral", "otto_neutral", False),
        ("ralf_neutral", "gwen_fear", False),
    ],
)
def test_two_voices_differ_more_than_one_in_two_emotions(first: str, second: str, is_one: bool) -> None:
    change = COMPARE.change(taken_over(first, second))
    assert change is not None
    assert (change < 0.7) == is_one


def test_a_clip_has_the_most_its_sides_differ_and_one_without_sides_the_reason() -> None:
    clips = [Clip("a", "utterance", 0, 2999), Clip("a", "utterance", 100, 3100), Clip("b", "whole")]
    recording = sound(voice(3200, 1))
    short, (measured,), silent = COMPARE(clips, [recording, recording, None])  # type: ignore[misc]
    assert short == Dropped("shorter than 3000 ms: nobody could tell whether the voice changes")
    assert measured.name == "voice_change"
    assert silent == Dropped("no sound track")


@pytest.mark.heavy  # every moment of eight clips is described twice
def test_what_parts_two_voices_refuses_one_in_emotion_too_so_nothing_is_refused_by_default(shared: Path) -> None:
    stage = CompareSides()
    clips = sorted((shared / "speech_emotion").glob("*.wav"))[:8]
    changes = [heard(path, lambda sound: stage.change(sound.speech)) for path in clips]
    assert any(change is not None and change > 0.7 for change in changes)
    assert VoiceSettings().max_change >= 2  # the cosine distance of opposite vectors
