"""FindSpeech: where utterances and bursts begin and end."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.read.decode import decode
from curate.voices.silero import CHUNK_MS, Silero
from curate.voices.utterances import Curve, FindSpeech, Span
from schemas.errors import BadSetting, Missing
from schemas.media import Asset, Clip, Score
from schemas.stage import Dropped
from tests.curate.emotional_sounds import missed, over_silence, scream, sob, timeline
from tests.curate.speech_sounds import noise, over_noise, sound, voice


def asset(name: str = "a") -> Asset:
    return Asset(name, "sound", "wav", 1)


def curve(*runs: tuple[int, float, float]) -> Curve:
    """Runs of chunks, each with a probability and a level."""
    counts = [count for count, _, _ in runs]
    probability = np.repeat([chance for _, chance, _ in runs], counts).astype(np.float32)
    level_db = np.repeat([level for _, _, level in runs], counts).astype(np.float32)
    return Curve(probability, level_db, np.zeros_like(probability))


def spans(stage: FindSpeech, given_curve: Curve) -> list[tuple[str, int, int]]:
    duration_ms = len(given_curve.probability) * CHUNK_MS
    return [(kind, span.start, span.end) for span, kind in stage.spans(given_curve, duration_ms)]


def clips(samples: Any, stage: FindSpeech | None = None) -> list[Clip]:
    (made,) = (stage or FindSpeech())([asset()], [sound(samples)])
    assert not isinstance(made, Dropped)
    return [one for one in made if isinstance(one, Clip)]


QUIET, SPOKEN = (50, 0.01, -70.0), (40, 0.95, -25.0)


def test_two_sentences_apart_by_a_pause_are_two_utterances_where_they_were_spoken() -> None:
    found = clips(over_noise([(1000, voice(1500)), (3500, voice(1200, seed=4))], 6000))
    assert [clip.kind for clip in found] == ["utterance", "utterance"]
    times = [(clip.start_ms, clip.end_ms) for clip in found]
    assert times == [pytest.approx((1000, 2500), abs=200), pytest.approx((3500, 4700), abs=200)]


def test_every_clip_carries_how_likely_it_is_speech() -> None:
    (made,) = FindSpeech()([asset()], [sound(over_noise([(500, voice(1000))], 2000))])
    assert isinstance(made, list)
    clip, probability = made
    assert isinstance(probability, Score)
    assert (probability.row, probability.name) == (clip.id, "speech_probability")
    assert 0.5 < (probability.value or 0) <= 1


def test_sound_without_a_voice_has_no_clips_and_is_not_dropped() -> None:
    assert clips(noise(3000)) == []
    assert clips(np.zeros(16_000, np.int16)) == []
    assert clips(np.zeros(0, np.int16)) == []


def test_an_asset_without_sound_is_dropped_with_the_reason() -> None:
    assert list(FindSpeech()([asset()], [None])) == [Dropped("no sound track")]


def test_speech_that_fills_the_file_stays_inside_it() -> None:
    (clip,) = clips(voice(1517))
    assert clip.start_ms is not None
    assert clip.end_ms is not None
    assert 0 <= clip.start_ms < 200
    assert 1317 < clip.end_ms <= 1517


def test_a_short_silence_does_not_cut_an_utterance() -> None:
    assert spans(FindSpeech(), curve(QUIET, SPOKEN, (12, 0.01, -70.0), SPOKEN, QUIET)) == [("utterance", 50, 142)]
    assert len(spans(FindSpeech(), curve(QUIET, SPOKEN, (13, 0.01, -70.0), SPOKEN, QUIET))) == 2


def test_an_utterance_goes_on_while_the_probability_is_not_really_low() -> None:
    assert spans(FindSpeech(), curve(QUIET, SPOKEN, (40, 0.4, -30.0), QUIET)) == [("utterance", 50, 130)]


def test_too_long_speech_is_cut_at_its_longest_pause() -> None:
    long = curve((400, 0.9, -25.0), (4, 0.2, -60.0), (300, 0.9, -25.0), (9, 0.2, -60.0), (400, 0.9, -25.0))
    assert spans(FindSpeech(), long) == [("utterance", 0, 704), ("utterance", 713, 1113)]


def test_of_two_pauses_of_one_length_the_surer_one_is_cut() -> None:
    long = curve((500, 0.9, -25.0), (5, 0.45, -60.0), (300, 0.9, -25.0), (5, 0.05, -60.0), (300, 0.9, -25.0))
    assert spans(FindSpeech(), long) == [("utterance", 0, 805), ("utterance", 810, 1110)]


def test_endless_speech_without_a_pause_is_cut_at_its_quietest_moment() -> None:
    long = curve((600, 0.9, -25.0), (1, 0.9, -40.0), (600, 0.9, -25.0))
    assert spans(FindSpeech(), long) == [("utterance", 0, 600), ("utterance", 600, 1201)]


def test_speech_too_short_for_an_utterance_is_kept_as_a_burst() -> None:
    assert spans(FindSpeech(), curve(QUIET, (5, 0.9, -25.0), QUIET)) == [("burst", 50, 55)]


def test_a_voice_like_sound_that_stands_out_is_a_burst() -> None:
    assert spans(FindSpeech(), curve(QUIET, (20, 0.2, -30.0), QUIET)) == [("burst", 50, 70)]


def test_a_gasp_beside_speech_is_a_burst_and_the_same_sound_alone_is_not() -> None:
    gasp = (10, 0.02, -40.0)
    assert ("burst", 50, 60) in spans(FindSpeech(), curve(QUIET, gasp, (10, 0.01, -70.0), SPOKEN, QUIET))
    assert spans(FindSpeech(), curve(QUIET, gasp, QUIET)) == []


@pytest.mark.parametrize(
    "unheard",
    [(20, 0.3, -58.0), (4, 0.3, -30.0), (70, 0.05, -30.0)],
    ids=["hardly above the background", "too short", "long and unlike a voice"],
)
def test_a_sound_that_does_not_stand_out_or_last_as_a_burst_does_is_none(unheard: tuple[int, float, float]) -> None:
    assert spans(FindSpeech(), curve((200, 0.01, -70.0), unheard, (200, 0.01, -70.0))) == []


def test_a_voice_like_burst_is_as_long_as_it_lasts() -> None:
    assert spans(FindSpeech(), curve((200, 0.01, -70.0), (300, 0.3, -30.0), (200, 0.01, -70.0))) == [
        ("burst", 200, 500)
    ]


def test_an_utterance_takes_in_loud_sound_that_touches_it_up_to_a_limit() -> None:
    quiet = (200, 0.01, -70.0)
    assert spans(FindSpeech(), curve(quiet, (15, 0.05, -30.0), SPOKEN, (18, 0.05, -40.0), quiet)) == [
        ("utterance", 200, 273)
    ]
    assert spans(FindSpeech(), curve(quiet, SPOKEN, (2, 0.01, -70.0), (18, 0.05, -40.0), quiet)) == [
        ("utterance", 200, 260)
    ]
    long = spans(FindSpeech(), curve(quiet, SPOKEN, (60, 0.05, -30.0), quiet))
    assert long == [("utterance", 200, 260), ("burst", 260, 300)]


def test_a_loud_chunk_in_doubt_counts_as_what_is_heard_slowed_down() -> None:
    plain = curve((200, 0.01, -70.0), (40, 0.2, -30.0), (200, 0.01, -70.0))
    slowed = np.where(plain.probability > 0.1, 0.9, 0.9 * (plain.level_db > -60)).astype(np.float32)
    assert spans(FindSpeech(), plain._replace(slowed=slowed)) == [("utterance", 200, 240)]
    unheard = plain._replace(slowed=slowed, probability=np.minimum(plain.probability, np.float32(0.05)))
    assert spans(FindSpeech(), unheard) == [("burst", 200, 240)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("made", [scream, sob])
def test_screams_and_sobs_in_silence_are_found_whole(made: Any, seed: int) -> None:
    samples = over_silence(made(2200 + 600 * seed, seed), lead_ms=2000)
    found = [(clip.start_ms or 0, clip.end_ms or 0) for clip in clips(samples)]
    assert missed(samples, found) < 0.02


def test_sound_that_runs_into_an_utterance_is_no_burst_of_its_own() -> None:
    assert [kind for kind, _, _ in spans(FindSpeech(), curve(QUIET, (10, 0.2, -30.0), SPOKEN, QUIET))] == ["utterance"]


@pytest.mark.parametrize(
    "wrong", [{"threshold": 1.5}, {"negative": 0.6}, {"max_ms": 500}, {"pad_ms": -1}, {"min_ms": 5}]
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting, match="expected"):
        FindSpeech(**wrong)


def test_weights_that_are_not_here_are_refused() -> None:
    with pytest.raises(Missing, match="pip install"):
        list(FindSpeech(listener=Silero("0" * 16))([asset()], [sound(noise(100))]))


runs = st.tuples(
    st.integers(1, 400), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.95]), st.sampled_from([-80.0, -50.0, -20.0])
)


@given(st.lists(runs, max_size=12), st.integers(0, 31))
def test_spans_never_overlap_and_utterances_keep_their_limits(shape: list[tuple[int, float, float]], cut: int) -> None:
    stage, drawn = FindSpeech(), curve(*shape) if shape else curve((1, 0.0, -80.0))
    duration_ms = len(drawn.probability) * CHUNK_MS - cut
    found = stage.spans(drawn, duration_ms)
    ends = [0, *(span.end for span, _ in found)]
    assert all(span.start >= end for (span, _), end in zip(found, ends, strict=False))
    for span, kind in found:
        assert span.end <= len(drawn.probability)
        if kind == "utterance":
            inside_ms = min(span.end * CHUNK_MS, duration_ms) - span.start * CHUNK_MS
            assert stage.min_ms <= inside_ms <= stage.max_ms


made_sounds = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 1200), st.integers(0, 900)).map(
        lambda one: over_noise([(one[2] // 2, voice(one[1], seed=one[0]))], one[1] + one[2], seed=one[0])
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(made_sounds, st.randoms(use_true_random=False), st.integers(1, 3))
def test_order_and_company_in_a_batch_change_nothing(recordings: list[Any], random: Any, size: int) -> None:
    rows = [(asset(str(place)), sound(samples)) for place, samples in enumerate(recordings)]
    stage = FindSpeech()
    alone = {row.id: next(iter(stage([row], [signal]))) for row, signal in rows}
    random.shuffle(rows)
    for first in range(0, len(rows), size):
        batch = rows[first : first + size]
        made = stage([row for row, _ in batch], [signal for _, signal in batch])
        assert [alone[row.id] for row, _ in batch] == list(made)


@settings(max_examples=15, deadline=None)
@given(made_sounds)
def test_clips_lie_in_order_inside_the_file_without_overlap(recordings: list[Any]) -> None:
    samples = np.concatenate(recordings)
    found = [(clip.start_ms or 0, clip.end_ms or 0) for clip in clips(samples)]
    edges = [0, *(edge for times in found for edge in times), sound(samples).duration_ms]
    assert edges == sorted(edges)
    assert all(start < end for start, end in found)


def test_a_span_says_how_long_it_lasts() -> None:
    assert Span(3, 13).ms == 320


@pytest.mark.shared
def test_speech_in_meetings_is_found_where_people_heard_it(shared: Path) -> None:
    heard = spoken = both = 0
    for name, table in (("dev00", "debug.development"), ("dev01", "debug.development"), ("sample", "sample")):
        with decode(shared / "speech" / f"{name}.wav", "sound", sound=True, every_ms=()) as decoding:
            (made,) = FindSpeech()([asset()], [decoding.sound()])
        assert not isinstance(made, Dropped)
        found = [(clip.start_ms or 0, clip.end_ms or 0) for clip in made if isinstance(clip, Clip)]
        turns = [line.split() for line in (shared / "speech" / f"{table}.rttm").read_text().splitlines()]
        truth = timeline((float(t[3]) * 1000, float(t[4]) * 1000 + float(t[3]) * 1000) for t in turns if t[1] == name)
        ours = timeline(found)
        heard, spoken, both = heard + truth.sum(), spoken + ours.sum(), both + (truth & ours).sum()
    assert both / spoken > 0.99
    assert both / heard > 0.98


@pytest.mark.shared
def test_every_emotional_clip_holds_an_utterance(shared: Path) -> None:
    for path in sorted((shared / "speech_emotion").glob("*.wav")):
        with decode(path, "sound", sound=True, every_ms=()) as decoding:
            recording = decoding.sound()
        assert recording is not None
        (made,) = FindSpeech()([asset()], [recording])
        assert not isinstance(made, Dropped)
        found = [(one.start_ms or 0, one.end_ms or 0) for one in made if isinstance(one, Clip)]
        assert missed(recording.speech, found) < 0.2, path.name
        assert any(isinstance(one, Clip) and one.kind == "utterance" for one in made), path.name


@pytest.mark.shared
def test_forty_decibels_down_every_emotional_clip_still_holds_an_utterance(shared: Path) -> None:
    for path in sorted((shared / "speech_emotion").glob("*.wav")):
        with decode(path, "sound", sound=True, every_ms=()) as decoding:
            recording = decoding.sound()
        assert recording is not None
        kinds = {clip.kind for clip in clips(np.round(recording.speech / 100).astype(np.int16))}
        assert "utterance" in kinds, path.name


def test_a_very_quiet_recording_is_taken_apart_as_if_it_were_louder() -> None:
    samples = over_noise([(1000, (scream(1500, 3) * 20_000).astype(np.int16)), (3500, voice(1200, 4))], 6000)
    found = clips(np.round(samples / 100).astype(np.int16))
    louder = clips(np.round(np.round(samples / 100) * 100 / 2).astype(np.int16))
    assert [(clip.kind, clip.start_ms, clip.end_ms) for clip in found] == [
        (clip.kind, pytest.approx(clip.start_ms, abs=64), pytest.approx(clip.end_ms, abs=64)) for clip in louder
    ]


@pytest.mark.parametrize("deviation", [0.0, 0.4, 2.0, 20.0])
def test_what_is_quiet_and_holds_nothing_stays_empty(deviation: float) -> None:
    assert clips(noise(6000, deviation=deviation)) == []


def test_which_track_is_heard_and_which_channels_opposed_is_told_of_the_asset() -> None:
    recording = replace(sound(over_noise([(500, voice(1000))], 2000)), track=1, opposed=0.25)
    (made,) = FindSpeech()([asset()], [recording])
    assert not isinstance(made, Dropped)
    told = {row.name: row.value for row in made if isinstance(row, Score) and row.row == "a"}
    assert told == {"sound_track": 1, "opposed_channels": 0.25}
