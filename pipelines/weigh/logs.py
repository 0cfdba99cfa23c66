"""The answers to one question as logs: codes of items, values, what was suggested, what is known to be true."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotate.answers.log import AnswerLog, Codes, Flags, Floats, Ints, flat
from schemas.answers import RaterKind
from schemas.errors import BadSetting
from schemas.scheme import Question, Scheme

AFFIRMATIVE = {"yes", "true", "present", "1"}


@dataclass(frozen=True, eq=False)
class Asks:
    """Every ask of a collection: columns by code of the ask; -1 where it has no target, no pre-label, no series."""

    items: Codes
    targets: Codes
    rounds: Codes
    repeats: Codes
    series: Codes
    gold: Flags
    contrast: Flags
    prelabels: Codes
    target_names: tuple[str, ...]
    prelabel_names: tuple[str, ...]
    item_ids: list[str]
    modalities: list[str]


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to one question in order of ask and rater; `values` are numbers, or positions in `texts` (JSON)."""

    asks: Codes
    raters: Codes
    values: NDArray[Any]
    durations_ms: Floats
    times_us: Ints
    texts: tuple[str, ...]


def question_logs(
    scheme: Scheme, question: Question, answers: Answers, asks: Asks, raters: Sequence[tuple[str, RaterKind]]
) -> Iterator[AnswerLog]:
    """The log of one question, or one per category where several may be chosen; `raters` are in order of code."""
    log = _without_values(scheme, question, answers, asks, raters)
    for name, categories, number in _readings(question):
        values = answers.values
        if question.type != "scale":
            values = np.array([number(json.loads(text)) for text in answers.texts], np.int16)[values]
        log = replace(log, name=name, categories=categories, values=values)
        suggested = _suggested(log, asks, number)
        yield replace(log, yes=flat(_yes(log, asks)), truth=flat(_truth(log, asks)), suggested=flat(suggested))


def coded(column: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    """The position of every text among the distinct ones, which are sorted; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    positions = np.full(len(names) + 1, -1, np.int32)
    positions[order] = np.arange(len(names))
    return positions[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], tuple(names[k] for k in order)


def _without_values(
    scheme: Scheme, question: Question, answers: Answers, asks: Asks, raters: Sequence[tuple[str, RaterKind]]
) -> AnswerLog:
    """The log with everything but what depends on how a value is read."""
    own = next((code for code, name in enumerate(asks.target_names) if name == question.name), None)
    targets = asks.targets[answers.asks]
    targets[targets == own] = -1
    width = len(asks.target_names) + 1
    distinct, items = np.unique(asks.items[answers.asks] * np.int64(width) + targets + 1, return_inverse=True)
    whole_codes, target_codes = (column.tolist() for column in np.divmod(distinct, width))
    wholes = tuple(asks.item_ids[code] for code in whole_codes)
    endings = ("", *(f" {name}" for name in asks.target_names))
    nothing = np.broadcast_to(np.nan, answers.asks.shape)
    return AnswerLog(
        scheme=scheme,
        question=question,
        name=question.name,
        categories=(),
        item_ids=tuple(map("".join, zip(wholes, (endings[code] for code in target_codes), strict=True)))
        if any(target_codes)
        else wholes,
        wholes=wholes,
        modalities=tuple(asks.modalities[code] for code in whole_codes),
        rater_ids=tuple(rater for rater, _ in raters),
        rater_kinds=tuple(kind for _, kind in raters),
        items=items.astype(np.int32),
        raters=answers.raters,
        asks=answers.asks,
        values=nothing,
        rounds=flat(asks.rounds[answers.asks]),
        repeats=flat(asks.repeats[answers.asks]),
        series=flat(asks.series[answers.asks]),
        times_us=flat(answers.times_us),
        durations_ms=flat(answers.durations_ms),
        contrast=flat(asks.contrast[answers.asks]),
        shown=flat(asks.prelabels[answers.asks] >= 0),
        **dict.fromkeys(("yes", "truth", "suggested"), nothing),
    )


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


def _yes(log: AnswerLog, asks: Asks) -> Floats:
    """1 where an answer says that what was asked about is there, NaN where the question does not say that."""
    nothing, categories = np.full(len(log), np.nan), log.categories
    if len(categories) == 2:
        affirmative = [code for code, category in enumerate(categories) if category.casefold() in AFFIRMATIVE]
        return (log.values == affirmative[0]).astype(np.float64) if affirmative else nothing
    if categories:
        codes = [float(categories.index(name)) if name in categories else np.nan for name in asks.target_names]
        targets = np.array([*codes, np.nan])[asks.targets[log.asks]]
        return np.where(np.isnan(targets), np.nan, log.values == targets)
    scale = log.question.scale
    if scale is None or scale.minimum != 0:
        return nothing
    # elsewhere zero need not mean that it is not there
    says = log.contrast | (log.question.untouched == "lowest")
    return np.where(says, log.values > 0, np.nan)


def _truth(log: AnswerLog, asks: Asks) -> Floats:
    """What a corpus says of the item, for the answers of everybody else to gold asks."""
    corpus = np.array([kind == "corpus" for kind in log.rater_kinds], np.bool_)[log.raters]
    truth = np.full(len(log.item_ids), np.nan)
    truth[log.items[corpus]] = log.values[corpus]
    return np.where(asks.gold[log.asks] & ~corpus, truth[log.items], np.nan)


def _suggested(log: AnswerLog, asks: Asks, number: Callable[[Any], float]) -> Floats:
    """What the suggestion says of the item of every answer.

    A pre-label names the rater whose answer is shown, or says the value itself.
    """
    if not log.shown.any():
        return log.suggested
    prelabels = asks.prelabels[log.asks]
    raters = {rater: code for code, rater in enumerate(log.rater_ids)}
    names = [asks.prelabel_names[code] for code in np.unique(prelabels[log.shown])]
    suggesting = [raters[name] for name in names if name in raters]
    known = np.full(len(log.item_ids), np.nan)
    for rater in suggesting:
        rows = log.raters == rater
        known[log.items[rows]] = log.values[rows]
    numbers = np.array([np.nan if name in raters else _read(number, name) for name in asks.prelabel_names])
    says = log.shown & np.array([name not in raters for name in asks.prelabel_names])[prelabels]
    known[log.items[says]] = numbers[prelabels[says]]
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
