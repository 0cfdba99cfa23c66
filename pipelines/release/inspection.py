"""`publish`, and its --dry-run: everything that is looked at in a release before it leaves, without the network."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow.parquet as pq
import yaml

from pipelines.release.check import FIRST, Loaded, check_loads
from pipelines.release.committing import PIECE_FILES as ONE_COMMIT
from pipelines.release.forms import CARD
from pipelines.release.frontmatter import features
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.manifest import listed_files
from pipelines.release.personal import HEAD_BYTES, TAGS, Findings, has_tags
from pipelines.release.records import PLACES, manifest_of, part_of, rows_of
from pipelines.release.sidecar import arrow_schema
from schemas.errors import NotLoadable
from schemas.labels_only import NAME as BARE
from schemas.labels_only import UNSAID
from schemas.layout import ANSWER_TABLE
from schemas.scheme import Media

# What the Hub holds and shows, by its documentation of August 2026.
MOST_FILES, MOST_IN_FOLDER = 100_000, 10_000
LARGEST_FILE = 200 * 10**9
SHOWN_BYTES, ROW_BYTES = 5 * 10**9, 2 * 10**6
SHORTEST_NAME, MOST_NAMES = 5, 2_000
TEXT_SUFFIXES = (".md", ".cff")
FEW = 2  # speakers below which a class says more of them than of the emotion
PLAYED: dict[Media, str] = {"voice": "a player", "face": "pictures", "moment": "videos"}
NAMED = ("attribution", "source_address")  # where names and addresses belong
WORDS = ("transcript", "requested", "speaker", "corpus_keys", "model")
BARE_WORDS = (*(word for word in WORDS if word not in UNSAID), "evidence")  # of clips that leave without their media


@dataclass(frozen=True)
class Inspection:
    """What was seen: `against` stands against publishing, `look` is to be looked at, `viewer` what the Hub will show.

    `loaded` says which configurations were loaded and how many samples of each were read.
    """

    name: str
    files: int
    bytes: int
    against: tuple[str, ...]
    look: tuple[str, ...]
    viewer: tuple[str, ...]
    loaded: tuple[Loaded, ...]


def inspect(folder: Path, *, every_sample: bool) -> Inspection:
    """Look through a release; with `every_sample` each is read by both libraries, not only the first of every shard.

    Then every configuration is loaded without streaming, too.
    """
    manifest = manifest_of(folder)
    files = {
        path: (folder / path).stat().st_size
        for path in (*listed_files((folder / MANIFEST).read_text("utf-8")), MANIFEST)
    }
    against, look = _limits(files)
    loaded: list[Loaded] = []
    try:
        loaded = check_loads(folder, 10**9 if every_sample else FIRST, copying=every_sample)
    except NotLoadable as error:
        against.append(str(error).splitlines()[0])
    findings = Findings()
    against += _card(folder, manifest)
    _documents(folder, manifest, findings)
    for part in manifest["parts"]:
        against += _types(folder, part)
        look += _classes(folder, part)
        _texts(folder / part["table"]["path"], WORDS, findings)
        _answers(folder, part, findings)
    if BARE in files:
        _texts(folder / BARE, BARE_WORDS, findings)
    _media(folder, findings)
    against += findings.sentences(against=True)
    look += [*findings.sentences(against=False), *_empty(manifest)]
    viewer = tuple(_viewer(folder, manifest))
    return Inspection(
        manifest["name"], len(files), sum(files.values()), tuple(against), tuple(look), viewer, tuple(loaded)
    )


def _limits(files: Mapping[str, int]) -> tuple[list[str], list[str]]:
    against, look = [], []
    if len(files) > MOST_FILES:
        against.append(f"{len(files):,} files; a repository holds {MOST_FILES:,}: make larger shards (export.shard_mb)")
    for folder, count in Counter(str(PurePosixPath(path).parent) for path in files).items():
        if count > MOST_IN_FOLDER:
            against.append(f"{count:,} files in {folder}; a folder holds {MOST_IN_FOLDER:,}: make larger shards")
    against += [
        f"{path} has {size / 1e9:,.0f} GB; a file may have {LARGEST_FILE / 1e9:,.0f}: make smaller shards"
        for path, size in files.items()
        if size > LARGEST_FILE
    ]
    if len(files) > ONE_COMMIT:
        look.append(f"{len(files):,} files; more than {ONE_COMMIT} go up in a pull request, merged at the end")
    return against, look


def _card(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Whether the card pins every column of every configuration to the type that the shards have."""
    front = yaml.safe_load((folder / CARD).read_text("utf-8").split("---\n", 2)[1])
    pinned = {told["config_name"]: told["features"] for told in front.get("dataset_info") or ()}
    for part in manifest["parts"]:
        for name, types in features(part_of(folder, part)).items():
            if pinned.get(name) != types:
                yield f"the card does not pin the columns of {name} as its shards have them; export again"


def _documents(folder: Path, manifest: Mapping[str, Any], findings: Findings) -> None:
    """Secrets and paths in what people read; whom to write to and whom to name belongs there."""
    for name in manifest["documents"]:
        if PurePosixPath(name).suffix in TEXT_SUFFIXES:
            findings.see_strict(name, (folder / name).read_text("utf-8"))


def _types(folder: Path, part: Mapping[str, Any]) -> Iterator[str]:
    """Whether the tables have the very types that the card and the shards have, and as many rows as are listed."""
    layout = part_of(folder, part).layout
    for name, columns in (("table", layout.table), ("answers", ANSWER_TABLE)):
        path = part[name]["path"]
        with pq.ParquetFile(folder / path) as file:
            if not file.schema_arrow.equals(arrow_schema(columns)):
                yield f"the columns of {path} are not those of the card; export again"
            if file.metadata.num_rows != part[name]["samples"]:
                yield f"{path} has {file.metadata.num_rows:,} rows, the manifest says {part[name]['samples']:,}"


def _classes(folder: Path, part: Mapping[str, Any]) -> Iterator[str]:
    """Classes in which a model would learn a speaker instead of an emotion."""
    for label in part["layout"]["flat"]:
        if label["type"] != "choice":
            continue
        column, speakers = label["column"], dict[str, set[str]]()
        for row in rows_of(folder / part["table"]["path"], ["speaker", column]):
            if row[column] is not None and row["speaker"] is not None:
                speakers.setdefault(row[column], set()).add(row["speaker"])
        for category, names in sorted(speakers.items()):
            if len(names) < FEW:
                yield f"{part['media']}, {column}: every clip of {category!r} with a known speaker is of the same one"


def _texts(table: Path, words: Sequence[str], findings: Findings) -> None:
    """Whatever people typed or said, column by column."""
    named = _named(table)
    for row in rows_of(table, ["key", *NAMED, *words]):
        for column in words:
            value = row[column]
            texts = value if isinstance(value, list) else [value] if value else []
            findings.see(row["key"], column, texts)
            if named and any(named.search(text) for text in texts):
                findings.note("the name of somebody who is named for a licence", column, row["key"])
        for column in NAMED:
            if value := row[column]:
                findings.see(row["key"], column, [value])
        if row["attribution"] and row["speaker"]:
            findings.note("who is named for the licence, beside a speaker's pseudonym,", "attribution", row["key"])


def _answers(folder: Path, part: Mapping[str, Any], findings: Findings) -> None:
    """The words that raters typed."""
    for row in rows_of(folder / part["answers"]["path"], ["key", "text"]):
        if row["text"]:
            findings.see(row["key"], "answers.text", [row["text"]])


def _named(table: Path) -> re.Pattern[str] | None:
    """Whoever is named for the licence of any clip; single words of a name are words of any language, too."""
    rows = rows_of(table, ["attribution"])
    names = sorted({row["attribution"].strip() for row in rows if row["attribution"]}, key=len, reverse=True)
    names = [name for name in names if len(name) >= SHORTEST_NAME and " " in name][:MOST_NAMES]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE) if names else None


def _media(folder: Path, findings: Findings) -> None:
    """The beginning of every media file, where tags stand."""
    shard, tar = "", None
    for row in rows_of(folder / PLACES):
        if tar is None or row["shard"] != shard:
            if tar is not None:
                tar.close()
            shard, tar = row["shard"], (folder / row["shard"]).open("rb")
        tar.seek(row["offset"])
        if has_tags(tar.read(min(row["size"], HEAD_BYTES))):
            findings.note(TAGS, row["media"], row["sample"])
    if tar is not None:
        tar.close()


def _empty(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Splits that settings want and that hold nothing."""
    for media, counts in manifest["counts"].items():
        for split, share in manifest["splits"]["shares"].items():
            if share and not counts.get(split):
                yield f"split {split} of {media} is empty: too few groups for its share of {share:g}"


def _whole_numbers_with_nulls(folder: Path, part: Mapping[str, Any]) -> list[str]:
    """Columns of whole numbers, classes among them, that have nulls, by the statistics of the table."""
    classes = {field.name for field in part_of(folder, part).layout.fields if field.categories}
    with pq.ParquetFile(folder / part["table"]["path"]) as file:
        nulls = Counter[str]()
        for group in range(file.metadata.num_row_groups):
            row_group = file.metadata.row_group(group)
            for place in range(row_group.num_columns):
                column = row_group.column(place)
                whole = column.physical_type == "INT64" or column.path_in_schema in classes
                if whole and "." not in column.path_in_schema and column.statistics is not None:
                    nulls[column.path_in_schema] += column.statistics.null_count or 0
    return [name for name, count in nulls.items() if count]


def _viewer(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What the Hub's viewer will show."""
    for part in manifest["parts"]:
        media: Media = part["media"]
        size = sum(shard["bytes"] for shard in part["shards"])
        shown = "all of it" if size <= SHOWN_BYTES else f"the first 5 of {size / 1e9:,.1f} GB"
        labels = len(part["layout"]["flat"])
        yield f"{media}: {shown}, with {PLAYED[media]} and {labels} labels"
        if nulls := _whole_numbers_with_nulls(folder, part):
            yield (
                f"{media}: {', '.join(nulls)} hold nulls among whole numbers; the card pins their types, without which "
                "the viewer would stop there"
            )
    large = sum(row["size"] > ROW_BYTES for row in rows_of(folder / PLACES, ["size"]))
    if large:
        yield f"{large:,} media files above {ROW_BYTES / 1e6:g} MB are cut short in the viewer, not in the data"
