"""FindSpeech: the utterances of a recording, cut at pauses, and the short bursts beside them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress, pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.voices.listener import Listener
from curate.voices.silero import CHUNK_MS, RATE_HZ, Silero, quiet_gain
from curate.weights import Weights
from schemas.errors import BadSetting
from schemas.media import Asset, Clip, ClipKind, score
from schemas.stage import Dropped, Made, Outcome, Signal

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
    """What is known of every chunk: how likely somebody speaks, how loud it is in dBFS, and how likely when slowed."""

    probability: NDArray[np.float32]
    level_db: NDArray[np.float32]
    slowed: NDArray[np.float32]


@dataclass(frozen=True)
class FindSpeech:
    """Finds utterances and short bursts in the sound of an asset; the level is left as it is.

    What stands `burst_db` above the background is loud. The network takes high screams for no speech; where it has some
    doubt (`doubt` to `threshold`) about a loud chunk, the chunk counts as what it says of it slowed down, if that is
    more. An utterance is speech of at least `min_ms`: it begins where the probability reaches `threshold`, ends where
    it stays below `negative` for `min_silence_ms`, takes in at both ends up to `grow_ms` of loud sound that touches it
    (`grow_gap_ms` apart at most), and is cut at its longest pause while it is longer than `max_ms`.
    A burst is either speech too short for an utterance, or loud sound of at least `burst_min_ms` outside of speech that
    is somewhat voice-like (its best probability, slowed or not, reaches `doubt`) or, up to `burst_near_max_ms` long, no
    further than `burst_near_ms` from an utterance, as gasps and sobs are. Clips are padded by `pad_ms`, at most to the
    middle of the gap between two. Each carries `speech_probability`, the mean over the clip before padding, so that
    settings can choose among clips later. `kind` is what utterances are called: `speech` where turns are to cut them.
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
    doubt: float = 0.1
    grow_ms: int = 640
    grow_gap_ms: int = 64
    burst_min_ms: int = 150
    burst_near_max_ms: int = 2_000
    burst_near_ms: int = 1_000
    listener: Listener = field(default=Silero())
    kind: ClipKind = "utterance"

    version: ClassVar[int] = 3
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    def __post_init__(self) -> None:
        if not 0 < self.negative <= self.threshold < 1:
            raise BadSetting(
                f"threshold is {self.threshold} and negative {self.negative}; expected 0 < negative <= threshold < 1"
            )
        if self.pad_ms < 0 or self.max_ms < self.least_max_ms or self.min_ms < CHUNK_MS:
            raise BadSetting(
                f"min_ms is {self.min_ms}, max_ms {self.max_ms}, pad_ms {self.pad_ms}; "
                f"expected min_ms >= {CHUNK_MS}, pad_ms >= 0 and, with these, max_ms >= {self.least_max_ms}"
            )

    @property
    def least_max_ms(self) -> int:
        """The shortest `max_ms` there may be: a quarter of a long stretch must hold an utterance."""
        return 4 * (self.min_ms + self.pad_ms + 2 * CHUNK_MS)

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights of its listener."""
        return self.listener.models

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per asset: clips with their scores in order of time, nothing where nobody speaks.

        Where another track than the first is heard (`sound_track`), or channels of opposite polarity for a share of the
        time (`opposed_channels`), the asset has that as a score.
        """
        for asset, sound in zip(rows, signals, strict=True):
            yield Dropped("no sound track") if sound is None else self._found(asset, sound)

    def spans(self, curve: Curve, duration_ms: int) -> list[tuple[Span, ClipKind]]:
        """Utterances and bursts before padding, in order, for a curve as Silero gives it (or anybody else)."""
        is_loud, probability = _loud(self, curve.level_db), _probability(self, curve)
        loud, pauses = _runs(is_loud), _runs((probability < self.threshold) & ~is_loud)
        speech = _speech(self, probability)
        is_long = [_inside_ms(span, duration_ms) >= self.min_ms for span in speech]
        speech = _grown(self, speech, is_long, loud)
        long = list(compress(speech, is_long))
        short = list(compress(speech, (not whether for whether in is_long)))
        short += _bursts(self, curve, _outside(_joined(loud, BURST_GAP * CHUNK_MS), speech), long)
        spans: list[tuple[Span, ClipKind]] = [(piece, self.kind) for piece in _pieces(self, curve, long, pauses)]
        spans += [(piece, "burst") for piece in _pieces(self, curve, short, pauses)]
        return sorted(spans)

    def curve(self, speech: NDArray[np.int16]) -> Curve:
        """What is heard in 16 kHz sound; only what is loud and not surely speech is heard slowed down.

        A very quiet recording is heard as if it were louder, and its levels are those.
        """
        gain = quiet_gain(speech)
        probability, level_db = self.listener.curve(speech, gain)
        doubtful = _loud(self, level_db) & (probability < self.threshold)
        return Curve(probability, level_db, self.listener.slowed(speech, doubtful, gain))

    def _found(self, asset: Asset, sound: Sound) -> list[Made]:
        within = sound.duration_ms * RATE_HZ // 1000  # a converter may add a few samples at the end
        curve = self.curve(sound.speech[:within])
        probability = _probability(self, curve)
        spans = self.spans(curve, sound.duration_ms)
        times = _padded([span for span, _ in spans], self.pad_ms, sound.duration_ms)
        made: list[Made] = []
        if sound.track:
            made.append(score(asset.id, "sound_track", sound.track))
        if sound.opposed:
            made.append(score(asset.id, "opposed_channels", sound.opposed))
        for (span, kind), (start_ms, end_ms) in zip(spans, times, strict=True):
            clip = Clip(asset.id, kind, start_ms, end_ms)
            made += [clip, score(clip.id, "speech_probability", probability[span.start : span.end].mean())]
        return made


def _loud(stage: FindSpeech, level_db: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which chunks stand out of the background."""
    if not len(level_db):
        return np.zeros(0, np.bool_)
    floor_db = max(float(np.percentile(level_db, FLOOR_SHARE)), QUIET_FLOOR_DB)
    return level_db >= floor_db + stage.burst_db


def _probability(stage: FindSpeech, curve: Curve) -> NDArray[np.float32]:
    """How likely somebody speaks, sound that is loud and in doubt heard slowed down as well."""
    doubted = (curve.probability >= stage.doubt) & _loud(stage, curve.level_db)
    return np.where(doubted, np.maximum(curve.probability, curve.slowed), curve.probability)


def _grown(stage: FindSpeech, speech: Sequence[Span], is_long: Sequence[bool], loud: Sequence[Span]) -> list[Span]:
    """Speech with the loud sound that touches it, up to the middle between two; what is not long takes in all of it."""
    if not speech:
        return []
    sounds = _joined(loud, stage.grow_gap_ms + 1)
    gap, last = stage.grow_gap_ms // CHUNK_MS, max(span.end for span in (*sounds[-1:], speech[-1]))
    middles = [0, *((before.end + after.start) // 2 for before, after in pairwise(speech)), last]
    grown = []
    for (start, end), long, (least, most) in zip(speech, is_long, pairwise(middles), strict=True):
        reach = stage.grow_ms // CHUNK_MS if long else last
        before = bisect_left(sounds, start - gap, key=lambda sound: sound.end)
        after = bisect_right(sounds, end + gap, key=lambda sound: sound.start)
        touching = [Span(start, end), *sounds[before:after]]
        first, furthest = min(sound.start for sound in touching), max(sound.end for sound in touching)
        grown.append(Span(min(start, max(first, start - reach, least)), max(end, min(furthest, end + reach, most))))
    return grown


def _outside(sounds: Sequence[Span], speech: Sequence[Span]) -> list[Span]:
    """What of the sounds lies outside of speech; both are in order."""
    last = max((span.end for span in (*sounds[-1:], *speech[-1:])), default=0)
    mask = np.zeros(last, np.int8)
    for value, spans in ((1, sounds), (0, speech)):
        for start, end in spans:
            mask[start:end] = value
    return _runs(mask)


def _speech(stage: FindSpeech, probability: NDArray[np.float32]) -> list[Span]:
    """Runs of speech, apart by at least the shortest silence; a run goes on until the probability is really low."""
    if not len(probability):
        return []
    settled = (probability >= stage.threshold) | (probability < stage.negative)
    last = np.maximum.accumulate(np.where(settled, np.arange(len(probability)), -1))
    spoken = (last >= 0) & (probability[last] >= stage.threshold)
    return [span for span in _joined(_runs(spoken), stage.min_silence_ms) if span.ms >= stage.min_speech_ms]


def _pieces(stage: FindSpeech, curve: Curve, spans: Sequence[Span], pauses: Sequence[Span]) -> list[Span]:
    """Spans cut at their longest pauses until every piece fits; where one has no pause, at its quietest chunk."""
    longest = (stage.max_ms - 2 * stage.pad_ms) // CHUNK_MS
    pauses = [pause for pause in pauses if pause.ms >= stage.cut_pause_ms]
    finished, waiting = [], list(spans)
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


def _bursts(stage: FindSpeech, curve: Curve, sounds: Sequence[Span], utterances: Sequence[Span]) -> list[Span]:
    """Those of the sounds outside of speech that are voice-like, or short and close to an utterance."""
    likely = np.maximum(curve.probability, curve.slowed)
    return [
        sound
        for sound in sounds
        if sound.ms >= stage.burst_min_ms
        and (
            likely[sound.start : sound.end].max() >= stage.doubt
            or (sound.ms <= stage.burst_near_max_ms and _distance_ms(sound, utterances) <= stage.burst_near_ms)
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
