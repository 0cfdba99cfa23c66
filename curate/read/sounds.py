"""The sound of one file at two rates: as recorded, and as models want it."""

import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import av
import numpy as np

from curate.read.containers import LONGEST_MS, refuse_absurd_sound
from curate.read.mapped import MappedSamples
from curate.read.stretches import Form, Stretches, form_of
from schemas.errors import Unreadable
from schemas.media import Clip

Samples = np.ndarray[Any, np.dtype[np.int16]]


SPEECH_HZ = 16_000
IN_MEMORY_MS, IN_MEMORY_BYTES = 30_000, 6_000_000  # a visit holds dozens of files at a time
SAMPLE_BYTES = 2
OPPOSED = -0.5  # correlation of two channels from which on their mean would lose more than their difference does


def sample_at(ms: int, rate_hz: int) -> int:
    """The number of the first sample at or nearest to a time."""
    return round(ms * rate_hz / 1000)


class Tape:
    """Samples (n, channels) of int16 that are written once and read in slices.

    Kept in memory as long as they are few, then in a scratch file that has no name, so it is gone with the process.
    """

    def __init__(self, channels: int, most_in_memory: int) -> None:
        self.channels, self.samples = channels, 0
        self._most_in_memory = most_in_memory
        self._stretches: list[Samples] = []
        self._file: Any = None

    def write(self, samples: Samples) -> None:
        """Append samples of shape (n, channels)."""
        self.samples += len(samples)
        self._stretches.append(samples)
        if self._file is None and self.samples > self._most_in_memory:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # lives as long as the tape
        if self._file is not None:
            for stretch in self._stretches:
                self._file.write(stretch.data)
            self._stretches.clear()

    def read(self, start: int, end: int) -> Samples:
        """The samples from start to before end, read-only; what lies outside the tape is left out."""
        start, end = max(0, start), min(end, self.samples)
        if self._file is None:
            return self._in_memory[start:end]
        width = self.channels * SAMPLE_BYTES
        data = os.pread(self._file.fileno(), max(0, end - start) * width, start * width)
        return np.frombuffer(data, np.int16).reshape(-1, self.channels)

    @cached_property
    def whole(self) -> Samples:
        """All samples, mapped into memory where they lie in the scratch file."""
        if self._file is None:
            return self._in_memory
        return MappedSamples(self._file, np.int16, mode="r", shape=(self.samples, self.channels))

    @cached_property
    def _in_memory(self) -> Samples:
        samples: Samples = np.concatenate([np.empty((0, self.channels), np.int16), *self._stretches])
        samples.flags.writeable = False
        self._stretches.clear()
        return samples

    def close(self) -> None:
        """Give the scratch file back; arrays already handed out stay good."""
        if self._file is not None:
            self._file.close()


def _tape(channels: int, rate_hz: int) -> Tape:
    return Tape(channels, min(IN_MEMORY_MS * rate_hz // 1000, IN_MEMORY_BYTES // (channels * SAMPLE_BYTES)))


@dataclass(frozen=True, eq=False)
class Sound:
    """The decoded sound of a file; samples are int16 and arrays are read-only.

    Long sound lies in a scratch file: a span is read from it when asked for, so that memory stays flat however long
    the file; the whole arrays are mapped. `track` is the number of the sound track that is heard, 0 the first.
    `opposed` is the share of the time for which two channels of opposite polarity were mixed by their difference.
    """

    rate_hz: int
    channels: int
    native_tape: Tape
    speech_tape: Tape
    track: int = 0
    opposed: float = 0.0

    @property
    def duration_ms(self) -> int:
        """How long the sound is, to the nearest millisecond."""
        return round(self.native_tape.samples * 1000 / self.rate_hz)

    @property
    def native(self) -> Samples:
        """All samples as recorded, (samples, channels); more than two channels are mixed down to two."""
        return self.native_tape.whole

    @property
    def speech(self) -> Samples:
        """All samples mixed to one channel of 16 kHz, (samples,)."""
        return self.speech_tape.whole[:, 0]

    def native_span(self, start_ms: int, end_ms: int) -> Samples:
        """A span as recorded, (samples, channels)."""
        return self.native_tape.read(sample_at(start_ms, self.rate_hz), sample_at(end_ms, self.rate_hz))

    def speech_span(self, start_ms: int, end_ms: int) -> Samples:
        """A span mixed to one channel of 16 kHz, (samples,)."""
        return self.speech_tape.read(sample_at(start_ms, SPEECH_HZ), sample_at(end_ms, SPEECH_HZ))[:, 0]

    def speech_of(self, clip: Clip) -> Samples:
        """A clip, or the whole file where it has no times, mixed to one channel of 16 kHz, (samples,)."""
        return self.speech_span(clip.start_ms or 0, self.duration_ms if clip.end_ms is None else clip.end_ms)


def _are_opposed(samples: Samples) -> bool:
    """Whether two channels hold much the same sound with opposite signs, so that it would vanish in their mean."""
    if samples.shape[1] != 2:
        return False
    left, right = samples[:, 0].astype(np.float32), samples[:, 1].astype(np.float32)
    return float(np.dot(left, right)) < OPPOSED * float(np.linalg.norm(left) * np.linalg.norm(right))


class Recorder:
    """Writes the decoded frames of one sound track to two tapes, in the form of its first frame and for speech."""

    def __init__(self, first: av.AudioFrame, codec: str, track: int = 0) -> None:
        refuse_absurd_sound(first.sample_rate, first.layout.nb_channels)
        self.form = form_of(first, codec, most_channels=2, most_bits=16)
        self._stretches = Stretches(self.form)
        self._native = _tape(self.form.channels, self.form.rate_hz)
        is_speech_form = self.form == Form(SPEECH_HZ, 1, 16)
        self._speech = self._native if is_speech_form else _tape(1, SPEECH_HZ)
        self._to_speech: Any = None
        self._track, self._opposed = track, 0

    def add(self, frame: av.AudioFrame, at_s: float | None) -> None:
        """Record one frame; raises Unreadable when the sound has become longer than a day."""
        for samples in self._stretches.add(frame, at_s):
            self._write(samples)

    def finish(self) -> Sound:
        """What has been recorded, with what the converters still held."""
        for samples in self._stretches.rest():
            self._write(samples)
        if self._to_speech is not None:
            self._write_speech(self._to_speech.resample(None))
        opposed = self._opposed / max(self._native.samples, 1)
        return Sound(self.form.rate_hz, self.form.channels, self._native, self._speech, self._track, opposed)

    def close(self) -> None:
        """Give scratch files back."""
        self._native.close()
        self._speech.close()

    def _write(self, samples: Samples) -> None:
        self._native.write(samples)
        if self._native.samples > LONGEST_MS // 1000 * self.form.rate_hz:
            raise Unreadable("sound of more than a day")
        if self._speech is self._native or not len(samples):
            return
        if self._to_speech is None:
            self._to_speech = av.AudioResampler("s16", "mono", SPEECH_HZ)
        if _are_opposed(samples):
            self._opposed += len(samples)
            samples = np.stack([samples[:, 0], -np.maximum(samples[:, 1], -32767)], axis=1)
        layout = "mono" if self.form.channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = self.form.rate_hz
        self._write_speech(self._to_speech.resample(frame))

    def _write_speech(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            self._speech.write(frame.to_ndarray().reshape(-1, 1))
