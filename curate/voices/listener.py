"""What tells speech from other sound, whatever library it comes from."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curate.weights import Weights

Curve = NDArray[np.float32]


class Listener(Protocol):
    """A frozen dataclass whose fields are its parameters; its weights are named by their SHA-256, never by a path."""

    @property
    def backend(self) -> str:
        """The name by which the settings know it."""

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights it runs, with their licences."""

    def curve(self, speech: NDArray[np.int16], gain: float = 1) -> tuple[Curve, Curve]:
        """For every 32 ms of 16 kHz mono sound: how likely somebody speaks (0 to 1), and the level in dBFS.

        `speech` is (samples,) and may be a memory map; it is heard times `gain`.
        """

    def slowed(self, speech: NDArray[np.int16], wanted: NDArray[np.bool_], gain: float = 1) -> Curve:
        """How likely somebody speaks in the wanted chunks when they are played 2.5 times slower; 0 for the others."""
