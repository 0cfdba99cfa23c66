"""What is released: an exported clip and its columns, the shards it lies in, what a release says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from schemas.answers import AnswerState, RaterKind
from schemas.columns import Field, ListOf, Write, writer
from schemas.media import Basis, Box, ClipKind, Layer
from schemas.samplefields import ANSWER_FIELDS, LABEL_FIELDS, SELECTION_FIELDS, TERMS_FIELDS
from schemas.scheme import Media, Scheme

Split = Literal["train", "validation", "test"]
LabelledBy = Literal["person", "model", "corpus", "intended"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
REMOVED = "removed.txt"  # in a release: keys of clips that earlier versions held, one a line


@dataclass(frozen=True)
class SampleLabel:
    """What the answers to one question about a clip amount to; `names` and `shares` are the soft label side by side.

    `by` says whose answers: what people perceived is never mixed with what models say, what a corpus came with, or what
    was intended by those who acted; the question says so too, as in `emotion_intended`.
    """

    scheme: str
    question: str
    method: str
    n: int
    value_category: str | None = None
    value_number: float | None = None
    confidence: float | None = None
    tied: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    deviation: float | None = None
    agreement: float | None = None
    by: LabelledBy = "person"


@dataclass(frozen=True)
class SampleTerms:
    """The terms of one layer of a sample beside its recording: a performance, a text, a generator."""

    layer: Layer
    source: str
    basis: Basis
    licence: str | None = None
    attribution: str | None = None


@dataclass(frozen=True)
class SampleSelection:
    """One draw in which a sample was chosen to be asked about, and with what probability."""

    draw: str
    reason: str
    probability: float


@dataclass(frozen=True)
class SampleAnswer:
    """One rater's answer; one of `category`, `number`, `categories`, `text` is set; the reason of a skip is `text`."""

    scheme: str
    question: str
    rater: str
    rater_kind: RaterKind
    state: AnswerState = "given"
    category: str | None = None
    number: float | None = None
    categories: tuple[str, ...] | None = None
    text: str | None = None
    updated_at: str | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One exported clip, everything but its bytes; labels and answers are put in one order whatever order they come in.

    `quality` has the same names in every sample of one medium of a release; None where a score is missing.
    `below` is the threshold it misses, though it stays because it was asked about. `speaker` is a pseudonym; `previous`
    and `next` are the neighbouring clips of the same recording.
    """

    key: str
    kind: ClipKind
    media: Media
    split: Split
    asset: str
    source: str
    basis: Basis
    start_ms: int | None = None
    end_ms: int | None = None
    duration_ms: int | None = None
    rate_hz: int | None = None
    box: Box | None = None
    width_px: int | None = None
    height_px: int | None = None
    labels: tuple[SampleLabel, ...] = ()
    answers: tuple[SampleAnswer, ...] = ()
    quality: Mapping[str, float | None] = field(default_factory=dict)
    below: str | None = None
    licence: str | None = None
    scopes: tuple[str, ...] = ()
    source_address: str | None = None
    attribution: str | None = None
    terms: tuple[SampleTerms, ...] = ()
    model: str | None = None
    model_version: str | None = None
    transcript: str | None = None
    language: str | None = None
    speaker: str | None = None
    requested: str | None = None
    corpus_keys: tuple[str, ...] = ()
    selections: tuple[SampleSelection, ...] = ()
    previous: str | None = None
    next: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(sorted(self.labels, key=_place)))
        object.__setattr__(self, "answers", tuple(sorted(self.answers, key=_place)))
        object.__setattr__(self, "quality", dict(sorted(self.quality.items())))


@dataclass(frozen=True)
class Shard:
    """One tar of a split: where it lies, the SHA-256 of its bytes, and the first and last key of its sorted samples."""

    path: Path
    sha256: str
    samples: int
    bytes: int
    media: Media
    split: Split
    first: str
    last: str


@dataclass(frozen=True)
class LabelTable:
    """The Parquet file that holds the columns of one medium without its media."""

    path: Path
    sha256: str
    samples: int
    bytes: int


@dataclass(frozen=True)
class Part:
    """All of a release that is of one medium: the suffix of its media files and the names of its scores."""

    media: Media
    suffix: str
    quality: tuple[str, ...]
    shards: tuple[Shard, ...]
    table: LabelTable


@dataclass(frozen=True)
class AgreementFigure:
    """How far raters agree on one question: share of agreeing pairs and Krippendorff's alpha over `items` items."""

    media: Media
    scheme: str
    question: str
    measure: str
    items: int
    answers: int
    raw: float | None
    alpha: float | None


@dataclass(frozen=True)
class Picture:
    """A figure on the card: what it shows, where it lies in the release, and the SHA-256 of its bytes."""

    title: str
    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release says of itself on its card and in its manifest, beside what is counted in its samples.

    `thresholds` are the quality settings that decided what is in, `weights` the models that found it with their
    licences, `versions` the software that made it, `shares` and `salt` what the splits were drawn with, `removed` the
    keys of clips that earlier versions held.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    description: str = ""
    repo: str | None = None
    contact: str | None = None
    schemes: tuple[Scheme, ...] = ()
    agreements: tuple[AgreementFigure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    thresholds: Mapping[str, float | int | str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    salt: str = ""
    removed: tuple[str, ...] = ()


def fields(quality: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The columns of a sample, the one definition behind its JSON, the Parquet table and the types on the card.

    `quality` names the scores; a struct without fields is unknown to Parquet, so without names there is no such column.
    """
    scores = tuple(Field(name, "float64", "") for name in sorted(quality))
    measured = (Field("quality", scores, "scores measured on the clip: " + ", ".join(sorted(quality))),)
    return (*_CLIP_FIELDS, *(measured if scores else ()), *_ORIGIN_FIELDS)


def record(sample: Sample) -> dict[str, Any]:
    """The one JSON of a sample: every column present, floats always floats, None where nothing is known.

    Raises TypeError when a float stands in the place of a whole number.
    """
    written: dict[str, Any] = _record_writer(tuple(sample.quality))(sample)
    return written


_CLIP_FIELDS: tuple[Field, ...] = (
    Field("key", "string", "the clip's id, the same as `__key__`"),
    Field("kind", "string", "utterance, burst, face, or whole (the file as it came)"),
    Field("media", "string", "voice or face"),
    Field("split", "string", "train, validation or test; a recording and a speaker are in one of them only"),
    Field("asset", "string", "id of the recording or picture the clip was cut from"),
    Field("start_ms", "int64", "where the clip begins in it; null in a picture"),
    Field("end_ms", "int64", "where the clip ends in it"),
    Field("duration_ms", "int64", "length of the clip"),
    Field("rate_hz", "int64", "sampling rate of the sound"),
    Field("box", ListOf("int64"), "x, y, width, height in pixels of the upright frame"),
    Field("width_px", "int64", "width of the cut picture"),
    Field("height_px", "int64", "height of the cut picture"),
    Field("labels", ListOf(LABEL_FIELDS), "what the answers amount to, one entry a question and method"),
    Field("answers", ListOf(ANSWER_FIELDS), "every single answer"),
)
_ORIGIN_FIELDS: tuple[Field, ...] = (
    Field("below", "string", "the threshold it misses today, because it was asked about before; null for none"),
    Field("basis", "string", "why it may be used: consent, licence, public-domain or synthetic"),
    Field("licence", "string", "licence of the recording"),
    Field("scopes", ListOf("string"), "what the person consented to"),
    Field("source", "string", "id of where the recording came from"),
    Field("source_address", "string", "address of where it came from"),
    Field("attribution", "string", "whom the licence asks to name"),
    Field("terms", ListOf(TERMS_FIELDS), "terms of what lies in the recording, which add to its licence"),
    Field("model", "string", "what generated it, when it is synthetic"),
    Field("model_version", "string", "the version of that generator"),
    Field("transcript", "string", "what is said"),
    Field("language", "string", "language spoken"),
    Field("speaker", "string", "pseudonym of who is heard or seen"),
    Field("requested", "string", "emotion somebody was asked to show: where it came from, not a label"),
    Field("corpus_keys", ListOf("string"), "what published corpora call the recording, as CORPUS/KEY"),
    Field("selections", ListOf(SELECTION_FIELDS), "draws in which it was chosen to be asked about"),
    Field("previous", "string", "key of the clip before it in the same recording"),
    Field("next", "string", "key of the clip after it"),
)


def _place(row: SampleLabel | SampleAnswer) -> tuple[str, ...]:
    """Where a row stands among its like: by all it says, its scheme and question first."""
    return tuple(map(str, vars(row).values()))


@cache
def _record_writer(quality: tuple[str, ...]) -> Write:
    return writer(fields(quality))
