"""Cells that hold JSON, as annotation platforms write answers: the plain answer in them, or that there is none."""

import ast
import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.ids import canonical

ANSWERS = frozenset(  # members that platforms keep a single answer in
    ("choices", "choice", "rating", "number", "text", "label", "labels", "taxonomy", "value", "selected", "datetime")
)
KINDS = ("type", "origin", "id", "from_name", "to_name")  # members that say nothing about the answer
KNOWN_EXPORTS = "an export of Label Studio (JSON, JSON-MIN, CSV), of MTurk, Prodigy or Argilla as it was written"


def unwrapped(text: str) -> str | None:
    """The answer in a cell: a plain text, or a list of texts as canonical JSON; None for JSON that is no answer.

    A cell that is no JSON is its own answer. Of an object whose members are true or false the true ones are chosen.
    """
    value = structure(text)
    if value is None:
        return text
    answer = answer_in(value)
    return answer if answer is None or isinstance(answer, str) else canonical(answer)


def clean(text: str) -> str:
    """A text without halves of characters, which JSON can hold and no table can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def structure(text: str) -> Any:
    """The list or object a cell holds, as JSON or as Python prints it; None where it holds neither."""
    if text[:1] not in ("[", "{"):
        return None
    for read in (json.loads, ast.literal_eval):  # data frames print lists with single quotes
        try:
            with warnings.catch_warnings():  # Python warns of odd spellings in what it reads
                warnings.simplefilter("ignore")
                value = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        return value if isinstance(value, list | dict) else None
    return None


def answer_in(value: Any) -> str | list[str] | None:
    """The answer a value of JSON holds: one text, or the texts of a list; None where it is no single answer.

    A region (a time span, a box) is none: what it says is about a part of the item.
    """
    if isinstance(value, Mapping):
        return _in_object(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _in_list(value)
    return _scalar(value)


def _in_object(value: Mapping[str, Any]) -> str | list[str] | None:
    said = {key: member for key, member in value.items() if key not in KINDS}
    if said and all(isinstance(member, bool) for member in said.values()):
        return _chosen([clean(key) for key, member in said.items() if member], alone=list(said) == ["on"])
    if len(said) == 1 and set(said) <= ANSWERS:
        return answer_in(next(iter(said.values())))
    return None


def _chosen(keys: list[str], alone: bool) -> str | list[str]:
    """What boxes say: a single box is yes or no, of several the ticked ones are chosen."""
    if alone:
        return "yes" if keys else "no"
    return keys[0] if len(keys) == 1 else keys


def _in_list(values: Sequence[Any]) -> str | list[str] | None:
    if len(values) == 1 and isinstance(values[0], Mapping):
        return answer_in(values[0])
    members: list[str] = []
    for value in values:
        inner = " / ".join(map(_scalar, value)) if _is_path(value) else value
        if isinstance(inner, Mapping | list):
            return None
        members.append(_scalar(inner))
    return list(dict.fromkeys(members))


def _is_path(value: Any) -> bool:
    """Whether a member is a path through a taxonomy."""
    return isinstance(value, list) and all(isinstance(step, str) for step in value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else clean(str(value)).strip()
