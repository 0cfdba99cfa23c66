"""What the columns of a table are: one description behind JSON, Parquet and the types on a card."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Scalar = Literal["string", "int64", "float64", "binary"]
Type: TypeAlias = "Scalar | ListOf | tuple[Field, ...]"
Write = Callable[[Any], Any]


@dataclass(frozen=True)
class ListOf:
    """A list whose values all have one type."""

    of: Type


@dataclass(frozen=True)
class Field:
    """One column: its name, its type (a tuple of fields is a struct), and what it means to a reader of the card.

    `categories` are all values a column of text can have, in their order, where they are few and known.
    """

    name: str
    type: Type
    meaning: str
    categories: tuple[str, ...] = ()


def writer(type_: Type) -> Write:
    """A function that writes values of a type as JSON values, structs from mappings or dataclasses.

    Built once, because it runs for every sample: None stays None, whole numbers become floats where floats belong, and
    a float in the place of a whole number raises TypeError.
    """
    if isinstance(type_, str):
        exact, convert = _SCALARS[type_]
        return lambda value: value if value is None or type(value) is exact else convert(value)
    if isinstance(type_, ListOf):
        one = writer(type_.of)
        return lambda values: None if values is None else [one(value) for value in values]
    return _struct_writer(type_)


def _struct_writer(columns: tuple[Field, ...]) -> Write:
    names = tuple(column.name for column in columns)
    get = operator.itemgetter(*names, names[0])  # one more, so that even one name gives a tuple
    scalars = [(column.name, *_SCALARS[column.type]) for column in columns if isinstance(column.type, str)]
    nested = [(column.name, writer(column.type)) for column in columns if not isinstance(column.type, str)]

    def struct(value: Any) -> dict[str, Any]:
        out = dict(zip(names, get(value if type(value) is dict else vars(value)), strict=False))
        for name, exact, convert in scalars:
            scalar = out[name]
            if scalar is not None and type(scalar) is not exact:
                out[name] = convert(scalar)
        for name, write in nested:
            out[name] = write(out[name])
        return out

    return struct


def _whole(value: Any) -> int:
    return int(operator.index(value))  # index alone leaves True as it is


_SCALARS: dict[Scalar, tuple[type, Write]] = {
    "string": (str, str),
    "int64": (int, _whole),
    "float64": (float, float),
    "binary": (bytes, bytes),
}
