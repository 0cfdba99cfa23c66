"""The values of a row as plain columns: nested objects, JSON in texts and tags in texts taken apart."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotate.ratings.structured import clean

DEEPEST = 8
LONGEST_TAGGED = 50_000  # letters of a text that is looked through for tags
TAG = re.compile(r"<([A-Za-z][\w-]*?)(?:_start)?>([^<]*)</\1(?:_end)?>")
OPENED = re.compile(r"<([A-Za-z][\w-]*?)_start>")


@dataclass
class Columns:
    """What one row holds: cells by column, the rows of lists of objects by the column of the list, and what is broken.

    A member of an object is a column OBJECT.MEMBER; dots and other signs in names stay as they are.
    """

    cells: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def columns_in(values: Mapping[str, Any]) -> Columns:
    """The columns of a row, in the order of their names, whatever order they came in."""
    columns = Columns()
    for name, value in _members(values):
        _take(columns, name, value, 0)
    return columns


def _members(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return iter(sorted((clean(str(name)), value) for name, value in values.items()))


def _take(columns: Columns, name: str, value: Any, depth: int) -> None:
    value = _object_in(value) if isinstance(value, str) else value
    if isinstance(value, Mapping) and depth < DEEPEST:
        for member, inner in _members(value):
            _take(columns, f"{name}.{member}", inner, depth + 1)
    elif _is_list_of_objects(value) and not depth:
        columns.lists[name] = [
            {f"{name}.{member}": cell for member, cell in columns_in(entry).cells.items()} for entry in value
        ]
    elif isinstance(value, str) and "<" in value:
        _tagged(columns, name, value)
    elif (cell := _cell(value)) is not None:
        columns.cells.setdefault(name, cell)


def _object_in(text: str) -> Any:
    """The object a text holds as JSON; the text where it holds none."""
    if text[:1] != "{":
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _tagged(columns: Columns, name: str, text: str) -> None:
    """What stands between tags, as <mood>glad</mood> or <mood_start>glad</mood>, as columns of their own."""
    columns.cells.setdefault(name, clean(text))
    if len(text) > LONGEST_TAGGED:
        return
    closed = set[str]()
    for tag, inner in TAG.findall(text):
        closed.add(tag)
        columns.cells.setdefault(f"{name}.{tag}", clean(inner.strip()))
    columns.faults += [f"{name}: tag <{tag}_start> never ends" for tag in {*OPENED.findall(text)} - closed]


def _cell(value: Any) -> Any:
    """A value as JSON lines hold it; None for what is nothing or no text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, bytes | bytearray):
        return None
    if isinstance(value, list | tuple | Mapping):
        return clean(json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)) if value else None
    return clean(str(value))
