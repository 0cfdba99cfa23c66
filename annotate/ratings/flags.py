"""A layout from flags and from column names: what a person types, and what speaks for itself."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from annotate.ratings.layout import UNITS_MS, Asked, Layout, columns_of, presets
from schemas.answers import RaterKind
from schemas.errors import BadSetting

DEFAULT_NAME = "emotion"  # what votes and marks are asked for when nobody says
KNOWN: dict[str, tuple[str, ...]] = {  # column names that speak for themselves, the plainest first
    "item": (
        *("item", "item_id", "clip", "clip_id", "utterance", "utterance_id", "file", "file_name", "filename", "path"),
        *("image", "audio", "stimulus", "id", "text_id", "sample", "key"),
    ),
    "rater": (
        *("rater", "rater_id", "annotator", "annotator_id", "worker", "worker_id", "user", "user_id", "username"),
        *("participant", "participant_id", "subject", "listener", "judge"),
    ),
    "question": ("question", "question_name", "dimension", "attribute", "scale"),
    "value": ("value", "answer", "rating", "response", "label", "emotion", "score", "annotation"),
    "time": ("time", "created_at", "updated_at", "answered_at", "timestamp", "datetime"),
    "duration": ("duration_ms", "reaction_time_ms", "response_time_ms", "rt_ms", "rt"),
}


@dataclass(frozen=True)
class Flags:
    """What was typed; None or empty where nothing was.

    `wide`, `counts` and `marks` are columns, each as COLUMN or NAME=COLUMN. `named` is the name of the question that
    `value`, `counts`, `marks` or `vector` answer, `question` a column that names it. `header` are the names of the
    columns of a table that has none. `alias` are (their word, ours); `gold` and `contrast` are words of column `role`.
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
    categories: tuple[str, ...] = ()
    one_at_a_time: bool = False
    time: str | None = None
    duration: str | None = None
    scheme: str | None = None
    drop: str | None = None
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


def layout_with(base: Layout, flags: Flags) -> Layout:
    """A layout with what flags say in place of what it says; raises BadSetting."""
    _check(flags)
    given: dict[str, Any] = {name: value for name in _SAME if (value := getattr(flags, name)) not in (None, ())}
    given |= {name: (given[name],) for name in ("item", "media") if name in given}
    given["everywhere"] = flags.everywhere or base.everywhere
    given["columns"] = flags.header or base.columns
    given["delimiter"] = {"tab": "\t"}.get(flags.delimiter or "", flags.delimiter or base.delimiter)
    if flags.rater_name and not flags.rater:
        given["rater"] = ""
    if flags.rater and not flags.rater_name:
        given["rater_name"] = ""
    questions = _asked(flags) or base.question
    given["question"] = tuple(replace(asked, aliases=(*asked.aliases, *flags.alias)) for asked in questions)
    return replace(base, **given)


def _check(flags: Flags) -> None:
    if flags.repeats not in (None, "last", "first", "number"):
        raise BadSetting(f"--repeats {flags.repeats!r}; expected last, first or number")
    if flags.duration_unit not in (None, *UNITS_MS):
        raise BadSetting(f"--duration-unit {flags.duration_unit!r}; expected one of {', '.join(UNITS_MS)}")
    if (flags.gold or flags.contrast) and not flags.role:
        raise BadSetting("--gold and --contrast are words of a column: name it with --role COLUMN")


def guessed(flags: Flags, columns: Sequence[str]) -> Flags:
    """The flags with what column names say by themselves, where nothing was typed."""
    lower = {name.casefold(): name for name in columns}
    typed = {getattr(flags, role) for role in KNOWN}
    many = bool(flags.wide or flags.counts or flags.marks or flags.vector)
    settled = {"value"} if many else set()
    settled |= {"question"} if many or flags.named else set()
    settled |= {"rater"} if flags.counts or flags.vector or flags.rater_name else set()
    speaking: dict[str, Any] = {}
    for role, names in KNOWN.items():
        name = next((lower[name] for name in names if name in lower), None)
        if name not in typed and getattr(flags, role) is None and role not in settled:
            speaking[role] = name
    return replace(flags, **speaking)


def alike(columns: Sequence[str]) -> list[str]:
    """Presets whose columns a table has all of."""
    have = {name.casefold() for name in columns}
    plain = {name: layout for name, layout in presets().items() if layout.reader == "table"}
    return [name for name, layout in plain.items() if set(map(str.casefold, columns_of(layout))) <= have]


def roles_of(flags: Flags) -> str:
    """What was taken for what, for people."""
    roles = [f"{role} = {getattr(flags, role)}" for role in KNOWN if getattr(flags, role)]
    lists = [f"{name} = {', '.join(columns)}" for name in ("wide", "counts") if (columns := getattr(flags, name))]
    return ", ".join([*roles, *lists])


def _asked(flags: Flags) -> tuple[Asked, ...]:
    ways = [name for name in ("value", "wide", "counts", "marks", "vector") if getattr(flags, name)]
    if len(ways) > 1:
        shown = " and ".join(f"--{way}" for way in ways)
        raise BadSetting(f"{shown} say different things about one table; give one of them, or a --map for several")
    if not ways:
        return ()
    categories = flags.categories
    if ways == ["wide"]:
        return tuple(Asked(name=name, value=column, categories=categories) for name, column in map(_pair, flags.wide))
    name = flags.named or (flags.value if ways == ["value"] else None) or DEFAULT_NAME
    named = {"named_by": flags.question, "alone": flags.one_at_a_time} if flags.question else {"name": name}
    columns = tuple((column, category) for category, column in map(_pair, flags.counts or flags.marks))
    held: dict[str, Any] = {"counts": {"votes": columns}, "marks": {"marks": columns}}.get(ways[0], {})
    held = held or {ways[0]: getattr(flags, ways[0])}
    return (Asked(**named, **held, categories=categories),)


def _pair(text: str) -> tuple[str, str]:
    """NAME=COLUMN, or a column that is its own name."""
    name, equals, column = text.partition("=")
    return (name, column) if equals else (text, text)
