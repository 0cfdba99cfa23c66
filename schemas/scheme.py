"""The questions put to people: categories, scales with their anchors, and what an untouched control means."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from schemas.errors import BadSetting, nearest
from schemas.ids import content_id

T = TypeVar("T")
QuestionType = Literal["choice", "choices", "scale", "text"]
Measure = Literal["nominal", "ordinal", "interval", "ratio"]
Untouched = Literal["missing", "lowest"]
Media = Literal["voice", "face"]


@dataclass(frozen=True)
class Category:
    """One answer of a choice: a stable name, what people read, other spellings, and words that explain it."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scale:
    """Numbers from minimum to maximum in steps, with the meaning of its points said explicitly."""

    minimum: float
    maximum: float
    step: float = 1
    measure: Measure = "ordinal"
    anchors: tuple[tuple[float, str], ...] = ()

    @property
    def points(self) -> tuple[float, ...]:
        """Every value the scale can take, lowest first."""
        count = round((self.maximum - self.minimum) / self.step)
        return tuple(round(self.minimum + self.step * place, 9) for place in range(count + 1))


@dataclass(frozen=True)
class Question:
    """One question: a choice among categories, several of them, a point on a scale, or free text.

    `untouched` says what a control nobody moved means: no answer, or the lowest point of its scale.
    """

    name: str
    title: str
    type: QuestionType
    required: bool = False
    untouched: Untouched = "missing"
    family: str | None = None
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    scale: Scale | None = None

    @property
    def measure(self) -> Measure:
        """How differences between answers count: nominal for choices, the scale's own measure otherwise."""
        return self.scale.measure if self.scale else "nominal"

    def category(self, spelling: str) -> str:
        """The category a spelling stands for: its name, title or an alias, case ignored; raises BadSetting."""
        wanted = spelling.strip().casefold()
        for category in self.categories:
            if wanted in {one.casefold() for one in (category.name, category.title, *category.aliases)}:
                return category.name
        names = [category.name for category in self.categories]
        raise BadSetting(f"question {self.name!r} has no category {spelling!r}; {nearest(spelling, names)}")


@dataclass(frozen=True)
class Protocol:
    """How answers are collected: every rater sees every item (fixed), or asking stops early (sequential)."""

    design: Literal["fixed", "sequential"] = "fixed"


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
        """The hash of its values."""
        return content_id("scheme", **asdict(self))

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
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{origin} is not valid TOML: {error}") from None
    unknown = sorted(
        data.keys() - {"scales", "question", "protocol", "name", "version", "title", "media", "instruction"}
    )
    if unknown:
        known = ("question", "scales", "protocol", "name", "version", "title", "media", "instruction")
        raise BadSetting(f"{origin}: unknown key {unknown[0]!r}; {nearest(unknown[0], known)}")
    scales = {name: _scale(table, f"{origin}, scale {name}") for name, table in data.pop("scales", {}).items()}
    questions = tuple(_question(table, scales, origin) for table in data.pop("question", ()))
    protocol = _built(Protocol, data.pop("protocol", {}), f"{origin}, protocol")
    scheme = _built(Scheme, {**data, "questions": questions, "protocol": protocol}, origin)
    _check(scheme, origin)
    return scheme


@cache
def shipped_schemes() -> dict[str, Scheme]:
    """The schemes that come with emocurate, by name."""
    folder = files("schemas") / "emotions"
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    schemes = (scheme_from_toml(text, name) for name, text in sorted(texts.items()))
    return {scheme.name: scheme for scheme in schemes}


def load_scheme(name: str, home: Path) -> Scheme:
    """A scheme by the path of a TOML file below `home`, or a shipped one by name; raises BadSetting."""
    if name.endswith(".toml"):
        try:
            return scheme_from_toml((home / name).read_text("utf-8"), name)
        except OSError as error:
            raise BadSetting(f"cannot read scheme {name!r} in {home}: {error.strerror}") from None
    if name not in shipped_schemes():
        hint = nearest(name, shipped_schemes())
        raise BadSetting(f"no scheme {name!r}; {hint}; or give the path of a TOML file")
    return shipped_schemes()[name]


def scheme_from_dict(data: Mapping[str, Any]) -> Scheme:
    """The Scheme that `dataclasses.asdict` took apart (as the catalog keeps it)."""
    questions = []
    for table in data["questions"]:
        categories = tuple(_built(Category, one, "catalog") for one in table["categories"])
        scale = _built(Scale, table["scale"], "catalog") if table["scale"] else None
        questions.append(_built(Question, {**table, "categories": categories, "scale": scale}, "catalog"))
    protocol = _built(Protocol, data["protocol"], "catalog")
    return _built(Scheme, {**data, "questions": tuple(questions), "protocol": protocol}, "catalog")


def _question(table: Mapping[str, Any], scales: Mapping[str, Scale], origin: str) -> Question:
    where = f"{origin}, question {table.get('name', '?')}"
    data = dict(table)
    categories = tuple(_built(Category, one, where) for one in data.pop("category", ()))
    scale = data.pop("scale", None)
    if isinstance(scale, str):
        if scale not in scales:
            raise BadSetting(f"{where}: no scale {scale!r}; {nearest(scale, scales)}")
        scale = scales[scale]
    elif scale is not None:
        scale = _scale(scale, where)
    return _built(Question, {**data, "categories": categories, "scale": scale}, where)


def _scale(table: Mapping[str, Any], where: str) -> Scale:
    anchors = table.get("anchors", {})
    pairs = tuple(sorted((float(point), str(words)) for point, words in anchors.items()))
    return _built(Scale, {**table, "anchors": pairs}, where)


def _built(made: type[T], table: Mapping[str, Any], where: str) -> T:
    known = {field.name: field for field in fields(made)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise BadSetting(f"{where}: unknown key {key!r}; {nearest(key, known)}")
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            raise BadSetting(f"{where}: {key!r} is missing")
    return made(**{key: _frozen(value) for key, value in table.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value


def _check(scheme: Scheme, origin: str) -> None:
    if len(set(scheme.names)) != len(scheme.names):
        raise BadSetting(f"{origin}: two questions have the same name")
    if not scheme.questions:
        raise BadSetting(f"{origin}: nothing is asked; add at least one [[question]]")
    for media in scheme.media:
        if media not in get_args(Media):
            raise BadSetting(f"{origin}: media {media!r}; {nearest(media, get_args(Media))}")
    for question in scheme.questions:
        _check_question(question, f"{origin}, question {question.name}")


def _check_question(question: Question, where: str) -> None:
    if question.type not in get_args(QuestionType):
        raise BadSetting(f"{where}: type {question.type!r}; {nearest(question.type, get_args(QuestionType))}")
    if question.scale and not (question.scale.step > 0 and question.scale.minimum < question.scale.maximum):
        raise BadSetting(f"{where}: a scale goes up from minimum to maximum in steps greater than 0")
    if question.type in ("choice", "choices") and len(question.categories) < 2:
        raise BadSetting(f"{where}: a {question.type} needs at least two [[question.category]]")
    if question.type == "scale" and question.scale is None:
        raise BadSetting(f"{where}: a scale question needs `scale` (minimum, maximum, step, anchors)")
    if question.untouched == "lowest" and question.type != "scale":
        raise BadSetting(f"{where}: only a scale can be read as its lowest point when untouched")
