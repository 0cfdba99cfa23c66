"""Tables of predictions: one row per item and task or a column per task, from a program we know nothing of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate.bench.submissions import Row
from annotate.ratings.meanings import as_number
from pipelines.tables.formats import json_value
from pipelines.tables.staged import SHOWN, open_rows
from schemas.errors import BadInput

ITEM = ("item", "key", "clip", "id", "file", "file_name", "filename", "path")
TASK = ("question", "task")
VALUE = ("value", "prediction", "answer", "category", "label", "score", "number", "selected")
MODEL = ("model", "system", "responder", "rater")
STATE = ("state", "status")
SHARES = ("shares", "probabilities")
STATES = {"": "given", "given": "given", "ok": "given", "refused": "refused", "refusal": "refused"}
STATES |= {"error": "error", "failed": "error"}
PREFIX, EXAMPLE = "p_", '{"anger": 0.7, "fear": 0.3}'


def predictions(path: Path, tasks: Sequence[str], levels: Sequence[str], model: str | None) -> Iterator[Row]:
    """The predictions of a table of any format, in its order.

    Columns: the item; `value` with the task in `question` (where there are several), or a column per task; `model`
    (else `model` or the name of the file); `state` (given, refused, error); a share for each of `levels` in columns of
    their names, also with p_ before them, or in one JSON object `shares`. Raises BadInput.
    """
    with open_rows(path, lambda names: _columns(path, names, tasks, levels).taken) as table:
        columns = _columns(path, table.columns, tasks, levels)
        only = tasks[0] if len(tasks) == 1 else None
        for line, cells in table.rows:
            row = {name: (cell or "").strip() or None for name, cell in cells.items()}
            about = (line, row.get(columns.model) or model or path.stem, row[columns.item] or "")
            state = _state(path, line, row.get(columns.state) or "")
            for task, name in columns.wide.items():
                yield Row(*about, task, state, row[name], {})
            if not columns.wide:
                asked = (row[columns.task] or "") if columns.task else only
                yield Row(*about, asked, state, row.get(columns.value), _shares(path, line, row, columns))


@dataclass(frozen=True)
class _Columns:
    """Which column says what, empty where none does; `wide` by task, `apart` by level."""

    item: str
    model: str
    state: str
    task: str
    value: str
    shares: str
    wide: Mapping[str, str]
    apart: Mapping[str, str]

    @property
    def taken(self) -> set[str]:
        """All of them."""
        single = {self.item, self.model, self.state, self.task, self.value, self.shares}
        return {*single, *self.wide.values(), *self.apart.values()} - {""}


def _columns(path: Path, given: Sequence[str], tasks: Sequence[str], levels: Sequence[str]) -> _Columns:
    names = {name.casefold(): name for name in given}

    def first(wanted: Sequence[str], taken: Collection[str] = ()) -> str:
        return next((names[name] for name in wanted if name in names and names[name] not in taken), "")

    if not (item := first(ITEM)):
        raise BadInput(f"{path} has no column for the item; it has {_shown(given)}; call it 'item'")
    wide = {task: names[task.casefold()] for task in tasks if task.casefold() in names}
    value, shares, task = (first(wanted, wide.values()) for wanted in (VALUE, SHARES, TASK))
    apart = {level: name for level in levels if (name := first((PREFIX + level.casefold(), level.casefold())))}
    if not (wide or value or shares or apart):
        raise BadInput(f"{path} has no predictions: expected 'value', a column per task ({_shown(tasks)}) or shares")
    if not wide and not task and len(tasks) > 1:
        raise BadInput(f"{path} does not say which task a row is about; add a column 'question' with {_shown(tasks)}")
    if wide and len(tasks) == 1:  # then it is the value, and shares may stand beside it
        value, wide = wide[tasks[0]], {}
    return _Columns(item, first(MODEL), first(STATE), task, value, shares, {} if task else wide, apart)


def _shares(path: Path, line: int, row: Mapping[str, str | None], columns: _Columns) -> dict[str, float | None]:
    """Shares by level; None for what is no number, nothing where no share is given."""
    shares: dict[str, Any] = {level: row[name] for level, name in columns.apart.items()}
    if cell := row.get(columns.shares):
        shares = json_value(cell)
        if not isinstance(shares, dict):
            raise BadInput(f"{path}, line {line}: {columns.shares} {cell!r}; expected an object such as {EXAMPLE}")
    return {level: as_number(str(share)) for level, share in shares.items() if share not in (None, "")}


def _state(path: Path, line: int, state: str) -> str:
    if state.casefold() not in STATES:
        raise BadInput(f"{path}, line {line}: state {state!r}; expected given, refused or error")
    return STATES[state.casefold()]


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
