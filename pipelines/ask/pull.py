"""`pull`: the answers that changed since the last pull come home; nothing is overwritten, everything is kept."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.studio.client import Project, Studio, Task
from annotate.studio.interface import page
from annotate.studio.pages import changes
from pipelines.ask.differences import LOST_ROWS, Differences, Row
from pipelines.ask.look import Look, look, remember, seen_tasks
from pipelines.ask.sending import counter
from pipelines.engine.catalog import Catalog, now, state
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.engine.tombstones import tombstones
from pipelines.weigh.questions import name_of
from schemas.answers import Answer, Decision, Rater
from schemas.errors import Busy, EmocurateError, Unwritable
from schemas.scheme import Media, Scheme, scheme_from_dict

ASKS_AT_ONCE = 500
# The refused values of an origin that nothing can read, latest first.
REFUSED = """SELECT task, ask, rater, question, value, reason FROM open_refusals WHERE origin = ?
             ORDER BY updated_at DESC, task, rater, question"""
KEPT = "SELECT count(*) FROM latest_answers WHERE origin = ? AND state = 'given'"
HELD = """SELECT ask FROM current_answers WHERE origin = $origin AND state <> 'withdrawn'
          UNION SELECT ask FROM current_refusals WHERE origin = $origin AND state = 'open'"""
LOST = f"SELECT count(*) FROM current_answers WHERE origin = ? AND state <> 'withdrawn' AND id IN ({LOST_ROWS})"
EDITED = """SELECT count(*) FROM current_answers a JOIN answer_notes n USING (origin, ask, rater, updated_at)
            WHERE a.origin = ? AND a.state <> 'withdrawn' AND n.edited_by IS NOT NULL"""
READ = "SELECT coalesce(sum(annotations), 0) FROM seen_tasks WHERE origin = ?"
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
    why nothing or not all could be fetched. `withdrawn` answers were taken back, `gone_tasks` asks lost their task.
    `restored` says that Label Studio's database is older than the last pull, and `lost` how many answers it lacks that
    are kept here. `there` and `here` are the annotations Label Studio counts, and those read of them; `doubled` asks
    have more than one task, `foreign` are tasks that are not ours, `edited` answers were written by another account,
    and `projects` are all that carry our mark where there are several.
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
    withdrawn: int = 0
    gone_tasks: int = 0
    restored: bool = False
    lost: int = 0
    there: int = 0
    here: int = 0
    doubled: int = 0
    foreign: tuple[int, ...] = ()
    edited: int = 0
    projects: tuple[int, ...] = ()


def pull(
    home: Path,
    studio: Studio,
    people: Pseudonyms,
    report: Callable[[str], None] = lambda _: None,
    everything: bool = False,
) -> list[Pulled]:
    """Fetch the tasks that changed since the last pull, or `everything`, and withdraw the answers of deleted tasks.

    One project that cannot be read does not stop the others; raises StudioError where the server cannot be used.
    """
    studio.whoami()
    with lease(home, "pull"):
        return [
            _pulled(_Pull(home, scheme, media, origin, people, replaced), studio, report, everything)
            for origin, scheme, media, replaced in _projects(home)
        ]


def _pulled(one: "_Pull", studio: Studio, report: Callable[[str], None], everything: bool) -> Pulled:
    name = name_of(one.scheme)
    try:
        projects = studio.projects(one.origin)
        if not projects:
            kept = Catalog(one.home).rows(KEPT, [one.origin])[0][0]
            return Pulled(name, one.media, gone=True, kept=kept, replaced=one.replaced)
        report(f"{name}, {one.media}")
        return one.bring(studio, projects, everything)
    except (Busy, Unwritable):  # no project can be written down
        raise
    except EmocurateError as error:
        return Pulled(name, one.media, failed=str(error))
    except Exception as error:  # noqa: BLE001  # a reply in another form than Label Studio's, in whatever way
        return Pulled(name, one.media, failed=f"Label Studio answered in a form we do not know: {error!r}")


def _projects(home: Path) -> list[tuple[str, Scheme, Media, bool]]:
    rows = Catalog(home).rows(PROJECTS)
    return [(origin, scheme_from_dict(json.loads(body)), media, replaced) for origin, body, media, replaced in rows]


@dataclass(frozen=True)
class _Pull:
    """One pull from the projects of one origin, nearly always a single one."""

    home: Path
    scheme: Scheme
    media: Media
    origin: str
    people: Pseudonyms
    replaced: bool

    def bring(self, studio: Studio, projects: Sequence[Project], everything: bool) -> Pulled:
        """Read what changed, then count both sides."""
        catalog = Catalog(self.home)
        with catalog.open() as connection:
            pulls = catalog.fact(counter(self.origin))
            seen = seen_tasks(connection, self.origin)
            asks = connection.execute("SELECT id FROM asks WHERE scheme = ?", [self.scheme.id]).fetchall()
            held = connection.execute(HELD, {"origin": self.origin}).fetchall()
        told = max((one.pulls for one in projects if one.pulls is not None), default=None)
        # A clock may go back, and so may a database; the number of pulls in it then lags behind ours.
        older = pulls is not None and (told is None or told < int(pulls))
        here = look(studio, projects, {ask for (ask,) in asks}, seen, everything or older)
        pulled = self._read(studio, here, here.to_read(everything, [ask for (ask,) in held]), older)
        if self._remember_rest(catalog, here) + pulled.tasks + pulled.withdrawn or older:
            number = max(int(pulls or 0), told or 0) + 1
            studio.count_pulls(projects[0], number)  # there first: a kill between the two is no older database
            with catalog.open() as connection:
                state(connection, counter(self.origin), str(number))
        return self._counted(replace(pulled, restored=older), studio, here)

    def _read(self, studio: Studio, here: Look, asks: Sequence[str], older: bool) -> Pulled:
        """Commit what is said to these asks now, some at a time; all tasks of an ask together."""
        if not asks:
            return Pulled(name_of(self.scheme), self.media)
        catalog = Catalog(self.home)
        differences = Differences(self.origin, self.scheme, self.people, tombstones(self.home))
        tasks = answers = withdrawn = 0
        for start in range(0, len(asks), ASKS_AT_ONCE):
            portion = asks[start : start + ASKS_AT_ONCE]
            read: list[Task] = []
            for project, numbers in here.by_project(portion).items():
                read += studio.tasks(project, numbers)
            # A task that was listed and could not be read has not said that its answers are taken back.
            unread = {task for ask in portion for task in here.by_ask.get(ask, ())} - {task.id for task in read}
            portion = [ask for ask in portion if unread.isdisjoint(here.by_ask.get(ask, ()))]
            read = [task for task in read if task.item_id in portion]
            with catalog.open() as connection:
                rows = differences.rows(connection, _joined(portion, read), older)
                self._commit(catalog, connection, rows, read, here)
            given = [row.state for row in rows if isinstance(row, Answer)]
            tasks, withdrawn = tasks + len(read), withdrawn + given.count("withdrawn")
            answers += len(given) - given.count("withdrawn")
        return Pulled(name_of(self.scheme), self.media, tasks, answers, withdrawn=withdrawn)

    def _commit(
        self, catalog: Catalog, connection: DuckDBPyConnection, rows: Sequence[Row], read: Sequence[Task], here: Look
    ) -> None:
        raters = [
            Rater(rater, "person") for rater in sorted({row.rater for row in rows if not isinstance(row, Decision)})
        ]
        catalog.commit(connection, [*raters, *rows])
        # After the answers: a kill between the two only fetches the same tasks again. The times are those of the list:
        # what changed after it differs the next time.
        counted = [replace(here.tasks[task.id], annotations=len(task.annotations)) for task in read]
        remember(connection, self.origin, counted)

    def _remember_rest(self, catalog: Catalog, here: Look) -> int:
        """Note tasks that nobody has answered, and that some are gone, their answers withdrawn by now."""
        new = [task for task in here.tasks.values() if task.id not in here.seen and not task.annotations]
        foreign = [replace(task, item_id="", annotations=0) for task in here.foreign if here.is_news(task)]
        if not (new or foreign or here.gone):
            return 0
        with catalog.open() as connection:
            return remember(connection, self.origin, [*new, *foreign], here.gone)

    def _counted(self, pulled: Pulled, studio: Studio, here: Look) -> Pulled:
        """Both sides in numbers, and what of the project needs a look."""
        catalog, projects = Catalog(self.home), list(here.projects)
        foreign = sum(task.annotations for task in here.foreign)
        overviews = [studio.overview(project) for project in projects]
        with catalog.open():
            refused, ((lost,),), ((read,),), ((edited,),) = (
                catalog.rows(query, [self.origin]) for query in (REFUSED, LOST, READ, EDITED)
            )
        return replace(
            pulled,
            refused=tuple(RefusedAnswer(*row) for row in refused),
            changed=tuple(changes(page(self.scheme, self.media), overviews[0][1])),
            # by asks: a copy is no loss, and Label Studio gives the number of its newest task again after it
            gone_tasks=len({ask for ask, *_ in here.seen.values()} - {"", *here.by_ask}),
            lost=lost,
            there=sum(annotations for annotations, _ in overviews) - foreign,
            here=int(read),
            doubled=here.doubled,
            foreign=tuple(task.id for task in here.foreign),
            edited=edited,
            projects=tuple(projects) if len(projects) > 1 else (),
        )


def _joined(asks: Sequence[str], tasks: Iterable[Task]) -> list[Task]:
    """One task an ask, with the annotations of all tasks that ask it; without any when all of them are gone."""
    by_ask: dict[str, list[Task]] = {ask: [] for ask in asks}
    for task in tasks:
        by_ask.setdefault(task.item_id, []).append(task)
    return [
        Task(
            max((task.id for task in same), default=0),
            ask,
            max((task.updated_at for task in same), default=now()),
            tuple(annotation for task in same for annotation in task.annotations),
            tuple(prediction for task in same for prediction in task.predictions),
        )
        for ask, same in by_ask.items()
    ]
