"""What raters say in Label Studio against what we hold of it: the rows that make one into the other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.studio.client import Annotation, Task
from annotate.studio.controls import flag_in
from annotate.studio.interface import reading
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import Tombstones
from schemas.answers import WHOLE_ASK, Answer, AnswerState, Refusal, RefusalState
from schemas.ids import canonical
from schemas.scheme import Scheme

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
NAMELESS = "user None"  # whoever answered has no account any more, and cannot be answers from others like that

Answers = dict[str, tuple[str | None, AnswerState]]  # question to value and state
Refused = dict[str | None, tuple[str | None, str | None]]  # question to value and reason
Row = Answer | Refusal


@dataclass
class Held:
    """What we hold of one rater's answers to one ask, and when the last of them came, rows without effect included."""

    answers: Answers = field(default_factory=dict)
    refused: Refused = field(default_factory=dict)
    at: str = ""

    def later(self, time: str) -> str:
        """A time, moved behind what we hold: an older answer that stands again must come after the newer one."""
        return max(time, moved(self.at, timedelta(microseconds=1))) if self.at else time


@dataclass(frozen=True)
class Said:
    """What one rater says to one ask, when, and in which task."""

    task: int
    answers: Answers
    refused: Refused
    updated_at: str
    duration_ms: int | None = None


@dataclass(frozen=True)
class Differences:
    """Compares what comes from one project with what we hold of it; rows are per origin, other origins untouched."""

    origin: str
    scheme: Scheme
    people: Pseudonyms
    forgotten: Tombstones = field(default_factory=Tombstones)

    def rows(self, connection: DuckDBPyConnection, tasks: Sequence[Task]) -> list[Row]:
        """The rows that differ from what we hold: want minus have, and have minus want as withdrawn or closed."""
        have = self._held(connection, [task.item_id for task in tasks])
        raters_of: dict[str, set[str]] = {}
        for ask, rater in have:
            raters_of.setdefault(ask, set()).add(rater)
        rows: list[Row] = []
        for task in tasks:
            want = self._said(task)
            nameless = any(annotation.rater == NAMELESS for annotation in task.annotations)
            for rater in sorted(want.keys() | (set() if nameless else raters_of.get(task.item_id, set()))):
                said = want.get(rater, Said(task.id, {}, {}, task.updated_at))
                rows += self._difference(task.item_id, rater, said, have.get((task.item_id, rater), Held()))
        return rows

    def gone(self, connection: DuckDBPyConnection, asks: Sequence[str], now: str) -> list[Row]:
        """The rows that take back everything said to asks whose tasks are gone."""
        nothing = Said(0, {}, {}, now)
        have = sorted(self._held(connection, asks).items())
        return [row for (ask, rater), held in have for row in self._difference(ask, rater, nothing, held)]

    def _held(self, connection: DuckDBPyConnection, asks: Sequence[str]) -> dict[tuple[str, str], Held]:
        rows = connection.execute(
            """SELECT ask, rater, question, value, state, NULL, updated_at FROM current_answers
               WHERE origin = $origin AND ask IN (SELECT unnest($asks::VARCHAR[]))
               UNION ALL SELECT ask, rater, question, value, state, reason, updated_at FROM current_refusals
               WHERE origin = $origin AND ask IN (SELECT unnest($asks::VARCHAR[]))""",
            {"origin": self.origin, "asks": list(asks)},
        ).fetchall()
        have: dict[tuple[str, str], Held] = {}
        for ask, rater, question, value, state, reason, updated_at in rows:
            held = have.setdefault((ask, rater), Held())
            held.at = max(held.at, updated_at)
            if state == "open":
                held.refused[question] = (value, reason)
            elif state in ("given", "skipped"):
                held.answers[question] = (value, state)
        return have

    def _said(self, task: Task) -> dict[str, Said]:
        """What each rater says to an ask now; of two answers by one rater the later counts, and any before a skip."""
        want: dict[str, Said] = {}
        for annotation in sorted(task.annotations, key=lambda one: (not one.skipped, one.updated_at, one.id)):
            if annotation.rater != NAMELESS:
                answers, refused = _read(self.scheme, annotation)
                rater = self.people.of(annotation.rater)
                if self.forgotten.holds("rater", rater):
                    continue
                want[rater] = Said(annotation.task, answers, refused, annotation.updated_at, annotation.duration_ms)
        return want

    def _difference(self, ask: str, rater: str, said: Said, held: Held) -> Iterator[Row]:
        at = held.later(said.updated_at)
        for question, (value, state) in _changes(said.answers, held.answers, (None, "withdrawn")):
            yield Answer(self.origin, ask, question, rater, at, value, state, said.duration_ms)
        for name, (refused, reason) in _changes(said.refused, held.refused, (None, None)):
            now: RefusalState = "closed" if refused is None else "open"
            yield Refusal(self.origin, said.task, ask, rater, name, refused, reason, at, now, said.duration_ms)


def moved(time: str, by: timedelta) -> str:
    """A time as Label Studio's filters read it, later or earlier by that much."""
    return (datetime.strptime(time, TIME) + by).strftime(TIME)


def json_text(value: Any) -> str:
    """The JSON text of anything Label Studio keeps, also of what our own answers cannot hold."""
    try:
        text = canonical(value)
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    except ValueError:  # NaN and infinities
        return canonical(repr(value))
    return text


def _read(scheme: Scheme, annotation: Annotation) -> tuple[Answers, Refused]:
    if annotation.skipped:
        reason = flag_in(annotation.result)
        return {WHOLE_ASK: (None if reason is None else canonical(reason), "skipped")}, {}
    found = reading(scheme, annotation.result)
    answers: Answers = {question: (canonical(value), "given") for question, value in found.answers.items()}
    values: dict[str | None, list[Any]] = {}
    reasons: dict[str | None, str] = {}
    for part in found.refused:
        values.setdefault(part.question, []).append(part.value)
        reasons.setdefault(part.question, part.reason)
    return answers, {
        name: (json_text(several[0] if len(several) == 1 else several), reasons[name])
        for name, several in values.items()
    }


def _changes(answers: Mapping[Any, Any], held: Mapping[Any, Any], gone: tuple[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """What is said anew or otherwise, then what is not said any more, in order of questions."""
    for question in sorted(answers, key=str):
        if held.get(question) != answers[question]:
            yield question, answers[question]
    for question in sorted(held.keys() - answers.keys(), key=str):
        yield question, gone
