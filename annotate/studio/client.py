"""The client of a Label Studio server: projects, tasks and answers, by Label Studio's own SDK."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from annotate.studio.replies import FIELDS, Annotation, Task, annotation, query, query_others, reason, trouble, utc
from schemas.errors import StudioError

__all__ = ["Annotation", "Studio", "Task", "utc"]

CHUNK = 1000  # tasks in one import; more at once is not faster
LIST_PAGE = 10_000
CHANGES_PAGE = 500
OTHERS = 100  # tasks in one question for others like them: it has to fit into an address
CONNECT_S, READ_S = 10, 900
KEY_HELP = "Copy it from Account & Settings in Label Studio and set LABEL_STUDIO_API_KEY to it"


@dataclass(frozen=True)
class Studio:
    """A Label Studio server as one user sees it; the token may be a legacy token or a personal access token.

    Every method raises StudioError with what to do when the server cannot be reached or refuses. Nothing is ever
    sent twice by itself.
    """

    address: str
    token: str = field(repr=False)

    def whoami(self) -> str:
        """The e-mail of the user the token belongs to."""
        with self._api("the token") as api:
            email = getattr(api.users.whoami(), "email", None)
        if not email:
            raise self._elsewhere()
        return str(email)

    def project(self, marker: str, title: str, interface: str, raters: int, instruction: str = "") -> int:
        """The id of the project that carries `marker` in its description, made or brought up to date if need be.

        Each task is offered to `raters` people, to each in an own order, without predictions, and can be skipped.
        """
        wanted = {
            "label_config": interface,
            "maximum_annotations": raters,
            "expert_instruction": instruction,
            "show_skip_button": True,
            "enable_empty_annotation": True,  # a face without any of forty emotions is an answer
            "show_collab_predictions": False,
            "sampling": "Uniform sampling",
        }
        existing = self._marked(marker, *wanted)
        with self._api("the project") as api:
            if existing is None:
                described = f"Made by emocurate, which finds this project by the next line.\n{marker}"
                return int(api.projects.create(title=title, description=described, **wanted).id)
            changed = {name: value for name, value in wanted.items() if getattr(existing, name, None) != value}
            if changed:
                api.projects.update(existing.id, **changed)
            return int(existing.id)

    def found(self, marker: str) -> int | None:
        """The id of the project that carries `marker` in its description, if there is one."""
        project = self._marked(marker)
        return None if project is None else int(project.id)

    def interface(self, project: int) -> str:
        """The labelling configuration the project has now."""
        with self._api("the project") as api:
            return str(api.projects.get(project).label_config)

    def serve_folder(self, project: int, folder: Path) -> None:
        """Lets browsers of this project have the files below `folder`, which the server must be able to see."""
        path = str(folder.resolve())
        with self._api(f"to serve {path}") as api:
            storages = api.import_storage.local
            if path not in {storage.path for storage in storages.list(project=project)}:
                storages.create(project=project, path=path, title="emocurate", use_blob_urls=True)

    def asked(self, project: int) -> dict[str, int]:
        """Every item that has a task in the project: its id, and the id of its task."""
        wanted = {"project": project, "fields": "task_only", "include": "id,data", "resolve_uri": False}
        with self._api("the tasks") as api:
            tasks = list(api.tasks.list(**wanted, page_size=LIST_PAGE))
        return {str(task.data["item_id"]): int(task.id) for task in tasks if "item_id" in task.data}

    def ask(self, project: int, tasks: Sequence[Mapping[str, str]]) -> None:
        """Adds a task for each data (item_id, media, context), a thousand in one call and each call once.

        When this raises, some tasks may be there and others not: `asked` says which.
        """
        for start in range(0, len(tasks), CHUNK):
            chunk = [{"data": dict(data)} for data in tasks[start : start + CHUNK]]
            with self._api("the tasks") as api:
                added = api.projects.import_tasks(project, request=chunk).task_count
            if added != len(chunk):
                raise StudioError(f"Label Studio took {added} of {len(chunk)} tasks; run push again")

    def task_count(self, project: int) -> int:
        """How many tasks the project has."""
        with self._api(f"project {project}") as api:
            return int(api.projects.get(project).task_number)

    def changed(self, project: int, since: str | None = None) -> Iterator[Task]:
        """Tasks whose annotations were made, changed or deleted at or after `since`, oldest first.

        Without `since` all tasks that have an annotation. Others may come too, without any; one that changes
        meanwhile comes twice.
        """
        counted = (None,) if since else ("total_annotations", "cancelled_annotations")  # the first leaves out skips
        streams = (self._changes(project, since, column) for column in counted)
        seen: set[tuple[int, str]] = set()
        for task in heapq.merge(*streams, key=attrgetter("updated_at")):
            key = (task.id, task.updated_at)
            if key not in seen and task.item_id:
                yield task
            seen.add(key)

    def others(self, project: int, tasks: Sequence[Task]) -> list[Task]:
        """Further tasks of the items of these tasks: somebody may have duplicated one, or imported it again."""
        further: list[Task] = []
        for start in range(0, len(tasks), OTHERS):
            portion = tasks[start : start + OTHERS]
            alike = query_others(sorted({task.item_id for task in portion}), [task.id for task in portion])
            further += self._page(project, alike, 1, LIST_PAGE)
        return further

    def answer(
        self, task: int, result: Sequence[Mapping[str, Any]], duration_ms: int | None = None, skipped: bool = False
    ) -> int:
        """The id of a new annotation of the token's owner, or of their skipping the task."""
        lead_time = None if duration_ms is None else duration_ms / 1000
        with self._api(f"an answer to task {task}") as api:
            answer = api.annotations.create(task, result=list(result), lead_time=lead_time, was_cancelled=skipped)
        return int(answer.id)

    def remove(self, project: int, tasks: Sequence[int]) -> None:
        """Delete tasks with their annotations."""
        for start in range(0, len(tasks), CHUNK):
            chosen = {"all": False, "included": list(tasks[start : start + CHUNK])}
            with self._api("the deletion of tasks") as api:
                api.actions.create(id="delete_tasks", project=project, selected_items=chosen)

    def remove_annotation(self, annotation: int) -> None:
        """Delete one annotation."""
        with self._api("the deletion of an annotation") as api:
            api.annotations.delete(annotation)

    def raters(self) -> dict[int, str]:
        """The e-mail of every user of the server by their id."""
        with self._api("the users") as api:
            return {int(user.id): str(user.email) for user in api.users.list()}

    # behind the methods

    def _marked(self, marker: str, *fields: str) -> Any:
        """The SDK's project with these fields that carries the marker, or None."""
        with self._api("the projects") as api:
            for project in api.projects.list(include=",".join(("id", "description", *fields)), page_size=100):
                if marker in (project.description or "").splitlines():
                    return project
        return None

    def _changes(self, project: int, since: str | None, counted: str | None) -> Iterator[Task]:
        page, more = 1, True
        while more:
            tasks = self._page(project, query(since, counted), page, CHANGES_PAGE)
            yield from tasks
            more = len(tasks) == CHANGES_PAGE
            # pages shift when somebody answers meanwhile: go on from the last time seen instead of the next number
            last = tasks[-1].updated_at if tasks else since
            since, page = (since, page + 1) if last == since else (last, 1)

    def _page(self, project: int, wanted: str, page: int, size: int) -> list[Task]:
        """One page of the tasks that a query wants, those that are not ours without an item; none past the end."""
        with self._api("the tasks") as api:
            try:
                tasks = api.tasks.list(
                    project=project, query=wanted, page=page, page_size=size, include=FIELDS, resolve_uri=False
                ).items
            except ApiError as error:
                if error.status_code != httpx.codes.NOT_FOUND or isinstance(error.body, str):
                    raise
                tasks = []
        return [self._task(task) for task in tasks]

    def _task(self, task: Any) -> Task:
        number = int(task.id)
        annotations = tuple(annotation(made, number, self._rater(made)) for made in task.annotations or ())
        return Task(number, str(task.data.get("item_id", "")), utc(task.updated_at), annotations)

    def _rater(self, made: Mapping[str, Any]) -> str:
        user = made.get("completed_by")
        number = user.get("id") if isinstance(user, Mapping) else user
        if number is not None and number not in self._emails:
            self._emails.update(self.raters())
        return self._emails.get(number or 0, f"user {number}")

    @cached_property
    def _emails(self) -> dict[int, str]:
        return {}

    @cached_property
    def _sdk(self) -> LabelStudio:
        """The SDK; by itself it sends twice what was refused or got no answer, and so would make tasks twice."""
        near = urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1")
        limits = httpx.Timeout(READ_S, connect=CONNECT_S)
        http = httpx.Client(timeout=limits, follow_redirects=True, trust_env=not near)
        address = f"{self.address.rstrip('/')}/"
        return LabelStudio(base_url=address, api_key=self.token, httpx_client=http, max_retries=0)

    @contextmanager
    def _api(self, what: str) -> Iterator[Any]:
        """The SDK, for one call; whatever it or the network raises is told as what it is, and without the token."""
        try:
            yield self._sdk
        except ApiError as error:
            raise self._refused(error, what) from None
        except httpx.TimeoutException:
            raise StudioError(f"Label Studio at {self.address} took too long over {what}; try again") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise StudioError(
                f"Label Studio does not answer at {self.address} ({trouble(error)}). "
                "Start ours with `emocurate studio`, or correct the address in emocurate.toml"
            ) from None

    def _refused(self, error: ApiError, what: str) -> StudioError:
        where, status = f"Label Studio at {self.address}", error.status_code or 0
        if status == httpx.codes.UNAUTHORIZED and "legacy" in str(error.body):
            return StudioError(f"{where} has legacy tokens switched off; make a personal access token. {KEY_HELP}")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return StudioError(f"{where} does not accept the token ({status}). {KEY_HELP}")
        if isinstance(error.body, str) and (status == httpx.codes.NOT_FOUND or httpx.codes.is_success(status)):
            return self._elsewhere()
        return StudioError(f"{where} refused {what} ({status}): {reason(error.body)}")

    def _elsewhere(self) -> StudioError:
        return StudioError(
            f"no Label Studio answers at {self.address}; expected its root address, such as "
            "https://label.example.org: correct labelling.address in emocurate.toml"
        )
