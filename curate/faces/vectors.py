"""FaceVectors: what tells whose a face is. Biometric data: only a pass that asks who may be identified holds this."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from curate.faces.embedder import Embedder
from curate.read.decode import Frame
from curate.vectors import vector
from curate.weights import Weights
from schemas.media import Clip
from schemas.stage import Dropped, Outcome, Signal

NAME = "face_vector"


@dataclass(frozen=True)
class FaceVectors:
    """Describes every face of at least `smallest_px` by a vector, `face_vector`, of its embedder's dimensions.

    `every_ms` is how often a video is looked at: as often as faces were looked for, else most would have no vector.
    """

    embedder: Embedder
    smallest_px: int = 32
    every_ms: int = 1_000

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("face",)
    reads: ClassVar[Signal] = Signal.FRAME

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights of its embedder."""
        return self.embedder.models

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Frame]) -> Iterable[Outcome]:
        """One outcome per face: its vector; dropped where it is too small to tell whose it is."""
        for clip, frame in zip(rows, signals, strict=True):
            left, top, width, height = clip.box or (0, 0, 0, 0)
            if min(width, height) < self.smallest_px:
                yield Dropped(f"smaller than {self.smallest_px} pixels: nobody could tell whose face it is")
                continue
            corners = np.array([[left, top, left + width, top + height]], np.float32)
            yield [vector(clip.id, NAME, self.embedder.vectors(frame.rgb, corners)[0])]
