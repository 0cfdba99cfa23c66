"""What a face detector is, whatever library it comes from: a picture in, faces with five points out."""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.weights import Weights

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class Faces(NamedTuple):
    """Faces in one picture: corners (faces, 4) as left, top, right, bottom; scores (faces,); points (faces, 5, 2)."""

    boxes: Array
    scores: Array
    points: Array


class Detector(Protocol):
    """A frozen dataclass whose fields are its parameters; its weights are named by their SHA-256, never by a path."""

    @property
    def backend(self) -> str:
        """The name by which the settings know it."""

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights it runs, with their licences."""

    def faces(self, rgb: Any) -> Faces:
        """The faces in one picture (height, width, 3) uint8, best first; depends on this picture alone.

        Points are left eye, right eye, nose, left and right corner of the mouth, as the picture shows them.
        """
