"""Loads a release with the libraries it is made for, before it counts as written."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasets import (
    Audio,
    ClassLabel,
    Features,
    Image,
    Value,
    Video,
    disable_progress_bars,
    get_dataset_config_names,
    load_dataset,
    load_dataset_builder,
)
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCard
from webdataset import WebDataset

from pipelines.release.frontmatter import LABELS_ONLY, LABELS_SPLIT, configurations
from pipelines.release.manifest import NAME as MANIFEST
from schemas.errors import NotLoadable

FIRST = 20  # samples read of each shard; a shard of no more is read whole
COPIED_BYTES = 10**9  # of the shards of a medium that are loaded without streaming, which copies them


@dataclass(frozen=True)
class Loaded:
    """One split of one configuration: how many samples it holds in how many shards, and how many of them were read.

    `copied` of them were loaded without streaming, too, by every configuration of the medium.
    """

    configuration: str
    split: str
    samples: int
    shards: int
    read: int
    copied: int = 0


def check_loads(folder: Path, first: int = FIRST, *, copying: bool = False) -> list[Loaded]:
    """Read the first samples of every shard of a release with `webdataset` and with `datasets`, without the network.

    Media stay bytes, so that no torch is needed. With `copying` every configuration is loaded without streaming, too,
    of a medium as many shards as hold a gigabyte, and at least one of each split. Raises NotLoadable when a library
    cannot read the release, when the two read different samples, and when configurations, splits or counts are not
    those of the manifest.
    """
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    disable_progress_bars()
    try:
        with TemporaryDirectory(prefix="emocurate-") as scratch:
            links = _linked(folder, [*_shards(manifest), *_bare(manifest)], Path(scratch) / "release")
            if not manifest["parts"]:
                bare = [LABELS_ONLY] if manifest.get("labels_only") else []
                _expect("configurations", get_dataset_config_names(str(links)), bare)
            _check_bare(links, manifest)
            read = [loaded for part in manifest["parts"] for loaded in _part(links, manifest, part, first)]
            return _copied(folder, manifest, Path(scratch), read) if copying else read
    except Exception as error:  # whatever a library makes of a broken release
        reason = str(error) if isinstance(error, NotLoadable) else f"{type(error).__name__}: {error}"
        raise NotLoadable(
            f"the release does not load, and does not count as written: {reason}\nIts files stay in {folder} until the "
            "next export. Please report this, if the disk is sound"
        ) from error


def streamed(folder: Path, configuration: str, cache: Path) -> tuple[dict[str, Any], list[str]]:
    """The splits of a configuration as `datasets` streams them, typed by the card, media as plain bytes.

    Also gives the names of all configurations: to ask for them apart takes as long again.
    """
    plain = _plain(folder, configuration)
    builder = load_dataset_builder(str(folder), configuration, features=plain, cache_dir=str(cache))
    return dict(builder.as_streaming_dataset()), sorted(builder.builder_configs)


def _plain(folder: Path, configuration: str) -> Features:
    """The types of a configuration, media as plain bytes."""
    features, _ = _configured(folder)[configuration]
    return Features(
        {name: Value("binary") if isinstance(kind, Audio | Image | Video) else kind for name, kind in features.items()}
    )


def _configured(folder: Path) -> dict[str, tuple[Features, Any]]:
    """The types and the files of every configuration on the card of a release."""
    return _parsed((folder / "README.md").read_text("utf-8"))


@lru_cache(maxsize=4)
def _parsed(card: str) -> dict[str, tuple[Features, Any]]:
    """What `datasets` would read off the card anew for every configuration."""
    data = DatasetCard(card).data
    files = {each["config_name"]: each["data_files"] for each in data.get("configs") or ()}
    infos = DatasetInfosDict.from_dataset_card_data(data)
    return {name: (info.features or Features(), files.get(name)) for name, info in infos.items()}


def _copied(folder: Path, manifest: Mapping[str, Any], scratch: Path, read: Sequence[Loaded]) -> list[Loaded]:
    """Load every configuration without streaming, the one that comes unasked by no name."""
    shards = [shard for part in manifest["parts"] for shard in _first_shards(part)]
    links = _linked(folder, [*(shard["path"] for shard in shards), *_bare(manifest)], scratch / "copied")
    cache, copied = scratch / "copies", dict[tuple[str, str], int]()
    for part in manifest["parts"]:
        expected = {
            split: sum(shard["samples"] for shard in shards if shard in part["shards"] and shard["split"] == split)
            for split in manifest["counts"][part["media"]]
        }
        for configuration in configurations([part["media"]]):
            plain = _plain(links, configuration)
            rows = load_dataset(str(links), configuration, features=plain, cache_dir=str(cache))
            found = {split: rows[split].num_rows for split in rows}
            _expect(f"rows of {configuration} without streaming", found, expected)
        copied |= {(part["media"], split): count for split, count in expected.items()}
    if not manifest["parts"]:
        return list(read)
    unasked = load_dataset(str(links), cache_dir=str(cache))
    _expect("splits that come unasked", sorted(unasked), sorted(manifest["counts"][manifest["parts"][0]["media"]]))
    return [replace(each, copied=copied[each.configuration, each.split]) for each in read]


def _first_shards(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The shards of a medium that are copied, some of every split."""
    seen, size = set[str](), 0
    for shard in sorted(part["shards"], key=lambda shard: str(shard["path"])):
        size += shard["bytes"]
        if shard["split"] not in seen or size <= COPIED_BYTES:
            seen.add(shard["split"])
            yield shard


def _shards(manifest: Mapping[str, Any]) -> list[str]:
    return [shard["path"] for part in manifest["parts"] for shard in part["shards"]]


def _bare(manifest: Mapping[str, Any]) -> list[str]:
    """The path of the table of clips without media, where there is one."""
    bare = manifest.get("labels_only")
    return [bare["table"]["path"]] if bare else []


def _linked(folder: Path, shards: Iterable[str], links: Path) -> Path:
    """A folder of links to the card and shards: both libraries take [, * or # in a path for more than a letter."""
    for path in ("README.md", *shards):
        link = links / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((folder / path).resolve())
    return links


def _part(links: Path, manifest: Mapping[str, Any], part: Mapping[str, Any], first: int) -> list[Loaded]:
    """What both libraries read of one configuration, split by split."""
    name, counts = part["media"], manifest["counts"][part["media"]]
    cache = links.parent / "cache"
    splits, names = streamed(links, name, cache)
    _expect("configurations", names, sorted(configurations(manifest["counts"])))
    for configuration in configurations([name]):  # the files of all are the same, and one is read for all
        _expect(f"types of {configuration}", _plain(links, configuration), _plain(links, name))
        _expect(f"files of {configuration}", _configured(links)[configuration][1], _configured(links)[name][1])
    _expect(f"splits of {name}", sorted(splits), sorted(counts))
    loaded = []
    for split, samples in counts.items():
        shards = sorted((shard for shard in part["shards"] if shard["split"] == split), key=lambda shard: shard["path"])
        _expect(f"shards of {name} {split}", splits[split].num_shards, len(shards))
        _expect(f"samples of {name} {split}", sum(shard["samples"] for shard in shards), samples)
        read = 0
        for place, shard in enumerate(shards):
            rows = splits[split].shard(num_shards=len(shards), index=place).take(first)
            read += _same(links, shard, part["suffix"], _named(rows), first)
        loaded.append(Loaded(name, split, samples, len(shards), read))
    return loaded


def _check_bare(links: Path, manifest: Mapping[str, Any]) -> None:
    """Whether clips without media load as a table, all of them; where there are shards, by its path alone."""
    if bare := manifest.get("labels_only"):
        path = {"data_files": {LABELS_SPLIT: str(links / bare["table"]["path"])}}
        named = ("parquet", path) if manifest["counts"] else (str(links), {"name": LABELS_ONLY})
        cache = str(links.parent / "cache")
        rows = load_dataset(named[0], split=LABELS_SPLIT, cache_dir=cache, **named[1])
        _expect("clips without media", rows.num_rows, bare["table"]["samples"])


def _named(rows: Any) -> list[dict[str, Any]]:
    """The rows of a data set with the names of classes in the place of their numbers, as the shards have them."""
    classes = {name: kind for name, kind in rows.features["json"].items() if isinstance(kind, ClassLabel)}
    named = list(rows)
    for row in named:
        for name, kind in classes.items():
            if row["json"][name] is not None:
                row["json"][name] = kind.int2str(row["json"][name])
    return named


def _same(links: Path, shard: Mapping[str, Any], suffix: str, rows: Sequence[Mapping[str, Any]], first: int) -> int:
    """How many samples of a shard `webdataset` reads, the same as the rows that `datasets` read."""
    path = links / shard["path"]
    _expect(f"bytes of {shard['path']}", path.stat().st_size, shard["bytes"])
    samples = list(islice(WebDataset([str(path)], shardshuffle=False).decode(), first))
    _expect(f"samples read of {shard['path']}", len(samples), min(first, shard["samples"]))
    _expect(f"rows read of {shard['path']}", len(rows), len(samples))
    for sample, row in zip(samples, rows, strict=True):
        for column in ("__key__", "json", suffix):
            if sample.get(column) is None or sample[column] != row.get(column):
                where = f"sample {sample['__key__']} of {shard['path']}"
                raise NotLoadable(f"webdataset and datasets read different {column!r} in {where}")
    return len(samples)


def _expect(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise NotLoadable(f"{what}: found {found!r}, expected {expected!r}")
