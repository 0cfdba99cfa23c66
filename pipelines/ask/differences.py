"""What raters say in Label Studio against what we hold of it: the rows that make one into the other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.studio.client import Annotation, Task
from annotate.studio.controls import Reading, flag_in
from annotate.studio.interface import reading
from pipelines.engine.catalog import now
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import Tombstones
from schemas.answers import WHOLE_ASK, Answer, AnswerNote, AnswerState, Decision, Refusal, RefusalState
from schemas.ids import canonical
from schemas.scheme import Scheme

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
NAMELESS = "user None"  # whoever answered has no account any more, and cannot be answers from others like that
UNKNOWN = "unknown"  # who wrote an answer last, where Label Studio does not tell
EMPTY = canonical("empty submission")  # the reason of a skip
LOST, FOUND = "lost", "found again"  # decisions about rows that an older database of Label Studio lacks
# Rows that Label Studio lost: it was restored from a backup that is older than they are.
LOST_ROWS = f"""SELECT subject FROM decisions WHERE what IN ('{LOST}', '{FOUND}')
                GROUP BY subject HAVING arg_max(what, ("at", what)) = '{LOST}'"""

Answers = dict[str, tuple[str | None, AnswerState]]  # question to value and state
Refused = dict[str | None, tuple[str | None, str | None]]  # question to value and reason
Row = Answer | AnswerNote | Refusal | Decision


@dataclass
class Held:
    """What we hold of one rater's answers to one ask, and when the last of them came, rows without effect included.

    `rows` are the ids of all these rows, `lost` those that Label Studio lost.
    """

    answers: Answers = field(default_factory=dict)
    refused: Refused = field(default_factory=dict)
    at: str = ""
    rows: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def later(self, time: str) -> str:
        """A time, moved behind what we hold: an older answer that stands again must come after the newer one."""
        return max(time, moved(self.at, timedelta(microseconds=1))) if self.at else time


@dataclass(frozen=True)
class Said:
    """What one rater says to one ask, when, and in which task; `annotation` is None when it is nothing any more."""

    task: int
    answers: Answers
    refused: Refused
    updated_at: str
    duration_ms: int | None = None
    annotation: Annotation | None = None
    predictions: str | None = None

    def equals(self, held: Held) -> bool:
        """Whether it is what we hold."""
        return (self.answers, self.refused) == (held.answers, held.refused)


@dataclass(frozen=True)
class Differences:
    """Compares what comes from one project with what we hold of it; rows are per origin, other origins untouched."""

    origin: str
    scheme: Scheme
    people: Pseudonyms
    forgotten: Tombstones = field(default_factory=Tombstones)

    def rows(self, connection: DuckDBPyConnection, tasks: Sequence[Task], older: bool = False) -> list[Row]:
        """The rows that differ from what we hold: want minus have, and have minus want as withdrawn or closed.

        Where Label Studio's database is `older` than our last look, what we hold and it lacks stays, and is lost there.
        """
        have = self._held(connection, [task.item_id for task in tasks])
        raters_of: dict[str, set[str]] = {}
        for ask, rater in have:
            if not self.forgotten.holds("rater", rater):  # `forget` has begun with them: nothing is withdrawn instead
                raters_of.setdefault(ask, set()).add(rater)
        rows: list[Row] = []
        for task in tasks:
            want = self._said(task)
            nameless = any(annotation.rater == NAMELESS for annotation in task.annotations)
            for rater in sorted(want.keys() | (set() if nameless else raters_of.get(task.item_id, set()))):
                said = want.get(rater, Said(task.id, {}, {}, task.updated_at))
                held = have.get((task.item_id, rater), Held())
                if (older or held.lost) and (said.annotation is None or said.updated_at <= held.at):
                    rows += [] if said.equals(held) else _decided(held.rows, held.lost, LOST)
                else:
                    rows += [*_decided(held.lost, (), FOUND), *self._difference(task.item_id, rater, said, held)]
        return rows

    def _held(self, connection: DuckDBPyConnection, asks: Sequence[str]) -> dict[tuple[str, str], Held]:
        rows = connection.execute(
            f"""WITH lost AS ({LOST_ROWS})
                SELECT id, ask, rater, question, value, state, NULL, updated_at, id IN (FROM lost)
                FROM current_answers WHERE origin = $origin AND ask IN (SELECT unnest($asks::VARCHAR[]))
                UNION ALL
                SELECT id, ask, rater, question, value, state, reason, updated_at, id IN (FROM lost)
                FROM current_refusals WHERE origin = $origin AND ask IN (SELECT unnest($asks::VARCHAR[]))""",
            {"origin": self.origin, "asks": list(asks)},
        ).fetchall()
        have: dict[tuple[str, str], Held] = {}
        for row, ask, rater, question, value, state, reason, updated_at, lost in rows:
            held = have.setdefault((ask, rater), Held())
            held.at = max(held.at, updated_at)
            held.rows.append(row)
            held.lost += [row] if lost else []
            if state == "open":
                held.refused[question] = (value, reason)
            elif state in ("given", "skipped"):
                held.answers[question] = (value, state)
        return have

    def _said(self, task: Task) -> dict[str, Said]:
        """What each rater says to an ask now; of two answers by one rater the later counts, and any before a skip."""
        want: dict[str, Said] = {}
        shown = json_text(list(task.predictions)) if task.predictions else None
        for one in sorted(task.annotations, key=lambda one: (not one.skipped, one.updated_at, one.id)):
            rater = self.people.of(one.rater)
            if one.rater != NAMELESS and not self.forgotten.holds("rater", rater):
                answers, refused = _read(self.scheme, one)
                said = Said(one.task, answers, refused, one.updated_at, one.duration_ms, one, shown)
                want[rater] = said
        return want

    def _difference(self, ask: str, rater: str, said: Said, held: Held) -> Iterator[Row]:
        at = held.later(said.updated_at)
        new = list(_changes(said.answers, held.answers, (None, "withdrawn")))
        for question, (value, state) in new:
            yield Answer(self.origin, ask, question, rater, at, value, state, said.duration_ms)
        if new:
            yield from self._note(ask, rater, at, said)
        for name, (refused, reason) in _changes(said.refused, held.refused, (None, None)):
            state_now: RefusalState = "closed" if refused is None else "open"
            yield Refusal(self.origin, said.task, ask, rater, name, refused, reason, at, state_now, said.duration_ms)

    def _note(self, ask: str, rater: str, at: str, said: Said) -> Iterator[AnswerNote]:
        """What is to be noted beside answers, if anything."""
        one = said.annotation
        if one and (one.edited_by or one.prediction is not None or said.predictions):
            editor = one.edited_by and (UNKNOWN if one.edited_by == NAMELESS else self.people.of(one.edited_by))
            editor = UNKNOWN if self.forgotten.holds("rater", editor) else editor
            yield AnswerNote(
                self.origin, ask, rater, at, one.id, one.task, editor or None, one.prediction, said.predictions
            )


def _decided(rows: Sequence[str], but: Sequence[str], what: str) -> list[Decision]:
    at = now()
    return [Decision(row, what, None, at) for row in rows if row not in but]


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
    found = reading(scheme, annotation.result) if annotation.readable else Reading({})
    answers: Answers = {question: (canonical(value), "given") for question, value in found.answers.items()}
    values: dict[str | None, list[Any]] = {}
    reasons: dict[str | None, str] = {}
    unusable = [(None, value, problem) for value, problem in annotation.problems]
    for question, value, problem in [*((one.question, one.value, one.reason) for one in found.refused), *unusable]:
        values.setdefault(question, []).append(value)
        reasons.setdefault(question, problem)
    if not (answers or values):
        answers = {WHOLE_ASK: (EMPTY, "skipped")}
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
