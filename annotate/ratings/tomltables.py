"""Dataclasses from tables of TOML: lists become tuples, and what does not fit is named with what was expected."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from schemas.errors import BadSetting, nearest

T = TypeVar("T")
SPOKEN: dict[type, str] = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def built(made: type[T], table: Any, where: str) -> T:
    """A dataclass from a table of TOML, lists as tuples; raises BadSetting with the nearest key."""
    if not isinstance(table, Mapping):
        raise BadSetting(f"{where} is {table!r}; expected a table of keys and values")
    hints = get_type_hints(made)
    known = {one.name: one for one in fields(made)}  # type: ignore[arg-type]
    values = {}
    for key, value in table.items():
        if key not in known:
            raise BadSetting(f"{where}: unknown key {key!r}; {nearest(key, known)}")
        values[key] = _typed(hints[key], value, f"{where}, {key}")
    for key, one in known.items():
        if key not in values and one.default is MISSING:
            raise BadSetting(f"{where}: {key!r} is missing")
    return made(**values)


def tables(value: Any, where: str) -> Iterable[Any]:
    """What [[a list of tables]] holds; raises BadSetting for anything else."""
    if not isinstance(value, list | tuple):
        raise BadSetting(f"{where} is {value!r}; expected [[{where.rpartition(' ')[2]}]] and its keys below")
    return value


def _typed(wanted: Any, value: Any, where: str) -> Any:
    """The value in the type a field wants: a text or a list becomes a tuple, a table or a list a tuple of pairs."""
    if wanted == tuple[tuple[str, str], ...]:
        return _pairs(value, where)
    if get_origin(wanted) is tuple:
        return _listed(get_args(wanted)[0], value, where)
    if get_origin(wanted) is UnionType:
        return _typed(get_args(wanted)[0], value, where)
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise BadSetting(f"{where} is {value!r}; {nearest(str(value), get_args(wanted))}")
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if isinstance(wanted, type) and not isinstance(value, wanted):
        raise BadSetting(f"{where} is {value!r}; expected {SPOKEN.get(wanted, wanted.__name__)}")
    return value


def _pairs(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping | list | tuple):
        raise BadSetting(f"{where} is {value!r}; expected a list of texts, or a table such as {{ THEIRS = 'ours' }}")
    pairs = value.items() if isinstance(value, Mapping) else ((one, one) for one in value)
    return tuple((str(left), str(right)) for left, right in pairs)


def _listed(wanted: Any, value: Any, where: str) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise BadSetting(f"{where} is {value!r}; expected a text or a list of texts")
    return tuple(_typed(wanted, one, where) for one in value)
