"""The SpeakerDiarization pipeline of pyannote.audio, with models that somebody brought (extra `[voices]`)."""

import io
import itertools
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.sessions import device
from curate.voices.diarizer import Conversation, LocalVoice, Turn, heard_ms
from curate.voices.pyannote_files import Part, PyannoteFiles
from curate.voices.pyannote_networks import batch, first_line, load_library, network, refuse_all_code
from curate.weights import SHORT, Weights
from schemas.errors import Missing

RATE_HZ = 16_000
SHORTEST_MS = 100

Spans = Iterable[tuple[int, int, Any]]


@dataclass(frozen=True)
class PyannoteTurns:
    """pyannote.audio with the files of one pipeline; the files say where it lies, `weights` what it is."""

    files: PyannoteFiles = field(compare=False)
    weights: str
    backend: Literal["pyannote"] = "pyannote"

    @property
    def models(self) -> tuple[Weights, ...]:
        """The pipeline, its networks and settings together."""
        return (self.files.weights,)

    def conversation(self, speech: NDArray[np.int16]) -> Conversation:
        """Who speaks when in 16 kHz mono sound, held in memory as a whole; turns shorter than 100 ms are none."""
        if not len(speech):
            return Conversation((), ())
        import torch  # noqa: PLC0415  # of the extra [voices]

        waveform = torch.from_numpy(np.asarray(speech, np.float32) / 32_768)[None]
        pipeline = _pipeline(self)
        with warnings.catch_warnings(action="ignore"):  # of means over nothing, which it makes where nobody speaks
            told = pipeline({"waveform": waveform, "sample_rate": RATE_HZ, "uri": "recording"})
        labels = told.speaker_diarization.labels()
        tracks = told.speaker_diarization.itertracks(yield_label=True)
        spans = ((round(span.start * 1000), round(span.end * 1000), label) for span, _, label in tracks)
        turns, order = partition(spans, len(speech) * 1000 // RATE_HZ)
        units = _units(told.speaker_embeddings)
        return Conversation(
            turns,
            tuple(
                LocalVoice(number, heard_ms(turns, number), units[labels.index(label)])
                for number, label in enumerate(order, 1)
            ),
        )


def pyannote_turns(files: PyannoteFiles) -> PyannoteTurns:
    """pyannote.audio with these files; raises Missing where they hold code and nobody has said that they may."""
    refuse_all_code(files)
    return PyannoteTurns(files, files.sha256[:SHORT])


def partition(spans: Spans, duration_ms: int) -> tuple[tuple[Turn, ...], list[Any]]:
    """Spans of labels that may overlap, as turns that do not; and the labels in the order of their numbers."""
    told = [(max(start, 0), min(end, duration_ms), label) for start, end, label in spans]
    changes = sorted((at, by, label) for start, end, label in told for at, by in ((start, 1), (end, -1)) if start < end)
    talking: Counter[Any] = Counter()
    heard: list[tuple[int, int, frozenset[Any]]] = []
    for (start, by, label), (end, *_) in itertools.pairwise(changes):
        talking[label] += by
        who = frozenset(+talking)
        if heard and heard[-1][1:] == (start, who) and start < end:
            heard[-1] = (heard[-1][0], end, who)
        elif who and start < end:
            heard.append((start, end, who))
    kept = [(start, end, sorted(who)) for start, end, who in heard if end - start >= SHORTEST_MS]
    order = list(dict.fromkeys(label for *_, who in kept for label in who))
    number = {label: at for at, label in enumerate(order, 1)}
    return tuple(Turn(start, end, tuple(sorted(number[label] for label in who))) for start, end, who in kept), order


def _units(vectors: Any) -> NDArray[np.float32]:
    """Vectors with length 1; zeros where pyannote.audio has none for a voice."""
    finite = np.nan_to_num(np.asarray(vectors, np.float64))
    return np.asarray(finite / np.maximum(np.linalg.norm(finite, axis=1, keepdims=True), 1e-9), np.float32)


@cache
def _pipeline(wanted: PyannoteTurns) -> Any:
    """The pipeline as pyannote.audio makes it of our bytes, on one thread and the device of this process."""
    files = wanted.files
    contents = files.read(wanted.weights)
    load_library()
    import torch  # noqa: PLC0415
    from pyannote.audio.pipelines import SpeakerDiarization  # noqa: PLC0415

    torch.set_num_threads(1)
    told = {name: value for name, value in files.settings.items() if name != "tuned"}
    embedding = network(files, "embedding", contents["embedding"])
    if hasattr(embedding, "forward_frames") and hasattr(embedding, "forward_embedding"):
        embedding.forward = partial(once_per_window, embedding)
    try:
        made = SpeakerDiarization(
            segmentation=network(files, "segmentation", contents["segmentation"]),
            embedding=embedding,
            plda=_plda(contents),
            segmentation_batch_size=batch(),
            embedding_batch_size=batch(),
            **told,
        )
        made.instantiate(files.settings["tuned"] or made.default_parameters())
        if not made.instantiated:
            raise ValueError("its params are not all there")
    except Exception as error:  # noqa: BLE001  # whatever pyannote.audio says of settings that do not suit it
        raise Missing(f"{files.name} is no pipeline that pyannote.audio can run: {first_line(error)}") from None
    return made.to(torch.device(device()))


def once_per_window(network: Any, waveforms: Any, weights: Any = None) -> Any:
    """What a network says of sounds (n, 1, samples) under weights (n, frames): looked at once, pooled for each voice.

    pyannote.audio hands over every window once for each voice in it, one after the other.
    """
    if weights is None:
        return type(network).forward(network, waveforms)
    is_new = waveforms.new_ones(len(waveforms)).bool()
    is_new[1:] = (waveforms[1:] != waveforms[:-1]).flatten(1).any(1)  # at once: a device is waited for at every answer
    frames = network.forward_frames(waveforms[is_new])
    return network.forward_embedding(frames[is_new.cumsum(0) - 1], weights)


def _plda(contents: dict[Part, bytes]) -> Any:
    """What VBx knows of voices; other groupings use none, and the class wants something in its place."""
    from pyannote.audio.core.plda import PLDA  # noqa: PLC0415

    if "plda" not in contents:
        return object.__new__(PLDA)
    return PLDA(io.BytesIO(contents["transform"]), io.BytesIO(contents["plda"]))
