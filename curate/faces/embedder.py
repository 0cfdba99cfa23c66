"""What a face embedder is, whatever library it comes from: faces in, vectors out that tell whose they are."""

from typing import Any, Protocol

from curate.faces.detector import Array
from curate.weights import Weights


class Embedder(Protocol):
    """A frozen dataclass whose fields are its parameters; its weights are named by their SHA-256, never by a path."""

    @property
    def backend(self) -> str:
        """The name by which the settings know it."""

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights it runs, with their licences."""

    @property
    def same_below(self) -> float:
        """The Euclidean distance below which two of its vectors are one person's."""

    @property
    def same_from(self) -> float:
        """The mean cosine from which on two groups of its vectors are one person's."""

    def vectors(self, rgb: Any, boxes: Array) -> Array:
        """A vector for each face of one picture, (faces, dimensions); corners as a Detector gives them."""
