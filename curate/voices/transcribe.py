"""Transcribe: what is said in a clip, as a Whisper model of yours hears it; faster-whisper, of the extra [asr]."""

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from curate.read.decode import Sound
from curate.sessions import device_and_number
from curate.weights import SHORT, Weights
from schemas.errors import Missing
from schemas.media import Clip, Score, score
from schemas.modality import WHOLE
from schemas.stage import Dropped, Outcome, Signal

NEEDED = ("model.bin", "config.json", "tokenizer.json")  # without its tokenizer the library would look on the net
MULTILINGUAL = 51_865  # tokens
ENGLISH = "hears what is said, English only: what is said in another language comes out as invented English"
EVERY = "hears what is said, and in which language"


@dataclass(frozen=True)
class Whisper:
    """A Whisper model in CTranslate2's form: where it lies, the SHA-256 of its weights, whether it knows languages."""

    folder: Path
    sha256: str
    is_multilingual: bool
    licence: str

    @property
    def weights(self) -> Weights:
        """What it is and is for; an English-only model says so."""
        return Weights(
            f"Whisper in {self.folder.name}", self.sha256, self.licence, EVERY if self.is_multilingual else ENGLISH
        )


@dataclass(frozen=True)
class Transcribe:
    """Hears each utterance by itself: its words as `transcript`, and how sure of them the model is as `asr_logprob`.

    That is the mean log probability of a token. A model of many languages adds `asr_language` with `asr_probability`;
    one that knows English alone says nothing of the language. Greedy, without what was said before: the same clip
    gives the same words. Bursts are not heard: what is no word would come out as words.
    """

    model: Whisper = field(compare=False)
    weights: str

    version: ClassVar[int] = 1
    takes: ClassVar[type[Clip]] = Clip
    kinds: ClassVar[tuple[str, ...]] = ("utterance", "overlap", WHOLE)
    reads: ClassVar[Signal] = Signal.SOUND

    @property
    def models(self) -> tuple[Weights, ...]:
        """The weights that hear."""
        return (self.model.weights,)

    def __call__(self, rows: Sequence[Clip], signals: Sequence[Sound | None]) -> Iterable[Outcome]:
        """One outcome per clip: its words and what is known of them; nothing where none are heard."""
        for clip, sound in zip(rows, signals, strict=True):
            if sound is None:
                yield Dropped("no sound track")
                continue
            yield self._heard(clip.id, sound.speech_of(clip))

    def _heard(self, clip: str, speech: NDArray[np.int16]) -> list[Score]:
        if not len(speech):
            return []
        samples = speech.astype(np.float32) / np.float32(32_768)
        segments, about = _loaded(self.model.folder, self.weights).transcribe(
            samples,
            language=None if self.model.is_multilingual else "en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        parts = [(one.text.strip(), one.avg_logprob) for one in segments]
        words = " ".join(text for text, _ in parts if text)
        if not words:
            return []
        made = [Score(clip, "transcript", text=words), score(clip, "asr_logprob", np.mean([sure for _, sure in parts]))]
        if self.model.is_multilingual:
            made.append(Score(clip, "asr_language", text=about.language))
            made.append(score(clip, "asr_probability", about.language_probability))
        return made


def transcribe(folder: Path, licence: str = "") -> Transcribe:
    """The stage for a model in a folder; raises Missing where it is none, or the library is not here."""
    for name in NEEDED:
        if not (folder / name).is_file():
            raise Missing(
                f"voice.asr = {str(folder)!r} has no {name}; name the folder of a Whisper model for CTranslate2"
            )
    if importlib.util.find_spec("faster_whisper") is None:
        raise Missing("voice.asr needs faster-whisper; type: pip install 'emocurate[asr]', or set voice.asr to nothing")
    sha256 = _sha256(folder / "model.bin", (folder / "model.bin").stat().st_mtime_ns)
    model = Whisper(folder, sha256, _is_multilingual(folder), licence or "unknown")
    return Transcribe(model, sha256[:SHORT])


def _is_multilingual(folder: Path) -> bool:
    """Whether a model knows languages: its vocabulary has 51,865 tokens or more then, as CTranslate2 tells it."""
    listed = folder / "vocabulary.json"
    if listed.is_file():
        return len(json.loads(listed.read_text("utf-8"))) >= MULTILINGUAL
    return (folder / "vocabulary.txt").read_bytes().count(b"\n") >= MULTILINGUAL


@cache
def _sha256(path: Path, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _loaded(folder: Path, weights: str) -> Any:
    """The model, once a process; raises Missing where its bytes are not those that were meant."""
    from faster_whisper import WhisperModel  # noqa: PLC0415  # of the extra [asr]

    path = folder / "model.bin"
    if not _sha256(path, path.stat().st_mtime_ns).startswith(weights):
        raise Missing(f"{path} is not what it was when the run began; start the run again")
    kind, number = device_and_number()
    where = {"device": kind, "device_index": number, "compute_type": "int8", "cpu_threads": 1}
    try:
        return WhisperModel(str(folder), local_files_only=True, **where)
    except (RuntimeError, ValueError) as error:
        raise Missing(f"{folder} cannot be loaded as a Whisper model for CTranslate2: {error}") from None
