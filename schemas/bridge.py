"""A bridge from a scheme to its successor: which question and category of the one is read as which of the other."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.answers import WHOLE_ASK
from schemas.errors import BadSetting, nearest
from schemas.question import Question, QuestionType
from schemas.scheme import Scheme
from schemas.tables import fit, repeated, shown, table_of

RENAMED = "questions"  # the table of a map that says what questions are called in the successor
DROPPED = ""

WordMap = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Translation:
    """How answers to one question are read: as answers to `question`, word by word; '' drops what it stands for.

    A scale that both schemes have needs no words: their points are the same.
    """

    question: str
    type: QuestionType
    words: Mapping[str, str] = field(default_factory=dict)


def map_from_toml(text: str, origin: str) -> WordMap:
    """The map in a TOML text such as `[emotion]` with `fear = "anxiety"`; `[questions]` renames questions.

    `origin` names the text in messages; raises BadSetting. The names are checked by `translations`.
    """
    try:
        tables = tomllib.loads(text)
    except ValueError as error:
        raise BadSetting(f"{origin} is not valid TOML: {error}") from None
    for name, table in tables.items():
        for key, value in table_of(
            table, f"{origin}: {name}", 'a table such as [emotion] with fear = "anxiety"'
        ).items():
            fit(str, value, f"{origin}: {name}.{key}")
    return tables


def translations(old: Scheme, new: Scheme, words: WordMap, origin: str) -> dict[str, Translation]:
    """How each question of `old` is read in `new`; raises BadSetting with all that is missing or does not fit.

    Questions that only `new` has are among them, too: somebody may have asked them under the old scheme already. Every
    spelling of a category of `new` is read as that category, unless the old scheme has a category of that name.
    """
    faults = [*_unknown(old, new, words), *_missing(old, new, words)]
    if faults:
        raise BadSetting("\n  ".join([f"{origin}: {_name(old)} cannot be read as {_name(new)} yet:", *faults]))
    found = {WHOLE_ASK: Translation(WHOLE_ASK, "text")}
    for question in old.questions:
        name = _renamed(words, question.name)
        if name == DROPPED:
            found[question.name] = Translation(DROPPED, question.type)
        else:
            named = {one.name: _word(words, question, one.name) for one in question.categories}
            spelled = {} if question.scale else _spellings(new.question(name))
            found[question.name] = Translation(name, question.type, {**spelled, **named})
    for question in new.questions:
        found.setdefault(question.name, Translation(question.name, question.type, _spellings(question)))
    return found


def followed(first: Mapping[str, Translation], then: Mapping[str, Translation]) -> dict[str, Translation]:
    """Two bridges one after the other, as one."""
    found = {}
    for name, one in first.items():
        if one.question == DROPPED:
            found[name] = one
            continue
        further = then[one.question]
        words = {word: further.words.get(reading, reading) for word, reading in one.words.items()}
        found[name] = Translation(further.question, one.type, {**further.words, **words})
    return {**then, **found}


def _name(scheme: Scheme) -> str:
    return f"{scheme.name}-{scheme.version}"


def _renamed(words: WordMap, question: str) -> str:
    return words.get(RENAMED, {}).get(question, question)


def _word(words: WordMap, question: Question, category: str) -> str:
    return words.get(question.name, {}).get(category, category)


def _spellings(question: Question) -> dict[str, str]:
    """Every spelling of an answer to a question, and the answer."""
    if question.scale:
        texts = [f"{point:.9g}" for point in question.scale.points]
        return dict(zip(texts, texts, strict=True))
    names = [one.name for one in question.categories]
    spelled = {text: one.name for one in question.categories for text in (one.title, *one.aliases)}
    return {**spelled, **dict(zip(names, names, strict=True))}


def _unknown(old: Scheme, new: Scheme, words: WordMap) -> Iterator[str]:
    """What the map names and neither scheme has."""
    for table, entries in words.items():
        if table != RENAMED and table not in old.names:
            yield f"[{table}]: {_name(old)} has no question {table!r}; {nearest(table, old.names)}"
            continue
        for given, reading in entries.items():
            known = old.names if table == RENAMED else [one.name for one in old.question(table).categories]
            if given not in known:
                yield f"[{table}] {given} = {shown(reading)}: {_name(old)} has no {given!r}; {nearest(given, known)}"
            if table == RENAMED and reading not in (DROPPED, *new.names):
                hint = nearest(reading, new.names)
                yield f"[{table}] {given} = {shown(reading)}: {_name(new)} has no such question; {hint}"
    names = [_renamed(words, question) for question in old.names]
    if (twice := repeated(name for name in names if name != DROPPED)) is not None:
        yield f'two questions of {_name(old)} would be read as {twice!r}; drop one: [{RENAMED}] NAME = ""'


def _missing(old: Scheme, new: Scheme, words: WordMap) -> Iterator[str]:
    """What of the old scheme has no reading in the new one."""
    for question in old.questions:
        name = _renamed(words, question.name)
        if name in new.names:
            yield from _unlike(question, new.question(name), words)
        elif question.name not in words.get(RENAMED, {}):
            yield (
                f"question {question.name!r} is not in {_name(new)}; write under [{RENAMED}] "
                f'{question.name} = "NAME", or "" to drop it'
            )


def _unlike(old: Question, new: Question, words: WordMap) -> Iterator[str]:
    if old.type != new.type:
        yield f"question {old.name!r} is a {old.type} and {new.name!r} a {new.type}; expected the same type"
    elif old.scale and new.scale and old.scale.points != new.scale.points:
        spans = [f"{s.minimum:g} to {s.maximum:g} in steps of {s.step:g}" for s in (old.scale, new.scale)]
        yield f"question {old.name!r} is a scale from {spans[0]}, {new.name!r} from {spans[1]}; expected equal points"
    names = [one.name for one in new.categories]
    words_of = {one.name: _word(words, old, one.name) for one in old.categories}
    lost = {name: word for name, word in words_of.items() if word not in (DROPPED, *names)}
    if lost and old.type == new.type:
        listed = ", ".join(f"{name!r}" if name == word else f"{name!r} = {word!r}" for name, word in lost.items())
        first, word = next(iter(lost.items()))
        yield (
            f"question {old.name!r}: {new.name!r} has no category for {listed}; write under [{old.name}] "
            f'{first} = "CATEGORY", or "" to drop it ({nearest(word, names)})'
        )
