"""The answers of a collection as logs, one per question: what raters, label errors, plots and `next` look at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotate.answers.log import AnswerLog
from annotate.answers.votes import Votes
from pipelines.engine.catalog import Catalog
from pipelines.weigh.asked import schemes
from pipelines.weigh.exclusions import UNSIGNED
from pipelines.weigh.logs import Part, coded
from schemas.answers import RaterKind
from schemas.scheme import Question, Scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# What an answer is about: its item, apart for each target that is a category rather than a question.
THING = "if(a.target IS NULL OR a.target = a.question, a.item, a.item || ' ' || a.target)"

GIVEN = f"""
    SELECT a.scheme, a.question, {THING} AS item, a.item AS whole, a.ask, a.target, a.round, a.role, a.prelabel,
           a.rater, r.kind, a.value, a.duration_ms,
           coalesce(epoch_us(try_cast(a.updated_at AS TIMESTAMP)), 0) AS time_us
    FROM read_answers a JOIN raters r ON r.id = a.rater
    WHERE a.state = 'given' ORDER BY a.scheme, a.question"""

PEOPLE: tuple[RaterKind, ...] = ("person",)


@dataclass(frozen=True, eq=False)
class Answered:
    """The answers to one question (or to one category of a question that takes several) of a scheme.

    `wholes` are the ids of the items behind the log's items, `kinds` the kinds of all raters of the collection,
    `rounds` the round of every answer.
    """

    scheme: Scheme
    question: Question
    log: AnswerLog
    wholes: tuple[str, ...]
    rounds: Ints
    kinds: Mapping[str, RaterKind]

    @property
    def name(self) -> str:
        """The name it is reported under."""
        return self.log.question

    def people(self, left_out: Mapping[str, str], kinds: Sequence[RaterKind] = PEOPLE) -> NDArray[np.bool_]:
        """Who counts, a flag per code of the log: raters of these kinds.

        The votes of a corpus that nobody signed speak for people.
        """
        voices = [
            self.kinds[rater] in kinds or ("person" in kinds and is_unsigned(rater)) for rater in self.log.rater_ids
        ]
        return np.array(voices, np.bool_) & [rater not in left_out for rater in self.log.rater_ids]

    def votes(self, left_out: Mapping[str, str], kinds: Sequence[RaterKind] = PEOPLE) -> Votes:
        """What raters of these kinds answered, without those left out."""
        return self.log.votes(self.people(left_out, kinds))

    def truths(self) -> dict[str, str]:
        """The true category of items whose gold answer is known."""
        log, known = self.log, np.flatnonzero(np.isfinite(self.log.truth))
        if not log.categories:
            return {}
        return {log.item_ids[log.items[row]]: log.categories[int(log.truth[row])] for row in known}

    def present(self, left_out: Mapping[str, str]) -> tuple[list[str], NDArray[np.bool_]] | None:
        """The items people were asked about, and whether more than half of them say it is there.

        None for choices among several categories and for scales that do not say whether something is there.
        """
        log = self.log
        rows = log.latest[self.people(left_out)[log.raters[log.latest]]]
        rows = rows[np.isfinite(log.yes[rows])]
        if not len(rows) or len(log.categories) > 2:
            return None
        items, place = np.unique(log.items[rows], return_inverse=True)
        there = np.bincount(place, log.yes[rows]) > np.bincount(place) / 2
        return [self.wholes[item] for item in items], there

    def about(self, items: Sequence[bool]) -> "Answered":
        """The answers about the items of the log that are marked true."""
        return self.kept(np.array(items, np.bool_)[self.log.items])

    def kept(self, rows: NDArray[np.bool_]) -> "Answered":
        """The answers marked true."""
        log, wholes = self.log.kept(rows), dict(zip(self.log.item_ids, self.wholes, strict=True))
        return replace(self, log=log, wholes=tuple(wholes[item] for item in log.item_ids), rounds=self.rounds[rows])


def is_unsigned(rater: str) -> bool:
    """Whether a rater is only the place of a vote in a published count: nobody in particular."""
    return re.search(UNSIGNED, rater) is not None


def by_medium(one: Answered, media: Mapping[str, str]) -> Iterator[tuple[str, Answered]]:
    """The answers apart by the medium of their items, as `media` tells it; the medium of other items is ''."""
    kinds = [media.get(whole, "") for whole in one.wholes]
    for kind in sorted(set(kinds)):
        yield kind, one if len(set(kinds)) == 1 else one.about([each == kind for each in kinds])


def answered(home: Path) -> list[Answered]:
    """All answers that hold, question by question; answers in words are left out."""
    table = Catalog(home).table(GIVEN)
    if not table.num_rows:
        return []
    asked = {scheme.id: scheme for scheme in schemes(home)}
    raters, rater_ids = coded(table["rater"])
    asks, _ = coded(table["ask"])
    kinds = dict(zip(table["rater"].to_pylist(), table["kind"].to_pylist(), strict=True))
    found: list[Answered] = []
    for start, end in _stretches(table):
        scheme = asked[table["scheme"][start].as_py()]
        question = scheme.question(table["question"][start].as_py())
        if question.type != "text":
            part = Part(
                scheme, question, table.slice(start, end - start), raters[start:end], asks[start:end], rater_ids
            )
            found += [Answered(scheme, question, log, part.wholes, part.rounds, kinds) for log in part.logs()]
    return found


def _stretches(table: pa.Table) -> Iterator[tuple[int, int]]:
    """Where the rows of each question begin and end; rows stand in order of scheme and question."""
    codes = np.stack([coded(table[name])[0] for name in ("scheme", "question")])
    ends = np.flatnonzero(np.append((codes[:, 1:] != codes[:, :-1]).any(axis=0), True)) + 1
    begin = 0
    for end in ends:
        yield begin, int(end)
        begin = int(end)
