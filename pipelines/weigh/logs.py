"""The answers to one question as logs: codes of items, values, what was suggested, what is known to be true."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.answers.log import AnswerLog
from annotate.arrays import Codes, Flags, Floats, Ints, flat, in_order, is_flat, renumbered
from schemas.answers import RaterKind
from schemas.errors import BadSetting
from schemas.scheme import Question, Scheme

AFFIRMATIVE = {"yes", "true", "present", "1"}


@dataclass(frozen=True, eq=False)
class Names:
    """What codes stand for: items with their modalities, raters with their kinds, `words` of targets and pre-labels."""

    item_ids: list[str]
    modalities: list[str]
    rater_ids: tuple[str, ...]
    rater_kinds: tuple[RaterKind, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to one question as columns of codes; its `values` are numbers, or positions in `texts` (JSON).

    A target or a pre-label of -1 is none.
    """

    columns: dict[str, NDArray[Any]]
    texts: tuple[str, ...]


def question_logs(scheme: Scheme, question: Question, answers: Answers, names: Names) -> Iterator[AnswerLog]:
    """The log of one question, or one per category where several may be chosen; rows in order of item, then rater."""
    items, wholes, targets = _asked_about(question, answers.columns, names)
    columns = _in_order(answers.columns | {"items": items})
    log = _without_values(scheme, question, columns, wholes, targets, names)
    for name, categories, number in _readings(question):
        values = columns["values"]
        if question.type != "scale":
            values = np.array([number(json.loads(text)) for text in answers.texts], np.int16)[values]
        log = replace(log, name=name, categories=categories, values=values)
        yes = _yes(log, columns["target"], names.words)
        suggested = _suggested(log, columns["prelabel"], names.words, number)
        yield replace(log, yes=flat(yes), truth=flat(_truth(log, columns["gold"])), suggested=flat(suggested))


def _asked_about(question: Question, columns: dict[str, NDArray[Any]], names: Names) -> tuple[Codes, Ints, Ints]:
    """The code of what every answer is about, and the item and the target (0: none) behind every code."""
    words = np.array([*(word != question.name for word in names.words), False], np.bool_)
    target = np.where(words[columns["target"]], columns["target"], -1)
    width = len(names.words) + 1
    distinct, items = renumbered(columns["item"] * np.int64(width) + target + 1, len(names.item_ids) * width)
    return items, *np.divmod(distinct, width)


def _in_order(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The same rows in order of item, rater and ask."""
    items, raters = columns["items"], columns["raters"]
    rows = in_order(items, raters)
    again = (items[rows[1:]] == items[rows[:-1]]) & (raters[rows[1:]] == raters[rows[:-1]])
    if again.any():
        rows = np.lexsort((columns["asks"], raters, items))
    return {name: column if is_flat(column) else column[rows] for name, column in columns.items()}


def _without_values(
    scheme: Scheme, question: Question, columns: dict[str, NDArray[Any]], wholes: Ints, targets: Ints, names: Names
) -> AnswerLog:
    """The log with everything but what depends on how a value is read."""
    whole_ids = _picked(names.item_ids, wholes)
    endings = ("", *(f" {word}" for word in names.words))
    alone = (whole + endings[code] for whole, code in zip(whole_ids, targets.tolist(), strict=True))
    nothing = np.broadcast_to(np.nan, columns["items"].shape)
    kept = ("items", "asks", "raters", "rounds", "repeats", "series", "contrast", "times_us", "durations_ms")
    return AnswerLog(
        scheme=scheme,
        question=question,
        name=question.name,
        categories=(),
        item_ids=tuple(alone) if targets.any() else whole_ids,
        wholes=whole_ids,
        modalities=_picked(names.modalities, wholes),
        rater_ids=names.rater_ids,
        rater_kinds=names.rater_kinds,
        shown=flat(columns["prelabel"] >= 0),
        **{name: columns[name] for name in kept},
        **dict.fromkeys(("values", "yes", "truth", "suggested"), nothing),
    )


def _picked(texts: Sequence[str], codes: Ints) -> tuple[str, ...]:
    """The texts with these codes."""
    if np.array_equal(codes, np.arange(len(texts))):  # all of them, as they stand
        return tuple(texts)
    return tuple(map(texts.__getitem__, codes.tolist()))


def _readings(question: Question) -> Iterator[tuple[str, tuple[str, ...], Callable[[Any], float]]]:
    """What a question is reported under, its categories, and the number behind an answer."""
    names = tuple(category.name for category in question.categories)
    if question.type == "choice":
        yield question.name, names, lambda answer: names.index(question.category(str(answer)))
    elif question.type == "scale":
        yield question.name, (), float
    else:
        for name in names:
            yield f"{question.name}:{name}", ("no", "yes"), partial(_chosen, name)


def _chosen(category: str, answer: Any) -> float:
    return float(category in answer)


def _yes(log: AnswerLog, target: Codes, words: Sequence[str]) -> Floats:
    """1 where an answer says that what was asked about is there, NaN where the question does not say that."""
    nothing, categories = log.yes, log.categories
    if len(categories) == 2:
        affirmative = [code for code, category in enumerate(categories) if category.casefold() in AFFIRMATIVE]
        return (log.values == affirmative[0]).astype(np.float64) if affirmative else nothing
    if categories:
        codes = [float(categories.index(word)) if word in categories else np.nan for word in words]
        wanted = np.array([*codes, np.nan])[target]
        return np.where(np.isnan(wanted), np.nan, log.values == wanted)
    scale = log.question.scale
    if scale is None or scale.minimum != 0:
        return nothing
    # elsewhere zero need not mean that it is not there
    says = log.contrast | (log.question.untouched == "lowest")
    return np.where(says, log.values > 0, np.nan)


def _truth(log: AnswerLog, gold: Flags) -> Floats:
    """What a corpus says of the item, for the answers of everybody else to gold asks."""
    if not gold.any():
        return log.truth
    corpus = np.array([kind == "corpus" for kind in log.rater_kinds], np.bool_)[log.raters]
    truth = np.full(len(log.item_ids), np.nan)
    rows = _by_ask(log, corpus)
    truth[log.items[rows]] = log.values[rows]
    return np.where(gold & ~corpus, truth[log.items], np.nan)


def _by_ask(log: AnswerLog, marked: Flags) -> Ints:
    """The rows marked, in order of ask, then rater: of several that fill one place the last stays."""
    rows = np.flatnonzero(marked)
    ordered: Ints = rows[np.lexsort((log.raters[rows], log.asks[rows]))]
    return ordered


def _suggested(log: AnswerLog, prelabel: Codes, words: Sequence[str], number: Callable[[Any], float]) -> Floats:
    """What the suggestion says of the item of every answer.

    A pre-label names the rater whose answer is shown, or says the value itself.
    """
    if not log.shown.any():
        return log.suggested
    raters = {rater: code for code, rater in enumerate(log.rater_ids)}
    suggesting = [raters[words[code]] for code in np.unique(prelabel[log.shown]) if words[code] in raters]
    known = np.full(len(log.item_ids), np.nan)
    for rater in suggesting:
        rows = _by_ask(log, log.raters == rater)
        known[log.items[rows]] = log.values[rows]
    numbers = np.array([np.nan if word in raters else _read(number, word) for word in words])
    says = _by_ask(log, log.shown & np.array([word not in raters for word in words])[prelabel])
    known[log.items[says]] = numbers[prelabel[says]]
    # who made the suggestion does not follow it
    return np.where(np.isin(log.raters, suggesting), np.nan, known[log.items])


def _read(number: Callable[[Any], float], text: str) -> float:
    """The number behind a pre-label that says its value; NaN when it is about another question."""
    for reading in (lambda: json.loads(text), lambda: text):
        try:
            return number(reading())
        except (ValueError, TypeError, BadSetting):
            continue
    return float("nan")
