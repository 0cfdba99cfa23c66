"""A metadata table beside media: which column says what about which file."""

import csv
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import BadInput, BadSetting, nearest
from schemas.media import Layer

SOURCE_COLUMNS = (
    "basis", "licence", "attribution", "address", "contributor", "evidence", "model", "model_version", "prompt", "seed",
    "voice",
)  # fmt: skip
FILE_COLUMNS = ("speaker", "language", "transcript", "requested")
LAYER_COLUMNS: tuple[tuple[str, Layer], ...] = (
    ("performance_licence", "performance"), ("text_licence", "text"), ("generator_licence", "generator"),
)  # fmt: skip
KNOWN = ("path", *FILE_COLUMNS, *SOURCE_COLUMNS, *(column for column, _ in LAYER_COLUMNS))
ALIASES = {"file": "path", "file_name": "path", "filename": "path", "license": "licence", "text": "transcript"}
ALIASES |= {column.replace("licence", "license"): column for column, _ in LAYER_COLUMNS}
ALIASES |= {"emotion": "requested", "requested_emotion": "requested", "lang": "language", "speaker_id": "speaker"}
ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Metadata:
    """What a table says of each file, by its name relative to the folder that is added, or by its path.

    Paths in the table are absolute, or relative to the table's own `folder`. `unused` are columns nobody asked for.
    """

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    folder: Path | None = None
    used: set[str] = field(default_factory=set)
    unused: tuple[str, ...] = ()

    def of(self, name: str, path: Path | None = None) -> Mapping[str, str]:
        """The row of a file; a bare name never speaks for a file in a folder further down."""
        keys = [name]
        if path is not None:
            keys.append(path.absolute().as_posix())
            keys += [Path(os.path.relpath(path, self.folder)).as_posix()] if self.folder else []
        for key in keys:
            if key in self.rows:
                self.used.add(key)
                return self.rows[key]
        return {}

    @property
    def unmatched(self) -> list[str]:
        """Names in the table for which no file came."""
        return sorted(set(self.rows) - self.used)


def metadata_of(table: Path | None, columns: Mapping[str, str], say: Callable[[str], None]) -> Metadata:
    """What a table, if there is one, says of the files; `say` is told which of its columns nobody uses."""
    if table is None:
        if columns:
            raise BadSetting("--columns names the columns of a table; give that table with --metadata FILE")
        return Metadata()
    metadata = read_metadata(table, columns)
    if metadata.unused:
        say(f"{table}: columns not used: {', '.join(metadata.unused)}; map one with --columns OURS=NAME")
    return metadata


def read_metadata(path: Path, columns: Mapping[str, str]) -> Metadata:
    """The metadata of a CSV, TSV or Parquet table; `columns` maps our names to the table's.

    Raises BadInput when the table cannot be read or has no path column, BadSetting when `columns` names an unknown one.
    """
    for ours in columns:
        if ours not in KNOWN:
            raise BadSetting(f"--columns: no column {ours!r}; {nearest(ours, KNOWN)}")
    table = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    if not table:
        raise BadInput(f"{path} holds no rows; expected a header line and a line for each file")
    names = list(table[0])
    theirs = {ours: _found(ours, columns, names, path) for ours in KNOWN}
    if table and theirs["path"] is None:
        raise BadInput(f"{path} has no column 'path'; it has {', '.join(names)}; map one with --columns path=NAME")
    rows: dict[str, Mapping[str, str]] = {}
    for line, row in enumerate(table, start=1):
        told = {ours: str(row[name]).strip() for ours, name in theirs.items() if name and row[name] not in (None, "")}
        if "path" not in told:
            continue
        file = told.pop("path").replace("\\", "/").removeprefix("./")
        if rows.setdefault(file, told) != told:
            raise BadInput(f"{path}, row {line}: {file!r} was told of before, and otherwise; keep one of the two rows")
    return Metadata(rows, path.parent, unused=tuple(name for name in names if name not in theirs.values()))


def _found(ours: str, columns: Mapping[str, str], names: list[str], path: Path) -> str | None:
    if ours in columns:
        if columns[ours] not in names:
            raise BadInput(f"{path} has no column {columns[ours]!r}; {nearest(columns[ours], names)}")
        return columns[ours]
    return next((name for name in names if ALIASES.get(name.casefold(), name.casefold()) == ours), None)


def _csv(path: Path) -> list[dict[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    for encoding in ("utf-16",) if content.startswith(UTF_16) else ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadInput(f"{path} is neither UTF-8 nor Windows-1252 text; save it as UTF-8")
    lines = io.StringIO(text.replace("\0", ""), newline="")
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    try:
        return [{k: v for k, v in row.items() if k is not None} for row in csv.DictReader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise BadInput(f"{path} is not a table we can read: {error}") from None


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} is not a Parquet table we can read: {error}") from None
    return rows
