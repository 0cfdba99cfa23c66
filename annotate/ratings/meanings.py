"""What a cell means: the text of a table's cell as the canonical answer to a question, or why it is none."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from annotate.ratings.layout import Asked
from annotate.studio.controls import number
from schemas.errors import BadSetting, nearest
from schemas.ids import canonical
from schemas.scheme import Category, Question, Scale

MISSING = frozenset({"", "na", "n/a", "nan", "null", "<na>", "nat"})
YES, NO = frozenset({"yes", "true", "1", "1.0", "y", "t"}), frozenset({"no", "false", "0", "0.0", "n", "f"})
NEAR = 1e-9  # how far a number may lie off a step of its scale: the noise of binary fractions
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
_SEPARATORS = re.compile(r"[;,|]")


@dataclass(frozen=True)
class Meaning:
    """The canonical JSON of an answer, or the reason why a text is none; both None where nothing was answered.

    `kind` is the reason without the text, where many texts may share it.
    """

    value: str | None = None
    reason: str | None = None
    kind: str | None = None


Reading = Callable[[str], Meaning]


def plain(spelling: str) -> str:
    """A spelling without what tables vary: case, outer space, underscores for spaces, per cent escapes."""
    return " ".join(unquote(spelling).replace("_", " ").split()).casefold()


def reading(question: Question, asked: Asked, missing: tuple[str, ...] = ()) -> Reading:
    """How cells that answer a question are read; `missing` are further texts that mean no answer."""
    empty = MISSING | {text.strip().casefold() for text in missing}
    read = {"choice": _choice, "choices": _choices, "scale": _scale, "text": _text}[question.type](question, asked)

    def meaning(text: str) -> Meaning:
        return Meaning() if text.strip().casefold() in empty else read(text.strip())

    return meaning


def vote_vector(text: str, categories: int) -> tuple[int, ...] | None:
    """The votes in one cell: as many digits as categories, or a list of numbers; None when it is neither."""
    digits = _bare(text)
    if digits.isdigit() and len(digits) <= categories:
        return tuple(int(digit) for digit in digits.zfill(categories))  # spreadsheets eat leading zeros
    numbers = re.split(r"[\s;,|]+", digits)
    if len(numbers) != categories or not all(re.fullmatch(r"\d+(\.0*)?", number) for number in numbers):
        return None
    return tuple(int(float(number)) for number in numbers)


def padded(text: str, categories: int) -> bool:
    """Whether a vector has fewer digits than categories, so that zeros were put before them."""
    return _bare(text).isdigit() and len(_bare(text)) < categories


def _bare(text: str) -> str:
    return text.strip().strip("[]()").strip()


def as_number(text: str) -> float | None:
    """The finite number a text shows, with a point or a decimal comma; None when it shows none."""
    number = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _choice(question: Question, asked: Asked) -> Reading:
    names = spellings(question.categories, dict(asked.aliases))

    def meaning(text: str) -> Meaning:
        name = category_of(text, names)
        return Meaning(canonical(name)) if name else Meaning(reason=_unknown(text, question))

    return meaning


def _choices(question: Question, asked: Asked) -> Reading:
    names = spellings(question.categories, dict(asked.aliases))

    def meaning(text: str) -> Meaning:
        chosen = {member: category_of(member, names) for member in members(text)}
        unknown = next((member for member, name in chosen.items() if name is None), None)
        if unknown is not None:
            return Meaning(reason=_unknown(unknown, question))
        if not chosen:
            return Meaning(reason="no category is chosen")
        return Meaning(canonical(sorted({name for name in chosen.values() if name})))

    return meaning


def _scale(question: Question, asked: Asked) -> Reading:
    scale = question.scale or Scale(0, 1)
    words = {plain(word): point for point, word in scale.anchors}
    words |= {plain(left): _point(left, right) for left, right in asked.aliases}

    def meaning(text: str) -> Meaning:
        given = words.get(plain(text), as_number(text))
        if given is None:
            return Meaning(reason=f"{text!r} is no number", kind="no number")
        if not scale.minimum - NEAR <= given <= scale.maximum + NEAR:
            outside = f"outside the scale from {scale.minimum:g} to {scale.maximum:g}"
            return Meaning(reason=f"{text} lies {outside}", kind=outside)
        steps = (given - scale.minimum) / scale.step
        if scale.measure == "ordinal" and abs(steps - round(steps)) > NEAR:
            no_step = f"no step of the scale from {scale.minimum:g} in steps of {scale.step:g}"
            return Meaning(reason=f"{text} is {no_step}", kind=no_step)
        return Meaning(canonical(number(given)))

    return meaning


def _point(spelling: str, text: str) -> float:
    point = as_number(text)
    if point is None:
        raise BadSetting(f"{spelling!r} stands for {text!r}; expected a number of the scale")
    return point


def _text(_question: Question, _asked: Asked) -> Reading:
    return lambda text: Meaning(canonical(text))


def spellings(categories: tuple[Category, ...], aliases: Mapping[str, str]) -> dict[str, str]:
    """The category every known spelling stands for; a name counts before another category's alias.

    Where the categories are no and yes, true, 1, y and their like are understood too.
    """
    spelled: list[tuple[str, str]] = []  # the later count
    if {category.name for category in categories} == {"no", "yes"}:
        spelled += [*((word, "yes") for word in YES), *((word, "no") for word in NO)]
    spelled += aliases.items()
    spelled += [(alias, category.name) for category in categories for alias in category.aliases]
    spelled += [(text, category.name) for category in categories for text in (category.title, category.name)]
    return {form: name for spelling, name in spelled for form in (plain(spelling), spelling)}


def category_of(text: str, names: Mapping[str, str]) -> str | None:
    """The category a text stands for among `spellings`; None for one that nobody knows."""
    return names.get(text) or names.get(plain(text))


def members(text: str) -> list[str]:
    """The members of a list in one cell: JSON, or names apart by semicolon, comma or bar."""
    if text.startswith("["):
        try:
            return [str(member).strip() for member in json.loads(text)]
        except ValueError:
            text = text.strip("[]")
    return [member for part in _SEPARATORS.split(text) if (member := part.strip().strip("'\""))]


def _unknown(text: str, question: Question) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    names = [category.name for category in question.categories]
    return f"{shown!r} is no category of {question.name!r}; {nearest(text, names)}"
