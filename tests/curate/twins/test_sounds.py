"""Stretches that sounds share: found where they are, however they were encoded, and nowhere else."""

import io
from typing import Any

import av
import numpy as np
import pytest

from curate.prints.sounds import sound_print
from curate.twins import sounds
from curate.twins.sounds import allowed, overlaps
from tests.curate.speech_sounds import noise, voice

ENCODINGS = {"mp3": ("libmp3lame", "mp3", 16_000, 48_000), "opus": ("libopus", "ogg", 48_000, 24_000)}


def talk(ms: int, seed: int) -> Any:
    """Speech-like sound that is not the same twice: its syllables come in another order for each seed."""
    random = np.random.default_rng(seed)
    parts = [np.empty(0)]
    while sum(map(len, parts)) < ms * 16:
        whole = voice(3000, seed=int(random.integers(40)))
        start, length = int(random.integers(30_000)), int(random.integers(1500, 5000))
        speed = random.uniform(0.7, 1.4)
        at = np.arange(int(length / speed)) * speed + start
        parts.append(np.interp(at, np.arange(len(whole)), whole) * random.uniform(0.3, 1))
    return np.concatenate(parts)[: ms * 16].astype(np.int16)


def encoded(samples: Any, how: str) -> Any:
    """The samples as they come back from a real encoder, 16 kHz."""
    codec, container, rate_hz, bit_rate = ENCODINGS[how]
    held = io.BytesIO()
    with av.open(held, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate_hz, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        convert, waiting = av.AudioResampler(stream.format, "mono", rate_hz), av.AudioFifo()
        for part in convert.resample(frame) + convert.resample(None):
            part.pts = None
            waiting.write(part)
        while part := waiting.read(stream.frame_size) or waiting.read(0, partial=True):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    held.seek(0)
    back = av.AudioResampler("s16", "mono", 16_000)
    with av.open(held) as opened:
        return np.concatenate([one.to_ndarray()[0] for part in opened.decode(audio=0) for one in back.resample(part)])


def noisy(samples: Any) -> Any:
    loud = float(np.sqrt(np.mean(np.square(samples.astype(float)))))
    return np.clip(samples + noise(len(samples) // 16, 1, deviation=loud / 10)[: len(samples)], -32768, 32767)


ALTERED = {
    "mp3": lambda one: encoded(one, "mp3"),
    "opus": lambda one: encoded(one, "opus"),
    "softer": lambda one: (one / 10).astype(np.int16),
    "noisy": noisy,
    "trimmed": lambda one: one[len(one) // 10 + 37 : -len(one) // 10],
}


@pytest.mark.parametrize("how", ALTERED)
@pytest.mark.parametrize("ms", [1200, 4000])
def test_an_altered_copy_is_found_among_other_sounds(how: str, ms: int) -> None:
    originals = [talk(ms, seed) for seed in range(8)]
    copies = [ALTERED[how](one) for one in originals[:4]]
    shared = overlaps([sound_print(one) for one in originals + copies])
    assert [(one.one, one.other) for one in shared] == [(place, 8 + place) for place in range(4)]


def test_half_a_second_is_enough_for_a_re_encoded_copy() -> None:
    originals = [talk(600, seed) for seed in range(8)]
    shared = overlaps([sound_print(one) for one in [*originals, encoded(originals[2], "mp3")]])
    assert [(one.one, one.other) for one in shared] == [(2, 8)]


def test_overlapping_excerpts_say_where_they_share_what() -> None:
    whole = talk(9000, 5)
    (shared,) = overlaps([sound_print(whole[: 6000 * 16]), sound_print(whole[4000 * 16 :])])
    assert abs(shared.one_ms - 4000) < 100
    assert shared.other_ms < 100
    assert abs(shared.length_ms - 2000) < 150


def test_an_intro_is_found_in_twenty_of_twenty_recordings_and_nothing_else() -> None:
    intro = talk(5000, 99)
    recordings = []
    for seed in range(20):
        before, after = talk(1000 * (seed % 5), 200 + seed), talk(12_000, 300 + seed)
        recordings.append(sound_print(np.concatenate([before, (intro * 0.6).astype(np.int16), after])))
    others = [sound_print(talk(15_000, 400 + seed)) for seed in range(5)]
    shared = overlaps(recordings + others)
    assert {place for one in shared for place in (one.one, one.other)} == set(range(20))
    assert len(shared) == 20 * 19 // 2
    for one in shared:
        assert abs(one.one_ms - 1000 * (one.one % 5)) < 300
        assert abs(one.length_ms - 5000) < 700


def test_silence_and_steady_tones_are_nobodys_copies() -> None:
    silent = np.zeros(32_000, np.int16)
    tones = [(3000 * np.sin(np.arange(32_000) * pitch)).astype(np.int16) for pitch in (0.1, 0.17, 0.31)]
    assert overlaps([sound_print(one) for one in (silent, silent, *tones)]) == []


def test_long_tables_are_searched_by_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MANY", 0)
    originals = [talk(6000, seed) for seed in range(6)]
    shared = overlaps([sound_print(one) for one in [*originals, encoded(originals[3], "mp3")]])
    assert [(one.one, one.other) for one in shared] == [(3, 6)]


def test_the_fewer_bits_the_stricter() -> None:
    limits = [float(allowed(heard, 6.0, 0.3)) for heard in (100, 400, 1600, 6400)]
    assert limits == sorted(limits)
    assert limits[-1] == 0.3


def test_what_is_as_alike_by_chance_is_taken_for_one_only_where_it_is_most_of_a_sound() -> None:
    random = np.random.default_rng(7)
    heard = np.uint64(0xFFFFFFFF) << np.uint64(32)
    first, second = (random.integers(0, 2**32, 200, dtype=np.uint64) | heard for _ in range(2))
    flips = np.zeros(30, np.uint64)
    for place, count in enumerate([1, 14] * 15):  # a quarter of the bits is wrong, hardly any in every other word
        flips[place] = sum(1 << int(bit) for bit in random.choice(32, count, replace=False))
    second[100:130] = first[20:50] ^ flips
    assert overlaps([first, second]) == []
    (shared,) = overlaps([first[20:50], second])
    assert abs(shared.other_ms - 100 * 32) <= 2 * 32


def test_nothing_shares_nothing() -> None:
    assert overlaps([]) == []
    assert overlaps([sound_print(talk(2000, 1))]) == []
