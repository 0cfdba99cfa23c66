"""The items of situational-judgement tests: situations, options with what they are worth, and how people did.

The smallest file for `bench score --test`:

    {"items": [{"id": "1", "test": "STEM", "scoring": "expert_weight",
                "options": [{"id": "a", "text": "Talk to her", "key": 0.7}, {"id": "b", "text": "Wait", "key": 0.3}]}]}

`scoring` is key (1 for the right option, 0 for others), expert_weight (the share of experts who chose it) or set_match,
where `"select": {"min": 2, "max": 2}` says how many are to be chosen. How people did may stand in an item's
`"norms": {"p_value": 0.56, "n": 467}`, or for a whole test beside `items`: `"norms": {"STEM": {"mean": 0.6}}`.
What models or people chose is a table with `item` and `selected` (and `model`): `1,a`; several as `a;c`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType
from typing import Any, Literal, TypeVar, get_args

from schemas.errors import BadInput, nearest

SAID = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}
Scoring = Literal["key", "expert_weight", "set_match"]
T = TypeVar("T")
ALL = "all"


@dataclass(frozen=True)
class Option:
    """What can be chosen, and what choosing it is worth: 1 or 0 for a key, the share of experts for weights."""

    id: str
    text: str
    key: float
    category: str | None = None


@dataclass(frozen=True)
class Norms:
    """How people did: the share of points they got (`p_value` of an item, `mean` of a test) and how many they were."""

    p_value: float | None = None
    n: int | None = None
    mean: float | None = None
    sd: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class Situation:
    """One item of a test: between `least` and `most` options are to be chosen."""

    id: str
    test: str
    options: tuple[Option, ...]
    scoring: Scoring
    stem: str = ""
    question: str = ""
    subtest: str = ""
    form: str = ""
    version: str = ""
    language: str = ""
    least: int = 1
    most: int = 1
    norms: Norms = Norms()
    licence: str | None = None
    source: str | None = None
    public: bool = False
    origin: str | None = None

    @property
    def part(self) -> str:
        """The subtest, or the test where it has none."""
        return self.subtest or self.test

    def points(self, chosen: Iterable[str]) -> float:
        """What a choice of option ids is worth, 0 to 1; raises ValueError for unknown ids or too few or many of them.

        key and expert_weight: the key of the one option chosen. set_match: chosen options in the key over all in the
        key.
        """
        picked, worth = set(chosen), {option.id: option.key for option in self.options}
        if strange := picked - set(worth):
            raise ValueError(f"{sorted(strange)} are not among the options {list(worth)}")
        if not self.least <= len(picked) <= self.most:
            raise ValueError(f"{len(picked)} options chosen where {self.least} to {self.most} are asked for")
        if self.scoring == "set_match":
            keyed = {name for name, key in worth.items() if key > 0}
            return len(picked & keyed) / len(keyed)
        return worth[picked.pop()]


@dataclass(frozen=True)
class JudgementTest:
    """The items of one or several tests, with norms of whole tests or subtests by name."""

    items: tuple[Situation, ...]
    norms: Mapping[str, Norms]

    @property
    def parts(self) -> dict[str, list[Situation]]:
        """The items of each subtest, and of everything where there are several."""
        found: dict[str, list[Situation]] = {}
        for item in self.items:
            found.setdefault(item.part, []).append(item)
        return found | ({ALL: list(self.items)} if len(found) > 1 else {})


def read_test(data: Mapping[str, Any]) -> JudgementTest:
    """A test from the tables of its file: `items`, and `norms` by name of test or subtest; raises BadInput."""
    if not isinstance(data, Mapping) or not isinstance(data.get("items"), list) or not data["items"]:
        raise BadInput("a test needs a list `items`, each with id, test, options, scoring")
    items = tuple(_situation(table) for table in data["items"])
    if len({item.id for item in items}) < len(items):
        raise BadInput("two items of the test have the same id")
    told = _table(data.get("norms"), "norms", "a test or subtest")
    norms = {str(name): _built(Norms, table, f"norms of {name}") for name, table in told.items()}
    return JudgementTest(items, norms)


def _situation(told: Any) -> Situation:
    table = _table(told, "an item", "id, test, options, scoring")
    where = f"item {table.get('id', '?')}"
    options = table.get("options") or []
    if not isinstance(options, list):
        raise BadInput(f"{where}: options is {options!r}; expected a list of options with id, text, key")
    made = _built(
        Situation,
        {key: value for key, value in table.items() if key != "select"}
        | {"options": tuple(_built(Option, one, f"{where}, option {place}") for place, one in enumerate(options, 1))}
        | {"norms": _built(Norms, table.get("norms"), f"{where}, norms")}
        | _selected(table.get("select"), where),
        where,
    )
    _check(made, where)
    return made


def _selected(told: Any, where: str) -> dict[str, int]:
    """How many options are to be chosen."""
    table = _table(told, f"{where}: select", "min, max")
    for key, value in table.items():
        if key not in ("min", "max"):
            raise BadInput(f"{where}: unknown key {key!r} in select; known: max, min")
        _fits(value, int, f"{where}: select.{key}")
    return {"least": table.get("min", 1), "most": table.get("max", 1)}


def _check(item: Situation, where: str) -> None:
    if item.scoring not in get_args(Scoring):
        raise BadInput(f"{where}: scoring {item.scoring!r}; {nearest(str(item.scoring), get_args(Scoring))}")
    if len(item.options) < 2 or len({option.id for option in item.options}) < len(item.options):
        raise BadInput(f"{where}: expected two options or more with different ids")
    if not 1 <= item.least <= item.most <= len(item.options):
        raise BadInput(f"{where}: select {item.least} to {item.most} of {len(item.options)} options cannot be done")
    if item.scoring != "set_match" and item.most > 1:
        raise BadInput(f"{where}: several options can be chosen, which needs scoring 'set_match'")
    if not all(0 <= option.key <= 1 for option in item.options) or not any(option.key for option in item.options):
        raise BadInput(f"{where}: expected keys from 0 to 1, one at least above 0")


def _built(made: type[T], told: Any, where: str) -> T:
    known = {field.name: field for field in fields(made)}  # type: ignore[arg-type]
    table = _table(told, where, ", ".join(known))
    for key, value in table.items():
        if key not in known:
            raise BadInput(f"{where}: unknown key {key!r}; {nearest(str(key), known)}")
        _fits(value, known[key].type, f"{where}: {key}")
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            raise BadInput(f"{where}: {key!r} is missing")
    return made(**table)


def _table(told: Any, where: str, keys: str) -> Mapping[str, Any]:
    """A table as it is, empty where nothing is told; raises BadInput for anything else."""
    if told is not None and not isinstance(told, Mapping):
        raise BadInput(f"{where} is {told!r}; expected a table with {keys}")
    return told or {}


def _fits(value: Any, hint: Any, where: str) -> None:
    """Raise BadInput for a value of another type; what is made of other tables has been looked at by itself."""
    allowed = get_args(hint) or (hint,)
    wanted = [kind for kind in allowed if kind in SAID]
    if not wanted or (value is None and NoneType in allowed) or any(_is(value, kind) for kind in wanted):
        return
    raise BadInput(f"{where} is {value!r}; expected {' or '.join(SAID[kind] for kind in wanted)}")


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)
