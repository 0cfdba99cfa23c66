"""FindTurns: who speaks when in a recording, and what each voice is like."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from curate.read.decode import Sound
from curate.vectors import vector
from curate.voices.diarizer import Conversation, Diarizer
from curate.voices.onnx_turns import QUICK
from curate.voices.segmentation import RATE_HZ
from curate.weights import Weights
from schemas.media import Asset, Clip, score
from schemas.stage import Dropped, Made, Outcome, Signal


@dataclass(frozen=True)
class FindTurns:
    """Finds the turns of a recording: clips of kind `turn` that never overlap each other, in order of time.

    Each carries the numbers of the voices heard in it as `voices` (one, or several at once); numbers are of this
    recording alone, from 1 in order of appearance. The longest turn that a voice has to itself carries how many seconds
    it is heard in all as `voice_s`. Vectors tell people apart in other recordings too: they are not kept.
    """

    diarizer: Diarizer = field(default=QUICK)

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights of its diarizer."""
        return self.diarizer.models

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per asset: turns with their scores, nothing where nobody speaks."""
        for asset, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
            else:
                within = sound.duration_ms * RATE_HZ // 1000  # a converter may add a few samples at the end
                yield list(_made(asset, self.diarizer.conversation(sound.speech[:within])))


def _made(asset: Asset, heard: Conversation) -> Iterator[Made]:
    clips = {turn: Clip(asset.id, "turn", turn.start_ms, turn.end_ms) for turn in heard.turns}
    for turn, clip in clips.items():
        yield clip
        yield vector(clip.id, "voices", turn.voices)
    for voice in heard.voices:
        own = [turn for turn in clips if turn.voices == (voice.number,)]
        if own:
            longest = clips[max(own, key=lambda turn: turn.end_ms - turn.start_ms)]
            yield score(longest.id, "voice_s", voice.heard_ms / 1000)
