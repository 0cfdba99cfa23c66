"""The questions put to people: schemes as TOML files describe them, and as the catalog keeps them."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar

from schemas.errors import BadSetting, nearest
from schemas.ids import content_id
from schemas.modality import MODALITIES, ModalityName
from schemas.question import (
    Category,
    Measure,
    Question,
    QuestionType,
    Scale,
    Untouched,
    check_name,
    check_question,
    check_scale,
)
from schemas.tables import built, fit, frozen, known, repeated, shown, table_of, tables_of

__all__ = [
    "Category",
    "Measure",
    "Media",
    "Protocol",
    "Question",
    "QuestionType",
    "Scale",
    "Scheme",
    "Untouched",
    "load_scheme",
    "scheme_from_dict",
    "scheme_from_toml",
    "shipped_schemes",
]

T = TypeVar("T")
Media = ModalityName
MOST_VERSION = 1_000_000
SCHEME_KEYS = ("question", "scales", "protocol", "name", "version", "title", "media", "instruction")
QUESTION_KEYS = (*(one.name for one in fields(Question) if one.name != "categories"), "category")


@dataclass(frozen=True)
class Protocol:
    """How answers are collected: every rater sees every item (fixed), or asking stops early (sequential).

    `flags` says whether raters may turn an item down with a reason; off where a published protocol had no such thing.
    """

    design: Literal["fixed", "sequential"] = "fixed"
    flags: bool = True


@dataclass(frozen=True)
class Scheme:
    """A named, versioned list of questions for voices, faces or both; its id is the hash of its content."""

    name: str
    version: int
    title: str
    media: tuple[Media, ...]
    questions: tuple[Question, ...]
    instruction: str = ""
    protocol: Protocol = Protocol()

    @cached_property
    def id(self) -> str:
        """The hash of what is asked; flags are beside it, and switching them must not make another scheme of it."""
        values = asdict(self)
        del values["protocol"]["flags"]
        return content_id("scheme", **values)

    def question(self, name: str) -> Question:
        """The question of that name or alias; raises BadSetting with the nearest name."""
        for question in self.questions:
            if name == question.name or name in question.aliases:
                return question
        raise BadSetting(f"scheme {self.name!r} has no question {name!r}; {nearest(name, self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the questions, in their order."""
        return tuple(question.name for question in self.questions)


def scheme_from_toml(text: str, origin: str) -> Scheme:
    """The Scheme a TOML text describes; `origin` names the text in messages; raises BadSetting."""
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is none, either
        raise BadSetting(f"{origin} is not valid TOML: {error}") from None
    known(data, SCHEME_KEYS, origin)
    named = table_of(data.pop("scales", {}), f"{origin}: scales", "tables, each headed [scales.NAME]")
    scales = {name: _scale(table, f"{origin}, scale {name}") for name, table in named.items()}
    asked = tables_of(data.pop("question", []), f"{origin}: question", "[[question]]")
    questions = tuple(_question(table, scales, origin) for table in asked)
    protocol = built(Protocol, table_of(data.pop("protocol", {}), f"{origin}: protocol"), f"{origin}, protocol")
    if isinstance(data.get("media"), str):
        data["media"] = [data["media"]]
    scheme = built(Scheme, {**data, "questions": questions, "protocol": protocol}, origin)
    _check(scheme, origin)
    return scheme


@cache
def shipped_schemes() -> dict[str, Scheme]:
    """The schemes that come with emocurate, by name."""
    folder = files("schemas") / "emotions"
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    schemes = (scheme_from_toml(text, name) for name, text in sorted(texts.items()))
    return {scheme.name: scheme for scheme in schemes}


def load_scheme(name: str, home: Path, *, asked: bool = False) -> Scheme:
    """A scheme by the path of a TOML file below `home`, or a shipped one by name; raises BadSetting.

    One that is to be `asked` says of which media; that of an imported table may have none.
    """
    if name.endswith(".toml"):
        scheme = scheme_from_toml(_text(name, home), name)
        _check_unlike_shipped(scheme, name)
        if asked and not scheme.media:
            raise BadSetting(f"{name}: media = []; expected some of {', '.join(MODALITIES)}, or nobody is asked")
        return scheme
    if name not in shipped_schemes():
        hint = nearest(name, shipped_schemes())
        raise BadSetting(f"no scheme {name!r}; {hint}; or give the path of a TOML file")
    return shipped_schemes()[name]


def scheme_from_dict(data: Mapping[str, Any]) -> Scheme:
    """The Scheme that `dataclasses.asdict` took apart (as the catalog keeps it, which holds only what was checked)."""
    questions = []
    for table in data["questions"]:
        categories = tuple(_kept(Category, one) for one in table["categories"])
        scale = _kept(Scale, table["scale"]) if table["scale"] else None
        questions.append(_kept(Question, {**table, "categories": categories, "scale": scale}))
    protocol = _kept(Protocol, data["protocol"])
    scheme = _kept(Scheme, {**data, "questions": tuple(questions), "protocol": protocol})
    shipped = shipped_schemes().get(scheme.name)  # which says of flags what older catalogs do not
    return shipped if shipped and shipped.id == scheme.id else scheme


def _text(name: str, home: Path) -> str:
    try:
        return (home / name).read_text("utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise BadSetting(f"cannot read scheme {name!r} in {home}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{name} is not UTF-8 text; save it as UTF-8") from None


def _kept(made: type[T], table: Mapping[str, Any]) -> T:
    known(table, (one.name for one in fields(made)), "catalog")  # type: ignore[arg-type]
    return made(**{key: frozen(value) for key, value in table.items()})


def _question(table: Mapping[str, Any], scales: Mapping[str, Scale], origin: str) -> Question:
    where = f"{origin}, question {table.get('name', '?')}"
    known(table, QUESTION_KEYS, where)
    data = dict(table)
    listed = tables_of(data.pop("category", []), f"{where}: category", "[[question.category]]")
    categories = tuple(built(Category, one, f"{where}, category {one.get('name', '?')}") for one in listed)
    scale = data.pop("scale", None)
    if isinstance(scale, str):
        scale = _named(scale, scales, where)
    elif scale is not None:
        expected = "a table, or the name NAME of a [scales.NAME]"
        scale = _scale(table_of(scale, f"{where}: scale", expected), f"{where}, scale")
    return built(Question, {**data, "categories": categories, "scale": scale}, where)


def _named(name: str, scales: Mapping[str, Scale], where: str) -> Scale:
    if name in scales:
        return scales[name]
    hint = nearest(name, scales) if scales else f"the file has none; write it under [scales.{name}]"
    raise BadSetting(f"{where}: no scale {name!r}; {hint}")


def _scale(table: Any, where: str) -> Scale:
    data = table_of(table, where)
    anchors = table_of(data.get("anchors", {}), f"{where}: anchors", 'a table such as { 0 = "not at all" }')
    pairs = tuple(sorted(_anchor(point, words, where) for point, words in anchors.items()))
    scale = built(Scale, {**data, "anchors": pairs}, where, exact=True)
    check_scale(scale, where)
    return scale


def _anchor(point: str, words: Any, where: str) -> tuple[float, str]:
    fit(str, words, f"{where}: anchors.{point}")
    try:
        return float(point), words
    except ValueError:
        raise BadSetting(
            f"{where}: anchors has {shown(point)} = {shown(words)}; expected a number of the scale"
        ) from None


def _check(scheme: Scheme, origin: str) -> None:
    check_name(scheme.name, origin)
    if not 1 <= scheme.version <= MOST_VERSION:
        raise BadSetting(f"{origin}: version = {shown(scheme.version)}; expected a whole number, 1 to {MOST_VERSION:,}")
    if len(set(scheme.media)) < len(scheme.media):
        raise BadSetting(f"{origin}: media = {list(scheme.media)}; expected some of {', '.join(MODALITIES)}, each once")
    if not scheme.questions:
        raise BadSetting(f"{origin}: nothing is asked; add at least one [[question]]")
    for question in scheme.questions:
        check_question(question, f"{origin}, question {question.name}")
    if (twice := repeated(scheme.names)) is not None:
        raise BadSetting(f"{origin}: two questions have the same name = {twice!r}; expected one of each name")
    called = [(name, question.name) for question in scheme.questions for name in {question.name, *question.aliases}]
    if (twice := repeated(name for name, _ in called)) is not None:
        owners = " and ".join(owner for name, owner in called if name == twice)
        raise BadSetting(f"{origin}: {twice!r} is a name or alias of the questions {owners}; expected of one only")


def _check_unlike_shipped(scheme: Scheme, origin: str) -> None:
    """Labels are told apart by name and version, so these two mean one thing."""
    shipped = shipped_schemes().get(scheme.name)
    if shipped and shipped.version == scheme.version and shipped.id != scheme.id:
        raise BadSetting(
            f"{origin}: name = {scheme.name!r}, version = {scheme.version} is a scheme that comes with emocurate and "
            "asks something else; call it otherwise or raise version"
        )
