"""What tells who speaks when, whatever library it comes from: sound in, a Conversation out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curate.weights import Weights


@dataclass(frozen=True)
class Turn:
    """A span of a recording and who is heard in it: one local voice, or several at once; turns never overlap."""

    start_ms: int
    end_ms: int
    voices: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LocalVoice:
    """A voice of one recording: its number (from 1, in order of appearance), how long it is heard, its unit vector."""

    number: int
    heard_ms: int
    vector: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Conversation:
    """The turns of a recording in order of time, and its voices in order of appearance."""

    turns: tuple[Turn, ...]
    voices: tuple[LocalVoice, ...]


class Diarizer(Protocol):
    """A frozen dataclass whose fields are its parameters; its weights are named by their SHA-256, never by a path."""

    @property
    def backend(self) -> str:
        """The name by which the settings know it."""

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights it runs, with their licences."""

    def conversation(self, speech: NDArray[np.int16]) -> Conversation:
        """Who speaks when in 16 kHz mono sound, (samples,) and possibly a memory map."""


def heard_ms(turns: Sequence[Turn], number: int) -> int:
    """How long a voice is heard, alone or not."""
    return sum(turn.end_ms - turn.start_ms for turn in turns if number in turn.voices)
