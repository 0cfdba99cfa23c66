"""TellMusic: music and singing apart from speech, whatever lies around the clip."""

from typing import Any

import numpy as np
import pytest

from curate.voices.music import TellMusic
from schemas.media import Clip
from schemas.sections import VoiceSettings
from schemas.stage import Dropped
from tests.curate.conversations import said
from tests.curate.emotional_sounds import scream, sob, tone_of
from tests.curate.music import music
from tests.curate.speech_sounds import sound, voice

SHARES = TellMusic()


def told(samples: Any, start_ms: int | None = None, end_ms: int | None = None) -> dict[str, float]:
    kind = "whole" if end_ms is None else "utterance"
    (outcome,) = SHARES([Clip("a", kind, start_ms, end_ms)], [sound(samples)])  # type: ignore[arg-type]
    assert not isinstance(outcome, Dropped)
    return {made.name: made.value for made in outcome}  # type: ignore[union-attr, misc]


def test_music_is_told() -> None:
    assert told(music(2000, 5))["music"] > 0.5


def test_a_steady_tone_counts_as_music() -> None:
    assert told((tone_of("square 200", 1000) * 12_000).astype(np.int16))["music"] > 0.9


@pytest.mark.parametrize("make", [scream, sob])
def test_a_voice_without_words_is_no_music(make: Any) -> None:
    assert max(told((make(1500, 7) * 16_000).astype(np.int16)).values()) < 0.3


def test_a_clip_is_told_by_itself_and_not_by_what_lies_around_it() -> None:
    samples = np.concatenate([music(2000, 5), voice(1500, 3)])
    assert told(samples, 0, 2000)["music"] > 0.5
    assert told(samples, 2000, 3500)["music"] < 0.3


@pytest.mark.parametrize("name", ["otto_neutral", "anna_neutral", "ralf_anger"])
def test_speech_over_music_is_not_refused_as_music(name: str) -> None:
    speech = said(name)[:48_000].astype(float)
    under = music(3000, 5)[: len(speech)].astype(float)
    under *= np.linalg.norm(speech) / np.linalg.norm(under) / 3  # 10 dB below; in the pauses it is heard alone
    shares = told((speech + under).astype(np.int16))
    assert 0 < shares["music"] <= VoiceSettings().max_music
    assert shares["singing"] <= VoiceSettings().max_singing


@pytest.mark.parametrize("samples", [0, 1, 1500])
def test_next_to_nothing_is_no_music(samples: int) -> None:
    assert told(np.zeros(samples, np.int16)) == {"music": 0.0, "singing": 0.0}


def test_a_clip_of_a_file_without_sound_is_dropped_with_the_reason() -> None:
    assert list(SHARES([Clip("a", "utterance", 0, 500)], [None])) == [Dropped("no sound track")]
