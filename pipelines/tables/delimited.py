"""Delimited text, record by record: delimiters, headers, cells over several lines, quotes that never close."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from schemas.errors import BadInput

DELIMITERS = ",\t;|"
LONGEST_RECORD = 1000  # lines one record may span before its opening quote counts as stray
OURS = frozenset(  # columns that rows get from us; a table's own column of that name gets a number
    (
        *("_n", "_row", "_line", "_part", "_file", "_asked", "_start"),
        *("_base", "_count", "_vote", "_fault", "_cell", "_votes", "_vector", "_column"),
    )
)


class Record(NamedTuple):
    """One record of a table and the line it starts on; without cells where it cannot be read, with the reason."""

    line: int
    cells: Sequence[str]
    reason: str | None = None


def likeliest(line: str) -> str:
    """The delimiter that occurs most often in a line, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)  # of equals the first


def header(path: Path, delimiter: str, quotes: bool) -> tuple[list[str], int]:
    """The cells of the first record and how many lines they take."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)
        cells = next(reader, [])
        return cells, reader.line_num


def refuse_doubles(cells: Sequence[str], wanted: Iterable[str], path: Path) -> None:
    """Raise BadInput where a column that is wanted stands in a header twice: nobody knows which is meant."""
    names = [" ".join(cell.split()).casefold() for cell in cells]
    for name in wanted:
        places = [str(place) for place, column in enumerate(names, start=1) if column == name.casefold()]
        if len(places) > 1:
            raise BadInput(
                f"{path.name} has {len(places)} columns called {name!r}, number {' and '.join(places)}; "
                "rename all but one of them"
            )


def unique_names(cells: Sequence[str]) -> list[str]:
    """Column names without doubles, of each other or of ours; upper and lower case are the same, as they are in SQL.

    Nameless ones are called column0, column1 …
    """
    names: list[str] = []
    taken = set(OURS)
    for place, cell in enumerate(cells):
        name = wanted = " ".join(cell.split()) or f"column{place}"
        count = 1
        while name.casefold() in taken:
            name, count = f"{wanted}_{count}", count + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def records(path: Path, delimiter: str, width: int, skip: int, quotes: bool) -> Iterator[Record]:
    """Every record of a delimited file with its line; what cannot be read costs its own line and no other."""
    with path.open(encoding="utf-8", newline="\n") as text:
        source = _Lines(text)
        for _ in range(skip):
            source.next()
        while line := source.next():
            if '"' not in line or not quotes:
                cells = line.rstrip("\n").split(delimiter)
                if len(cells) == width or _fitted(cells, width):
                    yield Record(source.number, cells[:width])
                elif cells != [""]:
                    yield Record(source.number, (), f"{len(cells)} cells; expected {width}")
            else:
                yield _quoted(source, line, delimiter, width)


class _Lines:
    """Lines that can be put back."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text, self.number, self.back = text, 0, list[str]()

    def next(self) -> str:
        """The next line, empty at the end."""
        line = self.back.pop() if self.back else self.text.readline()
        self.number += bool(line)
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        """Give back the last lines, in their order."""
        self.back.extend(reversed(lines))
        self.number -= len(lines)


def _quoted(source: _Lines, line: str, delimiter: str, width: int) -> Record:
    """A record that holds quotes: a quoted cell that is open at the end of its line goes on over the following ones."""
    start, text, more = source.number, line, list[str]()
    cells = _cells(text, delimiter)
    while cells is None and len(more) < LONGEST_RECORD and (following := source.next()):
        more.append(following)
        if '"' in following:  # only then can the cell have closed
            text = line + "".join(more)
            cells = _cells(text, delimiter)
    if cells and (fitted := _fitted(cells, width)):
        return Record(start, fitted)
    source.put_back(more)
    if more or not cells:
        return Record(start, (), "a quote is opened and not closed where the cell ends")
    return Record(start, (), f"{len(cells)} cells; expected {width}")


def _cells(text: str, delimiter: str) -> list[str] | None:
    """The cells of a record, none where a quote stands wrong; None where a quoted cell is still open."""
    try:
        return next(csv.reader([text.rstrip("\n")], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error as error:
        return None if "end of data" in str(error) else []


def _fitted(cells: list[str], width: int) -> list[str] | None:
    """The cells when there are as many as columns, but for a delimiter too many at the end."""
    if len(cells) == width + 1 and not cells[-1]:
        return cells[:-1]
    return cells if len(cells) == width else None
