"""`pull`: the answers that changed since the last pull come home; nothing is overwritten, everything is kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.studio.client import Studio, Task
from annotate.studio.interface import interface
from annotate.studio.pages import changes
from pipelines.ask.differences import TIME, Differences, Row, moved
from pipelines.engine.catalog import Catalog, insert
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import tombstones
from pipelines.weigh.questions import name_of
from schemas.answers import Answer, Rater
from schemas.errors import BadInput, StudioError
from schemas.scheme import Media, Scheme, scheme_from_dict

TASKS_AT_ONCE = 500
OVERLAP = timedelta(seconds=60)
# The refused values of an origin that nothing can read, latest first.
REFUSED = """SELECT task, ask, rater, question, value, reason FROM open_refusals WHERE origin = ?
             ORDER BY updated_at DESC, task, rater, question"""
KEPT = "SELECT count(*) FROM latest_answers WHERE origin = ? AND state = 'given'"
# Every project that was ever made, with its scheme as it was then, and whether a later one stands in its place.
PROJECTS = """
    SELECT o.id, s.body, o.modality,
           row_number() OVER (PARTITION BY o.scheme, o.modality ORDER BY o.added_at DESC, o.id) > 1
    FROM origins o JOIN schemes s ON s.id = o.scheme WHERE o.modality <> ''
    ORDER BY s.name, s.id, o.modality DESC, o.added_at DESC, o.id"""


@dataclass(frozen=True)
class RefusedAnswer:
    """What one annotation holds that is no answer of its scheme; `value` is JSON."""

    task: int
    ask: str
    rater: str
    question: str | None
    value: str
    reason: str


@dataclass(frozen=True)
class Pulled:
    """What one pull brought from one project: rows from so many tasks.

    `refused` is all that cannot be read and still stands, `changed` how the project's page differs from ours. Of a
    project that is gone, `kept` answers stay, and `replaced` says whether there is a newer one; `failed` is the reason
    why nothing or not all could be fetched.
    """

    scheme: str
    media: Media
    tasks: int = 0
    answers: int = 0
    refused: tuple[RefusedAnswer, ...] = ()
    changed: tuple[str, ...] = ()
    gone: bool = False
    kept: int = 0
    replaced: bool = False
    failed: str | None = None


def pull(
    home: Path,
    studio: Studio,
    people: Pseudonyms,
    report: Callable[[str], None] = lambda _: None,
) -> list[Pulled]:
    """Fetch the tasks that changed since the last pull, and withdraw the answers of tasks that are gone.

    One project that cannot be read does not stop the others; raises StudioError where the server cannot be used.
    """
    studio.whoami()
    with lease(home, "pull"):
        return [
            _pulled(_Pull(home, scheme, media, origin, people, replaced), studio, report)
            for origin, scheme, media, replaced in _projects(home)
        ]


def _pulled(one: "_Pull", studio: Studio, report: Callable[[str], None]) -> Pulled:
    name = name_of(one.scheme)
    try:
        project = studio.found(one.origin)
        if project is None:
            kept = Catalog(one.home).rows(KEPT, [one.origin])[0][0]
            return Pulled(name, one.media, gone=True, kept=kept, replaced=one.replaced)
        report(f"{name}, {one.media}")
        return one.bring(studio, project)
    except (StudioError, BadInput) as error:
        return Pulled(name, one.media, failed=str(error))
    except (LookupError, TypeError, ValueError) as error:  # a reply in another form than Label Studio's
        return Pulled(name, one.media, failed=f"Label Studio answered in a form we do not know: {error!r}")


def _projects(home: Path) -> list[tuple[str, Scheme, Media, bool]]:
    rows = Catalog(home).rows(PROJECTS)
    return [(origin, scheme_from_dict(json.loads(body)), media, replaced) for origin, body, media, replaced in rows]


@dataclass(frozen=True)
class _Pull:
    """One pull from one project."""

    home: Path
    scheme: Scheme
    media: Media
    origin: str
    people: Pseudonyms
    replaced: bool

    def bring(self, studio: Studio, project: int) -> Pulled:
        catalog, differences = (
            Catalog(self.home),
            Differences(self.origin, self.scheme, self.people, tombstones(self.home)),
        )
        query = "SELECT max(cursor) FROM pulls WHERE origin = ?"
        since = catalog.rows(query, [self.origin])[0][0]
        tasks = answers = 0
        # What was changed before the last look and written after it is seen by looking back a little.
        for portion in _batched(studio.changed(project, since and moved(since, -OVERLAP)), TASKS_AT_ONCE):
            asks = _joined([*studio.others(project, portion), *portion])
            with catalog.open() as connection:
                rows = differences.rows(connection, asks)
                self._commit(catalog, connection, rows, portion[-1].updated_at)
            tasks, answers = tasks + len(portion), answers + sum(isinstance(row, Answer) for row in rows)
        answers += self._withdraw_gone(catalog, differences, studio, project)
        refused = tuple(RefusedAnswer(*row) for row in catalog.rows(REFUSED, [self.origin]))
        changed = changes(interface(self.scheme, self.media), studio.interface(project))
        return Pulled(name_of(self.scheme), self.media, tasks, answers, refused, tuple(changed))

    def _commit(
        self, catalog: Catalog, connection: DuckDBPyConnection, rows: Sequence[Row], cursor: str | None
    ) -> None:
        raters = [Rater(rater, "person") for rater in sorted({row.rater for row in rows})]
        catalog.commit(connection, [*raters, *rows])
        if cursor:  # after the answers: a kill between the two only fetches the same tasks again
            insert(connection, "pulls", {"origin": [self.origin], "cursor": [cursor]})

    def _withdraw_gone(self, catalog: Catalog, differences: Differences, studio: Studio, project: int) -> int:
        """Tasks that somebody deleted are invisible to an incremental look: when the number is wrong, compare ids."""
        expected = """SELECT count(*) FROM asks JOIN about ON about.item = asks.item
                      WHERE asks.scheme = ? AND about.modality = ?"""
        if studio.task_count(project) == catalog.rows(expected, [self.scheme.id, self.media])[0][0]:
            return 0
        held = """SELECT ask FROM current_answers WHERE origin = $origin AND state <> 'withdrawn'
                  UNION SELECT ask FROM current_refusals WHERE origin = $origin AND state = 'open'"""
        ours = {row[0] for row in catalog.rows(held, {"origin": self.origin})}
        gone = sorted(ours - studio.asked(project).keys())
        if not gone:
            return 0
        with catalog.open() as connection:
            rows = differences.gone(connection, gone, datetime.now(UTC).strftime(TIME))
            self._commit(catalog, connection, rows, None)
        return sum(isinstance(row, Answer) for row in rows)


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


def _batched(tasks: Iterable[Task], size: int) -> Iterator[list[Any]]:
    portion: list[Any] = []
    for task in tasks:
        portion.append(task)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
