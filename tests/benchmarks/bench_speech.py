"""The speech gate: what it loses of emotion, what it takes for speech that is none, and what hearing slowly costs."""

import csv
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from curate.quality import MeasureSound
from curate.read.sounds import Sound
from curate.voices.music import TellMusic
from curate.voices.utterances import FindSpeech
from schemas.media import Asset, Clip
from schemas.sections import VoiceSettings
from schemas.stage import Dropped
from tests.benchmarks.figures import ROUNDS, Figure, say, spent
from tests.benchmarks.recordings import SHARED, speech
from tests.curate.decoded import heard
from tests.curate.emotional_sounds import (
    COLOURS,
    STEADY,
    SWEPT,
    missed,
    noise_burst,
    over_silence,
    scream,
    sob,
    timeline,
    tone_of,
)
from tests.curate.music import music
from tests.curate.speech_sounds import sound

MEETINGS = (("dev00", "debug.development"), ("dev01", "debug.development"), ("sample", "sample"))


def main() -> Iterator[Figure]:
    """Figures on sounds made with seeds that nothing was tuned on, and on the media beside the checkout if there are."""
    yield _cost()
    for part in (_made, _tones, _music):
        yield from part()
    if not SHARED.exists():
        say("no development media beside the checkout: meetings and emotional clips are left out")
        return
    yield from _emotional()
    yield from _meetings()


def _cost() -> Figure:
    pieces, stage = speech(), FindSpeech()
    rounds = []
    for _ in range(ROUNDS):
        plain = spent(lambda: [stage.listener.curve(piece) for piece in pieces])
        rounds.append(spent(lambda: [stage.curve(piece) for piece in pieces]).cpu_s / plain.cpu_s)
    return Figure("speech model, slowed where in doubt", "x plain", float(np.median(rounds)), 4, at_most=True)


def _made() -> Iterator[Figure]:
    for name, make in (("screams", scream), ("sobs", sob)):
        sounds = [over_silence(make(2200 + 300 * seed, 100 + seed), lead_ms=2000) for seed in range(5)]
        lost = sum(_missed(sound(samples)) > 0.2 for samples in sounds)
        yield Figure(f"{name} of 2 s and more losing a fifth, of 5", "sounds", lost, 0, at_most=True)


def _tones() -> Iterator[Figure]:
    tones = [over_silence(tone_of(name, 2500)) for name in (*STEADY, *SWEPT)]
    yield Figure(f"tones called good, of {len(tones)}", "sounds", sum(map(_is_good, tones)), 0, at_most=True)
    noises = [over_silence(noise_burst(600, power, seed)) for power in COLOURS.values() for seed in range(100, 105)]
    yield Figure(f"noise bursts called good, of {len(noises)}", "sounds", sum(map(_is_good, noises)), 0, at_most=True)


def _music() -> Iterator[Figure]:
    """One second each, as it comes in the middle of a recording; speech is cut from the middle of emotional clips."""
    stage, limits = TellMusic(), VoiceSettings()

    def refused(samples: NDArray[np.int16]) -> bool:
        music_share, singing_share = stage.shares(samples)
        return music_share > limits.max_music or singing_share > limits.max_singing

    pieces = [music(1000, 1000 + seed) for seed in range(40)]
    yield Figure("seconds of music refused, of 40", "sounds", sum(map(refused, pieces)), 37)
    names = sorted((SHARED / "speech_emotion").glob("*.wav"))[:40]
    spoken = [heard(path, lambda sound: _middle(sound.speech)) for path in names]
    if spoken:
        kept = len(spoken) - sum(map(refused, spoken))
        yield Figure(f"seconds of speech not refused, of {len(spoken)}", "sounds", kept, 39)
    silent = [np.random.default_rng(seed).integers(-3, 4, 16_000).astype(np.int16) for seed in range(40)]
    found = sum(bool(_clips(sound(samples))) for samples in silent)
    yield Figure("seconds of silence in which something is found, of 40", "sounds", found, 0, at_most=True)


def _middle(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    start = max(len(samples) // 2 - 8_000, 0)
    return samples[start : start + 16_000].copy()


def _emotional() -> Iterator[Figure]:
    with (SHARED / "speech_emotion" / "arousal.csv").open() as file:
        ranked = sorted((float(arousal), name) for name, arousal in csv.reader(file))
    thirds = np.array_split([name for _, name in ranked], 3)
    for label, names in zip(("lowest", "middle", "highest"), thirds, strict=True):
        lost = [heard(SHARED / "speech_emotion" / name, _missed) for name in names]
        yield Figure(f"energy lost, {label} third of arousal", "%", 100 * float(np.mean(lost)), 1, at_most=True)


def _meetings() -> Iterator[Figure]:
    true = spoken = both = 0
    for name, table in MEETINGS:
        ours = timeline(heard(SHARED / "speech" / f"{name}.wav", _spans))
        turns = [line.split() for line in (SHARED / "speech" / f"{table}.rttm").read_text().splitlines()]
        truth = timeline((1000 * float(t[3]), 1000 * (float(t[3]) + float(t[4]))) for t in turns if t[1] == name)
        true, spoken, both = true + truth.sum(), spoken + ours.sum(), both + (truth & ours).sum()
    yield Figure("speech in meetings, precision", "", float(both / spoken), 0.99)
    yield Figure("speech in meetings, recall", "", float(both / true), 0.98)


def _clips(recording: Sound) -> list[Clip]:
    (made,) = FindSpeech()([Asset("a", "sound", "wav", 1)], [recording])
    assert not isinstance(made, Dropped)
    return [row for row in made if isinstance(row, Clip)]


def _spans(recording: Sound) -> list[tuple[int, int]]:
    return [(clip.start_ms or 0, clip.end_ms or 0) for clip in _clips(recording)]


def _missed(recording: Sound) -> float:
    return missed(recording.speech, _spans(recording))


def _is_good(samples: object) -> bool:
    """Whether the spot where the sound lies would be asked about, found as a clip or not."""
    recording, limits = sound(samples), VoiceSettings()
    (made,) = MeasureSound()([Clip("a", "burst", 400, recording.duration_ms - 400)], [recording])
    assert not isinstance(made, Dropped)
    scores = {row.name: row.value or 0 for row in made if not isinstance(row, Clip)}  # type: ignore[union-attr]
    within = (scores[name] <= getattr(limits, f"max_{name}") for name in ("steadiness", "purity", "flatness"))
    return all(within)


if __name__ == "__main__":
    for figure in main():
        say(" | ".join(figure.cells))
