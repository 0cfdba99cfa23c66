"""Tables of TOML or JSON as dataclasses: every key known, every value of the type its field has."""

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from schemas.errors import BadSetting, nearest

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)
MOST = 1e15  # beyond it floats no longer tell whole numbers and halves apart
TOLD_LETTERS = 80
EXPECTED: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    tuple[str, ...]: "a list of texts",
}


def built(made: type[T], table: Any, where: str, section: str = "", *, exact: bool = False) -> T:
    """The dataclass a table describes, with the dataclasses its fields hold; lists become tuples.

    `section` is the table's own name with a dot, in front of its keys in messages. Whole numbers become fractions where
    those are wanted, unless they are to stay `exact`ly as they were written, because an id depends on it. Raises
    BadSetting with key and value.
    """
    hints = get_type_hints(made)
    table = table_of(table, where, f"a table with {', '.join(hints)}")
    known(table, hints, where, section)
    for field in fields(made):  # type: ignore[arg-type]
        if field.name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise BadSetting(f"{where}: {section + field.name!r} is missing; {_expected(hints[field.name])}")
    return made(**{key: _value(hints[key], value, where, section + key, exact) for key, value in table.items()})


def _value(wanted: Any, value: Any, where: str, key: str, exact: bool) -> Any:
    """The value of one field; tables in it become dataclasses where the field holds dataclasses."""
    member = get_args(wanted)[0] if get_origin(wanted) is tuple else None
    if is_dataclass(wanted) and not isinstance(value, wanted):  # type: ignore[arg-type]
        expected = f"a table [{key}] with {', '.join(one.name for one in fields(wanted))}"
        return built(wanted, table_of(value, f"{where}: {key}", expected), where, f"{key}.", exact=exact)  # type: ignore[arg-type]
    if is_dataclass(member) and not isinstance(value, tuple):
        listed = tables_of(value, f"{where}: {key}", f"[[{key}]]")
        return tuple(built(member, one, f"{where}, {key} {place}", exact=exact) for place, one in enumerate(listed, 1))  # type: ignore[arg-type]
    fit(wanted, value, f"{where}: {key}")
    is_fraction = wanted is float or (get_origin(wanted) in (Union, UnionType) and float in get_args(wanted))
    return float(value) if is_fraction and type(value) is int and not exact else frozen(value)


def known(table: Mapping[str, Any], keys: Iterable[str], where: str, section: str = "") -> None:
    """Raise BadSetting with the nearest key for one that is not among `keys`."""
    names = tuple(keys)
    for key in table:
        if key not in names:
            raise BadSetting(f"{where}: unknown key {section + str(key)!r}; {nearest(str(key), names)}")


def fit(wanted: Any, value: Any, where: str) -> None:
    """Raise BadSetting for a value that is not of the wanted type; numbers are finite."""
    if not _fits(wanted, value):
        raise BadSetting(f"{where} = {shown(value)}; {_expected(wanted, value)}")


def table_of(value: Any, where: str, expected: str = "a table of keys and values") -> Mapping[str, Any]:
    """The value, if it is a table; raises BadSetting."""
    if not isinstance(value, Mapping):
        raise BadSetting(f"{where} = {shown(value)}; expected {expected}")
    return value


def tables_of(value: Any, where: str, head: str) -> list[Mapping[str, Any]]:
    """The value, if it is a list of tables as `head` begins each; raises BadSetting."""
    if not isinstance(value, list | tuple):
        raise BadSetting(f"{where} = {shown(value)}; expected one table or more, each headed {head}")
    return [table_of(one, where, f"tables, each headed {head}") for one in value]


def frozen(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(frozen(one) for one in value) if isinstance(value, list | tuple) else value


def repeated(values: Iterable[H]) -> H | None:
    """The first value that is there twice; None where each is there once."""
    return next((value for value, count in Counter(values).items() if count > 1), None)


def shown(value: Any) -> str:
    """A value as messages tell it: long ones cut."""
    text = repr(value)
    return text if len(text) <= TOLD_LETTERS else f"{text[:TOLD_LETTERS]}…"


def toml_value(value: Any) -> str:
    """A text, number, truth value or list as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):  # a string of JSON is one of TOML but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return repr(value)


def _fits(wanted: Any, value: Any) -> bool:
    origin = get_origin(wanted)
    if origin is Literal:
        return isinstance(value, str) and value in get_args(wanted)
    if origin in (Union, UnionType):
        return any(_fits(one, value) for one in get_args(wanted))
    if origin is tuple:  # a tuple is one we made ourselves: TOML has lists
        return isinstance(value, tuple) or (
            isinstance(value, list) and all(_fits(get_args(wanted)[0], one) for one in value)
        )
    if wanted is float:
        return type(value) in (int, float) and -MOST <= value <= MOST
    return type(value) is wanted


def _expected(wanted: Any, value: Any = None) -> str:
    """What should stand there instead, in words; the nearest where few words are known."""
    origin, args = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return nearest(value if isinstance(value, str) else "", args)
    if origin is tuple and get_origin(args[0]) is Literal:
        wrong = (one for one in value if not _fits(args[0], one)) if isinstance(value, list) else ()
        return f"expected a list of texts; {_expected(args[0], next(iter(wrong), None))}"
    if origin in (Union, UnionType):
        return " or ".join(_expected(one, value) for one in args if one is not NoneType)
    return f"expected {EXPECTED.get(wanted, 'a table')}"
