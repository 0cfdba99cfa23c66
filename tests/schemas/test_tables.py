"""Tables of TOML and JSON become dataclasses, or are refused with what was given and what was expected."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from schemas.errors import BadSetting
from schemas.tables import built


@dataclass(frozen=True)
class Part:
    """A table in a table."""

    name: str
    size: float = 1.0


@dataclass(frozen=True)
class Whole:
    """One field of every sort."""

    name: str
    kind: Literal["big", "small"] = "big"
    limit: float | None = None
    words: tuple[str, ...] = ()
    main: Part = Part("main")
    parts: tuple[Part, ...] = ()
    more: Part = field(default_factory=lambda: Part("more"))


def test_tables_in_a_table_become_dataclasses_and_lists_tuples() -> None:
    table = {"name": "a", "words": ["x"], "main": {"name": "b", "size": 2}, "parts": [{"name": "c"}, {"name": "d"}]}
    assert built(Whole, table, "file") == Whole("a", words=("x",), main=Part("b", 2.0), parts=(Part("c"), Part("d")))


def test_whole_numbers_become_fractions_unless_they_stay_as_they_are() -> None:
    assert repr(built(Whole, {"name": "a", "limit": 2}, "file").limit) == "2.0"
    assert repr(built(Whole, {"name": "a", "limit": 2}, "file", exact=True).limit) == "2"
    assert repr(built(Part, {"name": "a", "size": 2}, "file", exact=True).size) == "2"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("x", "file = 'x'; expected a table with name, kind, limit"),
        ({}, "file: 'name' is missing; expected a text"),
        ({"name": "a", "knd": 1}, "file: unknown key 'knd'; did you mean 'kind'"),
        ({"name": "a", "kind": "huge"}, "file: kind = 'huge'; known: big, small"),
        ({"name": "a", "main": 3}, "file: main = 3; expected a table [main] with name, size"),
        ({"name": "a", "main": {"nam": "b"}}, "file: unknown key 'main.nam'; did you mean 'name'"),
        ({"name": "a", "main": {"name": "b", "size": "c"}}, "file: main.size = 'c'; expected a finite number"),
        ({"name": "a", "parts": [{"name": 3}]}, "file, parts 1: name = 3; expected a text"),
        ({"name": "a", "parts": {"name": "b"}}, "file: parts = {'name': 'b'}; expected one table or more"),
        ({"name": "a", "limit": True}, "file: limit = True; expected a finite number"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(table: Any, said: str) -> None:
    with pytest.raises(BadSetting) as error:
        built(Whole, table, "file")
    assert said in str(error.value)
