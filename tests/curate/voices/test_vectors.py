"""Voices become vectors that are close for one person, whatever they feel, and far apart for two."""

from functools import cache
from typing import Any

from curate.vectors import numbers
from curate.voices.vectors import SAME_FROM, VoiceVectors
from schemas.media import Clip
from schemas.stage import Dropped
from tests.curate.conversations import said
from tests.curate.speech_sounds import sound, voice


@cache
def described(name: str) -> Any:
    ((made,),) = VoiceVectors()([Clip(name, "whole")], [sound(said(name))])  # type: ignore[misc]
    return numbers(made)  # type: ignore[arg-type]


def test_one_voice_in_two_emotions_is_closer_than_two_voices_in_one() -> None:
    neutral = described("anna_neutral")
    assert neutral @ described("anna_sadness") > SAME_FROM > neutral @ described("ralf_neutral")


def test_what_is_too_short_or_silent_is_dropped_with_the_reason() -> None:
    clips = [Clip("a", "utterance", 0, 900), Clip("b", "whole")]
    short, silent = VoiceVectors()(clips, [sound(voice(2000, 1)), None])
    assert short == Dropped("shorter than 1000 ms: nobody could tell whose voice it is")
    assert silent == Dropped("no sound track")
