"""Which kind of dataset lies somewhere, told by its files, and its rows as a stream."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from glob import glob
from pathlib import Path, PurePosixPath

from annotate.ratings.shapes import slug
from pipelines.imports.datasets.arrowtables import MediaTable, media_columns, schema_of, table_rows
from pipelines.imports.datasets.hubfiles import SCHEME, HubDataset, hub_dataset, said
from pipelines.imports.datasets.lhotse import manifest_rows, manifests
from pipelines.imports.datasets.mediafolders import folder_rows, media_below, tables_below
from pipelines.imports.datasets.rows import Dataset, Row
from pipelines.imports.datasets.webdataset import shard_rows
from pipelines.release.hub import errors
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.records import manifest_of
from schemas.errors import BadInput

RELEASE = "emocurate release"
SHARDS = (".tar", ".tar.gz", ".tgz")
TABLES = (".parquet", ".arrow")
SPLIT = re.compile(r"(?:^|[/_.-])(train|validation|valid|val|dev|test|eval)(?=[/_.-]|$)", re.IGNORECASE)
EXPECTED = (
    "expected WebDataset shards (*.tar), a Hugging Face dataset (Parquet, or as save_to_disk writes it), lhotse "
    "manifests, an AudioFolder or ImageFolder, a release of emocurate, or hf://USER/NAME"
)


@dataclass(frozen=True)
class DataFile:
    """One file of shards or tables: its name in the dataset, and where it is."""

    name: str
    path: Path

    @property
    def split(self) -> str:
        """The split its name tells, if any."""
        return split_in(self.name)


def recognised(places: Sequence[str], aside: Path) -> Dataset:
    """The dataset at some places: one folder, or shards or tables by names or patterns, or hf://USER/NAME.

    `aside` is a folder for copies. Raises BadInput with what is there and what was expected.
    """
    if len(places) == 1 and places[0].startswith(SCHEME):
        return _on_hub(hub_dataset(places[0]), aside)
    if len(places) == 1 and Path(places[0]).is_dir():
        return _in_folder(Path(places[0]), aside)
    paths = [Path(path) for place in places for path in _expanded(place)]
    if all(_is(path.name, SHARDS) for path in paths):
        return _of_shards(_named(paths), aside, slug(paths[0].parent.resolve().name))
    if all(_is(path.name, TABLES) for path in paths):
        return _of_tables(_named(paths), slug(paths[0].parent.resolve().name))
    other = next(path for path in paths if not _is(path.name, SHARDS + TABLES) or not _is(paths[0].name, SHARDS))
    raise BadInput(f"{other} does not go with the others, or is no dataset; {EXPECTED}")


def split_in(name: str) -> str:
    """The split that a file's path names; empty where it names none."""
    match = SPLIT.search(name)
    return match[1].lower() if match else ""


def _expanded(place: str) -> list[str]:
    if Path(place).is_file():
        return [place]
    if found := sorted(glob(place, recursive=True)):  # noqa: PTH207  # patterns may begin anywhere
        return found
    raise BadInput(f"there is no file or folder {place}, nor any file that {place!r} is a pattern of")


def _named(paths: Sequence[Path]) -> list[DataFile]:
    """The files with names that tell them apart: their paths below the folder they share."""
    above = [path.resolve().parent for path in paths]
    shared = above[0]
    while not all(folder.is_relative_to(shared) for folder in above):
        shared = shared.parent
    return [DataFile(path.resolve().relative_to(shared).as_posix(), path) for path in paths]


def _below(folder: Path, endings: tuple[str, ...]) -> list[DataFile]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and _is(path.name, endings))
    return [DataFile(path.relative_to(folder).as_posix(), path) for path in found]


def _is(name: str, endings: tuple[str, ...]) -> bool:
    return name.casefold().endswith(endings)


def _in_folder(folder: Path, aside: Path) -> Dataset:
    name = slug(folder.resolve().name)
    if (folder / MANIFEST).is_file():
        return _of_release(folder, aside)
    if shards := _below(folder, SHARDS):
        return _of_shards(shards, aside, name)
    tables = [file for file in _below(folder, TABLES) if _holds_media(file.path)]
    if tables:
        return _of_tables(tables, name)
    if "recordings" in manifests(folder):
        return Dataset("lhotse manifests", name, partial(manifest_rows, folder=folder))
    if next(media_below(folder), None) or tables_below(folder):
        return Dataset("folder of media", name, partial(folder_rows, folder=folder, tables=tables_below(folder)))
    there = sorted({path.suffix or path.name for path in folder.rglob("*") if path.is_file()})[:8]
    raise BadInput(f"{folder} holds {', '.join(there) or 'nothing'}, which is no dataset we know; {EXPECTED}")


def _holds_media(path: Path) -> bool:
    schema = schema_of(path)
    return schema is not None and bool(media_columns(schema))


def _of_shards(files: Sequence[DataFile], aside: Path, name: str) -> Dataset:
    def rows(dataset: Dataset) -> Iterator[Row]:
        for file in files:
            yield from shard_rows(dataset, [(file.name, file.path)], aside, file.split)

    return Dataset("WebDataset shards", name, rows)


def _of_tables(files: Sequence[DataFile], name: str) -> Dataset:
    tables = [MediaTable(file.name, file.path, file.path.parent, file.split) for file in files]
    return Dataset("tables with media", name, partial(table_rows, tables=tables))


def _of_release(folder: Path, aside: Path) -> Dataset:
    files = _below(folder, SHARDS)
    return Dataset(RELEASE, release_name(manifest_of(folder)), _of_shards(files, aside, "").rows)


def release_name(manifest: dict[str, object]) -> str:
    """What the collection is called that a release is of, whichever of its releases it is."""
    title, name = str(manifest.get("title", "release")), str(manifest.get("name", ""))
    return slug(title.removesuffix(name).strip()) or "release"


def _on_hub(there: HubDataset, aside: Path) -> Dataset:
    name = slug(there.hub.repo.rpartition("/")[2])
    evidence = f"card of the dataset at {there.revision}" if there.licence else None
    shards = [path for path in there.files if _is(path, SHARDS)]
    tables = [path for path in there.files if _is(path, TABLES) and PurePosixPath(path).name != "labels.parquet"]
    kind = "WebDataset shards on the Hub" if shards else "tables with media on the Hub"
    rows: Callable[[Dataset], Iterator[Row]] = partial(_fetched, there, shards or tables, aside)
    if MANIFEST in there.files:
        with there.fetched(MANIFEST, aside) as path:
            manifest = manifest_of(path.parent)
        return Dataset(RELEASE, release_name(manifest), rows, there.address, there.licence, evidence)
    if not shards and not tables:
        folder = aside / "hub"
        there.folder(there.files, folder)
        local = _in_folder(folder, aside)
        return Dataset(f"{local.kind} on the Hub", name, local.rows, there.address, there.licence, evidence)
    return Dataset(kind, name, rows, there.address, there.licence, evidence)


def _fetched(there: HubDataset, paths: Sequence[str], aside: Path, dataset: Dataset) -> Iterator[Row]:
    """The rows of files on the Hub, each fetched when its turn comes; one that cannot be had is failed, no other."""
    for path in paths:
        with ExitStack() as opened:
            try:
                local = opened.enter_context(there.fetched(path, aside))
            except errors() as error:
                yield Row(f"{path}/unfetched", refusal=f"{path} cannot be fetched: {said(error)}", failed=True)
                continue
            if _is(path, SHARDS):
                yield from shard_rows(dataset, [(path, local)], aside, split_in(path))
            else:
                yield from table_rows(dataset, [MediaTable(path, local, local.parent, split_in(path))])
