"""The diarizer that comes with emocurate: segmentation-3.0 and CAM++ by onnxruntime, no torch."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.voices.clusters import voices
from curate.voices.diarizer import Conversation, LocalVoice, Turn, heard_ms
from curate.voices.embeddings import CAMPPLUS
from curate.voices.pieces import Pieces, pieces
from curate.voices.segmentation import CLOSER, RATE_HZ, SEGMENTER, STEP, Activity, activity, start_ms
from curate.voices.timeline import NOBODY, owners, spans, speakers
from curate.voices.vote import voted
from curate.weights import Weights

Vectors = NDArray[np.float32]

SHORTEST_MS = 100
LEAST_S = 0.5  # pieces shorter than this say little of a voice; they count where there are no others


@dataclass(frozen=True)
class OnnxTurns:
    """Takes a recording apart into pieces of one voice and groups them: each `change` with each `same` is one vote.

    `changes` are the distances from which on two voices stand side by side, `sames` those up to which two pieces are of
    one voice (both one minus the cosine), `step` the samples between two windows of the segmentation.
    """

    changes: tuple[float, ...] = (0.65,)
    sames: tuple[float, ...] = (0.65,)
    step: int = STEP
    segmenter: str = SEGMENTER.short
    embedder: str = CAMPPLUS.short
    backend: Literal["onnx"] = "onnx"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The two networks that come with emocurate."""
        return SEGMENTER, CAMPPLUS

    def conversation(self, speech: NDArray[np.int16]) -> Conversation:
        """Who speaks when in 16 kHz mono sound; turns shorter than 100 ms are none."""
        heard = activity(speech, self.segmenter, self.step)
        owner, units = self._owners(speech, heard)
        duration_ms = len(speech) * 1000 // RATE_HZ
        times = [
            (round(start_ms(start)), min(round(start_ms(end)), duration_ms), who)
            for start, end, who in spans(speakers(heard, owner))
        ]
        kept = [(start, end, who) for start, end, who in times if end - start >= SHORTEST_MS]
        number = {voice: at for at, voice in enumerate(dict.fromkeys(voice for *_, who in kept for voice in who), 1)}
        turns = tuple(Turn(start, end, tuple(sorted(number[voice] for voice in who))) for start, end, who in kept)
        return Conversation(
            turns, tuple(LocalVoice(at, heard_ms(turns, at), units[voice]) for voice, at in number.items())
        )

    def _owners(self, speech: NDArray[np.int16], heard: Activity) -> tuple[NDArray[np.int16], Vectors]:
        """The owner of each frame, and a unit vector for each voice."""
        cut = [_telling(found) for found in pieces(speech, heard, self.changes, self.embedder)]
        votes = [
            owners(found, voices(heard, found, same).of_piece, len(heard.speech))
            for found in cut
            for same in self.sames
        ]
        owner = voted(votes) if len(votes) > 1 else votes[0]
        return owner, _units(owner, cut[0])


QUICK = OnnxTurns()
CAREFUL = OnnxTurns((0.65, 0.55, 0.75), (0.55, 0.6, 0.65, 0.7, 0.75), CLOSER)


def _telling(found: Pieces) -> Pieces:
    long_enough = found.seconds >= LEAST_S
    return found.where(long_enough) if long_enough.any() else found


def _units(owner: NDArray[np.int16], found: Pieces) -> Vectors:
    """For each voice the mean of the vectors of the pieces it owns, by frames, with length 1."""
    sums = np.zeros((int(owner.max(initial=NOBODY)) + 1, found.vectors.shape[1]))
    for start, end, vector in zip(found.starts, found.ends, found.vectors, strict=True):
        whose, frames = np.unique(owner[start:end], return_counts=True)
        for voice, share in zip(whose[whose != NOBODY], frames[whose != NOBODY], strict=True):
            sums[voice] += share * vector
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), np.float32)
