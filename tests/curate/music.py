"""Music made by the tests: up to three instruments on the notes of a scale, half of it with drums."""

from typing import Any

import numpy as np

from tests.curate.speech_sounds import RATE_HZ

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
HARMONICS = np.arange(1, 12)
TIMBRES = {
    "strings": 1 / HARMONICS,
    "organ": np.where(HARMONICS % 2 == 1, 1, 0.3) / HARMONICS,
    "plucked": HARMONICS**-1.5,
    "brass": HARMONICS**-0.7,
}


def music(ms: int, seed: int) -> Any:
    """Music without words, (samples,) int16."""
    random = np.random.default_rng(seed)
    made = np.zeros(ms * RATE_HZ // 1000)
    root_hz = random.uniform(110, 330)
    for _ in range(random.integers(1, 4)):
        timbre, length = random.choice(list(TIMBRES)), int(random.choice([125, 250, 500])) * RATE_HZ // 1000
        for start in range(0, len(made), length):
            hz = root_hz * 2 ** ((random.choice(SCALE) + 12 * random.integers(0, 2)) / 12)
            note = _note(random, hz, length, timbre)[: len(made) - start]
            made[start : start + len(note)] += note
    if seed % 2:
        made += 0.6 * np.abs(made).max() * _drums(random, len(made))
    return np.round(made / np.abs(made).max() * 16_000).astype(np.int16)


def _note(random: Any, hz: float, length: int, timbre: str) -> Any:
    time = np.arange(length) / RATE_HZ
    sounding = [(gain, hz * number) for gain, number in zip(TIMBRES[timbre], HARMONICS, strict=True)]
    waves = [g * np.sin(2 * np.pi * at_hz * time + random.uniform(0, 6)) for g, at_hz in sounding if at_hz < 7500]
    swell = np.minimum(np.minimum(1, time / 0.03), (time[-1] - time) / 0.05)
    return sum(waves) * (np.exp(-random.uniform(3, 9) * time) if timbre == "plucked" else np.minimum(swell, 1))


def _drums(random: Any, samples: int) -> Any:
    made = np.zeros(samples)
    half_beat = int(RATE_HZ * random.uniform(0.125, 0.25))
    for number, start in enumerate(range(0, samples, half_beat)):
        time = np.arange(min(samples - start, RATE_HZ // 8)) / RATE_HZ
        kick = 2 * np.sin(2 * np.pi * (60 + 80 * np.exp(-40 * time)) * time) * np.exp(-25 * time)
        snare = 0.7 * random.normal(size=len(time)) * np.exp(-30 * time)
        hat = 0.3 * random.normal(size=len(time)) * np.exp(-90 * time)
        made[start : start + len(time)] += (kick, hat, snare, hat)[number % 4]
    return made
