"""The VoiceActivityDetection pipeline of pyannote.audio, with a model that somebody brought (extra `[voices]`)."""

import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.sessions import device
from curate.voices.pyannote_files import PyannoteFiles
from curate.voices.pyannote_networks import batch, first_line, load_library, network, refuse_all_code
from curate.voices.silero import CHUNK_MS, level_curve
from curate.weights import SHORT, Weights
from schemas.errors import Missing

Array = NDArray[np.float32]

RATE_HZ = 16_000
SPOKEN, SILENT = 0.5, 0.34  # at least in its regions, at most outside of them: so FindSpeech takes its word
PLAIN = {"min_duration_on": 0.0, "min_duration_off": 0.0}  # where nothing is tuned; networks of pairs need no more


@dataclass(frozen=True)
class PyannoteSpeech:
    """pyannote.audio with the files of one pipeline; the files say where it is kept, `weights` what it is."""

    files: PyannoteFiles = field(compare=False)
    weights: str
    backend: Literal["pyannote"] = "pyannote"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The pipeline, its network and settings together."""
        return (self.files.weights,)

    def curve(self, speech: NDArray[np.int16], gain: float = 1) -> tuple[Array, Array]:
        """How likely somebody speaks in every 32 ms, and the level; the sound is held in memory as a whole.

        Whether somebody does is what the pipeline says with its own thresholds; how likely, what its network says.
        """
        level_db = level_curve(speech, gain)
        if not len(speech):
            return np.zeros(0, np.float32), level_db
        middles_s = (np.arange(len(level_db)) + 0.5) * CHUNK_MS / 1000
        likely, regions = _heard(_pipeline(self), np.asarray(speech, np.float32) * (gain / 32_768))
        probability = likely(middles_s)
        spoken = np.zeros(len(level_db), np.bool_)
        for start_s, end_s in regions:
            spoken |= (middles_s >= start_s) & (middles_s < end_s)
        clipped = np.where(spoken, np.maximum(probability, SPOKEN), np.minimum(probability, SILENT))
        return clipped.astype(np.float32), level_db

    def slowed(self, speech: NDArray[np.int16], wanted: NDArray[np.bool_], gain: float = 1) -> Array:  # noqa: ARG002
        """Zeros: nothing is heard slowed down, which Silero needs for screams."""
        return np.zeros(len(wanted), np.float32)


def pyannote_speech(files: PyannoteFiles) -> PyannoteSpeech:
    """pyannote.audio with these files; raises Missing where they hold code and nobody has said that they may."""
    refuse_all_code(files)
    return PyannoteSpeech(files, files.sha256[:SHORT])


def _heard(pipeline: Any, speech: Array) -> tuple[Any, list[tuple[float, float]]]:
    """How likely speech is at given times (s), as a function of them; and from when to when the pipeline finds it."""
    import torch  # noqa: PLC0415  # of the extra [voices]

    frames: list[Any] = []

    def keep(_step: str, judged: Any, **_progress: object) -> None:
        if judged is not None:
            frames.append(judged)

    waveform = torch.from_numpy(np.asarray(speech, np.float32))[None]
    with warnings.catch_warnings(action="ignore"):  # of sound shorter than a window
        told = pipeline({"waveform": waveform, "sample_rate": RATE_HZ, "uri": "recording"}, hook=keep)
    judged = frames[-1]
    window, values = judged.sliding_window, np.nan_to_num(judged.data[:, 0])
    frame_s = window.start + window.duration / 2 + window.step * np.arange(len(values))
    return lambda times_s: np.interp(times_s, frame_s, values), [(span.start, span.end) for span in told.get_timeline()]


@cache
def _pipeline(wanted: PyannoteSpeech) -> Any:
    """The pipeline as pyannote.audio makes it of our bytes, on one thread and the device of this process."""
    files = wanted.files
    contents = files.read(wanted.weights)
    load_library()
    import torch  # noqa: PLC0415
    from pyannote.audio.pipelines import VoiceActivityDetection  # noqa: PLC0415

    torch.set_num_threads(1)
    told = {name: value for name, value in files.settings.items() if name != "tuned"}
    segmentation = network(files, "segmentation", contents["segmentation"])
    try:
        made = VoiceActivityDetection(segmentation=segmentation, batch_size=batch(), **told)
        made.instantiate(files.settings["tuned"] or PLAIN)
        if not made.instantiated:
            raise ValueError("its params are not all there (onset, offset, min_duration_on, min_duration_off)")
    except Exception as error:  # noqa: BLE001  # whatever pyannote.audio says of settings that do not suit it
        raise Missing(f"{files.name} is no pipeline that pyannote.audio can run: {first_line(error)}") from None
    return made.to(torch.device(device()))
