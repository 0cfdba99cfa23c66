"""Who may speak when: pyannote's segmentation-3.0 over windows of ten seconds, put together for a whole recording."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from curate.voices.shipped import shipped, shipped_session
from curate.weights import Weights

Array = NDArray[np.float32]

MODEL = "segmentation-3.0.onnx"
SEGMENTER = Weights(
    name="pyannote segmentation-3.0 (curate/voices/models/segmentation-3.0.onnx)",
    sha256="616dc18391c03db986af7188d4a301a0fcac0402397948781e9b44320f9e74fe",
    licence="MIT",
    purpose="tells when whose voice is heard, and when two are",
    packed=shipped(MODEL),
)

RATE_HZ = 16_000
WINDOW = 10 * RATE_HZ  # samples the network looks at
STEP = RATE_HZ  # samples between two windows
CLOSER = STEP // 2  # where it may take twice the time
FRAMES = 589  # judgements in a window
FRAME_MS = 16.875  # 270 samples between two judgements
FIRST_MS = 31.0  # the middle of the first one
TRACKS = 3  # voices a window can tell apart
VOICES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
BATCH = 4  # windows in one call
REACH = 6  # frames on both sides of one, between which a change of voices is looked for
FAINT = 0.3  # less voice than this on both sides together is no change


class Activity(NamedTuple):
    """What the windows say of a recording.

    `tracks` is (windows, 589, 3) uint8: how likely (of 255) each of the window's own three voices is heard; which is
    which differs from window to window. `firsts` is the frame each window begins at, (windows,). The others are
    (frames,) float32, means over all windows that hold the frame: how likely anybody speaks, two speak at once, and the
    voices change there.
    """

    tracks: NDArray[np.uint8]
    firsts: NDArray[np.int64]
    speech: Array
    overlap: Array
    change: Array


def start_ms(frame: int) -> float:
    """When the stretch of time that a frame stands for begins."""
    return max(0.0, FIRST_MS + (frame - 0.5) * FRAME_MS)


def frame_count(samples: int) -> int:
    """How many frames a recording of so many samples has."""
    return int(samples * 1000 / RATE_HZ / FRAME_MS) + 1 if samples else 0


def activity(speech: NDArray[np.int16], weights: str, step: int = STEP) -> Activity:
    """The Activity of 16 kHz mono sound, (samples,) and possibly a memory map; windows begin `step` samples apart.

    Probabilities are averaged over the windows before anybody applies a threshold; silence stands after the end.
    """
    starts, frames = _starts(len(speech), step), frame_count(len(speech))
    tracks = np.zeros((len(starts), FRAMES, TRACKS), np.uint8)
    firsts = np.rint(starts * 1000 / RATE_HZ / FRAME_MS).astype(np.int64)
    sums = np.zeros((4, max(firsts.max(initial=0) + FRAMES, frames)), np.float64)  # speech, overlap, change, windows
    for window, judged in _judged(speech, starts, weights):
        voices = judged @ VOICES
        tracks[window] = np.rint(255 * voices)
        here = slice(firsts[window], firsts[window] + FRAMES)
        sums[:, here] += np.stack([1 - judged[:, 0], judged[:, 4:].sum(axis=1), _change(voices), np.ones(FRAMES)])
    means = (sums[:3] / np.maximum(sums[3], 1))[:, :frames].astype(np.float32)
    return Activity(tracks, firsts, means[0], means[1], means[2])


def _starts(samples: int, step: int) -> NDArray[np.int64]:
    """The samples at which windows begin: as many as it takes for every sample to lie in one."""
    windows = 1 + max(0, -(-(samples - WINDOW) // step)) if samples else 0
    return np.arange(windows, dtype=np.int64) * step


def _judged(speech: NDArray[np.int16], starts: NDArray[np.int64], weights: str) -> Iterator[tuple[int, Array]]:
    """For each window the probability of nobody, each voice and each pair of them, (589, 7)."""
    for first in range(0, len(starts), BATCH):
        batch = np.zeros((len(starts[first : first + BATCH]), 1, WINDOW), np.float32)
        for row, start in zip(batch, starts[first : first + BATCH].tolist(), strict=True):
            part = speech[start : start + WINDOW]
            row[0, : len(part)] = part
        batch /= 32768
        yield from enumerate(np.exp(_session(weights).run(None, {"w": batch})[0]), first)


def _change(voices: Array) -> Array:
    """How little of what is heard before each frame is heard after it, 0 to 1, (589,)."""
    before, after = voices[: -2 * REACH], voices[2 * REACH :]
    least = np.maximum(np.minimum(before.sum(axis=1), after.sum(axis=1)), FAINT)
    kept = np.minimum(before, after).sum(axis=1) / least
    return np.pad(np.clip(1 - kept, 0, 1), REACH)


@cache
def _session(weights: str) -> InferenceSession:
    return shipped_session(MODEL, weights, {"w": (1, WINDOW)}, (FRAMES, len(VOICES)))
