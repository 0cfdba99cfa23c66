"""A release in other forms: Parquet with media inside, audformat databases, or labels as CSV or JSON lines."""

import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from datasets import Features

from pipelines.release.audformat import file_of, write_database
from pipelines.release.citation import NAME as CITATION
from pipelines.release.folders import ASIDE, FORMS
from pipelines.release.frontmatter import MEDIA_TYPE, dumped, struct
from pipelines.release.notice import NAME as NOTICE
from pipelines.release.records import manifest_of, part_of, rows_of
from schemas.layout import SHARD
from schemas.release import Part, Shard
from schemas.scheme import scheme_from_dict

Form = Literal["parquet", "audformat", "csv", "jsonl"]
ROWS = 100  # in a row group, which a viewer fetches at once; their media are in memory together
FILE_BYTES = 500_000_000
CARD = "README.md"


@dataclass(frozen=True)
class Formed:
    """A release in another form: where it lies, its files, and how many samples are in it."""

    form: Form
    folder: str
    files: int
    samples: int


def formed(home: Path, name: str, release: Path, form: Form) -> Formed:
    """Write a release in another form, whole or not at all; one that is there is written again."""
    folder = home / FORMS / f"{name}-{form}"
    aside = folder.with_name(f".{folder.name}{ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    manifest = manifest_of(release)
    parts = [part_of(release, listed) for listed in manifest["parts"]]
    if form == "audformat":
        samples = sum(_database(aside, manifest, part) for part in parts)
    else:
        samples = sum(_WRITERS[form](aside, part) for part in parts)
    if form == "parquet":
        _write_card(aside, release, parts)
    for document in ("LICENSE.md", NOTICE, CITATION):
        if (release / document).is_file():  # releases of development versions have the first alone
            shutil.copy2(release / document, aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)
    return Formed(form, str(folder), sum(path.is_file() for path in folder.rglob("*")), samples)


def _parquet(folder: Path, part: Part) -> int:
    """Files of rows with the media inside; categories are classes."""
    features = _features(part)
    rows = {row["key"]: row for row in rows_of(part.table.path)}
    for split in sorted({shard.split for shard in part.shards}):
        writer = _Files(folder / part.media, split, features)
        for shard in (shard for shard in part.shards if shard.split == split):
            for key, data in _media(shard, part.suffix):
                writer.add(_row(rows.pop(key), part, data, features))
        writer.close()
    return part.table.samples


def _row(row: dict[str, Any], part: Part, data: bytes, features: Features) -> dict[str, Any]:
    """A sample with its media, classes as their numbers."""
    values = {name: row[name] for name in features if name in row}
    for label in part.layout.flat:
        if label.type == "choice" and values[label.column] is not None:
            values[label.column] = label.values.index(values[label.column])
    return {MEDIA_TYPE[part.media]: {"bytes": data, "path": f"{row['key']}.{part.suffix}"}, **values}


def _features(part: Part) -> Features:
    """The columns with their types, the media first."""
    media = MEDIA_TYPE[part.media]
    return Features._from_yaml_list([{"name": media, "dtype": media}, *struct(part.layout.fields)])


class _Files:
    """The files of one split, each of about 500 MB."""

    def __init__(self, folder: Path, split: str, features: Features) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._split, self._schema = folder, split, features.arrow_schema
        self._rows: list[Mapping[str, Any]] = []
        self._number = self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is not None and self._bytes >= FILE_BYTES:
            self._writer.close()
            self._writer, self._number, self._bytes = None, self._number + 1, 0
        if self._writer is None:
            path = self._folder / f"{self._split}-{self._number:05d}.parquet"
            self._writer = pq.ParquetWriter(path, self._schema, version="2.6", compression="zstd")
        table = pa.Table.from_pylist(self._rows, self._schema)
        self._writer.write_table(table, row_group_size=ROWS)
        self._bytes += table.nbytes
        self._rows = []


def _media(shard: Shard, suffix: str) -> Iterator[tuple[str, bytes]]:
    """The key and the media of every sample of a shard."""
    with tarfile.open(shard.path) as tar:
        for member in tar:
            key, _, ending = member.name.partition(".")
            file = tar.extractfile(member) if ending == suffix else None
            if file is not None:
                yield key, file.read()


def _database(folder: Path, manifest: Mapping[str, Any], part: Part) -> int:
    """An audformat database with its media beside it."""
    schemes = [scheme_from_dict({name: of for name, of in one.items() if name != "id"}) for one in manifest["schemes"]]
    samples = write_database(folder / part.media, manifest["title"], part, schemes)
    for shard in part.shards:
        for key, data in _media(shard, part.suffix):
            file = folder / part.media / file_of(shard.split, key, part.suffix)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
    return samples


def _csv(folder: Path, part: Part) -> int:
    return _copied(folder / f"{part.media}.csv", part, "FORMAT csv, HEADER")


def _jsonl(folder: Path, part: Part) -> int:
    return _copied(folder / f"{part.media}.jsonl", part, "FORMAT json")


def _copied(path: Path, part: Part, options: str) -> int:
    """The labels of a medium as text; the single answers beside them."""
    answers = path.with_name(f"{path.stem}-answers{path.suffix}")
    with duckdb.connect() as connection:
        for table, target in ((part.table, path), (part.answers, answers)):
            source = connection.read_parquet(str(table.path)).order("key")
            connection.execute(f"COPY source TO '{os.fspath(target).replace(chr(39), chr(39) * 2)}' ({options})")
            del source
    return part.table.samples


def _write_card(folder: Path, release: Path, parts: list[Part]) -> None:
    """The card of the release with configurations and types of this form; how to load it says it in one line."""
    card = (release / CARD).read_text("utf-8")
    _, front, body = card.split("---\n", 2)
    matter = yaml.safe_load(front)
    matter["configs"] = [
        {
            "config_name": part.media,
            "data_files": [
                {"split": split, "path": f"{part.media}/{split}-*.parquet"}
                for split in sorted({shard.split for shard in part.shards})
            ],
        }
        for part in parts
    ]
    matter["dataset_info"] = [
        {"config_name": part.media, "features": _features(part)._to_yaml_list()} for part in parts
    ]
    head, _, rest = body.partition("## Loading\n")
    following = rest[rest.find("\n## ") :] if "\n## " in rest else ""
    names = ", ".join(f'`load_dataset(FOLDER, "{part.media}")`' for part in parts)
    note = f"## Loading\n\nWith `datasets`: {names}; {SHARD.name}s of the same release are its WebDataset form.\n"
    (folder / CARD).write_text(dumped(matter) + head + note + following, "utf-8")


_WRITERS = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}
