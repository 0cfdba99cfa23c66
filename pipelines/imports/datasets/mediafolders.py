"""Rows of folders of media: with a table beside them, or with classes as the names of folders."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from annotate.ratings.nested import MEDIA
from pipelines.collect.add import METADATA_NAMES
from pipelines.imports.datasets.rows import Dataset, Row, RowMedium
from pipelines.tables.staged import open_rows
from schemas.errors import BadInput

PATHS = ("file_name", "path", "file", "filename", "audio_filepath", "audio", "image", "wav", "filepath")
SPLITS = ("train", "validation", "valid", "val", "dev", "test", "eval")
OUTSIDE = "a path that leads out of the folder of its table"
GONE = "the table names it, and there is no such file"
NO_NAME = "the table names no file here"


def folder_rows(_: Dataset, folder: Path, tables: Sequence[Path]) -> Iterator[Row]:
    """A row for every row of the tables, then one for every medium that no table names, with its folder as `folder`."""
    named = set[Path]()
    for table in tables:
        for row in _told(folder, table):
            named.update(medium.path for medium in row.media if medium.path)
            yield row
    for path in media_below(folder):
        if path.resolve() not in named:
            yield _row_of_file(folder, path)


def media_below(folder: Path) -> Iterator[Path]:
    """The files below a folder that have the name of a medium, in a fixed order."""
    for base, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(base, name) for name in sorted(names) if PurePosixPath(name).suffix.casefold() in MEDIA)


def tables_below(folder: Path) -> list[Path]:
    """The tables of metadata below a folder, by the names that AudioFolder and ImageFolder give them."""
    found = (Path(base, name) for base, _, names in os.walk(folder) for name in names if name in METADATA_NAMES)
    return sorted(found)


def _told(folder: Path, table: Path) -> Iterator[Row]:
    with open_rows(table, list) as rows:
        column = next((name for name in PATHS if name in rows.columns), None)
        if column is None:
            raise BadInput(f"{table} has no column {PATHS[0]!r} that names the media; it has {', '.join(rows.columns)}")
        for line, cells in rows.rows:
            values = {name: cell for name, cell in cells.items() if name != column and cell is not None}
            name = (cells[column] or "").replace("\\", "/").removeprefix("./")
            yield _row(folder, table, name, values, line)


def _row(folder: Path, table: Path, name: str, values: Mapping[str, str], line: int) -> Row:
    if not name:
        return Row(f"{table.name}/{line}", values=values, refusal=NO_NAME)
    path = (table.parent / name).resolve()
    key = os.path.relpath(table.parent / name, folder).replace(os.sep, "/")
    if not path.is_relative_to(folder.resolve()):
        return Row(key.replace("../", ""), values=values, refusal=OUTSIDE)
    if not path.is_file():
        return Row(key, values=values, refusal=GONE, failed=True)
    return Row(key, (_medium(key, path),), values, _split(key))


def _row_of_file(folder: Path, path: Path) -> Row:
    key = path.relative_to(folder).as_posix()
    above = [part for part in PurePosixPath(key).parts[:-1] if part.casefold() not in SPLITS]
    return Row(key, (_medium(key, path.resolve()),), {"folder": above[-1]} if above else {}, _split(key))


def _medium(key: str, path: Path) -> RowMedium:
    return RowMedium(path.suffix.removeprefix(".").casefold(), key, lambda: path.open("rb"), path)


def _split(key: str) -> str:
    first = PurePosixPath(key).parts[0].casefold()
    return first if first in SPLITS else ""
