"""Voices as vectors: CAM++ over a sound once, pooled for any part of it."""

from functools import cache
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime import InferenceSession

from curate.voices.shipped import shipped, shipped_model, shipped_session
from curate.weights import Weights

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]

MODEL = "campplus.onnx"
CAMPPLUS = Weights(
    name="CAM++ zh-en advanced (curate/voices/models/campplus.onnx)",
    sha256="276968b2e33cfd556109a971a72d654252506b67af591942b8be90a1b6a6fe8c",
    licence="Apache-2.0",
    purpose="tells voices apart",
    packed=shipped(MODEL),
)

RATE_HZ = 16_000
LONG, SHIFT, POINTS = 400, 160, 512  # samples of one spectrum, between two, and of its Fourier transform
BANDS = 80
LOWEST_HZ, HIGHEST_HZ = 20.0, 8000.0
SMALLEST = 1.1920929e-07  # the least power, as Kaldi has it
CHUNK = 10 * RATE_HZ  # samples seen in one call
FRAME = 2 * SHIFT  # samples between two of the frames that are pooled
WIDTH = 512
BLOCK = 5  # frames added up at once: 100 ms
BLOCK_MS = 100
LEAST_FRAMES = 10


class Head(NamedTuple):
    """What follows the pooling: the matrix (192, 1024), and the mean and deviation of what comes out."""

    matrix: Array
    mean: Array
    deviation: Array


def filterbank(samples: Array) -> Array:
    """Logarithmic mel energies of 16 kHz sound in -1 to 1, (frames, 80), one each 10 ms, as Kaldi's `fbank` has them.

    Povey window, pre-emphasis .97, no dither; the mean over the frames is taken away from each band.
    """
    heard = np.pad(samples, (0, max(0, LONG - len(samples)))).astype(np.float32) * 32768
    pieces = np.lib.stride_tricks.sliding_window_view(heard, LONG)[::SHIFT]
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    before = np.concatenate([pieces[:, :1], pieces[:, :-1]], axis=1)
    spectra = np.fft.rfft((pieces - np.float32(0.97) * before) * _window(), POINTS)[:, : POINTS // 2]
    power = np.square(spectra.real) + np.square(spectra.imag)
    energies: Array = np.log(np.maximum(power @ _mel(), SMALLEST)).astype(np.float32)
    return np.asarray(energies - energies.mean(axis=0), np.float32)


def voice_frames(speech: NDArray[np.int16], weights: str) -> Array:
    """What CAM++ makes of a sound of up to ten seconds before it pools, (frames, 512), one each 20 ms."""
    (frames,) = _session(weights).run(None, {"f": filterbank(np.asarray(speech / np.float32(32768), np.float32))[None]})
    return np.asarray(frames[0].T, np.float32)


def voice_vector(speech: NDArray[np.int16], weights: str) -> Array:
    """The voice of a sound, 16 kHz mono int16: a unit vector, (192,)."""
    pooled = Pooled(speech, np.ones(-(-len(speech) * 1000 // (RATE_HZ * BLOCK_MS)) + 1, np.bool_), weights)
    whole = np.array([0]), np.array([pooled.blocks])
    return np.asarray(pooled.vectors(*whole)[0], np.float32)


class Pooled:
    """A stretch of sound seen by CAM++ once, from which the vector of any part of it is had without a further look.

    `wanted` says of every 100 ms whether it counts; chunks of ten seconds in which none does are not looked at.
    """

    def __init__(self, speech: NDArray[np.int16], wanted: NDArray[np.bool_], weights: str) -> None:
        per_chunk = CHUNK // (FRAME * BLOCK)
        self.blocks = len(wanted)
        self.head = _head(weights)
        sums = np.zeros((3, self.blocks + 1, WIDTH))  # of the numbers, their squares, and how many there are
        for first in range(0, self.blocks, per_chunk):
            part = speech[first * FRAME * BLOCK : first * FRAME * BLOCK + CHUNK]
            if len(part) and wanted[first : first + per_chunk].any():
                here = slice(first + 1, min(first + per_chunk, self.blocks) + 1)
                sums[:, here] = _added(voice_frames(part, weights), here.stop - here.start)
        sums[:, 1:] *= wanted[:, None]
        self.numbers, self.squares = np.cumsum(sums[0], axis=0), np.cumsum(sums[1], axis=0)
        self.counts = np.cumsum(sums[2, :, 0])

    def vectors(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Doubles:
        """The unit vectors of the parts from each start to before its end, in blocks, (parts, 192)."""
        count = np.maximum(self.counts[ends] - self.counts[starts], 2)[:, None]
        mean = (self.numbers[ends] - self.numbers[starts]) / count
        variance = np.maximum((self.squares[ends] - self.squares[starts]) / count - np.square(mean), 0)
        pooled = np.concatenate([mean, np.sqrt(variance * count / (count - 1))], axis=1)
        found = (pooled.astype(np.float32) @ self.head.matrix.T - self.head.mean) / self.head.deviation
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float64)

    def frames(self, start: int, end: int) -> int:
        """How many frames count between two blocks."""
        return int(self.counts[end] - self.counts[start])


def _added(frames: Array, blocks: int) -> Doubles:
    """Numbers, squares and counts added up by block, (3, blocks, 512)."""
    wide = np.zeros((blocks * BLOCK, WIDTH))
    kept = min(len(frames), len(wide))
    wide[:kept] = frames[:kept]
    there = np.zeros((blocks * BLOCK, WIDTH))
    there[:kept] = 1
    return np.stack([values.reshape(blocks, BLOCK, WIDTH).sum(axis=1) for values in (wide, np.square(wide), there)])


@cache
def _window() -> Array:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LONG) / (LONG - 1))
    return np.asarray(hann**0.85, np.float32)


@cache
def _mel() -> Array:
    """Triangular filters that are equally wide on the mel scale, (256, 80)."""

    def mel(hz: "float | Doubles") -> "float | Doubles":
        return 1127 * np.log(1 + np.asarray(hz) / 700)

    edges = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), BANDS + 2)
    at = np.asarray(mel(np.arange(POINTS // 2) * RATE_HZ / POINTS))[:, None]
    width = edges[1] - edges[0]
    rising, falling = (at - edges[:-2]) / width, (edges[2:] - at) / width
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float32)


@cache
def _session(weights: str) -> InferenceSession:
    return shipped_session(MODEL, weights, {"f": (BANDS,)}, (WIDTH, 0))


@cache
def _head(weights: str) -> Head:
    """The weights that follow the pooling; the published network ends with a batch normalisation without scale."""
    stored = onnx.load_from_string(shipped_model(MODEL, weights)).graph.initializer
    arrays = {tensor.name: numpy_helper.to_array(tensor).astype(np.float32) for tensor in stored}
    variance = arrays["xvector.dense.nonlinear.batchnorm.running_var"]
    mean = arrays["xvector.dense.nonlinear.batchnorm.running_mean"]
    return Head(arrays["xvector.dense.linear.weight"][:, :, 0], mean, np.sqrt(variance + np.float32(1e-5)))
