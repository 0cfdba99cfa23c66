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


@dataclass(frozen=True)
class Leak:
    """What of one kind of link crosses the splits: `known` clips have such a link or were searched for it.

    Of `unknown` clips nobody knows. `linked` pairs of clips share one, `crossing` of them lie in two splits. `expected`
    are the crossing pairs that the search is likely to have missed, between `least` and `most` 95 % of the time; None
    where its miss rate was not measured.
    """

    kind: str
    known: int
    unknown: int
    linked: int
    crossing: int
    expected: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release says of itself on its card and in its manifest, beside what is counted in its samples.

    `places` says where every sample lies. `thresholds` are the quality settings that decided what is in, `weights` the
    models that found it with their licences, `versions` the software that made it, `shares` and `salt` what the splits
    were drawn with, `removed` the keys of clips that earlier versions held, `leaks` what crosses them.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    places: Table
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
    leaks: tuple[Leak, ...] = ()
