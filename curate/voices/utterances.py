"""FindSpeech: the utterances of a recording, cut at pauses, and the short bursts beside them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.voices.silero import CHUNK_MS, RATE_HZ, SILERO, speech_curve
from schemas.errors import BadSetting
from schemas.media import Asset, Clip, ClipKind, score
from schemas.stage import Dropped, Made, Outcome, Signal

WEIGHTS = (SILERO,)
FLOOR_SHARE = 10  # per cent of a recording that is taken to be background
QUIET_FLOOR_DB = -65.0  # digital silence is no background: nothing would be soft against it
BURST_GAP = 4  # chunks of quiet inside one burst: laughter and sobs come in pulses


class Span(NamedTuple):
    """A run of chunks of 32 ms, the end not included."""

    start: int
    end: int

    @property
    def ms(self) -> int:
        """How long it lasts."""
        return (self.end - self.start) * CHUNK_MS


class Curve(NamedTuple):
    """What is known of every chunk: how likely somebody speaks, and how loud it is in dBFS."""

    probability: NDArray[np.float32]
    level_db: NDArray[np.float32]


@dataclass(frozen=True)
class FindSpeech:
    """Finds utterances and short bursts in the sound of an asset; the level is left as it is.

    An utterance is speech of at least `min_ms`: it begins where Silero's probability reaches `threshold`, ends where it
    stays below `negative` for `min_silence_ms`, and is cut at its longest pause while it is longer than `max_ms`.
    A burst is either speech too short for an utterance, or a sound of `burst_min_ms` to `burst_max_ms` apart from
    speech that stands `burst_db` above the background and is somewhat voice-like (its best probability reaches
    `burst_probability`) or no further than `burst_near_ms` from an utterance, as gasps and sobs are. Clips are padded
    by `pad_ms`, at most to the middle of the gap between two. Each carries `speech_probability`, the mean over the
    clip before padding, so that settings can choose among bursts later.
    """

    threshold: float = 0.5
    negative: float = 0.35
    min_speech_ms: int = 64
    min_silence_ms: int = 400
    min_ms: int = 300
    max_ms: int = 30_000
    cut_pause_ms: int = 96
    pad_ms: int = 100
    burst_db: float = 15.0
    burst_probability: float = 0.1
    burst_min_ms: int = 150
    burst_max_ms: int = 2_000
    burst_near_ms: int = 1_000
    weights: str = SILERO.short

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    def __post_init__(self) -> None:
        if not 0 < self.negative <= self.threshold < 1:
            raise BadSetting(
                f"threshold is {self.threshold} and negative {self.negative}; expected 0 < negative <= threshold < 1"
            )
        least_ms = 4 * (self.min_ms + self.pad_ms + 2 * CHUNK_MS)  # what a quarter of a long stretch must hold
        if self.pad_ms < 0 or self.max_ms < least_ms or self.min_ms < CHUNK_MS:
            raise BadSetting(
                f"min_ms is {self.min_ms}, max_ms {self.max_ms}, pad_ms {self.pad_ms}; "
                f"expected min_ms >= {CHUNK_MS}, pad_ms >= 0 and, with these, max_ms >= {least_ms}"
            )

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per asset: clips with their scores in order of time, nothing where nobody speaks."""
        for asset, sound in zip(rows, signals, strict=True):
            yield Dropped("no sound track") if sound is None else self._found(asset, sound)

    def spans(self, curve: Curve, duration_ms: int) -> list[tuple[Span, ClipKind]]:
        """Utterances and bursts before padding, in order, for a curve as Silero gives it (or anybody else)."""
        speech = _speech(self, curve)
        long = [span for span in speech if _inside_ms(span, duration_ms) >= self.min_ms]
        short = [span for span in speech if _inside_ms(span, duration_ms) < self.min_ms]
        spans: list[tuple[Span, ClipKind]] = [(burst, "burst") for burst in _bursts(self, curve, speech, long)]
        spans += [(burst, "burst") for burst in short]
        spans += [(piece, "utterance") for utterance in long for piece in _pieces(self, curve, utterance)]
        return sorted(spans)

    def _found(self, asset: Asset, sound: Sound) -> list[Made]:
        within = sound.duration_ms * RATE_HZ // 1000  # a converter may add a few samples at the end
        curve = Curve(*speech_curve(sound.speech[:within], self.weights))
        spans = self.spans(curve, sound.duration_ms)
        times = _padded([span for span, _ in spans], self.pad_ms, sound.duration_ms)
        made: list[Made] = []
        for (span, kind), (start_ms, end_ms) in zip(spans, times, strict=True):
            clip = Clip(asset.id, kind, start_ms, end_ms)
            probability = curve.probability[span.start : span.end].mean()
            made += [clip, score(clip.id, "speech_probability", probability)]
        return made


def _speech(stage: FindSpeech, curve: Curve) -> list[Span]:
    """Runs of speech, apart by at least the shortest silence; a run goes on until the probability is really low."""
    probability = curve.probability
    if not len(probability):
        return []
    settled = (probability >= stage.threshold) | (probability < stage.negative)
    last = np.maximum.accumulate(np.where(settled, np.arange(len(probability)), -1))
    spoken = (last >= 0) & (probability[last] >= stage.threshold)
    return [span for span in _joined(_runs(spoken), stage.min_silence_ms) if span.ms >= stage.min_speech_ms]


def _pieces(stage: FindSpeech, curve: Curve, utterance: Span) -> list[Span]:
    """The utterance cut at its longest pauses until every piece fits; where it has no pause, at its quietest chunk."""
    longest = (stage.max_ms - 2 * stage.pad_ms) // CHUNK_MS
    within = curve.probability[utterance.start : utterance.end]
    pauses = [Span(utterance.start + a, utterance.start + b) for a, b in _runs(within < stage.threshold)]
    pauses = [pause for pause in pauses if pause.ms >= stage.cut_pause_ms]
    finished, waiting = [], [utterance]
    while waiting:
        span = waiting.pop()
        if span.end - span.start <= longest:
            finished.append(span)
        else:
            pause = _cut(stage, curve, span, pauses)
            waiting += [Span(span.start, pause.start), Span(pause.end, span.end)]
    return finished


def _cut(stage: FindSpeech, curve: Curve, span: Span, pauses: Sequence[Span]) -> Span:
    """Where to cut a span: its longest pause (of two, the surer one), or between two chunks where it has none."""
    least = stage.min_ms // CHUNK_MS + 2  # the last chunk of the file may be hardly filled
    first = bisect_left(pauses, span.start + least, key=lambda pause: pause.start)
    last = bisect_right(pauses, span.end - least, key=lambda pause: pause.end)

    def worth(pause: Span) -> tuple[int, float]:
        return pause.end - pause.start, -float(curve.probability[pause.start : pause.end].mean())

    if first < last:
        return max(pauses[first:last], key=worth)
    quarter = (span.end - span.start) // 4
    middle = curve.level_db[span.start + quarter : span.end - quarter]
    quietest = span.start + quarter + int(middle.argmin())
    return Span(quietest, quietest)


def _bursts(stage: FindSpeech, curve: Curve, spans: Sequence[Span], utterances: Sequence[Span]) -> list[Span]:
    """Short sounds that stand out of the background apart from all speech, and are voice-like or close to it."""
    if not len(curve.level_db):
        return []
    floor_db = max(float(np.percentile(curve.level_db, FLOOR_SHARE)), QUIET_FLOOR_DB)
    sounds = _joined(_runs(curve.level_db >= floor_db + stage.burst_db), BURST_GAP * CHUNK_MS)
    return [
        sound
        for sound in sounds
        if stage.burst_min_ms <= sound.ms <= stage.burst_max_ms
        and _distance_ms(sound, spans) > stage.pad_ms  # what runs into speech is its onset or its end
        and (
            curve.probability[sound.start : sound.end].max() >= stage.burst_probability
            or _distance_ms(sound, utterances) <= stage.burst_near_ms
        )
    ]


def _inside_ms(span: Span, duration_ms: int) -> int:
    """How much of a span lies in the file, whose last chunk may be filled up with silence."""
    return min(span.end * CHUNK_MS, duration_ms) - span.start * CHUNK_MS


def _distance_ms(span: Span, others: Sequence[Span]) -> float:
    """The time between a span and the nearest of others that are in order; 0 where they overlap, infinite for none."""
    place = bisect_left(others, span)
    near = others[max(place - 1, 0) : place + 1]
    return min((max(0, span.start - one.end, one.start - span.end) * CHUNK_MS for one in near), default=float("inf"))


def _joined(spans: Iterable[Span], gap_ms: int) -> list[Span]:
    """Spans in order, those less than the gap apart made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and (span.start - joined[-1].end) * CHUNK_MS < gap_ms:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _runs(mask: Any) -> list[Span]:
    """Where a boolean array is true without a break."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [Span(start, end) for start, end in edges.reshape(-1, 2).tolist()]


def _padded(spans: Sequence[Span], pad_ms: int, duration_ms: int) -> list[tuple[int, int]]:
    """Times of the spans with some room on both sides, inside the file and never over the middle of a gap."""
    if not spans:
        return []
    times = [(span.start * CHUNK_MS, min(span.end * CHUNK_MS, duration_ms)) for span in spans]
    middles = [0, *((before[1] + after[0]) // 2 for before, after in pairwise(times)), duration_ms]
    return [
        (max(start - pad_ms, least), min(end + pad_ms, most))
        for (start, end), (least, most) in zip(times, pairwise(middles), strict=True)
    ]
