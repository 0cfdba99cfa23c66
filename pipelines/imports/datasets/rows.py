"""A dataset as rows: media with what is said of them, whatever the layout, streamed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from schemas.media import Clip


@dataclass(frozen=True)
class RowMedium:
    """One medium of a row: the suffix or column it is called by, its name in the dataset, and how to open it.

    `path` is where it lies, if it is a file that can be linked to; `refusal` why it is not opened at all.
    """

    called: str
    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Segment:
    """A stretch of a row's medium that is spoken of by itself, in whole ms."""

    key: str
    start_ms: int
    end_ms: int
    values: Mapping[str, Any]

    def clip(self, asset: str) -> Clip:
        """The clip it is, in an asset."""
        return Clip(asset, "utterance", self.start_ms, self.end_ms)


@dataclass(frozen=True)
class Row:
    """One row of a dataset: its key, which no other row has, its media, and its values as JSON has them.

    `refusal` says why there is nothing to keep, `failed` that trying again may help, `faults` what of it could not be
    read though the rest came. A row with `segments` is spoken of by these.
    """

    key: str
    media: tuple[RowMedium, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    split: str = ""
    refusal: str | None = None
    failed: bool = False
    faults: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()


@dataclass
class Dataset:
    """A dataset that was recognised: of which kind, what it says of its terms, and how to go through its rows.

    `unused` counts members, files and columns that no reader of its kind knows what to do with, while rows go by.
    """

    kind: str
    name: str
    rows: Callable[["Dataset"], Iterator[Row]]
    address: str | None = None
    licence: str | None = None
    evidence: str | None = None
    unused: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Row]:
        return self.rows(self)
