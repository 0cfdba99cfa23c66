"""What is released: the shards and tables a release lies in, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.layout import Layout
from schemas.sample import (
    SPLITS,
    LabelledBy,
    Sample,
    SampleAnswer,
    SampleLabel,
    SampleSelection,
    SampleTake,
    SampleTerms,
    Split,
)
from schemas.scheme import Media, Scheme

__all__ = [
    "REMOVED",
    "SPLITS",
    "AgreementFigure",
    "Bare",
    "CategoryFigure",
    "GateFigure",
    "Gates",
    "LabelSource",
    "LabelledBy",
    "Part",
    "Picture",
    "Release",
    "Sample",
    "SampleAnswer",
    "SampleLabel",
    "SampleSelection",
    "SampleTake",
    "SampleTerms",
    "Shard",
    "Split",
    "Table",
]

REMOVED = "removed.txt"  # in a release: keys of clips that earlier versions held, one a line


@dataclass(frozen=True)
class Shard:
    """One tar of a split: where it lies, the SHA-256 of its bytes, and the hash of what was to be written into it.

    Where `content` is the same, so are the bytes, and a shard of an earlier release is taken as it is.
    """

    path: Path
    sha256: str
    samples: int
    bytes: int
    media: Media
    split: Split
    content: str = ""


@dataclass(frozen=True)
class Table:
    """One Parquet file of a release: where it lies, the SHA-256 of its bytes, and how many rows it has."""

    path: Path
    sha256: str
    samples: int
    bytes: int


@dataclass(frozen=True)
class Part:
    """All of a release that is of one medium: the suffix of its media files, its columns, shards and tables.

    `table` holds the columns of the samples without their media, `answers` every single answer.
    """

    media: Media
    suffix: str
    layout: Layout
    shards: tuple[Shard, ...]
    table: Table
    answers: Table


@dataclass(frozen=True)
class CategoryFigure:
    """One category: its share of the answers, alpha against all others, and its human ceiling with a 95 % interval.

    The ceiling is how often another rater names the category where one has.
    """

    category: str
    share: float | None
    alpha: float | None
    ceiling: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bare:
    """The clips of a release that leave without their media: their table, and what shards of them would be like.

    `layouts` are the columns of each medium, `suffixes` the endings of its files, `max_bytes` bounds a shard.
    """

    table: Table
    layouts: Mapping[Media, Layout]
    suffixes: Mapping[Media, str]
    max_bytes: int


@dataclass(frozen=True)
class AgreementFigure:
    """How far raters agree on one question: share of agreeing pairs and Krippendorff's alpha over `items` items.

    `low` and `high` are the 95 % interval of alpha, `several` the items with two or more answers, `reliability` that of
    the mean of `reliability_k` answers. `ceiling` is how often an answer is the majority of the others, on a scale its
    correlation with their mean. `refused` says why figures are missing.
    """

    media: Media
    scheme: str
    question: str
    measure: str
    items: int
    answers: int
    raw: float | None
    alpha: float | None
    low: float | None = None
    high: float | None = None
    band: str | None = None
    several: int = 0
    raters: int = 0
    reliability: float | None = None
    reliability_k: float | None = None
    ceiling: float | None = None
    refused: str | None = None
    categories: tuple[CategoryFigure, ...] = ()


@dataclass(frozen=True)
class GateFigure:
    """How many clips of one known emotion a threshold removes; `apart_*` is how much more that is than of the others.

    `low` and `high` are Wilson's 95 % interval of the share, `apart_low` and `apart_high` Newcombe's of the difference.
    """

    setting: str
    limit: str
    known: str
    emotion: str
    removed: int
    of: int
    low: float | None
    high: float | None
    apart_low: float | None = None
    apart_high: float | None = None


@dataclass(frozen=True)
class Gates:
    """What thresholds remove: of how many clips, of how many of which an emotion is known, and of which emotion."""

    clips: int = 0
    removed: int = 0
    known: int = 0
    figures: tuple[GateFigure, ...] = ()


@dataclass(frozen=True)
class LabelSource:
    """Where labels came from that nobody gave here: a source, its licence, whom it asks to name, of how many clips."""

    source: str
    licence: str | None
    address: str | None
    attribution: str | None
    clips: int


@dataclass(frozen=True)
class Picture:
    """A figure on the card: what it shows, where it lies in the release, and the SHA-256 of its bytes."""

    title: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Leak:
    """What of one kind of link crosses the splits: `known` clips have such a link or were searched for it.

    Of `unknown` clips nobody knows. `linked` pairs of clips share one, `crossing` of them lie in two splits. `expected`
    are the crossing pairs that the search is likely to have missed, between `least` and `most` 95 % of the time; None
    where its miss rate was not measured. `rates` say where that is known from, a sentence each.
    """

    kind: str
    known: int
    unknown: int
    linked: int
    crossing: int
    expected: float | None = None
    least: float | None = None
    most: float | None = None
    rates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", tuple(self.rates))

    @property
    def missed(self) -> str:
        """How many crossing pairs the search is likely to have missed, in words."""
        if self.expected is None:
            return "not measured"
        return f"{brief(self.expected)} ({brief(self.least or 0)} to {brief(self.most or 0)})"


def brief(value: float) -> str:
    """A number in two digits, or, from 100 on, in whole ones."""
    return f"{value:.2g}" if value < 99.5 else f"{value:,.0f}"


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release says of itself on its card and in its manifest, beside what is counted in its samples.

    `contact` is whom people write to, `authors` whom a citation names, `gates` what thresholds remove of each emotion.

    `places` says where every sample lies. `thresholds` are the quality settings that decided what is in, `weights` the
    models that found it with their licences, `versions` the software that made it, `shares` and `salt` what the splits
    were drawn with, `removed` the keys of clips that earlier versions held, `leaks` what crosses them. `bare` are
    clips without their media, `refused` counts, by the reason, clips that may leave in no form. `licence` is that of
    the labels and what was measured, of nothing else. An `internal` release is never published.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    places: Table
    description: str = ""
    repo: str | None = None
    contact: str | None = None
    authors: tuple[str, ...] = ()
    gates: Gates = field(default_factory=Gates)
    label_sources: tuple[LabelSource, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    agreements: tuple[AgreementFigure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    thresholds: Mapping[str, float | int | str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    salt: str = ""
    removed: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()
    bare: Bare | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    internal: bool = False
