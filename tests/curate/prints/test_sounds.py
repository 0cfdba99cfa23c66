"""Fingerprints of sound: alike whatever was done to the encoding, a part of the whole's for a part."""

from typing import Any

import numpy as np
import pytest

from curate.prints import sounds
from curate.prints.pictures import FingerprintPicture
from curate.prints.sounds import FingerprintSound, sound_print
from curate.prints.words import MAKERS, SOUND_PRINT
from schemas.media import Asset
from schemas.stage import Dropped
from tests.curate.emotional_sounds import scream, sob
from tests.curate.speech_sounds import noise, sound, voice


def wrong(one: Any, other: Any) -> float:
    """The share of bits heard in both that differ."""
    length = min(len(one), len(other))
    heard = (one[:length] & other[:length]) >> np.uint64(32)
    return float(np.bitwise_count((one[:length] ^ other[:length]) & heard).sum() / np.bitwise_count(heard).sum())


def test_gain_changes_next_to_nothing() -> None:
    speech = voice(2000, seed=3)
    assert wrong(sound_print(speech), sound_print((speech / 8).astype(np.int16))) < 0.02


def test_noise_20_db_below_leaves_it_alike() -> None:
    speech = voice(2000, seed=3)
    loud = float(np.sqrt(np.mean(np.square(speech.astype(float)))))
    assert wrong(sound_print(speech), sound_print(speech + noise(2000, deviation=loud / 10))) < 0.15


@pytest.mark.parametrize("other", [voice(2000, seed=9), noise(2000, deviation=2000)])
def test_other_sounds_are_far(other: Any) -> None:
    assert wrong(sound_print(voice(2000, seed=3)), sound_print(other)) > 0.35


def test_screams_and_sobs_have_fingerprints_too() -> None:
    for made in (scream(900, 1), sob(900, 1)):
        words = sound_print((made * 9000).astype(np.int16))
        assert np.bitwise_count(words >> np.uint64(32)).mean() > 8


def test_a_part_has_a_part_of_the_fingerprint() -> None:
    speech = np.concatenate([voice(4000, seed=seed) for seed in range(3)])
    whole, part = sound_print(speech), sound_print(speech[512 * 100 : 512 * 250])
    assert wrong(whole[100 : 100 + len(part)], part) < 0.03


def test_long_sound_is_looked_at_in_stretches_that_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = np.concatenate([voice(4000, seed=seed) for seed in range(3)])
    whole = sound_print(speech)
    monkeypatch.setattr(sounds, "STRETCH", 100)
    assert (sound_print(speech) == whole).mean() > 0.97


def test_half_a_second_has_a_fingerprint_and_silence_and_a_click_have_none() -> None:
    asset = Asset("a" * 32, "sound", "wav", 1)
    signals = [sound(voice(500)), sound(np.zeros(16_000, np.int16)), sound(voice(100)), None]
    outcomes: list[Any] = list(FingerprintSound()([asset] * 4, signals))
    assert outcomes[0][0].name == SOUND_PRINT
    assert len(outcomes[0][0].bits) == 8 * 6
    assert outcomes[1:3] == [[], []]
    assert isinstance(outcomes[3], Dropped)


def test_those_who_look_for_the_makers_of_fingerprints_find_them() -> None:
    assert (FingerprintSound.__name__, FingerprintPicture.__name__) == MAKERS
