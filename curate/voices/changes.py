"""CompareSides: how differently the two sides of an utterance sound, which marks where another voice takes over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.voices.embeddings import CAMPPLUS, RATE_HZ, voice_vector
from curate.weights import Weights
from schemas.media import Clip, score
from schemas.modality import WHOLE
from schemas.stage import Dropped, Outcome, Signal


@dataclass(frozen=True)
class CompareSides:
    """Measures the `voice_change` of utterances, and of sound that is a clip as it came: 0 to 2.

    It is the largest cosine distance between what is heard up to `most_ms` before and after a moment, each side of at
    least `least_ms` and described by itself; moments lie `step_ms` apart. What is too short for two sides has none.
    """

    least_ms: int = 600
    most_ms: int = 1_500
    step_ms: int = 300
    weights: str = CAMPPLUS.short

    models: ClassVar[tuple[Weights, ...]] = (CAMPPLUS,)
    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("utterance", WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its score; dropped where it is too short to be compared with itself."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            change = self.change(sound.speech_of(clip))
            if change is None:
                yield Dropped(f"shorter than {2 * self.least_ms} ms: nobody could tell whether the voice changes")
            else:
                yield [score(clip.id, "voice_change", change)]

    def change(self, speech: NDArray[np.int16]) -> float | None:
        """The change of voice in 16 kHz mono sound, None where it is too short."""
        least, most, step = (ms * RATE_HZ // 1000 for ms in (self.least_ms, self.most_ms, self.step_ms))
        moments = range(least, len(speech) - least + 1, step)
        return max(
            (self._distance(speech[max(0, at - most) : at], speech[at : at + most]) for at in moments), default=None
        )

    def _distance(self, before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
        return 1 - float(voice_vector(before, self.weights) @ voice_vector(after, self.weights))
