"""Sounds that are no plain speech, made by the tests: screams and sobs, and the tones and noises that are none."""

from typing import Any

import numpy as np

from tests.curate.speech_sounds import RATE_HZ

STEADY = ("sine 100", "sine 440", "sine 3000", "dial", "square 200", "saw 150", "swelling")
SWEPT = ("sweep", "fast sweep", "siren", "beeps")
COLOURS = {"white": 0.0, "pink": 0.5}


def scream(ms: int, seed: int) -> Any:
    """A high, rough, wavering voice (600 to 1,500 Hz) without words, (samples,) between -1 and 1."""
    random = np.random.default_rng(seed)
    time = np.arange(ms * RATE_HZ // 1000) / RATE_HZ
    part = time / time[-1]
    shape = np.interp(part, [0, 0.15, 0.7, 1], [0.6, 1, random.uniform(0.9, 1.1), 0.6])
    knots = np.arange(0, time[-1] + 0.02, 0.01)
    jitter = np.interp(time, knots, random.normal(size=len(knots)))
    wavering = 1 + 0.03 * np.sin(2 * np.pi * random.uniform(5, 9) * time) + 0.012 * jitter
    made = _harmonics(
        random.uniform(700, 1500) * shape * wavering, ((1200, 300, 1), (2600, 500, 0.6), (3600, 500, 0.3))
    )
    made *= 1 + 0.4 * np.sin(2 * np.pi * random.uniform(50, 90) * time)
    made += random.normal(0, 0.08 * np.abs(made).max(), len(time))
    return _full(made * np.interp(part, [0, 0.05, 0.8, 1], [0, 1, 0.8, 0]))


def sob(ms: int, seed: int) -> Any:
    """Falling cries of 260 to 420 Hz in pulses, growing softer, with breath in them, (samples,) between -1 and 1."""
    random = np.random.default_rng(seed)
    time = np.arange(ms * RATE_HZ // 1000) / RATE_HZ
    pulse = time * random.uniform(2.5, 4.5) % 1
    pitch = random.uniform(260, 420) * (1 - 0.25 * pulse) * (1 + 0.1 * np.sin(2 * np.pi * 0.4 * time))
    made = _full(_harmonics(pitch, ((700, 150, 1), (1300, 250, 0.5), (2800, 400, 0.2))))
    made += random.normal(0, 0.15, len(time))
    made *= np.clip(np.sin(np.pi * np.minimum(pulse / 0.7, 1)), 0, 1) ** 0.7
    return _full(made * np.interp(time / time[-1], [0, 0.1, 0.7, 1], [0.3, 1, 0.7, 0.2]))


def tone_of(name: str, ms: int, rate_hz: int = RATE_HZ) -> Any:
    """A tone, steady or swept, by its name, (samples,) between -1 and 1."""
    time = np.arange(ms * rate_hz // 1000) / rate_hz
    kind, _, hz = name.partition(" ")
    if kind == "sine":
        return np.sin(2 * np.pi * float(hz) * time)
    return {
        "dial": lambda: (np.sin(2 * np.pi * 350 * time) + np.sin(2 * np.pi * 440 * time)) / 2,
        "square 200": lambda: np.sign(np.sin(2 * np.pi * 200 * time)),
        "saw 150": lambda: 2 * (150 * time % 1) - 1,
        "swelling": lambda: np.sin(2 * np.pi * 300 * time) * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * time)),
        "sweep": lambda: _swept(np.linspace(200, 1200, len(time)), rate_hz),
        "fast sweep": lambda: _swept(np.geomspace(50, 7000, len(time)), rate_hz),
        "siren": lambda: _swept(900 + 400 * np.sin(np.pi * time), rate_hz),
        "beeps": lambda: np.sin(2 * np.pi * 1000 * time) * (time * 2 % 1 < 0.4),
    }[name]()


def noise_burst(ms: int, exponent: float, seed: int = 0) -> Any:
    """Noise whose amplitude falls with the frequency to this power, (samples,) between -1 and 1."""
    samples = ms * RATE_HZ // 1000
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=samples))
    return _full(np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(samples, 1 / RATE_HZ), 60) ** exponent, samples))


def over_silence(made: Any, rate_hz: int = RATE_HZ, lead_ms: int = 500, peak: int = 9000) -> Any:
    """A sound with faint noise before, under and after it, (samples,) int16."""
    lead = lead_ms * rate_hz // 1000
    samples = np.random.default_rng(0).normal(0, 3, len(made) + 2 * lead)
    samples[lead : lead + len(made)] += made / np.abs(made).max() * peak
    return np.clip(np.round(samples), -32768, 32767).astype(np.int16)


def missed(samples: Any, spans_ms: list[tuple[int, int]]) -> float:
    """The share of energy that no span holds, of the frames of 20 ms that stand 15 dB above the softest tenth."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320).astype(float) / 32768
    power = np.square(frames).mean(axis=1) + 1e-10
    floor = max(float(np.percentile(power, 10)), 10**-6.5)
    held = np.zeros(len(power), bool)
    for start_ms, end_ms in spans_ms:
        held[start_ms // 20 : -(-end_ms // 20)] = True
    loud = power >= floor * 10**1.5
    return float(power[loud & ~held].sum() / max(power[loud].sum(), 1e-12))


def timeline(spans_ms: Any) -> Any:
    """A flag per millisecond of half a minute; turns of people take no notice of pauses below two seconds."""
    line = np.zeros(30_000, bool)
    end = -10_000.0
    for start_ms, end_ms in sorted(spans_ms):
        goes_on = start_ms - end < 2000
        line[round(end if goes_on else start_ms) : round(end_ms)] = True
        end = max(end, end_ms)
    return line


def _harmonics(pitch_hz: Any, formants: tuple[tuple[float, float, float], ...]) -> Any:
    phase, made = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ, np.zeros(len(pitch_hz))
    for harmonic in range(1, 30):
        hz = harmonic * pitch_hz
        gain = sum(height / (1 + ((hz - centre) / width) ** 2) for centre, width, height in formants)
        made += np.where(hz < 7600, gain, 0) * harmonic**-0.4 * np.sin(harmonic * phase)
    return made


def _swept(hz: Any, rate_hz: int) -> Any:
    return np.sin(2 * np.pi * np.cumsum(hz) / rate_hz)


def _full(made: Any) -> Any:
    return made / np.abs(made).max()
