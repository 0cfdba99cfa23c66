"""Tables of predictions: one row per item and task or a column per task, from a program we know nothing of."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.bench.submissions import Row
from schemas.errors import BadInput

ITEM = ("item", "key", "clip", "id", "file", "file_name", "filename", "path")
TASK = ("question", "task")
VALUE = ("value", "prediction", "answer", "category", "label", "score", "number", "selected")
MODEL = ("model", "system", "responder", "rater")
STATE = ("state", "status")
SHARES = ("shares", "probabilities")
STATES = {"": "given", "given": "given", "ok": "given", "refused": "refused", "refusal": "refused"}
STATES |= {"error": "error", "failed": "error"}
PREFIX = "p_"


def predictions(path: Path, tasks: Sequence[str], levels: Sequence[str], model: str | None) -> Iterator[Row]:
    """The predictions of a CSV, TSV, JSON, JSON Lines or Parquet table, in its order.

    Columns: the item; `value` with the task in `question` (where there are several), or a column per task; `model`
    (else `model` or the name of the file); `state` (given, refused, error); a share for each of `levels` in columns of
    their names, also with p_ before them. Raises BadInput.
    """
    rows = table(path)
    columns = _columns(path, dict.fromkeys(key for _, row in rows for key in row), tasks, levels)
    one = tasks[0] if len(tasks) == 1 else None
    for line, row in rows:
        told = _text(_cell(row, columns.model))
        about = (line, told or model or path.stem, _text(row.get(columns.item)))
        status = _state(path, line, _text(_cell(row, columns.state)))
        for task, name in columns.wide.items():
            yield Row(*about, task, status, _value(row.get(name)), {})
        if not columns.wide:
            asked = _text(_cell(row, columns.task)) if columns.task else one
            soft = _cell(row, columns.shares) or {level: row.get(name) for level, name in columns.apart.items()}
            yield Row(*about, asked, status, _value(_cell(row, columns.value)), _shares(soft))


@dataclass(frozen=True)
class _Columns:
    """Which column says what; `wide` by task, `apart` by level."""

    item: str
    model: str | None
    state: str | None
    task: str | None
    value: str | None
    shares: str | None
    wide: Mapping[str, str]
    apart: Mapping[str, str]


def _columns(path: Path, given: Iterable[str], tasks: Sequence[str], levels: Sequence[str]) -> _Columns:
    names = {str(name).strip().casefold(): name for name in given}
    if (item := _first(names, ITEM)) is None:
        raise BadInput(f"{path} has no column for the item; it has {_shown(names)}; call it 'item'")
    wide = {task: names[task.casefold()] for task in tasks if task.casefold() in names}
    value, shares, column = (_first(names, some, wide.values()) for some in (VALUE, SHARES, TASK))
    apart = {level: name for level in levels if (name := _share_column(names, level)) is not None}
    if not (wide or value or shares or apart):
        raise BadInput(f"{path} has no predictions: expected 'value', a column per task ({_shown(tasks)}) or shares")
    if not wide and not column and len(tasks) > 1:
        raise BadInput(f"{path} does not say which task a row is about; add a column 'question' with {_shown(tasks)}")
    if wide and len(tasks) == 1:  # then it is the value, and shares may stand beside it
        value, wide = wide[tasks[0]], {}
    wide = {} if column else wide
    return _Columns(item, _first(names, MODEL), _first(names, STATE), column, value, shares, wide, apart)


def table(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a table with the line (CSV, JSON Lines) or number of each; raises BadInput."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
        if start == b"PAR1":
            return _parquet(path)
        text = _decoded(path)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    if text.lstrip()[:1] in ("{", "["):
        return _json(text, path)
    return _delimited(text, path)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{path} is neither UTF-8 nor Windows-1252 text; save it as UTF-8")


def _delimited(text: str, path: Path) -> list[tuple[int, dict[str, Any]]]:
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, {key: cell for key, cell in row.items() if key is not None}) for row in reader]
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num} is not a row we can read: {error}") from None


def _json(text: str, path: Path) -> list[tuple[int, dict[str, Any]]]:
    """A list of objects, or one object per line."""
    if text.lstrip().startswith("["):
        rows = list(enumerate(_loaded(text, path, 1), 1))
    else:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        rows = [(number, _loaded(line, path, number)) for number, line in lines]
    for number, row in rows:
        if not isinstance(row, dict):
            raise BadInput(f"{path}, row {number} is {str(row)[:40]!r}; expected an object such as {{'item': …}}")
    return rows


def _loaded(text: str, path: Path, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{path}, line {line} is not JSON: {error}") from None


def _parquet(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} is not a Parquet table we can read: {error}") from None
    return list(enumerate(rows, 1))


def _first(names: Mapping[str, str], wanted: Sequence[str], taken: Any = ()) -> str | None:
    return next((names[name] for name in wanted if name in names and names[name] not in taken), None)


def _cell(row: Mapping[str, Any], name: str | None) -> Any:
    return None if name is None else row.get(name)


def _share_column(names: Mapping[str, str], level: str) -> str | None:
    plain = level.casefold()
    return names.get(PREFIX + plain, names.get(plain))


def _shares(told: Any) -> dict[str, float | None]:
    """Shares by level; None for what is no number, nothing where no share is given."""
    if not isinstance(told, Mapping):
        return {}
    given = {str(level): cell for level, cell in told.items() if _value(cell) is not None}
    return {level: number(cell) for level, cell in given.items()}


def number(cell: Any) -> float | None:
    """A finite number, else None."""
    try:
        found = float(cell)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _value(cell: Any) -> Any:
    """What a cell says; None where it is empty."""
    return None if cell is None or (isinstance(cell, str) and not cell.strip()) else cell


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _state(path: Path, line: int, told: str) -> str:
    if told.casefold() not in STATES:
        raise BadInput(f"{path}, line {line}: state {told!r}; expected given, refused or error")
    return STATES[told.casefold()]


def _shown(names: Any) -> str:
    shown = list(names)
    return ", ".join(map(str, shown[:12])) + (", …" if len(shown) > 12 else "")
