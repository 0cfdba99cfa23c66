"""One question put to people: its categories, its scale, and what makes a question that cannot be asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.errors import BadSetting, nearest
from schemas.tables import repeated, shown

QuestionType = Literal["choice", "choices", "scale", "text"]
Measure = Literal["nominal", "ordinal", "interval", "ratio"]
Untouched = Literal["missing", "lowest"]
MOST_POINTS = 10_000  # a scale is listed point by point
SLACK = 1e-5  # of a step: what decimal fractions lose
NAME = re.compile(r"[\w-]+")  # what a column may be called; the page of raters carries less, and says so itself


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
            if wanted in _spellings(category):
                return category.name
        names = [category.name for category in self.categories]
        raise BadSetting(f"question {self.name!r} has no category {spelling!r}; {nearest(spelling, names)}")


def check_scale(scale: Scale, where: str) -> None:
    """Raise BadSetting for a scale that does not go up in steps, has too many, or anchors beside it."""
    if not scale.minimum < scale.maximum:
        raise BadSetting(f"{where}: maximum = {scale.maximum}; expected more than the minimum, {scale.minimum}")
    width = scale.maximum - scale.minimum
    if not width / MOST_POINTS < scale.step <= width:
        raise BadSetting(
            f"{where}: minimum = {scale.minimum}, maximum = {scale.maximum}, step = {scale.step}; "
            f"expected 2 to {MOST_POINTS:,} points"
        )
    if abs(width / scale.step - round(width / scale.step)) > SLACK:
        raise BadSetting(
            f"{where}: step = {scale.step}; expected one that leads from {scale.minimum} to {scale.maximum}"
        )
    for point, _ in scale.anchors:
        if not scale.minimum <= point <= scale.maximum:
            raise BadSetting(f"{where}: anchors has {point:g}; expected points {scale.minimum} to {scale.maximum}")
    if (twice := repeated(point for point, _ in scale.anchors)) is not None:
        raise BadSetting(f"{where}: anchors has {twice:g} twice; expected each point once")


def check_question(question: Question, where: str) -> None:
    """Raise BadSetting for a question whose parts do not fit together."""
    if not NAME.fullmatch(question.name):
        raise BadSetting(f"{where}: name = {shown(question.name)}; expected letters, digits, - and _, without blanks")
    is_choice = question.type in ("choice", "choices")
    if is_choice and len(question.categories) < 2:
        raise BadSetting(f"{where}: a {question.type} needs at least two [[question.category]]")
    if question.categories and not is_choice:
        raise BadSetting(f"{where}: a {question.type} has no [[question.category]]; a choice has")
    if question.type == "scale" and question.scale is None:
        raise BadSetting(f"{where}: a scale question needs `scale` (minimum, maximum, step, anchors)")
    if question.scale and question.type != "scale":
        raise BadSetting(f'{where}: a {question.type} has no `scale`; expected type = "scale"')
    if question.untouched == "lowest" and question.type != "scale":
        raise BadSetting(f"{where}: only a scale can be read as its lowest point when untouched")
    _check_categories(question.categories, where)


def check_name(name: str, where: str) -> None:
    """Raise BadSetting for a name that is empty, or that blanks at its ends or line breaks make hard to write."""
    if not name or name != name.strip() or not name.isprintable():
        raise BadSetting(f"{where}: name = {shown(name)}; expected some letters, without blanks around them")


def _check_categories(categories: Sequence[Category], where: str) -> None:
    """Every spelling of a category is its own."""
    taken: dict[str, str] = {}
    names = [category.name for category in categories]
    if (twice := repeated(names)) is not None:
        raise BadSetting(f"{where}: two categories have the same name = {twice!r}; expected one of each name")
    for category in categories:
        check_name(category.name, f"{where}, category {category.name}")
        for spelling in sorted(_spellings(category)):
            other = taken.setdefault(spelling, category.name)
            if other != category.name:
                raise BadSetting(
                    f"{where}, category {category.name}: {spelling!r} is a name, title or alias of category {other}, "
                    "too; expected each spelling once, case ignored"
                )


def _spellings(category: Category) -> set[str]:
    return {one.casefold() for one in (category.name, category.title, *category.aliases)}
