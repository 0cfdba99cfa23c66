"""RateSpeech: what listeners would say of a clip's quality, as DNSMOS P.835 predicts it; a number and never a gate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.sessions import open_session
from curate.weights import Packed, Weights, verified_files
from schemas.media import Clip, score
from schemas.modality import VOICE, WHOLE
from schemas.stage import Dropped, Outcome, Signal

PACKED = Packed("speechmos", ("dnsmos_models/sig_bak_ovr.onnx",), "emocurate[mos]")
DNSMOS = Weights(
    "DNSMOS P.835 (speechmos 0.0.1.1)",
    "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
    "MIT",
    "predicts how listeners rate speech, background and both",
    PACKED,
)
RATE_HZ = 16_000
WINDOW = 144_160  # samples: the 9.01 s that the network hears at a time
# From what the network gives to opinions of 1 to 5: a parabola each (Reddy 2022, doi:10.1109/ICASSP43922.2022.9746108).
PARABOLAS = {
    "dnsmos_sig": (-0.08397278, 1.22083953, 0.0052439),
    "dnsmos_bak": (-0.13166888, 1.60915514, -0.39604546),
    "dnsmos_ovrl": (-0.06766283, 1.11546468, 0.04602535),
}


@dataclass(frozen=True)
class RateSpeech:
    """Predicts opinions from 1 to 5 of a clip's speech, its background and both: `dnsmos_sig`, `_bak`, `_ovrl`.

    A clip longer than 9.01 s is rated each second and averaged, a shorter one is repeated up to there. Nothing is
    decided by it: of acted emotions it rates the soft ones far below the loud ones.
    """

    weights: str = DNSMOS.short

    models: ClassVar[tuple[Weights, ...]] = (DNSMOS,)
    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = (*VOICE.kinds, WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    def __post_init__(self) -> None:
        verified_files(PACKED, self.weights)

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its three scores, none where it holds no sample."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            opinions = self.opinions(sound.speech_of(clip))
            yield [score(clip.id, name, opinion) for name, opinion in opinions.items()]

    def opinions(self, speech: NDArray[np.int16]) -> dict[str, float]:
        """The opinions of 16 kHz sound, (samples,)."""
        if not len(speech):
            return {}
        heard = np.resize(speech, max(WINDOW, len(speech))).astype(np.float32) / np.float32(32_768)
        starts = range(0, len(heard) - WINDOW + 1, RATE_HZ)
        raw = [_session(self.weights).run(None, {"input_1": heard[None, at : at + WINDOW]})[0][0] for at in starts]
        columns = np.array(raw, np.float64).T
        return {
            name: float(np.polyval(PARABOLAS[name], column).mean())
            for name, column in zip(PARABOLAS, columns, strict=True)
        }


@cache
def _session(weights: str) -> Any:
    return open_session(verified_files(PACKED, weights)[0])
