"""Rows of WebDataset shards: keys that restart in every tar, members in any order, JSON of any form."""

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

from annotate.ratings.nested import MEDIA
from curate.read.archives import Limits
from curate.read.shards import OpenShard, ShardMember, ShardSample, opened
from pipelines.imports.datasets.rows import Dataset, Row, RowMedium
from schemas.errors import Unreadable

TEXTS = ("txt", "cls", "index", "id", "caption", "transcript", "text")
LARGEST_TEXT = 16 << 20
NO_MEDIA = "no medium beside its other members"
DAMAGED = "damaged"  # the key of a stretch of a shard that is no tar


def shard_rows(dataset: Dataset, shards: Sequence[tuple[str, Path]], aside: Path, split: str = "") -> Iterator[Row]:
    """The rows of shards, given with their names; the name of the shard comes before every key."""
    for name, path in shards:
        stem = name.removesuffix(".gz").removesuffix(".tar")
        try:
            for shard in opened(path, Limits(), aside):
                yield from _rows(dataset, shard, stem, split)
        except Unreadable as error:
            yield Row(f"{stem}/{DAMAGED}", split=split, refusal=f"shard {name}: {error}")
        except OSError as error:
            reason = f"shard {name} cannot be read: {error.strerror or error}"
            yield Row(f"{stem}/{DAMAGED}", split=split, refusal=reason, failed=True)


def _rows(dataset: Dataset, shard: OpenShard, stem: str, split: str) -> Iterator[Row]:
    for sample in shard.index.samples.values():
        yield _row(dataset, shard, sample, f"{stem}/{sample.key}", split)
    for place, damage in enumerate(shard.index.damage):
        yield Row(f"{stem}/{DAMAGED}-{place}", split=split, refusal=f"a stretch of the shard: {damage}")


def _row(dataset: Dataset, shard: OpenShard, sample: ShardSample, key: str, split: str) -> Row:
    values: dict[str, Any] = {}
    media: list[RowMedium] = []
    faults = list(sample.faults)
    for suffix, member in sample.members.items():
        if f".{suffix.rpartition('.')[2]}" in MEDIA:
            media.append(_medium(shard, member, f"{key}.{suffix}"))
            continue
        fault = _take(values, shard, member) if _is_text(suffix) else ""
        if fault is None:
            continue
        if fault:
            faults.append(fault)
        else:
            dataset.unused[f"members .{suffix}"] += 1
    refusal = None if media else NO_MEDIA
    return Row(key, tuple(media), values, split, refusal, faults=tuple(faults))


def _is_text(suffix: str) -> bool:
    return suffix in TEXTS or suffix.rpartition(".")[2] in ("json", "txt", "cls")


def _medium(shard: OpenShard, member: ShardMember, name: str) -> RowMedium:
    def bytes_of() -> nullcontext[BytesIO]:
        return nullcontext(BytesIO(shard.read(member)))

    return RowMedium(member.suffix, name, bytes_of, refusal=member.refusal)


def _take(values: dict[str, Any], shard: OpenShard, member: ShardMember) -> str | None:
    """Put what a member of text says among the values; gives what is wrong with it."""
    name, _, kind = member.suffix.rpartition(".")
    if member.size > LARGEST_TEXT:
        return f"member .{member.suffix} is larger than {LARGEST_TEXT:,} bytes"
    try:
        text = shard.read(member).decode("utf-8-sig", "replace")
    except Unreadable as error:
        return f"member .{member.suffix} is {error}"
    if kind != "json":
        values.setdefault(member.suffix, text.strip())
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"member .{member.suffix} is no JSON ({type(error).__name__})"
    if name:
        values.setdefault(name, value)
    elif isinstance(value, dict):
        values.update({key: inner for key, inner in value.items() if key not in values})
    else:
        return f"member .{member.suffix} is JSON, and no object"
    return None
