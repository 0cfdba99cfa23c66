"""The scheme of an imported table: given by name, declared in its layout, or inferred from what its cells hold."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from annotate.ratings.layout import Asked, Layout
from annotate.ratings.meanings import MISSING, NO, YES, as_number, plain
from schemas.errors import BadSetting, nearest
from schemas.scheme import Category, Measure, Protocol, Question, Scale, Scheme

MOST_CATEGORIES = 100  # more different words than that are free text
MOST_STEPS = 1000  # more points than that are a slider without marks
ORDINAL_POINTS = 11
INFERRED = "inferred-"
MOSTLY = 0.9  # where so many cells are numbers, the others are slips to be refused, not categories


@dataclass(frozen=True)
class Found:
    """What the cells of one question hold: its place in the layout, the name it goes by, its different texts.

    `counts` says in how many cells each text stands; empty: each in one.
    """

    asked: int
    named: str
    texts: Sequence[str]
    counts: Sequence[int] = ()


def scheme_of(layout: Layout, found: Iterable[Found], load: Callable[[str], Scheme]) -> Scheme:
    """The scheme a table answers; `load` gives a scheme by name or path. Raises BadSetting.

    Where anything had to be inferred its name starts with "inferred-".
    """
    if layout.scheme:
        return load(layout.scheme)
    held = list(found)
    questions: dict[str, Question] = {}
    for place, asked in enumerate(layout.question):
        answers = [cells for cells in held if cells.asked == place]
        for question in _questions(asked, answers, load):
            known = questions.setdefault(question.name, question)
            questions[question.name] = _united(known, question)
    if not questions:
        raise BadSetting("nothing in the table answers a question; say where the answers stand with --value or --map")
    name = "-".join(slug(part) for part in (layout.corpus, layout.part) if part)
    inferred = any(needs_texts(asked) for asked in layout.question)
    return Scheme(
        name=f"{INFERRED}{name}" if inferred else name,
        version=1,
        title=layout.title or layout.corpus,
        media=layout.heard_or_seen,
        questions=tuple(questions.values()),
        protocol=Protocol("sequential") if layout.sequential else Protocol(),
    )


def needs_texts(asked: Asked) -> bool:
    """Whether a question says too little about itself, so that its cells must be looked at."""
    if asked.type == "text" or asked.offered:
        return bool(asked.named_by and not asked.names_of)
    ends = asked.minimum is not None and asked.maximum is not None
    return not ends or bool(asked.named_by and not asked.names_of) or asked.step is None


def question_named(scheme: Scheme, spelling: str) -> Question:
    """The question a spelling stands for, as tables vary it; raises BadSetting with the nearest name."""
    wanted = plain(spelling)
    for question in scheme.questions:
        if wanted in {plain(text) for text in (question.name, question.title, *question.aliases)}:
            return question
    raise BadSetting(f"{spelling!r} is no question of scheme {scheme.name!r}; {nearest(spelling, scheme.names)}")


def slug(text: str) -> str:
    """A name made of a text: lower case, everything but letters and digits as one underscore or hyphen."""
    return re.sub(r"[^\w-]+", "_", text.strip().casefold()).strip("_") or "unnamed"


def _questions(asked: Asked, found: Sequence[Found], load: Callable[[str], Scheme]) -> list[Question]:
    cells = _cells(found)
    if asked.names_of:
        return [
            _instead_of(category, _shaped(asked, category.name, category.title, cells))
            for category in load(asked.names_of).questions
        ]
    if asked.name:
        return [_shaped(asked, asked.name, asked.title or asked.name.replace("_", " ").capitalize(), cells)]
    named = {}
    for column in sorted(found, key=lambda column: column.named):
        name = slug(column.named)
        same = _cells([other for other in found if slug(other.named) == name])
        named[name] = replace(_shaped(asked, name, column.named, same), aliases=(column.named,))
    return list(named.values())


def _cells(found: Iterable[Found]) -> Counter[str]:
    """In how many cells each text stands, those that mean no answer left out."""
    cells = Counter[str]()
    for column in found:
        for text, count in zip(column.texts, column.counts or [1] * len(column.texts), strict=True):
            cells[text.strip()] += 0 if text.strip().casefold() in MISSING else count
    return +cells


def _instead_of(category: Question, question: Question) -> Question:
    """A question asked about one category: family, spellings and words come from the scheme that has the category."""
    return replace(question, family=category.family, aliases=category.aliases, words=category.words)


def _shaped(asked: Asked, name: str, title: str, cells: Mapping[str, int]) -> Question:
    """A question in the shape the layout declares, or the one its texts have."""
    if asked.offered:
        kind = asked.type or ("choices" if asked.marks else "choice")
        return Question(name, title, kind, categories=_categories(asked.offered))
    if asked.type == "text":
        return Question(name, title, "text")
    numbers = {number: cells[text] for text in cells if (number := as_number(text)) is not None}
    if asked.minimum is not None or asked.type == "scale" or _mostly(numbers, cells):
        return Question(name, title, "scale", scale=_scale(asked, list(numbers)))
    return _worded(asked, name, title, list(cells))


def _mostly(numbers: Mapping[float, int], cells: Mapping[str, int]) -> bool:
    """Whether cells are numbers, but for slips; a single number among words is a code of theirs."""
    if len(numbers) < 2 or {plain(text) for text in cells} <= YES | NO:
        return bool(cells) and all(as_number(text) is not None for text in cells)
    return sum(numbers.values()) >= MOSTLY * sum(cells.values())


def _worded(asked: Asked, name: str, title: str, texts: Sequence[str]) -> Question:
    words = {plain(text): text for text in sorted(texts)}  # lower case comes last and counts
    if words and set(words) <= YES | NO:
        return Question(name, title, "choice", categories=_categories(("no", "yes")))
    if asked.type is None and len(words) > MOST_CATEGORIES:
        return Question(name, title, "text")
    if len(words) < 2:
        raise BadSetting(
            f"question {name!r} has {len(words)} different answers, too few to infer its categories; "
            "name them in a map (categories = [...]) or give --scheme"
        )
    return Question(name, title, asked.type or "choice", categories=_categories([words[key] for key in sorted(words)]))


def _categories(words: Iterable[str]) -> tuple[Category, ...]:
    """Categories named after words; where two would get one name, the words themselves are the names."""
    spelled = list(words)
    names = [slug(word) for word in spelled]
    if len(set(names)) < len(names):
        names = spelled
    return tuple(
        Category(name, word[:1].upper() + word[1:], (word,) if word != name else ())
        for name, word in zip(names, spelled, strict=True)
    )


def _scale(asked: Asked, numbers: Sequence[float]) -> Scale:
    lowest = asked.minimum if asked.minimum is not None else min(numbers, default=0.0)
    highest = asked.maximum if asked.maximum is not None else max(numbers, default=1.0)
    step = asked.step or _step([lowest, highest, *numbers], highest - lowest)
    points = round((highest - lowest) / step) + 1
    measure: Measure = asked.measure or ("ordinal" if step >= 1 and points <= ORDINAL_POINTS else "interval")
    anchors = tuple(sorted((float(point), words) for point, words in asked.anchors))
    return Scale(lowest, highest if highest > lowest else lowest + 1, step, measure, anchors)


def _step(numbers: Sequence[float], width: float) -> float:
    """The coarsest of 1, .1, .01 … that all numbers stand on; a hundredth of the width when that is too fine."""
    for digits in range(7):
        step = float(10**-digits)
        if width / step > MOST_STEPS and digits:
            break
        if all(abs(number * 10**digits - round(number * 10**digits)) < 1e-6 for number in numbers):
            return step
    return width / 100


def _united(known: Question, other: Question) -> Question:
    """One question asked in two places of a layout: the categories of both, or the wider scale."""
    if known.scale and other.scale and known != other:
        return replace(
            known,
            scale=replace(
                known.scale,
                minimum=min(known.scale.minimum, other.scale.minimum),
                maximum=max(known.scale.maximum, other.scale.maximum),
                step=min(known.scale.step, other.scale.step),
            ),
        )
    names = {category.name for category in known.categories}
    more = tuple(category for category in other.categories if category.name not in names)
    return replace(known, categories=known.categories + more) if more else known
