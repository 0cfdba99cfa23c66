"""The rows of a dataset on their way in: each becomes offers of its media, and cells where any of these was kept."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from pipelines.collect.add import WITHDRAWN, Taken
from pipelines.collect.offers import Offer
from pipelines.imports.datasets.celltables import CellTables
from pipelines.imports.datasets.columns import Columns, columns_in
from pipelines.imports.datasets.rows import Dataset, Row, RowMedium
from pipelines.imports.datasets.said import Roles
from schemas.stage import Receipt

OTHER_MEDIA = "further media of a row: labels are about the first; say --media NAME for another"


@dataclass
class Fate:
    """What became of one row so far: whether it was kept, or why not."""

    row: Row
    columns: Columns
    kept: bool = False
    failed: bool = False
    reason: str = ""


@dataclass
class RowCounts:
    """Rows by what became of them: `rows` are `kept`, dropped with a reason, or failed, and nothing else.

    `here` of those kept are clips of this very collection, `faults` what rows lack though they came, with an example.
    """

    rows: int = 0
    kept: int = 0
    here: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    splits: Counter[str] = field(default_factory=Counter)
    segments: int = 0

    def fault(self, fault: str, key: str) -> None:
        """Count something a row lacks."""
        self.faults[fault] += 1
        self.examples.setdefault(fault, key)


@dataclass
class Walk:
    """One walk through a dataset; `medium` is which medium of a row labels are about, where it has several.

    `says` gives what is said of a row's media, `known` are the ids of clips that need not come again, `on_kept` hears
    of every row that was kept, with the id of its asset.
    """

    dataset: Dataset
    corpus: str
    roles: Roles
    tables: CellTables
    medium: str | None = None
    known: frozenset[str] = frozenset()
    says: Callable[[Mapping[str, Any], Columns], Mapping[str, str]] | None = None
    on_kept: Callable[[Row, str], None] = lambda *_: None
    counts: RowCounts = field(default_factory=RowCounts)
    _fate: Fate | None = None
    _medium: RowMedium | None = None

    def offers(self) -> Iterator[Offer]:
        """Every medium of every row, each while its row is open."""
        for row in map(_readable, self.dataset):
            self.counts.rows += 1
            self.counts.splits[row.split] += 1
            if row.values.get("key") in self.known:
                self.counts.kept += 1
                self.counts.here += 1
                continue
            self._fate = Fate(row, columns_in(row.values))
            for fault in (*row.faults, *self._fate.columns.faults):
                self.counts.fault(fault, row.key)
            yield from self._media() if row.media and not row.refusal else [_nothing(self.corpus, row)]
            self._settle(self._fate)

    def _media(self) -> Iterator[Offer]:
        fate = self._fate
        if fate is None:
            return
        said = self.says(fate.row.values, fate.columns) if self.says else self.roles.row(fate.columns.cells)
        key = self.roles.key(fate.columns.cells, fate.row.key)
        for medium in _ordered(fate.row.media, self.medium):
            self._medium = medium
            name = f"{self.corpus}/{medium.name}"
            yield Offer(name, medium.open, medium.path, medium.refusal, row=said, key=(self.corpus, key))
        self._medium = None
        self.dataset.unused[OTHER_MEDIA] += len(fate.row.media) > 1

    def heard(self, _: Offer, taken: Taken | None) -> None:
        """What became of the medium that was offered last."""
        fate = self._fate
        if fate is None:
            return
        if taken is None:
            fate.reason = fate.reason or WITHDRAWN
        elif taken.receipt.state == "done":
            if not fate.kept:
                self._keep(fate, taken)
            fate.kept = True
        else:
            fate.failed |= taken.receipt.state == "failed"
            fate.reason = fate.reason or _reason(taken.receipt)

    def _keep(self, fate: Fate, taken: Taken) -> None:
        """Write what the row says, about its first medium that was kept."""
        asset = taken.receipt.row
        self.on_kept(fate.row, asset)
        name = f"{self.corpus}/{self._medium.name}" if self._medium else None
        for segment in fate.row.segments:
            clip = segment.clip(asset)
            taken.nouns.append(clip)
            self.counts.segments += 1
            self.tables.write(clip.id, None, columns_in(segment.values).cells)
        if not fate.row.segments:
            self.tables.write(fate.row.key, name, fate.columns.cells)
        for table, rows in fate.columns.lists.items():
            for cells in rows:
                self.tables.write(fate.row.key, name, cells, table)

    def _settle(self, fate: Fate) -> None:
        if fate.kept:
            self.counts.kept += 1
            if fate.reason:
                self.counts.fault(f"one of its media did not come: {fate.reason}", fate.row.key)
        elif fate.failed:
            self.counts.failed.append(f"{fate.row.key}: {fate.reason}")
        else:
            self.counts.dropped[fate.reason] += 1


def _readable(row: Row) -> Row:
    """A row whose names are text: bytes of names in an archive or on a disk that are none are shown as escapes."""
    names = (row.key, *(medium.name for medium in row.media))
    try:
        "".join((*names, *row.faults)).encode()
    except UnicodeEncodeError:
        key, *inner = map(_shown, names)
        media = tuple(replace(medium, name=name) for medium, name in zip(row.media, inner, strict=True))
        return replace(row, key=key, media=media, faults=tuple(map(_shown, row.faults)))
    return row


def _shown(text: str) -> str:
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a letter
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _ordered(media: tuple[RowMedium, ...], first: str | None) -> list[RowMedium]:
    return sorted(media, key=lambda medium: medium.called != first)


def _nothing(corpus: str, row: Row) -> Offer:
    """The offer of a row without media: one that is refused, or that fails so that it can be tried again."""
    reason = row.refusal or "nothing"

    def fails() -> nullcontext[BinaryIO]:
        raise OSError(reason)

    return Offer(f"{corpus}/{row.key}", fails, refusal=None if row.failed else reason, row={})


def _reason(receipt: Receipt) -> str:
    return (receipt.reason or "").removeprefix("cannot be read: ")
