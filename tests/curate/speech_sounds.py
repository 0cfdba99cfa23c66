"""Sounds the tests make themselves: a voice that Silero takes for speech, noises, and recordings of them."""

from functools import cache
from typing import TYPE_CHECKING, Any

from curate.read.sounds import Sound, Tape

if TYPE_CHECKING:
    import numpy as np

RATE_HZ = 16_000
FORMANTS = ((500, 200, 2.1, 80, 1.0), (1500, 500, 1.7, 120, 0.5), (2500, 200, 0.9, 200, 0.25))


@cache
def voice(ms: int, seed: int = 0, rate_hz: int = RATE_HZ, peak: int = 9000) -> Any:
    """A voice-like sound: harmonics under three moving resonances, four syllables a second, (samples,) int16."""
    import numpy as np

    time = np.arange(ms * rate_hz // 1000) / rate_hz
    pitch = (110 + 15 * (seed % 7)) * (1 + 0.15 * np.sin(2 * np.pi * 1.3 * time + seed))
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    made = np.zeros_like(time)
    swings = [swing * np.sin(2 * np.pi * speed * time + seed) for _, swing, speed, _, _ in FORMANTS]
    for harmonic in range(1, 30):
        tone = np.sin(harmonic * phase)
        for (centre, _, _, width, gain), moved in zip(FORMANTS, swings, strict=True):
            distance = (harmonic * pitch - centre - moved) / width
            made += gain / (1 + distance**2) * tone
    made *= 0.55 + 0.45 * np.sin(2 * np.pi * 4 * time - 1)
    samples = np.round(made / max(np.abs(made).max(initial=0), 1e-9) * peak).astype(np.int16)
    samples.flags.writeable = False
    return samples


def noise(ms: int, seed: int = 0, rate_hz: int = RATE_HZ, deviation: float = 20.0) -> Any:
    """White noise, (samples,) int16."""
    import numpy as np

    made = np.random.default_rng(seed).normal(scale=deviation, size=ms * rate_hz // 1000)
    return np.clip(np.round(made), -32768, 32767).astype(np.int16)


def over_noise(parts: "list[tuple[int, np.ndarray[Any, Any]]]", ms: int, seed: int = 0, deviation: float = 20.0) -> Any:
    """Sounds laid at their times (ms) over faint noise that lasts so many ms, 16 kHz."""
    made = noise(ms, seed, deviation=deviation)
    for at_ms, part in parts:
        start = at_ms * RATE_HZ // 1000
        made[start : start + len(part)] += part[: max(len(made) - start, 0)]
    return made


def sound(samples: Any, rate_hz: int = RATE_HZ) -> Sound:
    """A recording of samples, (n,) or (n, channels); only sound of 16 kHz in one channel serves speech models too."""
    native = samples if samples.ndim == 2 else samples[:, None]
    tape = Tape(native.shape[1], len(native) + 1)
    tape.write(native)
    serves = rate_hz == RATE_HZ and native.shape[1] == 1
    return Sound(rate_hz, native.shape[1], tape, tape if serves else Tape(1, 1))
