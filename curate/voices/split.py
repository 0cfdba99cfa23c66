"""SplitByVoice: stretches of speech cut where another voice takes over, so that an utterance holds one voice."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import ClassVar, NamedTuple

from curate.vectors import numbers
from schemas.media import Asset, Clip, ClipKind, Score, score
from schemas.stage import Dropped, Made, Outcome, Rows, Signal

LIKELY = "speech_probability"


class Part(NamedTuple):
    """A span in which these local voices speak, times in ms; no voice: nobody knows who."""

    start_ms: int
    end_ms: int
    voices: tuple[int, ...]

    @property
    def ms(self) -> int:
        """How long it lasts."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True)
class SplitByVoice:
    """Cuts `speech` at the turns of its recording: into utterances of one voice each, and overlaps of several.

    `after` are the ids of FindSpeech and of the stage that finds turns. A turn shorter than `min_turn_ms` and an
    overlap shorter than `min_overlap_ms` cut nothing; speech of which no turn is known goes to the nearest turn of its
    stretch. Utterances, and bursts within one turn, carry the number of their voice in the recording as `voice`,
    overlaps how many voices are heard as `voices`.
    """

    after: tuple[str, str]
    min_turn_ms: int = 200
    min_overlap_ms: int = 250

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.ROWS

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Rows]) -> Iterable[Outcome]:
        """One outcome per asset: utterances and overlaps in order of time, with their scores."""
        for asset, read in zip(rows, signals, strict=True):
            why = read.dropped.get(self.after[0])
            yield Dropped(why) if why else list(self._made(asset, read))

    def parts(self, start_ms: int, end_ms: int, turns: Sequence[Part]) -> list[Part]:
        """A stretch of speech as parts without gaps, for the turns of its recording in order of time."""
        clear = [part for part in _inside(turns, start_ms, end_ms) if part.ms >= self._least_ms(part)]
        joined = _joined(clear) or [Part(start_ms, end_ms, ())]
        middles = [(before.end_ms + after.start_ms) // 2 for before, after in pairwise(joined)]
        edges = [start_ms, *middles, end_ms]
        return [Part(*edge, part.voices) for part, edge in zip(joined, pairwise(edges), strict=True)]

    def _least_ms(self, part: Part) -> int:
        return self.min_turn_ms if len(part.voices) == 1 else self.min_overlap_ms

    def _made(self, asset: Asset, read: Rows) -> Iterator[Made]:
        found, told = (read.made.get(stage, ()) for stage in self.after)
        turns = _turns(told)
        starts, reach = [part.start_ms for part in turns], list(accumulate((part.end_ms for part in turns), max))
        likely = {made.row: made.value for made in found if isinstance(made, Score) and made.name == LIKELY}
        clips = (made for made in found if isinstance(made, Clip))
        for clip in sorted(clips, key=lambda clip: (clip.start_ms or 0, clip.end_ms or 0)):
            start_ms, end_ms = clip.start_ms or 0, clip.end_ms or 0
            near = turns[bisect_right(reach, start_ms) : bisect_left(starts, end_ms)]  # of hours there are thousands
            if clip.kind != "speech":
                heard = {part.voices for part in _inside(near, start_ms, end_ms)}
                yield from _voices(clip, heard.pop() if len(heard) == 1 else ())
                continue
            for part in self.parts(start_ms, end_ms, near):
                kind: ClipKind = "overlap" if len(part.voices) > 1 else "utterance"
                piece = Clip(asset.id, kind, part.start_ms, part.end_ms)
                yield piece
                yield score(piece.id, LIKELY, likely.get(clip.id) or 0.0)
                yield from _voices(piece, part.voices)


def _turns(told: Sequence[Made]) -> list[Part]:
    """The turns of a recording in order of time, from the clips and scores of the stage that found them."""
    whose = {made.row: made for made in told if isinstance(made, Score) and made.name == "voices"}
    spans = (made for made in told if isinstance(made, Clip) and made.id in whose)
    parts = (
        Part(clip.start_ms or 0, clip.end_ms or 0, tuple(numbers(whose[clip.id]).astype(int).tolist()))
        for clip in spans
    )
    return sorted(parts)


def _inside(turns: Sequence[Part], start_ms: int, end_ms: int) -> list[Part]:
    """What of the turns lies inside a stretch."""
    cut = (Part(max(part.start_ms, start_ms), min(part.end_ms, end_ms), part.voices) for part in turns)
    return [part for part in cut if part.ms > 0]


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Parts in order of time, neighbours of the same voices made one."""
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].voices == part.voices:
            joined[-1] = joined[-1]._replace(end_ms=part.end_ms)
        else:
            joined.append(part)
    return joined


def _voices(clip: Clip, voices: Sequence[int]) -> Iterator[Score]:
    """Whose voice a clip is, or how many are heard in it; nothing where nobody knows."""
    if len(voices) == 1:
        yield score(clip.id, "voice", voices[0])
    elif voices:
        yield score(clip.id, "voices", len(voices))
