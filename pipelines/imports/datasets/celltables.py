"""The values of rows as tables of JSON lines in a scratch folder: one of all rows, one for every list of objects."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from annotate.ratings.shapes import slug

KEY, MEDIUM = "__key__", "__media__"
ROWS = ""  # the table of all rows
MOST_COLUMNS = 5_000
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class CellTables:
    """Tables that are being written; of a column beyond the 5,000th only the number of its cells is kept.

    `columns` counts the cells of every column by table, `beyond` the cells that were left out.
    """

    def __init__(self, folder: Path) -> None:
        self.columns: dict[str, Counter[str]] = {}
        self.beyond = 0
        self._folder = folder
        self._files: dict[str, IO[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, key: str, medium: str | None, cells: Mapping[str, Any], table: str = ROWS) -> None:
        """Append a row."""
        counts = self.columns.setdefault(table, Counter())
        row: dict[str, Any] = {KEY: key, MEDIUM: medium}
        for name, cell in cells.items():
            if name not in counts and len(counts) >= MOST_COLUMNS:
                self.beyond += 1
                continue
            counts[name] += 1
            row[name] = cell
        self._file(table).write(f"{_json(row)}\n")

    def path(self, table: str) -> Path:
        """Where a table lies."""
        return self._folder / f"{slug(table) if table else 'rows'}.jsonl"

    def close(self) -> None:
        """Bring all tables to their files."""
        for file in self._files.values():
            file.close()

    def _file(self, table: str) -> IO[str]:
        if table not in self._files:
            self._files[table] = self.path(table).open("w", encoding="utf-8")
        return self._files[table]
