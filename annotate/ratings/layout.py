"""How a table of raw ratings is laid out: which column says what, in data (a small TOML map, flags or a preset)."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from schemas.answers import RaterKind
from schemas.errors import BadSetting, nearest
from schemas.licences import checked
from schemas.scheme import Measure, Media, QuestionType
from schemas.tables import built, shown

Published = Literal["names", "eqbench", "eqbench-reference", "emotionlines", "audformat"]
Platform = Literal["label-studio", "prodigy", "argilla", "mturk"]
Reader = Literal["table", Published, Platform]
Repeats = Literal["last", "first", "number"]
CellForm = Literal["value", "votes", "marks", "vector"]
UNITS_MS = {"ms": 1.0, "s": 1000.0, "us": 0.001, "min": 60_000.0}
PRESETS = "presets"
BLANK = "blank"  # what parts the cells of a table in columns of blanks
VIRTUAL = ("_row", "_line", "_file", "_column", "_cell")  # a row's number, line and table; what folding makes
MS = ":ms"  # after a column in braces: its cells are durations, wanted in milliseconds
PAIRS = tuple[tuple[str, str], ...]
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")
_FIELD = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Asked:
    """One question of a table and where its answers stand; exactly one of `value`, `votes`, `marks`, `vector` is set.

    `value`: a column whose cell is the answer (a list of categories where the question takes several). `votes`: a
    column per category holding how many chose it. `marks`: a column per category holding 1 or 0, one answer of several
    categories per row. `vector`: one cell holding the votes of all `categories` in their order, as digits or a list.
    `named_by` is a column that names the question instead of `name`; `alone` says that the table asks one category at
    a time, which makes the question the target of its ask. `names_of` is a scheme whose questions are asked here,
    each answered by `categories` or on the scale.
    """

    name: str = ""
    title: str = ""
    value: str = ""
    votes: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    vector: str = ""
    named_by: str = ""
    alone: bool = False
    names_of: str = ""
    type: QuestionType | None = None
    categories: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    measure: Measure | None = None
    anchors: tuple[tuple[str, str], ...] = ()
    when: str = ""
    skip: str = ""
    rater: str = ""
    rater_kind: RaterKind | None = None
    media: tuple[str, ...] = ()

    @property
    def form(self) -> CellForm:
        """Which of the four ways its answers stand in the table."""
        forms: tuple[CellForm, ...] = ("value", "votes", "marks", "vector")
        return next(form for form in forms if getattr(self, form))

    @property
    def offered(self) -> tuple[str, ...]:
        """The categories it declares: those listed, else those of its columns."""
        return self.categories or tuple(category for _, category in self.votes or self.marks)


@dataclass(frozen=True)
class Layout:
    """Where everything stands in a table of ratings.

    `part` tells several tables of one corpus apart. `item`, `media` and `rater` are columns or texts with {columns} in
    them; of several `item` texts the first without an empty cell counts. {_row} is the row's number, {_file} the
    table's name, {start:ms} a duration in milliseconds. `media` are names under which the item's media may be in the
    collection (the item itself by default). Without `rater` each row of an item is another anonymous rater,
    `rater_name` one rater for all rows. `everywhere` says that rater names mean the same people in every table and in
    Label Studio; otherwise they are people of this corpus. `models` are patterns of names of raters that are models.
    `drop`, and `when` and `skip` of questions, are SQL conditions on the columns. `same` are columns that must say
    what the file names say, by question. `folded` are patterns of columns that become rows, with {_column} and {_cell}
    in their place; `header_rows` rows below the first line are no answers. `aliases` are spellings somebody gave for
    this table: one that no cell has is reported.
    """

    corpus: str = ""
    part: str = ""
    title: str = ""
    licence: str = ""
    address: str = ""
    reader: Reader = "table"
    pattern: str = ""
    columns: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    header_rows: int = 0
    encoding: str = ""
    delimiter: str = ""
    quotes: bool = True
    scheme: str = ""
    heard_or_seen: tuple[Media, ...] = ()
    sequential: bool = False
    item: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    rater: str = ""
    rater_name: str = ""
    rater_kind: RaterKind = "person"
    models: tuple[str, ...] = ()
    everywhere: bool = False
    time: str = ""
    order: Literal["unknown", "rows"] = "unknown"
    duration: str = ""
    duration_unit: Literal["ms", "s", "us", "min"] = "ms"
    role: str = ""
    contrast: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    drop: str = ""
    min_answers: int = 1
    repeats: Repeats = "last"
    same: tuple[tuple[str, str], ...] = ()
    question: tuple[Asked, ...] = field(default=())

    def __post_init__(self) -> None:
        for place, asked in enumerate(self.question, start=1):
            _check_asked(asked, f"{self.corpus or 'the map'}, question {asked.name or place}")
        if self.min_answers < 1:
            raise BadSetting(f"min_answers = {self.min_answers}; expected at least 1")
        if self.rater and self.rater_name:
            raise BadSetting("give a rater column or one rater name, not both")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise BadSetting(f"pattern {self.pattern!r} is no regular expression: {error}") from None


def layout_from_toml(text: str, origin: str) -> Layout:
    """The Layout a TOML text describes; `origin` names the text in messages.

    A text stands for a list of one; a table, or a list of names that stay what they are, for pairs. Raises BadSetting
    that names the key and the nearest valid one.
    """
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is none, either
        raise BadSetting(f"{origin} is not valid TOML: {error}") from None
    questions = data.get("question", [])
    if isinstance(questions, list):
        data["question"] = [_spelled_out(Asked, table, origin) for table in questions]
    return built(Layout, _spelled_out(Layout, data, origin), origin)


def _spelled_out(made: type, table: Any, origin: str) -> Any:
    """A table of a map with what it may say shortly in the form its dataclass has."""
    if not isinstance(table, dict):
        return table
    return {key: _whole(get_type_hints(made).get(key), value, f"{origin}: {key}") for key, value in table.items()}


def _whole(wanted: Any, value: Any, where: str) -> Any:
    if get_origin(wanted) is not tuple or Asked in get_args(wanted):
        return value
    if wanted != PAIRS:
        return [value] if isinstance(value, str) else value
    if not isinstance(value, dict | list):
        raise BadSetting(
            f"{where} = {shown(value)}; expected a list of texts, or a table such as {{ THEIRS = 'ours' }}"
        )
    pairs = value.items() if isinstance(value, dict) else zip(value, value, strict=True)
    return tuple((str(left), str(right)) for left, right in pairs)


@cache
def presets() -> dict[str, Layout]:
    """The layouts of published corpora that come with emocurate, by name."""
    folder = files("annotate.ratings") / PRESETS
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name
    )
    texts = ((entry.name.removesuffix(".toml"), entry.read_text("utf-8")) for entry in entries)
    return {name: layout_from_toml(text, f"preset {name}") for name, text in texts}


def load_layout(name: str) -> Layout:
    """A preset by name or a map by the path of its TOML file; raises BadSetting."""
    if name.endswith(".toml"):
        try:
            layout = layout_from_toml(Path(name).read_text("utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"cannot read the map {name}: {getattr(error, 'strerror', None) or error}") from None
        if layout.licence:
            checked(layout.licence, f"{name}: licence")
        return layout
    if name not in presets():
        raise BadSetting(f"no preset {name!r}; {nearest(name, presets())}; or give the path of a TOML map")
    return presets()[name]


def parts(template: str) -> tuple[tuple[str, str], ...]:
    """A template taken apart into (text before, column) pairs; the last pair may have an empty column.

    A text without braces is a column of that name.
    """
    if "{" not in template:
        return (("", template),)
    pairs, end = [], 0
    for match in _FIELD.finditer(template):
        pairs.append((template[end : match.start()], match.group(1)))
        end = match.end()
    return (*pairs, (template[end:], "")) if template[end:] else tuple(pairs)


def columns_of(layout: Layout) -> tuple[str, ...]:
    """Every column the layout names, virtual ones left out, each once."""
    templates = [*layout.item, *layout.media, layout.rater, layout.time, layout.duration, layout.role]
    for asked in layout.question:
        templates += [asked.value, asked.vector, asked.named_by, *asked.media]
    names = [column for template in templates if template for _, column in parts(template)]
    names += [column for asked in layout.question for column, _ in asked.votes or asked.marks]
    names += [column for column, _ in layout.same]
    plain = (name.removesuffix(MS) for name in names)
    return tuple(dict.fromkeys(name for name in plain if name and name not in VIRTUAL))


def conditions_of(layout: Layout) -> tuple[str, ...]:
    """Every SQL condition the layout holds."""
    own = [condition for asked in layout.question for condition in (asked.when, asked.skip)]
    return tuple(condition for condition in (layout.drop, *own) if condition)


def _check_asked(asked: Asked, where: str) -> None:
    given = [form for form in ("value", "votes", "marks", "vector") if getattr(asked, form)]
    if len(given) != 1:
        fault = f"has {' and '.join(given)}" if given else "says nowhere where its answers stand"
        raise BadSetting(f"{where} {fault}; expected one of value, votes, marks, vector")
    if asked.vector and not asked.categories:
        raise BadSetting(f"{where}: a vector needs `categories` in the order of its numbers")
    if bool(asked.name) == bool(asked.named_by):
        raise BadSetting(f"{where}: give either name or named_by (a column that names the question)")
    if asked.named_by and not asked.value:
        raise BadSetting(f"{where}: with named_by the answers stand in one column: give value")
    if asked.type in ("choice", "choices", "text") and asked.minimum is not None:
        raise BadSetting(f"{where}: type = {asked.type!r} has no minimum; a scale has")
    _check_scale(asked, where)


def _check_scale(asked: Asked, where: str) -> None:
    """Raise BadSetting for a scale that goes nowhere."""
    if asked.minimum is not None and asked.maximum is not None and not asked.minimum < asked.maximum:
        raise BadSetting(f"{where}: minimum = {asked.minimum:g}, maximum = {asked.maximum:g}; expected it to go up")
    if asked.step is not None and not asked.step > 0:
        raise BadSetting(f"{where}: step = {asked.step:g}; expected more than 0")
    for point, _ in asked.anchors:
        if not _NUMBER.fullmatch(point):
            raise BadSetting(f"{where}: anchor {point!r} is no number; expected a table such as {{ 1 = 'low' }}")
