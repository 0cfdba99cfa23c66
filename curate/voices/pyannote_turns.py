"""The SpeakerDiarization pipeline of pyannote.audio, with models that somebody brought (extra `[voices]`)."""

import io
import itertools
import os
import pickle
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.sessions import device
from curate.voices.diarizer import Conversation, LocalVoice, Turn, heard_ms
from curate.voices.pyannote_files import Part, PyannoteFiles
from curate.weights import SHORT, Weights
from schemas.errors import Missing

RATE_HZ = 16_000
SHORTEST_MS = 100
BATCH = 30  # windows, or windows times voices, at a time: a multiple of the voices a window may hold
NETWORKS: tuple[Part, ...] = ("segmentation", "embedding")
DESCRIBES = "REPRESENTATION"  # what pyannote.audio calls the purpose of a network that gives vectors
CALLED = re.compile(r"GLOBAL (\S+)")  # what torch says a checkpoint would use
OUR_NETWORKS = "pyannote.audio.models."  # where the classes of its own networks are
TRUST = "type: emocurate config set voice.turns_trusted true, if you trust who made it"

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
    if not files.trusted:
        contents = files.read(files.sha256)
        for part in NETWORKS:
            _refuse_code(files, part, contents[part])
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
    _library()
    import torch  # noqa: PLC0415
    from pyannote.audio.pipelines import SpeakerDiarization  # noqa: PLC0415

    torch.set_num_threads(1)
    told = {name: value for name, value in files.settings.items() if name != "tuned"}
    embedding = _network(files, "embedding", contents["embedding"])
    if hasattr(embedding, "forward_frames") and hasattr(embedding, "forward_embedding"):
        embedding.forward = partial(once_per_window, embedding)
    try:
        made = SpeakerDiarization(
            segmentation=_network(files, "segmentation", contents["segmentation"]),
            embedding=embedding,
            plda=_plda(contents),
            segmentation_batch_size=BATCH,
            embedding_batch_size=BATCH,
            **told,
        )
        made.instantiate(files.settings["tuned"] or made.default_parameters())
        if not made.instantiated:
            raise ValueError("its params are not all there")
    except Exception as error:  # noqa: BLE001  # whatever pyannote.audio says of settings that do not suit it
        raise Missing(f"{files.name} is no pipeline that pyannote.audio can run: {_first_line(error)}") from None
    return made.to(torch.device(device()))


def once_per_window(network: Any, waveforms: Any, weights: Any = None) -> Any:
    """What a network says of sounds (n, 1, samples) under weights (n, frames): looked at once, pooled for each voice.

    pyannote.audio hands over every window once for each voice in it, one after the other.
    """
    if weights is None:
        return type(network).forward(network, waveforms)
    is_new = [at == 0 or not waveforms[at].equal(waveforms[at - 1]) for at in range(len(waveforms))]
    frames = network.forward_frames(waveforms[is_new])
    return network.forward_embedding(frames[np.cumsum(is_new) - 1], weights)


def _network(files: PyannoteFiles, part: Part, content: bytes) -> Any:
    """A network of these very bytes, looked at for code once more where nobody has said that it may run."""
    if not files.trusted:
        _refuse_code(files, part, content)
    from pyannote.audio import Model  # noqa: PLC0415

    try:
        with warnings.catch_warnings(action="ignore"):  # about other versions, which its own check allows
            network = Model.from_pretrained(io.BytesIO(content), strict=False)
        purpose = network.specifications.problem.name
    except Exception as error:  # noqa: BLE001  # whatever torch, lightning or a class of somebody's says
        raise Missing(f"{files.files[part]} is no network of pyannote.audio: {_first_line(error)}") from None
    if (purpose == DESCRIBES) != (part == "embedding"):
        raise Missing(f"{files.files[part]} is a network for {purpose}, not for {part}; put the right one there")
    return network


def _plda(contents: dict[Part, bytes]) -> Any:
    """What VBx knows of voices; other groupings use none, and the class wants something in its place."""
    from pyannote.audio.core.plda import PLDA  # noqa: PLC0415

    if "plda" not in contents:
        return object.__new__(PLDA)
    return PLDA(io.BytesIO(contents["transform"]), io.BytesIO(contents["plda"]))


def _refuse_code(files: PyannoteFiles, part: Part, content: bytes) -> None:
    """Raise Missing where a checkpoint does more than describe one of pyannote.audio's own networks.

    pyannote.audio unpickles checkpoints without limits. What torch reads with its own limits, given that nothing but
    the four plain classes below is allowed beside tensors, makes nothing else when it is read without.
    """
    _library()
    import torch  # noqa: PLC0415
    from pyannote.audio.core.task import Problem, Resolution, Specifications  # noqa: PLC0415

    plain = [Problem, Resolution, Specifications, torch.torch_version.TorchVersion]
    file = files.files[part]
    try:
        with torch.serialization.safe_globals(plain):
            told = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        made_by = str(told["pyannote.audio"]["architecture"]["module"])
    except pickle.UnpicklingError as error:
        if not content.startswith((b"PK", b"\x80")):
            raise Missing(f"{file} is no checkpoint of torch; fetch it again") from None
        named = CALLED.search(str(error))
        reason = f"it calls {named[1]}" if named else "it holds more than tensors"
        raise Missing(f"{file} is code as much as weights ({reason}) and is not run unasked; {TRUST}") from None
    except Exception as error:  # noqa: BLE001  # whatever torch says of a damaged file
        raise Missing(f"{file} is no network of pyannote.audio: {_first_line(error)}; fetch it again") from None
    if not made_by.startswith(OUR_NETWORKS):
        raise Missing(f"{file} is a network whose code is {made_by!r}, not pyannote.audio's, and is not run; {TRUST}")


def _library() -> None:
    """Import pyannote.audio: its makers are told nothing, and torchaudio goes without a library unfit for torch."""
    os.environ.update(PYANNOTE_METRICS_ENABLED="0", HF_HUB_DISABLE_TELEMETRY="1")
    with warnings.catch_warnings(action="ignore"):  # that torchcodec is not there: no file is decoded by it
        try:
            import_module("torchaudio")
        except OSError:  # built for CUDA, beside a torch that is not: only what it has in Python is used
            utils = sys.modules.get("torchaudio._extension.utils")
            if utils is None:
                raise
            utils._load_lib = lambda _name: False  # type: ignore[attr-defined]
            import_module("torchaudio")
        import_module("pyannote.audio")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
