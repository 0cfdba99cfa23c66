"""A metadata table beside media: which column says what about which file."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from unicodedata import normalize

from pipelines.collect.takes import TAKE_COLUMNS
from pipelines.tables.staged import open_rows
from schemas.errors import BadInput, BadSetting, nearest
from schemas.licences import doubt
from schemas.media import Layer

SILENT_KEPT = 2_000  # names among which the nearest is looked for
SOURCE_COLUMNS = (
    "basis", "licence", "attribution", "address", "contributor", "evidence", "model", "model_version", "prompt", "seed",
    "voice",
)  # fmt: skip
FILE_COLUMNS = ("speaker", "language", "transcript", "requested", "sex")
LAYER_COLUMNS: tuple[tuple[str, Layer], ...] = (
    ("performance_licence", "performance"), ("text_licence", "text"), ("generator_licence", "generator"),
)  # fmt: skip
TERMS = "generator_terms"  # why what a generator made may be passed on, typed
KNOWN = ("path", *FILE_COLUMNS, *SOURCE_COLUMNS, *(column for column, _ in LAYER_COLUMNS), TERMS, *TAKE_COLUMNS)
ALIASES = {"file": "path", "file_name": "path", "filename": "path", "license": "licence", "text": "transcript"}
ALIASES |= {"transcription": "transcript", "sentence": "transcript", "client_id": "speaker", "locale": "language"}
ALIASES |= {column.replace("licence", "license"): column for column, _ in LAYER_COLUMNS}
ALIASES |= {
    "emotion": "requested",
    "requested_emotion": "requested",
    "lang": "language",
    "speaker_id": "speaker",
    "gender": "sex",
}


@dataclass
class Metadata:
    """What a table says of each file, by its name relative to the folder that is added, or by its path.

    Paths in the table are absolute, or relative to the table's own `folder`. `unused` are columns nobody asked for,
    `silent` the first names of which the table says nothing.
    """

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    folder: Path | None = None
    used: set[str] = field(default_factory=set)
    unused: tuple[str, ...] = ()
    silent: dict[str, None] = field(default_factory=dict)

    def of(self, name: str, path: Path | None = None) -> Mapping[str, str]:
        """The row of a file; a bare name never speaks for a file in a folder further down.

        Names are alike whether their accents are letters of their own, as a Mac writes them, or not (NFD, NFC).
        """
        keys = [name]
        if path is not None:
            keys.append(path.absolute().as_posix())
            keys += [Path(os.path.relpath(path, self.folder)).as_posix()] if self.folder else []
        for key in (*keys, *(self._composed.get(normalize("NFC", key), "") for key in keys)):
            if key in self.rows:
                self.used.add(key)
                return self.rows[key]
        if len(self.silent) < SILENT_KEPT:
            self.silent[name] = None
        return {}

    @cached_property
    def _composed(self) -> dict[str, str]:
        return {normalize("NFC", key): key for key in self.rows}

    @property
    def nearest(self) -> str | None:
        """The name that came which is most like the first in the table for which none came."""
        come = {name.casefold(): name for name in self.silent}
        close = get_close_matches(self.unmatched[0].casefold(), come, n=1) if self.unmatched else []
        return come[close[0]] if close else None

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
    for licence, hint in doubtful(metadata.rows.values()):
        say(f"{table}: licence {licence!r} is taken as it is and allows no publishing: {hint}")
    return metadata


def doubtful(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """The licences of rows that are no names of licences, each with the nearest one."""
    columns = ("licence", *(column for column, _ in LAYER_COLUMNS))
    given = {row[column] for row in rows for column in columns if column in row}
    return [(licence, hint) for licence in sorted(given) if (hint := doubt(licence))]


def read_metadata(path: Path, columns: Mapping[str, str]) -> Metadata:
    """The metadata of a table of any format; `columns` maps our names to the table's.

    Raises BadInput when the table cannot be read or has no path column, BadSetting when `columns` names an unknown one.
    """
    for ours in columns:
        if ours not in KNOWN:
            raise BadSetting(f"--columns: no column {ours!r}; {nearest(ours, KNOWN)}")
    rows: dict[str, Mapping[str, str]] = {}
    with open_rows(path, lambda names: columns_for(path, columns, names).values()) as table:
        theirs = columns_for(path, columns, table.columns)
        for line, row in table.rows:
            cells = {ours: cell for ours, name in theirs.items() if (cell := (row[name] or "").strip())}
            if cells and "path" not in cells:
                raise BadInput(f"{path}, line {line}: {theirs['path']!r} is empty; name the file, or take out the line")
            file = cells.pop("path", "").replace("\\", "/").removeprefix("./")
            if file and rows.setdefault(file, cells) != cells:
                raise BadInput(
                    f"{path}, line {line}: {file!r} is described on an earlier line, and otherwise; keep one of the two"
                )
    if not rows:
        raise BadInput(f"{path} holds no rows; expected a header line and a line for each file")
    return Metadata(rows, path.parent, unused=tuple(name for name in table.columns if name not in theirs.values()))


def columns_for(
    path: Path,
    columns: Mapping[str, str],
    names: Sequence[str],
    key: str = "path",
    also: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The table's column for each of ours that it has, `key` among them; raises BadInput for one that is missing.

    `also` are further names that columns are known by.
    """
    for theirs in columns.values():
        if theirs not in names:
            raise BadInput(f"{path} has no column {theirs!r}; {nearest(theirs, names)}")
    aliases = {**ALIASES, **(also or {})}
    known = {aliases.get(name.casefold(), name.casefold()): name for name in reversed(names)}
    known |= columns
    if key not in known:
        raise BadInput(f"{path} has no column {key!r}; it has {', '.join(names)}; map one with --columns {key}=NAME")
    return {ours: known[ours] for ours in dict.fromkeys((key, *KNOWN)) if ours in known}
