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
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import BadInput, BadSetting
from schemas.tables import built, table_of

Scoring = Literal["key", "expert_weight", "set_match"]
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
class _Select:
    """How many options are to be chosen, as files say it."""

    min: int = 1
    max: int = 1


@dataclass(frozen=True)
class JudgementTest:
    """The items of one or several tests, with norms of whole tests or subtests by name."""

    items: tuple[Situation, ...]
    norms: Mapping[str, Norms]

    @property
    def parts(self) -> dict[str, list[Situation]]:
        """The items of each subtest, and of everything where there are several."""
        by_part: dict[str, list[Situation]] = {}
        for item in self.items:
            by_part.setdefault(item.part, []).append(item)
        return by_part | ({ALL: list(self.items)} if len(by_part) > 1 else {})


def read_test(data: Any) -> JudgementTest:
    """A test from the tables of its file: `items`, and `norms` by name of test or subtest; raises BadInput."""
    if not isinstance(data, Mapping) or not isinstance(data.get("items"), list) or not data["items"]:
        raise BadInput("a test needs a list `items`, each with id, test, options, scoring")
    try:
        items = tuple(_situation(table) for table in data["items"])
        norms = table_of(data.get("norms") or {}, "norms", "a table with the names of tests or subtests")
        by_name = {str(name): built(Norms, table or {}, f"norms of {name}") for name, table in norms.items()}
    except BadSetting as error:  # here it is no setting that is wrong
        raise BadInput(str(error)) from None
    if len({item.id for item in items}) < len(items):
        raise BadInput("two items of the test have the same id")
    return JudgementTest(items, by_name)


def _situation(data: Any) -> Situation:
    table = dict(table_of(data, "an item", "a table with id, test, options, scoring"))
    where = f"item {table.get('id', '?')}"
    select = built(_Select, table.pop("select", None) or {}, f"{where}, select")
    options = table.pop("options", None) or []
    if not isinstance(options, list):
        raise BadInput(f"{where}: options = {options!r}; expected a list of options with id, text, key")
    table["options"] = tuple(
        built(Option, option, f"{where}, option {place}") for place, option in enumerate(options, 1)
    )
    table["norms"] = table.get("norms") or {}
    item = built(Situation, {**table, "least": select.min, "most": select.max}, where)
    _check(item, where)
    return item


def _check(item: Situation, where: str) -> None:
    if len(item.options) < 2 or len({option.id for option in item.options}) < len(item.options):
        raise BadInput(f"{where}: expected two options or more with different ids")
    if not 1 <= item.least <= item.most <= len(item.options):
        raise BadInput(f"{where}: select {item.least} to {item.most} of {len(item.options)} options cannot be done")
    if item.scoring != "set_match" and item.most > 1:
        raise BadInput(f"{where}: several options can be chosen, which needs scoring 'set_match'")
    if not all(0 <= option.key <= 1 for option in item.options) or not any(option.key for option in item.options):
        raise BadInput(f"{where}: expected keys from 0 to 1, one at least above 0")
