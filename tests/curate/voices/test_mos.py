"""RateSpeech: opinions as DNSMOS predicts them, whatever lies around the clip."""

from typing import Any

import numpy as np
import pytest

from curate.voices.mos import PARABOLAS, WINDOW, RateSpeech
from schemas.media import Clip
from schemas.stage import Dropped
from tests.curate.speech_sounds import noise, sound, voice

RATE = RateSpeech()


def rated(samples: Any, start_ms: int | None = None, end_ms: int | None = None) -> dict[str, float]:
    kind = "whole" if end_ms is None else "utterance"
    (outcome,) = RATE([Clip("a", kind, start_ms, end_ms)], [sound(samples)])  # type: ignore[arg-type]
    assert not isinstance(outcome, Dropped)
    return {made.name: made.value for made in outcome}  # type: ignore[union-attr, misc]


def test_the_background_of_a_noisy_voice_is_rated_below_that_of_a_clean_one() -> None:
    speech = voice(2000, 3)
    noisy = np.clip(speech.astype(int) + noise(2000, 1, deviation=2000)[: len(speech)], -32768, 32767).astype(np.int16)
    assert rated(noisy)["dnsmos_bak"] < rated(speech)["dnsmos_bak"] - 0.5


def test_opinions_are_those_of_the_clip_and_not_of_its_surroundings() -> None:
    speech = voice(2000, 3)
    samples = np.concatenate([noise(1000, 1, deviation=3000), speech, noise(1000, 2, deviation=3000)])
    assert rated(samples, 1000, 3000) == rated(speech)


def test_a_short_clip_is_rated_as_if_it_were_repeated() -> None:
    speech = voice(1000, 3)
    assert RATE.opinions(speech) == RATE.opinions(np.resize(speech, WINDOW))


@pytest.mark.parametrize("samples", [1, 160])
def test_next_to_nothing_has_opinions_too(samples: int) -> None:
    assert list(rated(np.zeros(samples, np.int16))) in ([], list(PARABOLAS))


def test_nothing_has_none() -> None:
    assert RATE.opinions(np.zeros(0, np.int16)) == {}


def test_a_clip_of_a_file_without_sound_is_dropped_with_the_reason() -> None:
    assert list(RATE([Clip("a", "utterance", 0, 500)], [None])) == [Dropped("no sound track")]
