"""Who speaks when, on conversations whose turns are known and on real meetings."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from curate.voices.onnx_turns import CAREFUL, QUICK
from tests.curate.conversations import RATE_HZ, rttm, said, talk
from tests.curate.decoded import heard
from tests.curate.errors_of_turns import errors, turns_of


def test_two_who_take_turns_are_two_and_each_turn_is_whose_it_is() -> None:
    speech, truth = talk("otto_neutral", "anna_neutral", "otto_sadness", "anna_sadness")
    result = QUICK.conversation(speech)
    assert [voice.number for voice in result.voices] == [1, 2]
    wrong = errors(truth, turns_of(result))
    assert wrong.confusion_s == 0
    assert wrong.false_s < 0.1


def test_one_person_in_two_emotions_is_one_voice() -> None:
    speech, _ = talk("anna_neutral", "anna_happiness", "anna_sadness")
    assert len(QUICK.conversation(speech).voices) == 1


def test_what_two_say_at_once_is_a_turn_of_both() -> None:
    speech, truth = talk("anna_neutral", "ralf_neutral", "anna_neutral+ralf_neutral")
    result = QUICK.conversation(speech)
    both = [turn for turn in result.turns if turn.voices == (1, 2)]
    assert sum(turn.end_ms - turn.start_ms for turn in both) > 1500
    assert all(turn.start_ms > 1000 * truth[2][0] for turn in both)


def test_speech_over_a_chord_is_one_voice() -> None:
    speech = np.tile(said("otto_neutral"), 2)
    at = np.arange(len(speech)) / RATE_HZ
    chord = sum(300 * np.sin(2 * np.pi * hz * at) for hz in (220, 277.2, 329.6))
    assert len(QUICK.conversation((speech + chord).astype(np.int16)).voices) == 1


@pytest.mark.heavy  # half a minute of sound
def test_of_twelve_voices_none_is_made_up_and_what_they_say_is_found() -> None:
    """Four voices, each at three pitches; those that resemble each other share a number."""
    names = ("anna_neutral", "otto_neutral", "gwen_fear", "ralf_neutral")
    pitched = [resample_poly(said(name)[:48_000].astype(float), up, 100) for up in (85, 100, 117) for name in names]
    spoken_s = sum(map(len, pitched)) / RATE_HZ
    pause = np.zeros(RATE_HZ // 4)
    result = QUICK.conversation(np.concatenate([part for voice in pitched for part in (voice, pause)]).astype(np.int16))
    assert 4 <= sum(voice.heard_ms >= 1000 for voice in result.voices) <= 12
    assert sum(turn.end_ms - turn.start_ms for turn in result.turns) / 1000 >= 0.65 * spoken_s  # there are pauses


@pytest.mark.parametrize("samples", [0, 1, 100, 8_000, 160_000])
def test_silence_of_any_length_has_no_turns(samples: int) -> None:
    result = QUICK.conversation(np.zeros(samples, np.int16))
    assert result.turns == result.voices == ()


def test_turns_are_apart_at_least_100_ms_long_and_inside_the_recording() -> None:
    speech, _ = talk("gwen_anger", "anna_neutral+ralf_anger", "otto_sadness", gap_ms=0)
    speech = speech[:-7000]
    turns = QUICK.conversation(speech).turns
    assert all(turn.end_ms - turn.start_ms >= 100 for turn in turns)
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(turns))
    assert turns[-1].end_ms <= len(speech) // 16
    assert next(iter(dict.fromkeys(voice for turn in turns for voice in turn.voices))) == 1


def test_the_vector_of_a_voice_has_length_one_and_is_nearest_to_that_voice() -> None:
    from curate.voices.embeddings import CAMPPLUS, voice_vector

    speech, _ = talk("otto_neutral", "anna_neutral")
    otto, anna = QUICK.conversation(speech).voices
    alone = voice_vector(said("otto_sadness"), CAMPPLUS.short)
    assert np.linalg.norm(otto.vector) == pytest.approx(1, abs=1e-5)
    assert alone @ otto.vector > alone @ anna.vector + 0.2


def test_a_memory_map_gives_the_same_as_the_samples_in_memory(tmp_path: Path) -> None:
    speech, _ = talk("otto_neutral", "anna_neutral")
    speech.tofile(tmp_path / "speech")
    mapped = np.memmap(tmp_path / "speech", np.int16, "r")
    assert QUICK.conversation(mapped).turns == QUICK.conversation(speech).turns


def test_real_meetings_have_two_voices_each_and_few_errors(shared: Path) -> None:
    totals = []
    for name, table in (("dev00", "debug.development"), ("dev01", "debug.development"), ("sample", "sample")):
        path = shared / "speech" / f"{name}.wav"
        result = heard(path, lambda sound: QUICK.conversation(sound.speech))
        assert sum(voice.heard_ms >= 2000 for voice in result.voices) == 2
        totals.append(errors(rttm(shared / "speech" / f"{table}.rttm", name), turns_of(result)))
    spoken_s = sum(wrong.spoken_s for wrong in totals)
    assert sum(wrong.confusion_s for wrong in totals) / spoken_s <= 0.10
    assert sum(wrong.wrong_s for wrong in totals) / spoken_s <= 0.25


def test_a_vote_finds_the_same_voices(shared: Path) -> None:
    result = heard(shared / "speech" / "sample.wav", lambda sound: CAREFUL.conversation(sound.speech))
    wrong = errors(rttm(shared / "speech" / "sample.rttm", "sample"), turns_of(result))
    assert wrong.wrong_s / wrong.spoken_s <= 0.15
