"""The diarization error as the field counts it: no collar, overlap counted, voices matched one to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.voices.diarizer import Conversation

Spans = Sequence[tuple[float, float, Any]]


@dataclass(frozen=True)
class Errors:
    """Seconds of speech in all (that of two at once twice), and of it missed, falsely found, and given to another."""

    spoken_s: float
    missed_s: float
    false_s: float
    confusion_s: float

    @property
    def wrong_s(self) -> float:
        return self.missed_s + self.false_s + self.confusion_s


def turns_of(heard: "Conversation") -> list[tuple[float, float, int]]:
    """When which voice is heard, in seconds; what several say at once stands there for each."""
    return [(turn.start_ms / 1000, turn.end_ms / 1000, voice) for turn in heard.turns for voice in turn.voices]


def errors(truth: Spans, ours: Spans) -> Errors:
    """The Errors of a recording, exact: counted between any two moments at which somebody begins or ends."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    edges = np.unique([time for start, end, _ in (*truth, *ours) for time in (start, end)])
    if len(edges) < 2:
        return Errors(0, 0, 0, 0)
    lengths, middles = np.diff(edges), (edges[1:] + edges[:-1]) / 2

    def heard(spans: Spans) -> Any:
        names = sorted({name for *_, name in spans})
        there = np.zeros((len(middles), max(len(names), 1)), bool)
        for start, end, name in spans:
            there[:, names.index(name)] |= (middles > start) & (middles < end)
        return there

    true, found = heard(truth), heard(ours)
    shared = (true * lengths[:, None]).T @ found
    rows, columns = linear_sum_assignment(-shared)
    speaking, told = true.sum(axis=1), found.sum(axis=1)
    right_s = shared[rows, columns].sum()
    return Errors(
        float(speaking @ lengths),
        float(np.maximum(speaking - told, 0) @ lengths),
        float(np.maximum(told - speaking, 0) @ lengths),
        float(np.minimum(speaking, told) @ lengths - right_s),
    )
