"""`pull`: the answers that changed since the last pull come home; nothing is overwritten, everything is kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.studio.client import Studio, Task
from annotate.studio.interface import answers_in
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.weigh.questions import name_of
from schemas.answers import WHOLE_ASK, Answer, AnswerState, Rater
from schemas.errors import BadInput
from schemas.ids import canonical
from schemas.scheme import Media, Scheme, scheme_from_dict

TASKS_AT_ONCE = 500
OVERLAP = timedelta(seconds=60)
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
NAMELESS = "user None"  # whoever answered has no account any more, and cannot be told from others like that

Told = dict[str, tuple[str | None, AnswerState]]  # question to value and state


@dataclass(frozen=True)
class Pulled:
    """What one pull brought for one scheme and one kind of media."""

    scheme: str
    media: Media
    tasks: int
    answers: int
    unreadable: int


def pull(
    home: Path,
    studio: Studio,
    people: Pseudonyms,
    report: Callable[[str], None] = lambda _: None,
) -> list[Pulled]:
    """Fetch the tasks that changed since the last pull, and withdraw the answers of tasks that are gone."""
    studio.whoami()
    pulled = []
    with lease(home, "pull"):
        for origin, scheme, media in _origins(home):
            project = studio.found(origin)
            if project is not None:
                report(f"{name_of(scheme)}, {media}")
                pulled.append(_Pull(home, scheme, media, origin, people).bring(studio, project))
    return pulled


def _origins(home: Path) -> list[tuple[str, Scheme, Media]]:
    """Every project that was ever pushed, with its scheme as it was then, whatever the settings say now."""
    rows = Catalog(home).rows(
        """SELECT o.id, s.body, o.media FROM origins o JOIN schemes s ON s.id = o.scheme
           ORDER BY s.name, o.media DESC, o.id"""
    )
    return [(origin, scheme_from_dict(json.loads(body)), media) for origin, body, media in rows]


@dataclass
class Held:
    """What we hold of one rater's answers to one ask, and when the last of them came, withdrawn ones included."""

    told: Told = field(default_factory=dict)
    at: str = ""

    def later(self, time: str) -> str:
        """A time, moved behind what we hold: an older answer that stands again must come after the newer one."""
        return max(time, _moved(self.at, timedelta(microseconds=1))) if self.at else time


@dataclass(frozen=True)
class _Pull:
    """One pull from one project."""

    home: Path
    scheme: Scheme
    media: Media
    origin: str
    people: Pseudonyms

    def bring(self, studio: Studio, project: int) -> Pulled:
        catalog = Catalog(self.home)
        query = "SELECT max(cursor) FROM pulls WHERE origin = ?"
        since = catalog.rows(query, [self.origin])[0][0]
        tasks = answers = unreadable = 0
        # What was changed before the last look and written after it is seen by looking back a little.
        for portion in _batched(studio.changed(project, since and _moved(since, -OVERLAP)), TASKS_AT_ONCE):
            asks = _joined([*studio.others(project, portion), *portion])
            with catalog.open() as connection:
                new, refused = self._new(connection, asks)
                self._commit(catalog, connection, new, portion[-1].updated_at)
            tasks, answers, unreadable = tasks + len(portion), answers + len(new), unreadable + refused
        answers += self._withdraw_gone(catalog, studio, project)
        return Pulled(name_of(self.scheme), self.media, tasks, answers, unreadable)

    def _new(self, connection: DuckDBPyConnection, tasks: Sequence[Task]) -> tuple[list[Answer], int]:
        """The answers that differ from what we hold: want minus have, and have minus want as withdrawn."""
        have = self._held(connection, [task.item_id for task in tasks])
        held_by: dict[str, set[str]] = {}
        for ask, rater in have:
            held_by.setdefault(ask, set()).add(rater)
        new: list[Answer] = []
        refused = 0
        for task in tasks:
            want, bad = self._told(task)
            refused += bad
            nameless = any(annotation.rater == NAMELESS for annotation in task.annotations)
            raters = want.keys() | (set() if nameless else held_by.get(task.item_id, set()))
            for rater in sorted(raters):
                told, updated_at, took_ms = want.get(rater, ({}, task.updated_at, None))
                held = have.get((task.item_id, rater), Held())
                at = held.later(updated_at)
                for question, (value, state) in _difference(told, held.told):
                    new.append(Answer(self.origin, task.item_id, question, rater, at, value, state, took_ms))
        return new, refused

    def _held(self, connection: DuckDBPyConnection, asks: Sequence[str]) -> dict[tuple[str, str], Held]:
        rows = connection.execute(
            """SELECT ask, rater, question, value, state, updated_at FROM current_answers
               WHERE origin = ? AND ask IN (SELECT unnest(?::VARCHAR[]))""",
            [self.origin, asks],
        ).fetchall()
        have: dict[tuple[str, str], Held] = {}
        for ask, rater, question, value, state, updated_at in rows:
            held = have.setdefault((ask, rater), Held())
            held.at = max(held.at, updated_at)
            if state != "withdrawn":
                held.told[question] = (value, state)
        return have

    def _told(self, task: Task) -> tuple[dict[str, tuple[Told, str, int | None]], int]:
        """What each rater says to an ask now; of two answers by one rater the later counts, and any before a skip."""
        want: dict[str, tuple[Told, str, int | None]] = {}
        refused = 0
        for annotation in sorted(task.annotations, key=lambda one: (not one.skipped, one.updated_at, one.id)):
            if annotation.rater == NAMELESS:
                continue
            try:
                values = {} if annotation.skipped else answers_in(self.scheme, annotation.result)
            except BadInput:
                refused += 1
                continue
            told: Told = {question: (canonical(value), "given") for question, value in values.items()}
            if annotation.skipped:
                told = {WHOLE_ASK: (None, "skipped")}
            rater = self.people.of(annotation.rater)
            want[rater] = (told, annotation.updated_at, annotation.duration_ms)
        return want, refused

    def _commit(
        self, catalog: Catalog, connection: DuckDBPyConnection, answers: Sequence[Answer], cursor: str | None
    ) -> None:
        raters = [Rater(rater, "person") for rater in sorted({answer.rater for answer in answers})]
        catalog.commit(connection, [*raters, *answers])
        if cursor:  # after the answers: a kill between the two only fetches the same tasks again
            insert(connection, "pulls", {"origin": [self.origin], "cursor": [cursor]})

    def _withdraw_gone(self, catalog: Catalog, studio: Studio, project: int) -> int:
        """Tasks that somebody deleted are invisible to an incremental look: when the number is wrong, compare ids."""
        expected = """SELECT count(*) FROM asks JOIN items ON items.id = asks.item JOIN clips ON clips.id = items.ref
                      WHERE asks.scheme = ? AND (clips.kind = 'face') = ?"""
        if studio.task_count(project) == catalog.rows(expected, [self.scheme.id, self.media == "face"])[0][0]:
            return 0
        answered = "SELECT DISTINCT ask FROM current_answers WHERE origin = ? AND state <> 'withdrawn'"
        ours = {row[0] for row in catalog.rows(answered, [self.origin])}
        gone = sorted(ours - studio.asked(project).keys())
        if not gone:
            return 0
        with catalog.open() as connection:
            have = self._held(connection, gone)
            now = datetime.now(UTC).strftime(TIME)
            new = [
                Answer(self.origin, ask, question, rater, held.later(now), None, "withdrawn")
                for (ask, rater), held in sorted(have.items())
                for question in sorted(held.told)
            ]
            self._commit(catalog, connection, new, None)
        return len(new)


def _joined(tasks: Iterable[Task]) -> list[Task]:
    """One task an ask, with the annotations of all tasks that ask it; of a task that comes twice the last counts."""
    asks: dict[str, dict[int, Task]] = {}
    for task in tasks:
        asks.setdefault(task.item_id, {})[task.id] = task
    return [
        Task(
            max(same),
            item,
            max(task.updated_at for task in same.values()),
            tuple(annotation for task in same.values() for annotation in task.annotations),
        )
        for item, same in asks.items()
    ]


def _moved(time: str, by: timedelta) -> str:
    return (datetime.strptime(time, TIME) + by).strftime(TIME)


def _difference(told: Told, held: Told) -> Iterator[tuple[str, tuple[str | None, AnswerState]]]:
    for question, answer in sorted(told.items()):
        if held.get(question) != answer:
            yield question, answer
    for question in sorted(held.keys() - told.keys()):
        yield question, (None, "withdrawn")


def _batched(tasks: Iterable[Task], size: int) -> Iterator[list[Any]]:
    portion: list[Any] = []
    for task in tasks:
        portion.append(task)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
