"""Writes the samples of one medium and split as tar shards; a shard that would be as it was is taken as it is."""

import hashlib
import json
import math
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.engine.lease import sync_folder
from pipelines.release.tar import BLOCK, END, TarShard
from schemas.layout import Layout, record
from schemas.release import Sample, Shard

MAX_SAMPLES = 10_000  # of a shard
_CUTS_IN = 16  # past half of its limits a shard ends before about every 16th key
_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Place:
    """Where the media of a sample lie: the file name of the shard, the first byte, how many, and their SHA-256."""

    shard: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Earlier:
    """A shard of an earlier release: its file, the hash of what was written into it, and what `places` reads of it."""

    shard: Shard
    places: Callable[[], list[Place]]


@dataclass(frozen=True, kw_only=True)
class Sharding:
    """How the samples of one medium and split become shards `<folder>/<name>-000000.tar`, ….

    A shard holds at most `max_samples` samples and, unless a single one is larger, `max_bytes` bytes. New shards are
    numbered from `first`; `earlier` are those of an earlier release that samples keep, by their numbers.
    """

    folder: Path
    name: str
    suffix: str
    layout: Layout
    max_bytes: int
    max_samples: int
    first: int = 0
    earlier: Mapping[int, Earlier] = field(default_factory=dict)

    def path(self, number: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{self.name}-{number:06d}.tar"


Media = bytes | Path
Placed = Callable[[Sample, Place], None]


def write_shards(
    how: Sharding, samples: Iterable[tuple[Sample, Media]], placed: Placed = lambda *_: None
) -> list[Shard]:
    """Write the samples of one medium and split; older shards of that name are removed.

    Each comes with the bytes of its media file, or its path; members are `<key>.<suffix>` and `<key>.json`. Samples
    that keep a shard come first, sorted by its number, then by key; a shard that would be as it was is taken from the
    earlier release. New ones come sorted by key; past half of either limit a shard ends where the keys say so, which
    leaves most other shards as they are when a sample goes. Raises ValueError for keys that are unsorted, repeated or
    unfit for WebDataset, and for samples that do not go together.
    """
    if how.max_bytes < 1 or how.max_samples < 1:
        raise ValueError(f"a shard needs room: max_bytes={how.max_bytes}, max_samples={how.max_samples}")
    how.folder.mkdir(parents=True, exist_ok=True)
    writer = _Shards(how, placed)
    try:
        for sample, media in samples:
            writer.add(sample, media)
        writer.finish()
    finally:
        writer.abandon()
    written = {shard.path for shard in writer.shards}
    ours = re.compile(re.escape(how.name) + r"-\d{6}\.tar(\.tmp)?")
    for path in how.folder.iterdir():
        if ours.fullmatch(path.name) and path not in written:
            path.unlink()
    sync_folder(how.folder)
    return writer.shards


def json_bytes(row: dict[str, Any]) -> bytes:
    """The record of a sample as the bytes of its JSON member."""
    return _json(row).encode()


def keep(old: Path, new: Path) -> None:
    """The very file in another folder: a second name where the disk knows such, else a copy."""
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


class _Shards:
    """The shard that is being filled, and those before it."""

    def __init__(self, how: Sharding, placed: Placed) -> None:
        self.shards: list[Shard] = []
        self._how, self._placed = how, placed
        self._number = how.first
        self._tar: TarShard | None = None
        self._count = 0
        self._content = hashlib.sha256()
        self._kept: list[tuple[Sample, bytes, Media]] = []  # of the shard they keep, until all of them are there
        self._last: Sample | None = None

    def add(self, sample: Sample, media: Media) -> None:
        """Append a sample to the shard it keeps, else to the one that is open."""
        self._check(sample)
        if self._last is not None and sample.kept != self._last.kept:
            self.finish()
        row = json_bytes(record(sample, self._how.layout))
        if sample.kept is not None:
            self._kept.append((sample, row, media))
        else:
            if self._tar and self._ends_before(sample.key, 4 * BLOCK + _size(media) + len(row)):
                self.finish()
                self._number += 1
            self._put(self._number, sample, row, media)
        self._last = sample

    def finish(self) -> None:
        """End the shard that is being filled."""
        if self._kept and self._last is not None and self._last.kept is not None:
            self._finish_kept(self._last.kept)
        if self._tar is None or self._last is None:
            return
        path, sha256, last = self._tar.path, self._tar.close(), self._last
        content = self._content.hexdigest()
        self.shards.append(Shard(path, sha256, self._count, self._tar.size, last.media, last.split, content))
        self._tar, self._count = None, 0

    def abandon(self) -> None:
        if self._tar is not None:
            self._tar.discard()

    def _finish_kept(self, number: int) -> None:
        """Take the shard of the earlier release where it would be the same, else write it."""
        samples, self._kept = self._kept, []
        content = self._fresh_content()
        for _, row, media in samples:
            _see(content, row, _size(media))
        earlier = self._how.earlier.get(number)
        if earlier is None or earlier.shard.content != content.hexdigest():
            for sample, row, media in samples:
                self._put(number, sample, row, media)
            return
        path = self._how.path(number)
        path.unlink(missing_ok=True)
        keep(earlier.shard.path, path)
        for (sample, *_), place in zip(samples, earlier.places(), strict=True):
            self._placed(sample, place)
        self.shards.append(replace(earlier.shard, path=path))

    def _put(self, number: int, sample: Sample, row: bytes, media: Media) -> None:
        if self._tar is None:
            self._tar = TarShard(self._how.path(number))
            self._content = self._fresh_content()
        data = media.read_bytes() if isinstance(media, Path) else media
        offset = self._tar.size + BLOCK
        self._tar.add(f"{sample.key}.{self._how.suffix}", data)
        self._tar.add(f"{sample.key}.json", row)
        _see(self._content, row, len(data))
        self._count += 1
        place = Place(self._tar.path.name, offset, len(data), hashlib.sha256(data).hexdigest())
        self._placed(sample, place)

    def _fresh_content(self) -> Any:
        return hashlib.sha256(self._how.suffix.encode())

    def _ends_before(self, key: str, more_bytes: int) -> bool:
        size, limit, most = self._tar.size if self._tar else 0, self._how.max_bytes, self._how.max_samples
        full = size + more_bytes + END > limit or self._count >= most
        return full or (half_full(size, self._count, self._how) and zlib.crc32(key.encode()) % _CUTS_IN == 0)

    def _check(self, sample: Sample) -> None:
        if not _KEY.fullmatch(sample.key):
            raise ValueError(f"key {sample.key!r} does not fit WebDataset: letters, digits, _ and - only")
        last = self._last or sample
        if sample.quality.keys() != set(self._how.layout.quality):
            raise ValueError(f"{sample.key} has other scores than the columns of its release")
        if last is sample:
            return
        if _order(sample) <= _order(last):
            raise ValueError(f"samples come sorted by shard and key and once each: {sample.key} after {last.key}")
        if (sample.media, sample.split) != (last.media, last.split):
            raise ValueError(f"{sample.key} differs from {last.key} in medium or split")


def half_full(size: int, samples: int, how: Sharding) -> bool:
    """Whether a shard has reached half of either limit; the last of a split is dealt anew until then."""
    return 2 * size >= how.max_bytes or 2 * samples >= how.max_samples


def _order(sample: Sample) -> tuple[float, str]:
    return (math.inf if sample.kept is None else sample.kept, sample.key)


def _size(media: Media) -> int:
    return media.stat().st_size if isinstance(media, Path) else len(media)


def _see(content: Any, row: bytes, size: int) -> None:
    content.update(b"%d %d\n" % (size, len(row)))
    content.update(row)


_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False).encode
