"""MeasureSound and MeasureFace: numbers that agree with the standards and follow what was planted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.quality import MeasureFace, MeasureSound
from curate.read.decode import Frame, decode
from curate.read.sounds import Sound
from schemas.media import Clip
from schemas.sections import VoiceSettings
from schemas.stage import Dropped
from tests.curate.decoded import heard
from tests.curate.emotional_sounds import STEADY, SWEPT, noise_burst, over_silence, scream, sob, tone_of
from tests.curate.speech_sounds import noise, sound, voice

NAMES = ["loudness_lufs", "snr_db", "clipping", "bandwidth_hz", "peak_dbfs", "steadiness", "purity", "flatness"]


def measured(recording: Sound, start_ms: int = 0, end_ms: int | None = None, **parameters: Any) -> dict[str, float]:
    clip = Clip("a", "utterance", start_ms, recording.duration_ms if end_ms is None else end_ms)
    (outcome,) = MeasureSound(**parameters)([clip], [recording])
    assert not isinstance(outcome, Dropped)
    return {one.name: one.value for one in outcome}  # type: ignore[union-attr, misc]


def tone(hz: float, ms: int, peak: float, rate_hz: int, channels: int = 1) -> Sound:
    wave = np.sin(2 * np.pi * hz * np.arange(rate_hz * ms // 1000) / rate_hz)
    return sound(np.round(wave * peak * 32767).astype(np.int16)[:, None].repeat(channels, axis=1), rate_hz)


def ebur128(recording: Sound) -> float:
    """Integrated loudness as FFmpeg's own filter measures it."""
    import av

    graph = av.filter.Graph()
    layout = "mono" if recording.channels == 1 else "stereo"
    source = graph.add_abuffer(
        format="s16", sample_rate=recording.rate_hz, layout=layout, time_base=f"1/{recording.rate_hz}"
    )
    graph.link_nodes(source, graph.add("ebur128", "metadata=1:framelog=quiet"), graph.add("abuffersink")).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(recording.native).reshape(1, -1), "s16", layout)
    frame.sample_rate = recording.rate_hz
    frame.pts = 0
    graph.push(frame)
    graph.push(None)
    loudness = float("nan")
    while True:
        try:
            loudness = float(graph.pull().metadata.get("lavfi.r128.I", loudness))
        except (BlockingIOError, EOFError):
            return loudness


def test_a_clip_gets_its_scores_in_their_order() -> None:
    clip = Clip("a", "burst", 200, 700)
    (outcome,) = MeasureSound()([clip], [sound(voice(1000))])
    assert not isinstance(outcome, Dropped)
    assert [one.name for one in outcome] == [*NAMES, "reverb_s"]  # type: ignore[union-attr]
    assert {one.row for one in outcome} == {clip.id}  # type: ignore[union-attr]


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_the_tone_of_the_standard_has_its_loudness(rate_hz: int) -> None:
    assert measured(tone(997, 3000, 1.0, rate_hz))["loudness_lufs"] == pytest.approx(-3.01, abs=0.05)
    assert measured(tone(997, 3000, 0.1, rate_hz, channels=2))["loudness_lufs"] == pytest.approx(-20, abs=0.05)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loudness_agrees_with_ffmpeg_on_a_voice_with_pauses(seed: int) -> None:
    parts = [voice(1700, seed, 48_000), noise(900, seed, 48_000), voice(800, seed + 3, 48_000, peak=2500)]
    recording = sound(np.concatenate(parts), 48_000)
    assert measured(recording)["loudness_lufs"] == pytest.approx(ebur128(recording), abs=0.15)


def test_a_clip_shorter_than_a_block_has_the_loudness_of_all_of_it() -> None:
    recording = tone(997, 2000, 0.1, 48_000)
    assert measured(recording, 500, 700)["loudness_lufs"] == pytest.approx(-23, abs=0.1)
    assert measured(recording, 500, 510)["loudness_lufs"] == pytest.approx(-23, abs=1)


def test_loudness_is_that_of_the_clip_and_not_of_its_surroundings() -> None:
    quiet, loud = tone(997, 1000, 0.01, 16_000), tone(997, 1000, 1.0, 16_000)
    recording = sound(np.concatenate([loud.native, quiet.native, loud.native]), 16_000)
    assert measured(recording, 1100, 1900)["loudness_lufs"] == pytest.approx(-43, abs=0.1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 1000), st.sampled_from([8000, 11_025, 44_100]))
def test_any_clip_of_a_sound_can_be_measured(start_ms: int, length_ms: int, rate_hz: int) -> None:
    found = measured(sound(voice(1000, 1, rate_hz), rate_hz), start_ms, min(start_ms + length_ms, 1000))
    assert -70 <= found["loudness_lufs"] <= 3
    assert 0 <= found["bandwidth_hz"] <= rate_hz / 2


@pytest.mark.parametrize("samples", [0, 1, 200, 16_000])
def test_digital_silence_and_next_to_nothing_give_finite_numbers(samples: int) -> None:
    recording = sound(np.zeros(samples, np.int16))
    found = measured(recording, 0, max(recording.duration_ms, 1))
    assert found == dict.fromkeys(NAMES, 0) | {"loudness_lufs": -70, "snr_db": -20, "peak_dbfs": -96.3296}


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
@pytest.mark.parametrize("name", STEADY)
def test_a_tone_that_stays_is_steady_whatever_its_level_does(name: str, rate_hz: int) -> None:
    assert (
        measured(sound(over_silence(tone_of(name, 2500, rate_hz), rate_hz), rate_hz), 400, 3100)["steadiness"]
        > VoiceSettings().max_steadiness
    )


@pytest.mark.parametrize("name", SWEPT)
def test_a_single_frequency_that_moves_is_pure(name: str) -> None:
    assert measured(sound(over_silence(tone_of(name, 2500))), 400, 3100)["purity"] > VoiceSettings().max_purity


@pytest.mark.parametrize("exponent", [0.0, 0.5], ids=["white", "pink"])
def test_noise_is_flat(exponent: float) -> None:
    assert (
        measured(sound(over_silence(noise_burst(600, exponent))), 400, 1200)["flatness"] > VoiceSettings().max_flatness
    )


@pytest.mark.parametrize("made", [voice(1500), voice(1500, 3), scream(2500, 1), scream(2500, 2), sob(2500, 3)])
def test_a_voice_is_neither_steady_nor_pure_nor_flat(made: Any) -> None:
    recording = sound(over_silence(made))
    found = measured(recording, 400, recording.duration_ms - 400)
    assert found["steadiness"] < 0.99
    assert found["purity"] < 0.98
    assert found["flatness"] < 0.4


@pytest.mark.shared
def test_no_real_clip_is_as_steady_as_a_tone_or_as_flat_as_noise(shared: Path) -> None:
    limits = VoiceSettings()
    for path in sorted((shared / "speech_emotion").glob("*.wav")):
        with decode(path, "sound", sound=True, every_ms=()) as decoding:
            recording = decoding.sound()
        assert recording is not None
        found = measured(recording)
        assert found["steadiness"] < limits.max_steadiness, path.name
        assert found["purity"] < limits.max_purity, path.name
        assert found["flatness"] < limits.max_flatness, path.name


def test_the_peak_is_the_highest_sample_of_either_sign() -> None:
    samples = np.zeros(16_000, np.int16)
    samples[5000] = -16_384
    assert measured(sound(samples))["peak_dbfs"] == pytest.approx(-6.02, abs=0.01)


def test_clipping_counts_runs_at_full_scale_and_no_single_peaks() -> None:
    samples = noise(1000, deviation=100)
    samples[[100, 200, 201]] = 32767
    assert measured(sound(samples))["clipping"] == 0
    samples[300:308] = -32768
    samples[400:403] = 32767
    assert measured(sound(samples))["clipping"] == pytest.approx(11 / 16_000, abs=1e-4)


def test_a_run_at_full_scale_does_not_go_on_in_the_next_channel() -> None:
    samples = np.zeros((1000, 2), np.int16)
    samples[-2:, 0] = samples[:2, 1] = 32767
    assert measured(sound(samples, 8000))["clipping"] == 0


def test_telephone_speech_brought_to_a_high_rate_keeps_its_small_bandwidth() -> None:
    from scipy.signal import resample_poly

    speech = voice(2000, rate_hz=48_000) + noise(2000, rate_hz=48_000, deviation=30)
    telephone = resample_poly(resample_poly(speech.astype(float), 1, 6), 6, 1)
    narrow = measured(sound(np.round(telephone).astype(np.int16), 48_000))["bandwidth_hz"]
    assert narrow == pytest.approx(4000, abs=700)
    assert measured(sound(speech, 48_000))["bandwidth_hz"] > 20_000


def coloured(colour: str, samples: int, seed: int) -> Any:
    """White, pink or brown noise, or the babble of several voices, of one power."""
    random = np.random.default_rng(seed)
    if colour == "babble":
        made = sum(np.roll(voice(2000, one), random.integers(32_000))[:samples].astype(float) for one in range(8))
    else:
        tilt = {"white": 0.0, "pink": 0.5, "brown": 1.0}[colour]
        spectrum = np.fft.rfft(random.normal(size=samples))
        made = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), samples // 500) ** tilt, samples)
    return made / np.sqrt(np.mean(np.square(made)))


LEVELS_DB = range(-5, 31, 5)


def planted(speech: Any, noise_at_one: Any, snr_db: float) -> Sound:
    power = np.mean(np.square(speech.astype(float))) / 10 ** (snr_db / 10)
    mixed = speech + noise_at_one * np.sqrt(power)
    return sound(np.round(mixed / np.abs(mixed).max() * 12_000).astype(np.int16))


@pytest.mark.parametrize("colour", ["white", "pink", "brown", "babble"])
def test_the_signal_to_noise_ratio_follows_the_planted_one(colour: str) -> None:
    from scipy.stats import spearmanr

    found = []
    for seed in range(3):
        pauses = [voice(700, seed), np.zeros(3200, np.int16), voice(900, seed + 2)]
        speech = np.concatenate(pauses)
        noises = coloured(colour, len(speech), seed)
        found += [(level, measured(planted(speech, noises, level))["snr_db"]) for level in LEVELS_DB]
    assert spearmanr(*zip(*found, strict=True)).statistic > 0.9


ROOMS_S = (0.15, 0.3, 0.5, 0.8, 1.2)


def in_a_room(speech: Any, fall_s: float, rate_hz: int = 16_000) -> Any:
    """Speech in a room in which sound falls by 60 dB in so many seconds."""
    from scipy.signal import fftconvolve

    times = np.arange(int(1.2 * fall_s * rate_hz)) / rate_hz
    response = np.random.default_rng(7).normal(size=len(times)) * 10 ** (-3 * times / fall_s)
    response[0] = 8  # what comes straight from the mouth
    echoed = fftconvolve(speech.astype(float), response)[: len(speech)]
    return np.round(echoed / np.abs(echoed).max() * 16_000).astype(np.int16)


@pytest.mark.shared
def test_reverberation_planted_in_real_speech_is_measured_in_its_order(shared: Path) -> None:
    from scipy.stats import spearmanr

    found = []
    for path in sorted((shared / "speech_emotion").glob("*.wav"))[::4]:
        speech = heard(path, lambda sound: sound.speech[:96_000].copy())
        found += [(fall_s, measured(sound(in_a_room(speech, fall_s)))["reverb_s"]) for fall_s in ROOMS_S]
    assert spearmanr(*zip(*found, strict=True)).statistic > 0.9


def test_a_long_reverberation_is_told_from_a_short_one() -> None:
    speech = np.concatenate([part for seed in range(4) for part in (voice(400, seed), np.zeros(9_600, np.int16))])
    falls_s = [measured(sound(in_a_room(speech, fall_s)))["reverb_s"] for fall_s in (0.2, 1.0)]
    assert falls_s[1] > 2 * falls_s[0]


def test_surroundings_show_the_background_of_a_clip_that_has_no_pause() -> None:
    steady = tone(700, 1500, 0.2, 16_000).native[:, 0] + noise(1500, deviation=50)
    recording = sound(np.concatenate([noise(600, 1, deviation=50), steady, noise(600, 2, deviation=50)]))
    known = measured(recording, 600, 2100, context_ms=500)["snr_db"]
    assert known > measured(recording, 600, 2100, context_ms=0)["snr_db"] + 20
    assert known == pytest.approx(20 * np.log10(0.2 / np.sqrt(2) * 32767 / 50), abs=4)


def test_a_clip_of_an_asset_without_sound_is_dropped_with_the_reason() -> None:
    assert list(MeasureSound()([Clip("a", "utterance", 0, 500)], [None])) == [Dropped("no sound track")]


@settings(max_examples=15, deadline=None)
@given(
    times=st.lists(st.tuples(st.integers(0, 2500), st.integers(1, 1500)), min_size=2, max_size=5),
    order=st.randoms(use_true_random=False),
    size=st.integers(1, 3),
)
def test_order_and_company_in_a_batch_change_nothing(times: list[tuple[int, int]], order: Any, size: int) -> None:
    recording = sound(voice(3000, 5, 22_050), 22_050)
    clips = [Clip("a", "utterance", start, min(start + length, 3000)) for start, length in dict.fromkeys(times)]
    stage = MeasureSound()
    alone = {clip: next(iter(stage([clip], [recording]))) for clip in clips}
    order.shuffle(clips)
    for first in range(0, len(clips), size):
        batch = clips[first : first + size]
        assert list(stage(batch, [recording] * len(batch))) == [alone[clip] for clip in batch]


@pytest.mark.shared
def test_loudness_of_real_speech_agrees_with_ffmpeg(shared: Path) -> None:
    for path in sorted((shared / "video").glob("*.mpg")) + sorted((shared / "speech").glob("*.flac")):
        with decode(path, "video" if path.suffix == ".mpg" else "sound", sound=True, every_ms=()) as decoding:
            recording = decoding.sound()
            assert recording is not None
            assert measured(recording)["loudness_lufs"] == pytest.approx(ebur128(recording), abs=0.15), path.name


@pytest.mark.shared
def test_noise_planted_in_real_speech_is_measured_in_its_order(shared: Path) -> None:
    from scipy.stats import spearmanr

    found = []
    for path in sorted((shared / "speech_emotion").glob("*.wav"))[::4]:
        with decode(path, "sound", sound=True, every_ms=()) as decoding:
            recording = decoding.sound()
        assert recording is not None
        speech = recording.speech[:32_000]
        for colour in ("white", "pink", "brown", "babble"):
            noises = coloured(colour, len(speech), len(speech))
            found += [(level, measured(planted(speech, noises, level))["snr_db"]) for level in LEVELS_DB]
    assert spearmanr(*zip(*found, strict=True)).statistic > 0.9


def face_scores(rgb: Any, box: tuple[int, int, int, int]) -> dict[str, float]:
    (outcome,) = MeasureFace()([Clip("a", "face", box=box)], [Frame(None, rgb)])
    assert not isinstance(outcome, Dropped)
    return {one.name: one.value for one in outcome}  # type: ignore[union-attr, misc]


@pytest.fixture(scope="module")
def astronaut() -> Any:
    data = pytest.importorskip("skimage.data", reason="the picture comes with scikit-image (extra demo)")
    return data.astronaut()


FACE = (181, 63, 86, 110)


def test_a_face_gets_its_five_scores(astronaut: Any) -> None:
    found = face_scores(astronaut, FACE)
    assert list(found) == ["blur", "brightness", "contrast", "size_px", "face_share"]
    assert found["size_px"] == 86
    assert found["face_share"] == pytest.approx(86 * 110 / 512**2, abs=1e-4)


def test_a_blurred_face_has_a_lower_blur_score_the_more_it_is_blurred(astronaut: Any) -> None:
    import cv2

    found = [face_scores(cv2.GaussianBlur(astronaut, (0, 0), width), FACE)["blur"] for width in (0.5, 1, 2, 4)]
    assert found == sorted(found, reverse=True)


def test_brightness_is_the_mean_luma_and_contrast_its_deviation() -> None:
    halves = np.zeros((100, 100, 3), np.uint8)
    halves[:, 50:] = 200
    found = face_scores(halves, (10, 10, 80, 80))
    assert found["brightness"] == pytest.approx(100, abs=1)
    assert found["contrast"] == pytest.approx(100, abs=1)


def test_only_the_box_is_measured(astronaut: Any) -> None:
    altered = np.zeros_like(astronaut)
    left, top, width, height = FACE
    altered[top : top + height, left : left + width] = astronaut[top : top + height, left : left + width]
    assert face_scores(altered, FACE) == face_scores(astronaut, FACE)


def test_a_box_outside_the_frame_is_dropped_with_the_reason() -> None:
    frame = Frame(None, np.zeros((10, 10, 3), np.uint8))
    (outcome,) = MeasureFace()([Clip("a", "face", box=(50, 50, 5, 5))], [frame])
    assert outcome == Dropped("the box of the face lies outside the frame")
