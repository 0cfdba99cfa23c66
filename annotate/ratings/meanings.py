"""What a cell means: the text of a table's cell as the canonical answer to a question, or why it is none."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from annotate.ratings.layout import Asked
from annotate.ratings.structured import KNOWN_EXPORTS, structure, unwrapped
from annotate.studio.controls import number
from schemas.errors import BadSetting, nearest
from schemas.ids import canonical
from schemas.scheme import Category, Question, Scale

MISSING = frozenset({"", "na", "n/a", "nan", "null", "<na>", "nat", "#n/a", "n.a.", ".", "-", "--", "\u2013", "\u2014"})
YES, NO = frozenset({"yes", "true", "1", "1.0", "y", "t"}), frozenset({"no", "false", "0", "0.0", "n", "f"})
NEAR = 1e-9  # how far a number may lie off a step of its scale: the noise of binary fractions
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
_SEPARATORS, _ALL_SEPARATORS = re.compile(r"[;|]"), re.compile(r"[;,|]")


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


def spelled(text: str) -> str:
    """A spelling as `plain` makes it, numbers as one of their spellings: 3 for 3.0, 0 for 00 and for -0."""
    given = as_number(text.strip())
    return plain(text) if given is None else str(number(given) or 0)


def is_missing(text: str, missing: Iterable[str] = ()) -> bool:
    """Whether a cell means no answer: an empty one, what tables write for that, or one of the codes that are `missing`.

    A code that is a number stands for all its spellings.
    """
    return text.strip().casefold() in MISSING or spelled(text) in {spelled(code) for code in missing}


def reading(question: Question, asked: Asked, missing: tuple[str, ...] = ()) -> Reading:
    """How cells that answer a question are read; `missing` are further texts that mean no answer."""
    read = {"choice": _choice, "choices": _choices, "scale": _scale, "text": _text}[question.type](question, asked)

    def meaning(text: str) -> Meaning:
        answer = unwrapped(text.strip())
        if answer is None and question.type != "text":
            reason = f"the cell holds JSON that is no answer; import {KNOWN_EXPORTS}, or give each answer a column"
            return Meaning(reason=reason)
        plain_answer = text.strip() if answer is None else answer
        return Meaning() if is_missing(plain_answer, missing) else read(plain_answer)

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
        chosen = members(text) if text.startswith("[") else [text]
        if len(chosen) > 1 and category_of(text, names) is None:
            said = f"{_brief(text)!r} chooses {len(chosen)} categories; {question.name!r} takes one"
            return Meaning(reason=f"{said} (several: --type choices)")
        name = category_of(text, names) or category_of(chosen[0] if chosen else "", names)
        return Meaning(canonical(name)) if name else Meaning(reason=_unknown(text, question))

    return meaning


def _choices(question: Question, asked: Asked) -> Reading:
    names = spellings(question.categories, dict(asked.aliases))

    def meaning(text: str) -> Meaning:
        chosen = _members_known(text, names)
        unknown = next((member for member, name in chosen.items() if name is None), None)
        if unknown is not None:
            return Meaning(reason=_unknown(unknown, question))
        if not chosen:
            return Meaning(reason="no category is chosen")
        return Meaning(canonical(sorted({name for name in chosen.values() if name})))

    return meaning


def _members_known(text: str, names: Mapping[str, str]) -> dict[str, str | None]:
    """The categories a cell chooses; a comma that belongs to the name of a category parts nothing."""
    chosen: dict[str, str | None] = {}
    for chosen in ({member: category_of(member, names) for member in way} for way in ([text], *_ways(text))):
        if chosen and all(chosen.values()):
            break
    return chosen


def _scale(question: Question, asked: Asked) -> Reading:
    scale = question.scale or Scale(0, 1)
    words = {plain(word): point for point, word in scale.anchors}
    words |= {plain(left): _point(left, right) for left, right in asked.aliases}

    def meaning(text: str) -> Meaning:
        text = members(text)[0] if text.startswith("[") and len(members(text)) == 1 else text
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


def fitting(asked: Asked, question: Question, table_wide: Iterable[tuple[str, str]]) -> Asked:
    """A question of a layout without the spellings that are for other questions of the table."""
    others = {pair for pair in table_wide if not is_answer(question, pair[1])}
    return replace(asked, aliases=tuple(pair for pair in asked.aliases if pair not in others))


def is_answer(question: Question, text: str) -> bool:
    """Whether a text, taken literally, answers a question."""
    if question.scale:
        return as_number(text) is not None
    return question.type == "text" or category_of(text, spellings(question.categories, {})) is not None


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
    known: list[tuple[str, str]] = []  # the later count
    if {category.name for category in categories} == {"no", "yes"}:
        known += [*((word, "yes") for word in YES), *((word, "no") for word in NO)]
    known += [(alias, category.name) for category in categories for alias in category.aliases]
    known += [(text, category.name) for category in categories for text in (category.title, category.name)]
    own = _forms(known)
    named = ((theirs, category_of(ours, own)) for theirs, ours in aliases.items())
    return _forms((theirs, name) for theirs, name in named if name) | own


def _forms(known: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names by every form of their spellings; what stands there literally counts before what is spelled alike."""
    pairs = list(known)
    alike = {spelled(spelling): name for spelling, name in pairs}
    return alike | {form: name for spelling, name in pairs for form in (plain(spelling), spelling)}


def category_of(text: str, names: Mapping[str, str]) -> str | None:
    """The category a text stands for among `spellings`; None for one that nobody knows."""
    return names.get(text) or names.get(plain(text)) or names.get(spelled(text))


def members(text: str) -> list[str]:
    """The members of a list in one cell: JSON, or names apart by semicolon, comma or bar."""
    return _ways(text)[-1]


def _ways(text: str) -> list[list[str]]:
    """The ways to read a list: JSON is one; a text may be parted by semicolons and bars alone, or by commas too."""
    value = structure(text)
    if isinstance(value, list):
        return [[str(member).strip() for member in value]]
    bare = text.strip("[]") if text.startswith("[") else text
    parted = (separators.split(bare) for separators in (_SEPARATORS, _ALL_SEPARATORS))
    return [[member for part in parts if (member := part.strip().strip("'\""))] for parts in parted]


def _unknown(text: str, question: Question) -> str:
    names = [category.name for category in question.categories]
    return f"{_brief(text)!r} is no category of {question.name!r}; {nearest(text, names)}"


def _brief(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
