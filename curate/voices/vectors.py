"""VoiceVectors: what tells whose a voice is. Biometric data: only a pass that asks who may be identified holds this."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from curate.read.decode import Sound
from curate.vectors import vector
from curate.voices.embeddings import CAMPPLUS, RATE_HZ, voice_vector
from curate.weights import Weights
from schemas.media import Clip
from schemas.modality import WHOLE
from schemas.stage import Dropped, Outcome, Signal

NAME = "voice_vector"
# The mean cosine from which on two groups of vectors are one voice's; CAM++ is centred on those it learnt from. It is
# the lowest at which no two of five voices (four synthetic, one in a speech) are joined, in pieces of 1 to 4 s or in
# whole recordings. On eight other people, in meetings and in front of a camera, cut into such pieces in five ways, 101
# of 559 pairs of one voice are parted then, and none of 2,052 pairs of two joined (the benchmark `identity`).
SAME_FROM = 0.4


@dataclass(frozen=True)
class VoiceVectors:
    """Describes every utterance of at least `shortest_ms`, and sound that is a clip as it came, by a `voice_vector`."""

    shortest_ms: int = 1_000
    weights: str = CAMPPLUS.short

    models: ClassVar[tuple[Weights, ...]] = (CAMPPLUS,)
    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("utterance", WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its vector, (192,); dropped where it is too short to tell whose it is."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            speech = sound.speech_of(clip)
            if len(speech) * 1000 < self.shortest_ms * RATE_HZ:
                yield Dropped(f"shorter than {self.shortest_ms} ms: nobody could tell whose voice it is")
            else:
                yield [vector(clip.id, NAME, voice_vector(speech, self.weights))]
