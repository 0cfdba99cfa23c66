"""Where media came from, the files themselves, and the spans and boxes found in them."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from schemas.errors import BadSetting, nearest
from schemas.ids import content_id

Basis = Literal["consent", "licence", "public-domain", "synthetic", "tdm", "unknown"]
BASES: tuple[Basis, ...] = ("consent", "licence", "public-domain", "synthetic", "tdm", "unknown")
AssetKind = Literal["sound", "picture", "video"]
ClipKind = Literal["utterance", "burst", "overlap", "face", "track", "moment", "whole", "speech", "turn"]
Layer = Literal["recording", "performance", "text", "labels", "generator"]
LAYERS: tuple[Layer, ...] = ("recording", "performance", "text", "labels", "generator")
Scope = Literal["file", "batch", "resolved"]
Box = tuple[int, int, int, int]
SCORE_DIGITS = 4
PADDING = 0.3  # of a box's size on every side: how raters see a face
# By what names media are told before there are bytes, which decide: links of a page, files in a folder.
SUFFIXES: dict[AssetKind, tuple[str, ...]] = {
    "sound": (
        *(".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".wma", ".aiff", ".aif", ".amr", ".caf"),
        *(".w64", ".mp2", ".ac3", ".wv", ".mka"),  # not .au, which are action units of faces as often
    ),
    "video": (
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ogv", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp", ".mts"),
        *(".m2ts", ".mxf", ".vob"),
    ),
    "picture": (
        *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2"),
    ),
}


@dataclass(frozen=True)
class Source:
    """Where media may come from and on what basis; `unknown` may be labelled but never published.

    Basis `tdm` is what the law allows for text and data mining: it never lets media be passed on.
    `contributor` is a pseudonym. `model` to `requested` describe synthetic media: what was asked of the generator.
    `attribution` is whom the licence asks to name, `layer` what the basis is about: terms of several layers add up.
    """

    basis: Basis
    licence: str | None = None
    address: str | None = None
    contributor: str | None = None
    scopes: tuple[str, ...] = ()
    evidence: str | None = None
    model: str | None = None
    model_version: str | None = None
    prompt: str | None = None
    seed: str | None = None
    voice: str | None = None
    requested: str | None = None
    attribution: str | None = None
    layer: Layer = "recording"

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise BadSetting(f"basis {self.basis!r} is not one we know; {nearest(self.basis, BASES)}")
        if self.layer not in LAYERS:
            raise BadSetting(f"layer {self.layer!r} is not one we know; {nearest(self.layer, LAYERS)}")

    @cached_property
    def id(self) -> str:
        """The hash of its values, without an attribution where there is none and without the layer of a recording."""
        values = dict(vars(self))
        if self.attribution is None:
            del values["attribution"]
        if self.layer == "recording":
            del values["layer"]
        return content_id("source", **values)


@dataclass(frozen=True)
class Asset:
    """One media file, immutable; `kind` and `format` are read from its content, never from its name.

    `kind` video means a container that may hold pictures, sound or both; what is really in it is measured.
    """

    id: str
    kind: AssetKind
    format: str
    size: int


@dataclass(frozen=True)
class Arrival:
    """This asset came from this source: the same bytes from two places are one asset with two arrivals."""

    asset: str
    source: str

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        return content_id("arrival", asset=self.asset, source=self.source)


@dataclass(frozen=True)
class CrawlArrival:
    """An arrival that a crawl made by what it found, and nobody by a list, a folder or an import."""

    asset: str
    source: str


TakeKind = Literal["candidates", "magnitude", "polarity"]


@dataclass(frozen=True)
class Take:
    """A file's place in a group: the rank among the candidates of one prompt, a strength, or a pole (1 or -1)."""

    asset: str
    kind: TakeKind
    group: str
    rank: int | None = None


@dataclass(frozen=True)
class CorpusKey:
    """What a published corpus calls this asset; unlike the name of a file, that is public and stands in releases."""

    asset: str
    corpus: str
    key: str


@dataclass(frozen=True)
class Statement:
    """What somebody said about a file, and when; None is silence, and nothing that was said before is lost.

    `scope` says whether it is about this one file or about all that came in together (a file's own words outrank
    these), or settles which of several sources holds. The Source alone holds basis, licence and attribution.
    `speaker` is a pseudonym, `requested` the emotion somebody was asked to show or acted: provenance, never a label.
    `sex` is what people said of the speaker, in their words: nothing infers it.
    `said_at` is ISO 8601 in UTC with microseconds.
    """

    asset: str
    name: str
    scope: Scope
    said_at: str
    source: str | None = None
    speaker: str | None = None
    language: str | None = None
    transcript: str | None = None
    requested: str | None = None
    sex: str | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values, time included, without a sex where none was said."""
        values = dict(vars(self))  # no id in it yet: that is what it is made of
        if self.sex is None:
            del values["sex"]
        return content_id("statement", **values)


@dataclass(frozen=True)
class Segment:
    """What is said from `start_ms` to `end_ms` of a file, and by whom (a pseudonym) where the transcript tells.

    `origin` is the id of the transcript: of several about one asset the one that was said last counts, whole.
    """

    asset: str
    start_ms: int
    end_ms: int
    text: str
    speaker: str | None
    origin: str
    said_at: str

    @cached_property
    def id(self) -> str:
        """The hash of its values, time included."""
        return content_id("segment", **vars(self))


@dataclass(frozen=True)
class Clip:
    """A time span (whole ms), a pixel box (x, y, width, height of the upright frame), or both, inside one asset.

    A face in a video stands at one instant: `start_ms == end_ms`; in a picture both are None. The box of a track holds
    all its faces. A clip of kind `whole` is the file as it came: times and box are None, so that its id depends on no
    decoder.
    """

    asset: str
    kind: ClipKind
    start_ms: int | None = None
    end_ms: int | None = None
    box: Box | None = None

    @cached_property
    def id(self) -> str:
        """The hash of its values."""
        box = list(self.box) if self.box else None
        return content_id("clip", asset=self.asset, kind=self.kind, start_ms=self.start_ms, end_ms=self.end_ms, box=box)


@dataclass(frozen=True)
class Score:
    """One thing a stage measured about an asset or a clip: a number, a vector, bits or words; exactly one is set.

    `vector` are the bytes of float32 numbers, little-endian; `bits` those of a fingerprint (see `curate.vectors`).
    The stage that measured it is known from the receipt that carries it; (row, stage, name) is its identity.
    """

    row: str
    name: str
    value: float | None = None
    vector: bytes | None = None
    bits: bytes | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.value, self.vector, self.bits, self.text)) != 1:
            raise ValueError(f"score {self.name} of {self.row} has {self}; expected a value, a vector, bits or a text")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"score {self.name} of {self.row} is {self.value}; scores are finite")


def score(row: str, name: str, value: float) -> Score:
    """A Score with its number rounded to four decimals, so that equal measurements are equal rows."""
    return Score(row, name, value=round(float(value), SCORE_DIGITS))
