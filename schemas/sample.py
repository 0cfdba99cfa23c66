"""One exported clip: what is said of it in a release, its labels, and the answers behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas.answers import AnswerState, RaterKind
from schemas.media import Basis, Box, ClipKind, Layer, TakeKind
from schemas.scheme import Media

Split = Literal["train", "validation", "test"]
LabelledBy = Literal["person", "model", "corpus", "intended"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


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
class SampleTake:
    """The place of a sample in a group: a rank among candidates, a strength, or a pole."""

    kind: TakeKind
    group: str
    rank: int | None = None


@dataclass(frozen=True)
class SampleAnswer:
    """One rater's answer; one of `category`, `number`, `categories`, `text` is set; the reason of a skip is `text`.

    `week` is the one it was last changed in (ISO 8601, as in 2026-W03): raters are people, and a finer time tells of
    their days.
    """

    scheme: str
    question: str
    rater: str
    rater_kind: RaterKind
    state: AnswerState = "given"
    category: str | None = None
    number: float | None = None
    categories: tuple[str, ...] | None = None
    text: str | None = None
    week: str | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One exported clip, everything but its bytes; labels and answers are put in one order whatever order they come in.

    `quality` has the same names in every sample of one medium of a release; None where a score is missing. `kept` is
    the number of the shard it keeps, None where it is new; it is not in the shard, and neither is `selection_weight`.
    `below` is the threshold it misses, though it stays because it was asked about. `speaker` is a pseudonym; `previous`
    and `next` are the clips beside it in the same recording.
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
    weight: float | None = None
    labels: tuple[SampleLabel, ...] = ()
    answers: tuple[SampleAnswer, ...] = ()
    quality: Mapping[str, float | None] = field(default_factory=dict)
    below: str | None = None
    licence: str | None = None
    scopes: tuple[str, ...] = ()
    source_address: str | None = None
    fetched_on: str | None = None
    attribution: str | None = None
    terms: tuple[SampleTerms, ...] = ()
    model: str | None = None
    model_version: str | None = None
    transcript: str | None = None
    transcript_by: str | None = None
    language: str | None = None
    speaker: str | None = None
    requested: str | None = None
    corpus_keys: tuple[str, ...] = ()
    selections: tuple[SampleSelection, ...] = ()
    takes: tuple[SampleTake, ...] = ()
    previous: str | None = None
    next: str | None = None
    kept: int | None = None
    selection_weight: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(sorted(self.labels, key=_place)))
        object.__setattr__(self, "answers", tuple(sorted(self.answers, key=_place)))
        object.__setattr__(self, "quality", dict(sorted(self.quality.items())))


def _place(row: SampleLabel | SampleAnswer) -> tuple[str, ...]:
    """Where a row stands among its like: by all it says, its scheme and question first."""
    return tuple(map(str, vars(row).values()))
