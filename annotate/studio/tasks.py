"""The tasks of a project as a Label Studio server lists and shows them, also where it fails over some of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import httpx
from label_studio_sdk.core.api_error import ApiError

from annotate.studio.connection import Connection, whole
from annotate.studio.responses import (
    BARE,
    FIELDS,
    LISTED,
    Listed,
    Task,
    annotation,
    listed,
    prediction,
    query,
    query_answered,
    utc,
)  # fmt: skip

LIST_PAGE = 10_000
READ_AT_ONCE = 250  # tasks read in one question: their ids have to fit into an address
AS_LIST: dict[str, Any] = {"fields": "task_only", "include": LISTED, "resolve_uri": False}
UNREADABLE = "Label Studio itself cannot hand it out, as half a character (a lone surrogate) is in it; delete it there"


@dataclass(frozen=True)
class Tasks(Connection):
    """A server, as far as its tasks are read."""

    def listed(self, project: int, answered: bool = False) -> list[Listed]:
        """Every task of the project, or those that are `answered`: how many annotations they have, skips too."""
        wanted = {"query": query_answered()} if answered else {}
        tasks: list[Listed] = []
        for page in count(1):
            more = self._listed_page(project, page, wanted)
            tasks += more
            if len(more) < LIST_PAGE:  # the SDK would ask for one page more, and be refused
                break
        return tasks

    def newest(self, project: int) -> tuple[int, Listed | None]:
        """How many tasks the project has, and the one that was made last."""
        ordered = json.dumps({"ordering": ["-tasks:id"]})
        with self._api("the tasks") as api:
            page = api.tasks.list(project=project, query=ordered, page=1, page_size=1, **AS_LIST)
        return int(page.response.total), listed(page.items[0]) if page.items else None

    def task_count(self, project: int) -> int:
        """How many tasks the project has."""
        with self._api(f"project {project}") as api:
            return int(api.projects.get(project).task_number)

    def tasks(self, project: int, tasks: Sequence[int]) -> Iterator[Task]:
        """These tasks with all their annotations, some at a time; those that are gone are missing."""
        for start in range(0, len(tasks), READ_AT_ONCE):
            yield from self._read(project, tasks[start : start + READ_AT_ONCE])

    def answered(self, project: int) -> Iterator[Task]:
        """All tasks that have an annotation."""
        return self.tasks(project, [task.id for task in self.listed(project, answered=True)])

    def begun(self, project: int, tasks: Sequence[int]) -> set[int]:
        """Which of these tasks somebody has begun to answer: they have an annotation by now, or a draft."""
        begun: set[int] = set()
        for start in range(0, len(tasks), READ_AT_ONCE):
            portion = query(tasks[start : start + READ_AT_ONCE])
            wanted = {**AS_LIST, "include": f"{LISTED},draft_exists"}
            with self._api("the tasks") as api:
                pages = api.tasks.list(project=project, query=portion, page_size=READ_AT_ONCE, **wanted)
                found = whole(pages, READ_AT_ONCE)
            begun |= {
                int(task.id)
                for task in found
                if task.total_annotations or task.cancelled_annotations or task.draft_exists
            }
        return begun

    def raters(self) -> dict[int, str]:
        """The e-mail of every user of the server by their id."""
        with self._api("the users") as api:
            return {int(user.id): str(user.email) for user in api.users.list()}

    # behind the methods

    def _listed_page(self, project: int, page: int, wanted: Mapping[str, Any]) -> list[Listed]:
        """One page of a list of tasks; none past the end."""
        with self._api("the tasks") as api:
            try:
                read = api.tasks.list(project=project, page=page, page_size=LIST_PAGE, **AS_LIST, **wanted).items
            except ApiError as error:
                if error.status_code != httpx.codes.NOT_FOUND or page == 1:
                    raise
                read = []
        return [listed(task) for task in read or ()]

    def _read(self, project: int, tasks: Sequence[int]) -> Iterator[Task]:
        """These tasks; where the server fails over some, those are found by halving, and read without results."""
        try:
            yield from self._page(project, tasks, FIELDS)
        except ApiError as error:
            if (error.status_code or 0) < httpx.codes.INTERNAL_SERVER_ERROR:
                raise self._refused(error, "the tasks") from None
            half = len(tasks) // 2
            if half:
                yield from self._read(project, tasks[:half])
                yield from self._read(project, tasks[half:])
            else:
                yield from self._page(project, tasks, BARE)

    def _page(self, project: int, tasks: Sequence[int], include: str) -> list[Task]:
        """Raises ApiError where the server fails itself."""
        wanted = {"query": query(tasks), "page_size": len(tasks), "include": include, "resolve_uri": False}
        with self._api("the tasks", passing=(ApiError,)):
            read = self._sdk.tasks.list(project=project, page=1, **wanted).items or []
        return [self._task(task, bare=include == BARE) for task in read]

    def _task(self, task: Any, bare: bool) -> Task:
        number = int(task.id)
        made = [self._with_result(one) if bare else one for one in task.annotations or ()]
        annotations = tuple(
            annotation(
                one,
                number,
                self._account(one.get("completed_by")),
                self._account(one["updated_by"]) if "updated_by" in one else None,
            )
            for one in made
        )
        shown = tuple(prediction(one) for one in getattr(task, "predictions", None) or ())
        return Task(number, str(task.data.get("item_id", "")), utc(task.updated_at), annotations, shown)

    def _with_result(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """An annotation with what it says, or with the reason why nobody can read that."""
        with self._api("an annotation", passing=(ApiError,)) as api:
            try:
                whole = api.annotations.get(made["id"])
            except ApiError:
                return {**made, "unreadable": UNREADABLE}
        return {**made, "result": whole.result}

    def _account(self, user: Any) -> str:
        """The e-mail of a user, given by their id or as a table with it."""
        number = user.get("id") if isinstance(user, Mapping) else user
        if number is not None and number not in self._emails:
            self._emails.update(self.raters())
        return self._emails.get(number or 0, f"user {number}")

    @cached_property
    def _emails(self) -> dict[int, str]:
        return {}
