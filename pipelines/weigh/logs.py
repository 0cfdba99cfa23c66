"""The answers to one question as logs, from the rows of the catalog: codes, times, roles, suggestions, truth."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotate.answers.log import AnswerLog
from schemas.errors import BadSetting
from schemas.scheme import Question, Scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


AFFIRMATIVE = {"yes", "true", "present", "1"}


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of one question."""

    scheme: Scheme
    question: Question
    table: pa.Table
    raters: Ints
    asks: Ints
    rater_ids: tuple[str, ...]

    @property
    def rounds(self) -> Ints:
        """The round of every answer."""
        rounds: Ints = self.table["round"].to_numpy().astype(np.int64)
        return rounds

    @property
    def wholes(self) -> tuple[str, ...]:
        """The id of the item behind every item of the logs."""
        of = dict(zip(self.table["item"].to_pylist(), self.table["whole"].to_pylist(), strict=True))
        return tuple(of[item] for item in sorted(of))

    def logs(self) -> Iterator[AnswerLog]:
        """One log, or one per category where several may be chosen."""
        if self.question.type != "choices":
            yield self._log(self.question.name, self._categories(), self._value)
            return
        for category in self._categories():
            yield self._log(f"{self.question.name}:{category}", ("no", "yes"), _contains(category))

    def _categories(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.question.categories)

    def _value(self, answer: Any) -> float:
        if self.question.type == "scale":
            return float(answer)
        return float(self._categories().index(self.question.category(str(answer))))

    def _log(self, name: str, categories: tuple[str, ...], value: Callable[[Any], float]) -> AnswerLog:
        items, item_ids = coded(self.table["item"])
        values = _mapped(self.table["value"], lambda text: value(json.loads(text)))
        gold = _mapped(self.table["role"], lambda role: float(role == "gold")) == 1
        contrast = _mapped(self.table["role"], lambda role: float(role == "contrast")) == 1
        corpus = _mapped(self.table["kind"], lambda kind: float(kind == "corpus")) == 1
        truth = np.full(len(item_ids), np.nan)
        truth[items[corpus]] = values[corpus]
        shown, suggested = self._suggestions(items, values, len(item_ids), value)
        scale = self.question.scale
        return AnswerLog(
            scheme=self.scheme.id,
            question=name,
            items=items.astype(np.int32),
            raters=self.raters.astype(np.int32),
            asks=self.asks.astype(np.int32),
            values=values,
            item_ids=item_ids,
            rater_ids=self.rater_ids,
            categories=categories,
            points=scale.points if scale else (),
            measure="nominal" if categories else self.question.measure,
            times_us=self.table["time_us"].to_numpy().astype(np.int64),
            durations_ms=self.table["duration_ms"].cast("float64").fill_null(float("nan")).to_numpy(),
            contrast=contrast,
            shown=shown,
            yes=self._yes(values, categories, contrast),
            truth=np.where(gold & ~corpus, truth[items], np.nan),
            suggested=suggested,
        )

    def _yes(self, values: Floats, categories: tuple[str, ...], contrast: NDArray[np.bool_]) -> Floats:
        """1 where an answer says that what was asked about is there, NaN where the question does not say that."""
        if len(categories) == 2:
            said = [place for place, category in enumerate(categories) if category.casefold() in AFFIRMATIVE]
            agreed: Floats = (values == said[0]).astype(np.float64) if said else np.full(len(values), np.nan)
            return agreed
        if categories:
            target = _mapped(
                self.table["target"], lambda name: float(categories.index(name)) if name in categories else np.nan
            )
            hits: Floats = np.where(np.isnan(target), np.nan, values == target)
            return hits
        scale = self.question.scale
        if scale is None or scale.minimum != 0:
            return np.full(len(values), np.nan)
        says = contrast | (self.question.untouched == "lowest")  # elsewhere zero need not mean that it is not there
        return np.where(says, values > 0, np.nan)

    def _suggestions(
        self, items: Ints, values: Floats, n: int, value: Callable[[Any], float]
    ) -> tuple[NDArray[np.bool_], Floats]:
        """Whether each answer was given after a suggestion, and what the suggestion says of the item.

        A pre-label names the rater whose answer is shown, or says the value itself.
        """
        places = {name: place for place, name in enumerate(self.rater_ids)}
        column = self.table["prelabel"]
        by = _mapped(column, lambda name: -2 if name is None else places.get(name, -1)).astype(np.int64)
        said = _mapped(column, lambda name: np.nan if name is None else _read(value, name))
        known = np.full(n, np.nan)
        for rater in np.unique(by[by >= 0]):
            mine = self.raters == rater
            known[items[mine]] = values[mine]
        known[items[by == -1]] = said[by == -1]
        own = np.isin(self.raters, by[by >= 0])  # who made the suggestion does not follow it
        return by > -2, np.where(own, np.nan, known[items])


def _read(value: Callable[[Any], float], text: str) -> float:
    """The number behind a pre-label that says its value; NaN when it is about another question."""
    for reading in (lambda: json.loads(text), lambda: text):
        try:
            return value(reading())
        except (ValueError, TypeError, BadSetting):
            continue
    return float("nan")


def _contains(category: str) -> Callable[[Any], float]:
    return lambda chosen: float(category in chosen)


def coded(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """The place of every text among the distinct ones, which are sorted."""
    encoded = column.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return place[encoded.indices.to_numpy()], tuple(names[one] for one in order)


def _mapped(column: pa.ChunkedArray, read: Callable[[Any], float]) -> Floats:
    """A number for every text, read once for each distinct one."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    distinct = np.array([read(one) for one in encoded.dictionary.to_pylist()], np.float64)
    numbers: Floats = distinct[encoded.indices.to_numpy()]
    return numbers
