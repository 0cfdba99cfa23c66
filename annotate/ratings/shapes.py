"""The shape of one question: as its layout declares it, or as the cells of its column show."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from annotate.ratings.farvalues import far_values
from annotate.ratings.ladders import anchors_of
from annotate.ratings.layout import Asked
from annotate.ratings.meanings import NO, YES, as_number, members, plain, spelled
from annotate.ratings.structured import KNOWN_EXPORTS, unwrapped
from schemas.errors import BadSetting
from schemas.scheme import Category, Measure, Question, Scale

MOST_CATEGORIES = 100  # more different words than that are free text
MOST_STEPS = 1000  # more points than that are a slider without marks
ORDINAL_POINTS = 11
MOSTLY = 0.9  # where so many cells are numbers, the others are slips to be refused, not categories
_LIST = re.compile(r"[^;|]*[^;|\s][^;|]*([;|][^;|]*[^;|\s][^;|]*)+")
_RANGE = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*(?:-|\u2013|\u2014|\.\.|:|\bto\b)\s*(-?\d+(?:\.\d+)?)(?![\w.])")


def slug(text: str) -> str:
    """A name made of a text: lower case, everything but letters and digits as one underscore or hyphen."""
    return re.sub(r"[^\w-]+", "_", text.strip().casefold()).strip("_") or "unnamed"


def category_name(word: str) -> str:
    """A category's name made of a word, as `slug` does, but with vowel signs and joiners of other scripts kept."""
    composed = unicodedata.normalize("NFC", word.strip()).casefold()
    parts = "".join(sign if _of_a_word(sign) else " " for sign in composed).split()
    return "_".join(parts).strip("_") or "unnamed"


def _of_a_word(sign: str) -> bool:
    return sign in "-_\u200c\u200d" or sign.isalnum() or unicodedata.category(sign).startswith("M")


def shaped(asked: Asked, name: str, title: str, cells: Mapping[str, int]) -> Question:
    """A question in the shape the layout declares, or the one its cells (how many hold each text) have.

    Raises BadSetting where they show none.
    """
    if asked.offered:
        kind = asked.type or ("choices" if asked.marks else "choice")
        return Question(name, title, kind, categories=_categories(asked.offered))
    if asked.type == "text":
        return Question(name, title, "text")
    answers = _answers(asked, name, cells)
    if asked.type == "choices" or (asked.type is None and asked.minimum is None and _are_sets(answers)):
        return _set(asked, name, title, answers)
    numbers, anchors = _numbers(answers), anchors_of(answers) if asked.type in (None, "scale") else ()
    if anchors and asked.minimum in (None, anchors[0][0]) and asked.maximum in (None, anchors[-1][0]):
        return Question(name, title, "scale", scale=_in_words(asked, anchors, numbers))
    if asked.type != "choice" and (asked.minimum is not None or asked.type == "scale" or _mostly(numbers, answers)):
        return Question(name, title, "scale", scale=_scale(asked, title, numbers))
    return _worded(asked, name, title, list(answers))


def _answers(asked: Asked, name: str, cells: Mapping[str, int]) -> Counter[str]:
    """The answers in cells, other spellings replaced; raises BadSetting where all cells hold JSON that is none."""
    aliases = {plain(theirs): ours for theirs, ours in asked.aliases}
    answers = Counter[str]()
    for text, count in cells.items():
        if (answer := unwrapped(text)) is not None:
            answers[aliases.get(plain(answer), answer)] += count
    if cells and not answers:
        first = min(cells)
        raise BadSetting(
            f"question {name!r}: its cells hold JSON that is no answer, such as {first[:60]}; "
            f"import {KNOWN_EXPORTS}, or give each answer a column"
        )
    return answers


def _numbers(cells: Mapping[str, int]) -> Counter[float]:
    """In how many cells each number stands, however it is spelled."""
    numbers = Counter[float]()
    for text, count in cells.items():
        if (number := as_number(text)) is not None:
            numbers[number] += count
    return numbers


def _mostly(numbers: Mapping[float, int], cells: Mapping[str, int]) -> bool:
    """Whether cells are numbers, but for slips; a single number among words is a code of theirs."""
    if len(numbers) < 2 or {spelled(text) for text in cells} <= YES | NO:
        return bool(cells) and all(as_number(text) is not None for text in cells)
    return sum(numbers.values()) >= MOSTLY * sum(cells.values())


def _are_sets(cells: Mapping[str, int]) -> bool:
    """Whether cells hold several categories each: JSON lists, or names that semicolons or bars part.

    Where nothing of such a list stands in another cell, it is a text with a semicolon. Commas part names too where
    every name between them also stands alone in another cell; `3,5` is a number.
    """
    lists = [members(text) for text in cells if text.startswith("[")]
    if any(len(chosen) != 1 or as_number(chosen[0]) is None for chosen in lists):  # [4] is a rating of 4
        return True
    parted = [text for text in cells if _LIST.fullmatch(text)]
    if parted:
        uses = Counter(spelled(part) for text in cells for part in set(re.split("[;|]", text)))
        return any(uses[spelled(part)] > 1 for text in parted for part in re.split("[;|]", text))
    listed = [text for text in cells if "," in text and as_number(text) is None]
    alone = {spelled(text) for text in cells if "," not in text}
    return bool(listed) and all(spelled(member) in alone for text in listed for member in members(text))


def _set(asked: Asked, name: str, title: str, cells: Mapping[str, int]) -> Question:
    words = _words(member for text in cells for member in members(text))
    if asked.type is None and len(words) > MOST_CATEGORIES:
        return Question(name, title, "text")
    return Question(name, title, "choices", categories=_categories(_enough(words, name)))


def _worded(asked: Asked, name: str, title: str, texts: Sequence[str]) -> Question:
    lists = [(members(text) if text.startswith("[") else [text]) for text in texts]
    words = _words(chosen[0] for chosen in lists if len(chosen) == 1)
    if words and {spelled(word) for word in words} <= YES | NO:
        return Question(name, title, "choice", categories=_categories(("no", "yes")))
    if asked.type is None and len(words) > MOST_CATEGORIES:
        return Question(name, title, "text")
    return Question(name, title, "choice", categories=_categories(_enough(words, name)))


def _words(texts: Iterable[str]) -> list[str]:
    """Different words in order, one spelling of each: lower case before capitals, a number as it is counted."""
    words: dict[str, str] = {}
    for text in sorted(texts):  # lower case comes last and counts
        words[spelled(text)] = text if as_number(text) is None else spelled(text)
    return [words[key] for key in sorted(words)]


def _enough(words: Sequence[str], name: str) -> Sequence[str]:
    if len(words) < 2:
        raise BadSetting(
            f"question {name!r} has {len(words)} different answers, too few to infer its categories; "
            f"name them with --categories, say --type {name}=text where they are notes, or give --scheme"
        )
    return words


def _categories(words: Iterable[str]) -> tuple[Category, ...]:
    """Categories named after words; where two would get one name, the words themselves are the names."""
    spellings = list(words)
    names = [category_name(word) for word in spellings]
    if len(set(names)) < len(names):
        names = spellings
    return tuple(
        Category(name, word[:1].upper() + word[1:], (word,) if word != name else ())
        for name, word in zip(names, spellings, strict=True)
    )


def _in_words(asked: Asked, anchors: tuple[tuple[float, str], ...], bare: Mapping[float, int]) -> Scale:
    """A scale whose points are words, with the points between them that stand as bare numbers."""
    points = [point for point, _ in anchors] + list(bare)
    return Scale(min(points), max(points), 1, asked.measure or "ordinal", anchors)


def _scale(asked: Asked, title: str, numbers: Mapping[float, int]) -> Scale:
    doubted = () if asked.minimum is not None or asked.maximum is not None else far_values(numbers)
    believed = [number for number in numbers if number not in doubted]
    low, high = _named_range(title, believed) or (min(believed, default=0.0), max(believed, default=1.0))
    lowest = asked.minimum if asked.minimum is not None else low
    highest = asked.maximum if asked.maximum is not None else high
    inside = [number for number in believed if lowest <= number <= highest]
    step = asked.step or _step([lowest, highest, *inside], highest - lowest)
    points = round((highest - lowest) / step) + 1
    measure: Measure = asked.measure or ("ordinal" if step >= 1 and points <= ORDINAL_POINTS else "interval")
    anchors = tuple(sorted((float(point), words) for point, words in asked.anchors))
    return Scale(lowest, highest if highest > lowest else lowest + 1, step, measure, anchors)


def _named_range(title: str, numbers: Sequence[float]) -> tuple[float, float] | None:
    """The ends a question says in its name ("arousal (1-7)"), where all numbers lie between them."""
    for match in _RANGE.finditer(title):
        low, high = float(match[1]), float(match[2])
        if low < high and numbers and low <= min(numbers) and max(numbers) <= high:
            return low, high
    return None


def _step(numbers: Sequence[float], width: float) -> float:
    """The coarsest of 1, .1, .01 … that all numbers stand on; a hundredth of the width when that is too fine."""
    for digits in range(7):
        step = float(10**-digits)
        if width / step > MOST_STEPS and digits:
            break
        if all(abs(number * 10**digits - round(number * 10**digits)) < 1e-6 for number in numbers):
            return step
    return width / 100
