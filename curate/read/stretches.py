"""Decoded frames of sound, joined to long stretches of samples in one form."""

from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np

Samples = np.ndarray[Any, np.dtype[Any]]


STRETCH_SAMPLES = 1 << 16  # converted at once: a call for every small frame costs more than the conversion
SHORTEST_GAP_S, LONGEST_GAP_S = 0.1, 600.0  # shorter is jitter; longer is a broken clock


@dataclass(frozen=True)
class Form:
    """How samples are wanted: their rate, the number of channels, 16 or 32 bits (more precise sound: the upper 24)."""

    rate_hz: int
    channels: int
    bits: Literal[16, 32]


def form_of(frame: av.AudioFrame, codec: str, most_channels: int, most_bits: Literal[16, 32]) -> Form:
    """The form that keeps what a sound has: 32 bits for integers of more than 16 and for uncompressed floats."""
    is_deep = frame.format.name.startswith(("s32", "s64")) or codec.startswith("pcm_f")
    channels = frame.layout.nb_channels
    mixed = channels if channels <= most_channels else 2
    return Form(frame.sample_rate, mixed, most_bits if is_deep else 16)


class Stretches:
    """Takes decoded frames of whatever form and gives samples (n, channels) of one form, in long stretches.

    Where the frames bear times (`at_s`), what the file leaves out is filled with silence, so that sound and pictures
    stay together.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self._shape: tuple[Any, ...] = ()
        self._joined: Any = None
        self._convert: Any = None
        self._expected_s = 0.0

    def add(self, frame: av.AudioFrame, at_s: float | None = None) -> list[Samples]:
        """The stretches that are complete with this frame, mostly none."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        done: list[Samples] = []
        if shape != self._shape:
            done += self.rest()
            self._begin(frame, shape)
        if at_s is not None:
            done += self._silence(at_s)
            self._expected_s = max(self._expected_s, at_s + frame.samples / frame.sample_rate)
        frame.pts = None  # the joiner would insist on times without gaps
        self._joined.write(frame)
        if self._joined.samples >= STRETCH_SAMPLES:
            done += self._emptied()
        return done

    def rest(self) -> list[Samples]:
        """What is still held back; to be called at the end."""
        if self._joined is None:
            return []
        done = self._emptied()
        done += [self._mixed(frame) for frame in self._convert.resample(None)]
        self._joined = None
        self._shape = ()
        return done

    def _begin(self, frame: av.AudioFrame, shape: tuple[Any, ...]) -> None:
        self._shape, self._joined = shape, av.AudioFifo()
        source = frame.layout.nb_channels
        # the channels of an unnamed layout are places nobody knows: mixed alike instead of by a guessed layout
        keeps_channels = source == self.form.channels or (source > self.form.channels and "channels" in shape[1])
        layout = frame.layout if keeps_channels else {1: "mono", 2: "stereo"}.get(self.form.channels)
        layout = layout or f"{self.form.channels} channels"
        self._convert = av.AudioResampler(f"s{self.form.bits}", layout, self.form.rate_hz)

    def _emptied(self) -> list[Samples]:
        frame = self._joined.read()
        if frame is None:
            return []
        frame.pts = None
        return [self._mixed(converted) for converted in self._convert.resample(frame)]

    def _mixed(self, frame: av.AudioFrame) -> Samples:
        """The samples (n, channels) of a packed frame; the even and the odd of too many channels become two."""
        samples: Samples = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
        if samples.shape[1] <= self.form.channels:
            return samples
        sides = [samples[:, side :: self.form.channels].mean(axis=1) for side in range(self.form.channels)]
        return np.stack(sides, axis=1).round().astype(samples.dtype)

    def _silence(self, at_s: float) -> list[Samples]:
        gap_s = at_s - self._expected_s
        if not (SHORTEST_GAP_S < gap_s < LONGEST_GAP_S):
            return []
        silent = np.zeros((round(gap_s * self.form.rate_hz), self.form.channels), f"int{self.form.bits}")
        return [*self._emptied(), silent]
