"""What Label Studio lists of our projects, against the tasks as they were last read: no clock is trusted for this."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.studio.client import Listed, Project, Studio
from pipelines.engine.catalog import insert

Seen = dict[int, tuple[str, str, int]]  # task to its ask ("": not ours), the time of its last change, its annotations


@dataclass(frozen=True)
class Look:
    """All tasks of the projects of one origin, by project, with what was seen of them before.

    `asks` are those of the scheme: a task that carries none of them is somebody else's.
    """

    projects: Mapping[int, Sequence[Listed]]
    asks: Container[str]
    seen: Seen

    @cached_property
    def tasks(self) -> dict[int, Listed]:
        """Our tasks by id."""
        return {one.id: one for listed in self.projects.values() for one in listed if one.item_id in self.asks}

    @cached_property
    def by_ask(self) -> dict[str, list[int]]:
        """The ids of the tasks of each ask; more than one where it was doubled."""
        tasks: dict[str, list[int]] = {}
        for task in self.tasks.values():
            tasks.setdefault(task.item_id, []).append(task.id)
        return tasks

    @cached_property
    def foreign(self) -> list[Listed]:
        """Tasks that are not ours: an annotator made them up, or another collection."""
        return [one for listed in self.projects.values() for one in listed if one.item_id not in self.asks]

    @cached_property
    def gone(self) -> set[int]:
        """Tasks that were seen and are not there any more."""
        return self.seen.keys() - {one.id for listed in self.projects.values() for one in listed}

    def is_news(self, task: Listed) -> bool:
        """Whether a task that is not ours was not known as that."""
        return self.seen.get(task.id, (None,))[0] != ""

    @property
    def doubled(self) -> int:
        """How many asks have more than one task."""
        return sum(len(tasks) > 1 for tasks in self.by_ask.values())

    def by_project(self, asks: Iterable[str]) -> dict[int, list[int]]:
        """The ids of all tasks of these asks, project by project."""
        wanted = {task for ask in asks for task in self.by_ask.get(ask, ())}
        return {number: [one.id for one in listed if one.id in wanted] for number, listed in self.projects.items()}

    def to_read(self, everything: bool, held: Iterable[str]) -> list[str]:
        """The asks whose tasks differ from what was seen, or are gone; all with answers where `everything` is wanted.

        `held` are the asks of which we hold answers.
        """
        changed = {task.item_id for task in self.tasks.values() if self._changed(task, everything)}
        now = {one.id: one.item_id for listed in self.projects.values() for one in listed}
        vanished = {ask for task, (ask, _, _) in self.seen.items() if now.get(task) != ask} - {""}
        return sorted(changed | vanished | {ask for ask in held if everything or ask not in self.by_ask})

    def _changed(self, task: Listed, everything: bool) -> bool:
        if everything or task.id not in self.seen:
            return task.annotations > 0
        return self.seen[task.id] != (task.item_id, task.updated_at, task.annotations)


def look(studio: Studio, projects: Sequence[Project], asks: Container[str], seen: Seen, whole: bool) -> Look:
    """What all projects of an origin hold now.

    A list of all tasks takes 3 s for 10,000. Unless the `whole` is wanted, those that have an answer do, when the
    number of tasks and the newest of them are as they were: then none has been made, and so none deleted.
    """
    if not whole and len(projects) == 1:
        number = projects[0].id
        count, newest = studio.newest(number)
        if newest and count == len(seen) and _same(newest, seen):
            answered = studio.listed(number, answered=True)
            rest = seen.keys() - {task.id for task in answered}
            return Look({number: [*answered, *(Listed(task, *seen[task][:2], 0) for task in sorted(rest))]}, asks, seen)
    return Look({project.id: studio.listed(project.id) for project in projects}, asks, seen)


def _same(task: Listed, seen: Seen) -> bool:
    ask, updated_at, _ = seen.get(task.id, ("", "", 0))
    return updated_at == task.updated_at and ask in ("", task.item_id)


def seen_tasks(connection: DuckDBPyConnection, origin: str) -> Seen:
    """The tasks of an origin as they were last read."""
    query = "SELECT task, ask, updated_at, annotations FROM seen_tasks WHERE origin = ?"
    return {task: (ask, at, count) for task, ask, at, count in connection.execute(query, [origin]).fetchall()}


def remember(connection: DuckDBPyConnection, origin: str, tasks: Sequence[Listed], gone: Iterable[int] = ()) -> int:
    """Put these tasks in the place of what was seen of them, and leave out those that are gone; gives how many."""
    numbers = [*(task.id for task in tasks), *gone]
    if not numbers:
        return 0
    connection.begin()
    connection.execute(
        "DELETE FROM seen_tasks WHERE origin = ? AND task IN (SELECT unnest(?::BIGINT[]))", [origin, numbers]
    )
    columns: dict[str, list[Any]] = {
        "origin": [origin] * len(tasks),
        "task": [task.id for task in tasks],
        "ask": [task.item_id for task in tasks],
        "updated_at": [task.updated_at for task in tasks],
        "annotations": [task.annotations for task in tasks],
    }
    insert(connection, "seen_tasks", columns)
    connection.commit()
    return len(numbers)
