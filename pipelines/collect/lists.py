"""Lists of addresses: a text with one on each line, or a table of any form with a column of them."""

import csv
import hashlib
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from curate.rights.addresses import checked_url
from curate.rights.manners import origin_of
from pipelines.collect.addresses import Address
from pipelines.collect.metadata import KNOWN, columns_for, doubtful
from pipelines.engine.tombstones import Tombstones
from pipelines.tables.formats import delimiter_of, format_of
from pipelines.tables.staged import open_rows
from schemas.errors import BadInput, BadSetting, Refused, nearest
from schemas.media import BASES

PORTION = 5_000
ENDINGS = (".txt", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".arrow", ".feather")
ALIASES = dict.fromkeys(
    ("uri", "link", "href", "address", "audio_url", "image_url", "video_url", "media_url", "file_url", "content_url"),
    "url",
)
NAMES_FILES = {"path", "file_name", "file"}  # beside one of these, only a column `url` makes a list of a table
HEAD_BYTES = 1 << 16
KEY = re.compile(r'"(\w+)"\s*:')
WEB = re.compile(r"""["'\s]*https?://""")
WITHDRAWN = "it was withdrawn from this collection (forget), and is kept out"
Line = tuple[int, str, Mapping[str, str]]


@dataclass(frozen=True)
class AddressList:
    """A file of addresses; `columns` maps our names to its own, and `sha256` is that of the file."""

    path: Path
    columns: Mapping[str, str]
    sha256: str

    def portions(self, forgotten: Tombstones, say: Callable[[str], None]) -> Iterator[list[Address]]:
        """Its addresses, portion by portion; `say` is told of columns nobody uses and of licences nobody knows."""
        doubts: set[str] = set()
        lines = self._lines(say)
        while portion := list(islice(lines, PORTION)):
            for licence, hint in doubtful(cells for _, _, cells in portion):
                if licence not in doubts:
                    say(f"{self.path}: licence {licence!r} is taken as it is and allows no publishing: {hint}")
                doubts.add(licence)
            yield [self._address(line, forgotten) for line in portion]

    def _lines(self, say: Callable[[str], None]) -> Iterator[Line]:
        if is_plain(self.path):
            with _opened(self.path) as lines:
                yield from ((n, line.strip(), {}) for n, line in enumerate(lines, 1) if _is_said(line))
            return
        choose = lambda names: columns_for(self.path, self.columns, names, "url", ALIASES).values()  # noqa: E731
        with open_rows(self.path, choose) as table:
            theirs = columns_for(self.path, self.columns, table.columns, "url", ALIASES)
            if unused := [name for name in table.columns if name not in theirs.values()]:
                say(f"{self.path}: columns not used: {', '.join(unused)}; map one with --columns OURS=NAME")
            for line, row in table.rows:
                cells = {ours: cell for ours, name in theirs.items() if (cell := (row[name] or "").strip())}
                yield line, cells.pop("url", ""), cells

    def _address(self, line: Line, forgotten: Tombstones) -> Address:
        number, text, cells = line
        if (basis := cells.get("basis")) is not None and basis not in BASES:  # told before anything is fetched
            raise BadInput(f"{self.path}, line {number}: basis {basis!r} is not one we know; {nearest(basis, BASES)}")
        try:
            checked = checked_url(text)
        except Refused as error:  # the text may hold a password: the line stands for it
            return Address(f"{self.path.name}, line {number}", "", number, {}, refusal=str(error))
        url = str(checked)
        if forgotten.holds("address", url):
            return Address(f"{self.path.name}, line {number}", "", number, {}, refusal=WITHDRAWN)
        evidence = cells.get("evidence") or f"{self.path.name}, line {number}; SHA-256 of the list {self.sha256}"
        return Address(url, origin_of(checked), number, {**cells, "evidence": evidence, "address": url})


def address_list(path: Path, columns: Mapping[str, str]) -> AddressList:
    """A file as a list of addresses; raises BadSetting for a column of ours that there is not."""
    for ours in columns:
        if ours != "url" and ours not in KNOWN:
            raise BadSetting(f"--columns: no column {ours!r}; {nearest(ours, ('url', *KNOWN))}")
    with path.open("rb") as file:
        return AddressList(path, columns, hashlib.file_digest(file, "sha256").hexdigest())


def lists_among(paths: Sequence[Path], columns: Mapping[str, str]) -> tuple[set[Path], dict[Path, str]]:
    """Which of these paths are lists of addresses, and which were meant as one and cannot be read, with the reason.

    Raises BadInput where there is nothing else to go on with.
    """
    lists: set[Path] = set()
    broken: dict[Path, str] = {}
    for path in dict.fromkeys(paths):
        try:
            lists |= {path} if is_list(path, columns) else set()
        except BadInput as error:
            broken[path] = str(error)
    if broken and broken.keys() == set(paths):
        raise BadInput(next(iter(broken.values())))
    return lists, broken


def is_list(path: Path, columns: Mapping[str, str]) -> bool:
    """Whether a file that was named is a list of addresses; a table that names files is none.

    Raises BadInput for one that is, and has lines that cannot be read.
    """
    if not path.is_file() or not path.name.removesuffix(".gz").endswith(ENDINGS):
        return False
    if is_plain(path):
        return True
    try:
        with open_rows(path, lambda names: names[:0]) as table:
            names: Sequence[str] = table.columns
    except BadInput:
        if "url" in columns or _names_addresses(path):
            raise
        return False
    known = {name.casefold() for name in names}
    return "url" in columns or "url" in known or (bool(known & set(ALIASES)) and not known & NAMES_FILES)


def is_plain(path: Path) -> bool:
    """Whether a text holds addresses line by line: its first line that says anything is one."""
    if not path.name.endswith(".txt"):
        return False
    with _opened(path) as lines:
        first = next((line.strip() for line in islice(lines, 1000) if _is_said(line)), "")
    return first.casefold().startswith(("http://", "https://")) and len(first.split()) == 1


def _opened(path: Path) -> TextIO:
    """A text of addresses: UTF-8, or UTF-16 where its first bytes say so, as some editors write it."""
    with path.open("rb") as file:
        is_wide = file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
    return path.open(encoding="utf-16" if is_wide else "utf-8-sig", errors="replace")


def _names_addresses(path: Path) -> bool:
    """Whether a table that cannot be read was meant as a list: it begins with a column of addresses, and holds some.

    Names that mean other things too, such as `link`, count only where that column holds a web address.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    lines, form = head.decode("utf-8-sig", "replace").casefold().splitlines(), format_of(path, head, "")
    if not lines or form not in ("json", "delimited"):
        return False
    if form == "json":
        names = KEY.findall(lines[0])
        pairs = {name for name in names if re.search(rf'"{name}"\s*:{WEB.pattern}', "\n".join(lines))}
    else:
        delimiter = delimiter_of(path, lines[0])
        names = _cells(lines[0], delimiter)
        rows = (zip(names, _cells(line, delimiter), strict=False) for line in lines[1:])
        pairs = {name for row in rows for name, cell in row if WEB.match(cell)}
    if "url" in names:
        return any("://" in line for line in lines)
    return bool(pairs & ALIASES.keys()) and not NAMES_FILES & set(names)


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line, also where a quote that is opened in it is not closed."""
    if line.count('"') % 2:
        return [cell.strip(" \"'") for cell in line.split(delimiter)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _is_said(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
