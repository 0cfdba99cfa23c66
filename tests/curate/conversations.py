"""Conversations with known turns, laid out from the synthetic voices of the demo; and how they are scored."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

RATE_HZ = 16_000


@cache
def said(name: str) -> Any:
    """One recording of the demo, such as `anna_neutral`, int16 at 16 kHz."""
    import soundfile

    samples, rate_hz = soundfile.read(str(files("pipelines.demo") / "media" / f"{name}.flac"), dtype="int16")
    assert rate_hz == RATE_HZ
    return samples


def talk(*names: str, gap_ms: int = 300) -> "tuple[Any, list[tuple[float, float, str]]]":
    """Recordings one after the other over faint noise, and when who is heard, in seconds (the person is the first word).

    Two names joined by + are heard at once.
    """
    import numpy as np

    pause = np.zeros(gap_ms * RATE_HZ // 1000)
    parts, turns, at = [pause], [], len(pause)
    for name in names:
        voices = [said(one) for one in name.split("+")]
        length = min(map(len, voices))
        parts += [np.sum([voice[:length].astype(float) for voice in voices], axis=0), pause]
        turns += [(at / RATE_HZ, (at + length) / RATE_HZ, one.split("_")[0]) for one in name.split("+")]
        at += length + len(pause)
    mixed = np.concatenate(parts)
    mixed = mixed / np.abs(mixed).max() * 16_000 + np.random.default_rng(0).normal(scale=20, size=len(mixed))
    return mixed.astype(np.int16), turns


def taken_over(first: str, second: str, side_ms: int = 1_500) -> Any:
    """What lies in the middle of two recordings, so long each, one after the other without a pause between."""
    import numpy as np

    length = side_ms * RATE_HZ // 1000
    starts = ((said(name), (len(said(name)) - length) // 2) for name in (first, second))
    return np.concatenate([samples[start : start + length] for samples, start in starts])


def rttm(path: Path, name: str) -> list[tuple[float, float, str]]:
    """When who speaks in the recording of a name, in seconds, from a file in RTTM."""
    fields = (line.split() for line in path.read_text().splitlines())
    return [(float(f[3]), float(f[3]) + float(f[4]), f[7]) for f in fields if f[:2] == ["SPEAKER", name]]
