"""The scheme of an imported table: given by name, declared in its layout, or inferred from what its cells hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from annotate.ratings.layout import Asked, Layout
from annotate.ratings.meanings import as_number, is_missing, plain
from annotate.ratings.shapes import shaped, slug
from schemas.errors import BadSetting, nearest
from schemas.scheme import Protocol, Question, Scheme

INFERRED = "inferred-"


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
    for asked, places in _alike(layout.question).items():
        answers = [cells for cells in held if cells.asked in places]
        for question in _questions(replace(layout, question=(asked,)), answers, load):
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


def _alike(questions: Sequence[Asked]) -> dict[Asked, set[int]]:
    """Questions with their places in the layout, those that differ only in where their answers stand as one."""
    alike: dict[Asked, set[int]] = {}
    for place, asked in enumerate(questions):
        anywhere = replace(asked, value="value", rater="", rater_kind=None, when="", skip="", media=())
        alike.setdefault(anywhere if asked.form == "value" else asked, set()).add(place)
    return alike


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


def _questions(layout: Layout, found: Sequence[Found], load: Callable[[str], Scheme]) -> list[Question]:
    """The questions that the one question of a layout stands for."""
    (asked,) = layout.question
    cells = _cells(found, layout.missing)
    if asked.names_of:
        return [
            _instead_of(category, shaped(asked, category.name, category.title, cells))
            for category in load(asked.names_of).questions
        ]
    if asked.name:
        return [shaped(asked, asked.name, asked.title or asked.name.replace("_", " ").capitalize(), cells)]
    named = {}
    for column in sorted(found, key=lambda column: column.named):
        name = slug(column.named)
        same = _cells([other for other in found if slug(other.named) == name], layout.missing)
        named[name] = replace(_of_several(asked, name, column.named, same), aliases=(column.named,))
    return list(named.values())


def _of_several(asked: Asked, name: str, title: str, cells: Counter[str]) -> Question:
    """One of many questions of a column; where all answers are the same it is a text, so that it costs no other."""
    alike = (
        asked.type is None and not asked.offered and asked.minimum is None and len({plain(text) for text in cells}) < 2
    )
    worded = alike and all(as_number(text) is None for text in cells)
    return Question(name, title, "text") if worded else shaped(asked, name, title, cells)


def _cells(found: Iterable[Found], missing: Sequence[str]) -> Counter[str]:
    """In how many cells each text stands, those that mean no answer left out."""
    cells = Counter[str]()
    for column in found:
        for text, count in zip(column.texts, column.counts or [1] * len(column.texts), strict=True):
            cells[text.strip()] += 0 if is_missing(text, missing) else count
    return +cells


def _instead_of(category: Question, question: Question) -> Question:
    """A question asked about one category: family, spellings and words come from the scheme that has the category."""
    return replace(question, family=category.family, aliases=category.aliases, words=category.words)


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
