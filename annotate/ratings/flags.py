"""A layout from flags and from column names: what a person types, and what speaks for itself."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from annotate.ratings.guesses import KNOWN, column_for, in_seconds, only_one_left
from annotate.ratings.layout import UNITS_MS, Asked, Layout, columns_of, presets
from annotate.ratings.shapes import slug
from schemas.answers import RaterKind
from schemas.errors import BadSetting, BadUsage, nearest
from schemas.question import NAME
from schemas.scheme import QuestionType

DEFAULT_NAME = "emotion"  # what votes and marks are asked for when nobody says
FOLDS = ("items", "raters")
WAYS = ("value", "wide", "counts", "marks", "vector", *FOLDS)


@dataclass(frozen=True)
class Flags:
    """What was typed; None or empty where nothing was.

    `wide`, `counts` and `marks` are columns, each as COLUMN or NAME=COLUMN; `items` and `raters` patterns of columns
    that are items or raters. `named` is the name of the question that `value`, `counts`, `marks`, `vector`, `items` or
    `raters` answer, `question` a column that names it. `scales` (LOW:HIGH) and `types` are for all questions, or for
    one as NAME=…. `header` are the names of the columns of a table that has none. `alias` are (their word, ours);
    `gold` and `contrast` are words of column `role`.
    """

    corpus: str | None = None
    item: str | None = None
    media: str | None = None
    rater: str | None = None
    rater_kind: RaterKind | None = None
    models: tuple[str, ...] = ()
    everywhere: bool = False
    question: str | None = None
    named: str | None = None
    value: str | None = None
    wide: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    vector: str | None = None
    items: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    one_at_a_time: bool = False
    time: str | None = None
    duration: str | None = None
    scheme: str | None = None
    drop: str | None = None
    skip: str | None = None
    min_answers: int | None = None
    repeats: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: tuple[str, ...] = ()
    rater_name: str | None = None
    alias: tuple[tuple[str, str], ...] = ()
    duration_unit: str | None = None
    role: str | None = None
    gold: tuple[str, ...] = ()
    contrast: tuple[str, ...] = ()


_SAME = {field.name for field in fields(Layout)} & {field.name for field in fields(Flags)}


def layout_with(base: Layout, flags: Flags, typed: Flags | None = None) -> Layout:
    """A layout with what flags say in place of what it says; raises BadSetting.

    `typed` are the flags before columns that speak for themselves were filled in: only what was typed is refused for
    having no use.
    """
    _check(flags)
    _check_used(base, flags, typed or flags)
    given: dict[str, Any] = {name: value for name in _SAME if (value := getattr(flags, name)) not in (None, ())}
    given |= {name: (given[name],) for name in ("item", "media") if name in given}
    given |= _folded(flags)
    given["aliases"] = (*base.aliases, *flags.alias)
    given["everywhere"] = flags.everywhere or base.everywhere
    given["columns"] = flags.header or base.columns
    given["delimiter"] = {"tab": "\t"}.get(flags.delimiter or "", flags.delimiter or base.delimiter)
    if flags.rater_name and not flags.rater:
        given["rater"] = ""
    if flags.rater and not flags.rater_name:
        given["rater_name"] = ""
    questions = _asked(flags) or base.question
    given["question"] = tuple(replace(asked, aliases=(*asked.aliases, *flags.alias)) for asked in questions)
    return replace(base, **given | {"question": _declared(given["question"], flags)})


def _folded(flags: Flags) -> dict[str, Any]:
    """What columns that are items or raters make of a layout."""
    if flags.items:
        if flags.item:
            raise BadSetting("--item and --items both say what was rated; give one of them")
        return {"folded": flags.items, "item": ("_column",)}
    if flags.raters:
        if flags.rater or flags.rater_name:
            raise BadSetting("--rater and --raters both say who rated; give one of them")
        return {"folded": flags.raters, "rater": "_column", "rater_name": ""}
    return {}


def _declared(questions: Sequence[Asked], flags: Flags) -> tuple[Asked, ...]:
    """Questions with the types and scales that were typed; raises BadSetting for a question nobody asks."""
    names = [asked.name or asked.named_by for asked in questions]
    if not questions and (flags.types or flags.scales):
        raise BadSetting("--type and --scale are for tables that do not say it themselves; this layout does")
    shapes: dict[str, dict[str, Any]] = {name: {} for name in names}
    for flag, entries in (("type", flags.types), ("scale", flags.scales)):
        for entry in entries:
            name, equals, text = entry.rpartition("=")
            if equals and name not in names:
                raise BadSetting(f"--{flag} {entry}: no question {name!r}; {nearest(name, names)}")
            for one in [name] if equals else names:
                shapes[one] |= _type(text) if flag == "type" else _ends(text)
    return tuple(replace(asked, **shapes[name]) for asked, name in zip(questions, names, strict=True))


def _type(text: str) -> dict[str, Any]:
    if text not in get_args(QuestionType):
        raise BadSetting(f"--type {text!r}; {nearest(text, get_args(QuestionType))}")
    return {"type": text}


def _ends(text: str) -> dict[str, Any]:
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError:
        raise BadSetting(f"--scale {text!r}; expected LOW:HIGH or NAME=LOW:HIGH, such as 1:7") from None
    return {"type": "scale", "minimum": low, "maximum": high}


def _check(flags: Flags) -> None:
    if flags.repeats not in (None, "last", "first", "number"):
        raise BadSetting(f"--repeats {flags.repeats!r}; expected last, first or number")
    if flags.duration_unit not in (None, *UNITS_MS):
        raise BadSetting(f"--duration-unit {flags.duration_unit!r}; expected one of {', '.join(UNITS_MS)}")
    if (flags.gold or flags.contrast) and not flags.role:
        raise BadUsage("--gold and --contrast are words of a column: name it with --role COLUMN")


def _check_used(base: Layout, flags: Flags, typed: Flags) -> None:
    """Raises BadUsage for what is typed of a question, or a duration, that the table's layout leaves no use for."""
    if flags.duration_unit and not (flags.duration or base.duration):
        raise BadUsage("--duration-unit is the unit of a column; name it with --duration COLUMN")
    if typed.named and typed.question:
        raise BadUsage("--named and --question both say which question is answered; give one of them")
    if flags.one_at_a_time and not flags.question:
        raise BadUsage("--one-at-a-time is for tables with a column that names the question: --question COLUMN")
    has_ways = any(getattr(flags, way) for way in WAYS)
    for flag in ("named", "question", "skip", "categories"):
        if not getattr(typed, flag):
            continue
        if base.question and not has_ways:
            raise BadUsage(f"--{flag} is of a question that flags name; say which, too, such as --value COLUMN")
        if typed.wide and flag != "categories":
            raise BadUsage(f"--{flag} is of one question, and --wide has a column for each; leave out one of them")


def guessed(flags: Flags, columns: Sequence[str]) -> Flags:
    """The flags with what column names say by themselves, where nothing was typed.

    Where it is known what was rated and by whom, the one column left holds the answers.
    """
    typed = {name for role in KNOWN if (name := getattr(flags, role))}
    free = [column for column in columns if column not in typed]
    settled = _settled(flags)
    speaking: dict[str, Any] = {
        role: column_for(role, free) for role in KNOWN if getattr(flags, role) is None and role not in settled
    }
    known = flags.item or speaking.get("item"), flags.rater or speaking.get("rater")
    if "value" in speaking and not speaking["value"] and all(known):
        speaking["value"] = only_one_left(columns, [*typed, *speaking.values()])
    complete = replace(flags, **speaking)
    if complete.duration and not complete.duration_unit and in_seconds(complete.duration):
        complete = replace(complete, duration_unit="s")
    return complete


def _settled(flags: Flags) -> set[str]:
    """Roles that other flags leave nothing for."""
    many = any(getattr(flags, way) for way in WAYS if way != "value")
    settled = {"value", "question"} if many else set()
    settled |= {"question"} if flags.named else set()
    settled |= {"item"} if flags.items else set()
    return settled | ({"rater"} if flags.counts or flags.vector or flags.rater_name or flags.raters else set())


def alike(columns: Sequence[str]) -> list[str]:
    """Presets whose columns a table has all of."""
    have = {name.casefold() for name in columns}
    plain = {name: layout for name, layout in presets().items() if layout.reader == "table"}
    return [name for name, layout in plain.items() if set(map(str.casefold, columns_of(layout))) <= have]


def roles_of(flags: Flags) -> str:
    """What was taken for what, for people."""
    roles = [f"{role} = {getattr(flags, role)}" for role in KNOWN if getattr(flags, role)]
    lists = [
        f"{name} = {', '.join(columns)}" for name in ("wide", "counts", *FOLDS) if (columns := getattr(flags, name))
    ]
    unit = [f"in {flags.duration_unit}"] if flags.duration and flags.duration_unit else []
    return ", ".join([*roles, *unit, *lists])


def _asked(flags: Flags) -> tuple[Asked, ...]:
    ways = [name for name in WAYS if getattr(flags, name)]
    if len(ways) > 1:
        shown = " and ".join(f"--{way}" for way in ways)
        raise BadUsage(f"{shown} say different things about one table; give one of them, or a --map for several")
    if not ways:
        return ()
    categories = flags.categories
    if ways == ["wide"]:
        return tuple(
            Asked(**_named(name), value=column, categories=categories) for name, column in map(_pair, flags.wide)
        )
    name = flags.named or (flags.value if ways == ["value"] else None) or DEFAULT_NAME
    named = {"named_by": flags.question, "alone": flags.one_at_a_time} if flags.question else _named(name)
    named |= {"skip": flags.skip} if flags.skip else {}
    if ways[0] in FOLDS:
        return (Asked(**named, value="_cell", categories=categories),)
    columns = tuple((column, category) for category, column in map(_pair, flags.counts or flags.marks))
    held: dict[str, Any] = {"counts": {"votes": columns}, "marks": {"marks": columns}}.get(ways[0], {})
    held = held or {ways[0]: getattr(flags, ways[0])}
    return (Asked(**named, **held, categories=categories),)


def _named(name: str) -> dict[str, Any]:
    """A question's name and title; what no name may hold stays in the title."""
    return {"name": name} if NAME.fullmatch(name) else {"name": slug(name), "title": name}


def _pair(text: str) -> tuple[str, str]:
    """NAME=COLUMN, or a column that is its own name."""
    name, equals, column = text.partition("=")
    return (name, column) if equals else (text, text)
