"""The client of a Label Studio server: projects, tasks and answers over its API."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.client_wrapper import SyncClientWrapper

from annotate.studio.replies import (
    CHANGE_FIELDS,
    Annotation,
    Task,
    annotation,
    is_json,
    query,
    query_others,
    reason,
    trouble,
    utc,
)
from schemas.errors import StudioError

__all__ = ["Annotation", "Studio", "Task", "utc"]

CHUNK = 1000  # tasks in one import; more at once is not faster
LIST_PAGE = 10_000
CHANGES_PAGE = 500
OTHERS = 100  # tasks in one question for others like them: it has to fit into an address
CONNECT_S, READ_S = 10, 900
KEY_HELP = "Copy it from Account & Settings in Label Studio and set LABEL_STUDIO_API_KEY to it"
Method = Literal["GET", "POST", "PATCH", "DELETE"]


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
        said = self._call("GET", "/api/current-user/whoami")
        if not isinstance(said, Mapping) or "email" not in said:
            raise self._elsewhere()
        return str(said["email"])

    def project(self, marker: str, title: str, interface: str, raters: int, instruction: str = "") -> int:
        """The id of the project that carries `marker` in its description, made or brought up to date if need be.

        Each task is offered to `raters` people, in order, without predictions, and can be skipped.
        """
        wanted = {
            "label_config": interface,
            "maximum_annotations": raters,
            "expert_instruction": instruction,
            "show_skip_button": True,
            "enable_empty_annotation": True,  # a face without any of forty emotions is an answer
            "show_collab_predictions": False,
            "sampling": "Sequential sampling",
        }
        found = self._marked(marker, ",".join(("id", "description", *wanted)))
        if found is None:
            described = f"Made by emocurate, which finds this project by the next line.\n{marker}"
            made = self._call("POST", "/api/projects", body={**wanted, "title": title, "description": described})
            return int(made["id"])
        changed = {name: value for name, value in wanted.items() if found.get(name) != value}
        if changed:
            self._call("PATCH", f"/api/projects/{found['id']}", body=changed)
        return int(found["id"])

    def found(self, marker: str) -> int | None:
        """The id of the project that carries `marker` in its description, if there is one."""
        project = self._marked(marker, "id,description")
        return None if project is None else int(project["id"])

    def interface(self, project: int) -> str:
        """The labelling configuration the project has now."""
        return str(self._call("GET", f"/api/projects/{project}")["label_config"])

    def serve_folder(self, project: int, folder: Path) -> None:
        """Lets browsers of this project have the files below `folder`, which the server must be able to see."""
        path = str(folder.resolve())
        storages = self._call("GET", "/api/storages/localfiles", {"project": project})
        if path not in {storage["path"] for storage in storages}:
            body = {"project": project, "path": path, "title": "emocurate", "use_blob_urls": True}
            self._call("POST", "/api/storages/localfiles", body=body)

    def asked(self, project: int) -> dict[str, int]:
        """Every item that has a task in the project: its id, and the id of its task."""
        wanted = {"project": project, "fields": "task_only", "include": "id,data", "resolve_uri": "false"}
        tasks: list[dict[str, Any]] = []
        page, total = 0, 1
        while len(tasks) < total:
            page += 1
            answer = self._call("GET", "/api/tasks", {**wanted, "page": page, "page_size": LIST_PAGE}, missing=_NONE)
            tasks += answer["tasks"]
            total = answer["total"] if answer["tasks"] else 0
        return {str(task["data"]["item_id"]): int(task["id"]) for task in tasks if "item_id" in task["data"]}

    def ask(self, project: int, tasks: Sequence[Mapping[str, str]]) -> None:
        """Adds a task for each data (item_id, media, context), a thousand in one call and each call once.

        When this raises, some tasks may be there and others not: `asked` says which.
        """
        for start in range(0, len(tasks), CHUNK):
            chunk = [{"data": dict(data)} for data in tasks[start : start + CHUNK]]
            added = self._call("POST", f"/api/projects/{project}/import", body=chunk)["task_count"]
            if added != len(chunk):
                raise StudioError(f"Label Studio took {added} of {len(chunk)} tasks; run push again")

    def task_count(self, project: int) -> int:
        """How many tasks the project has."""
        return int(self._call("GET", f"/api/projects/{project}")["task_number"])

    def changed(self, project: int, since: str | None = None) -> Iterator[Task]:
        """Tasks whose annotations were made, changed or deleted at or after `since`, oldest first.

        Without `since` all tasks that have an annotation. Others may come too, without any; one that changes
        meanwhile comes twice.
        """
        counted = (None,) if since else ("total_annotations", "cancelled_annotations")  # the first leaves out skips
        streams = (self._changes(project, since, one) for one in counted)
        seen: set[tuple[int, str]] = set()
        for task in heapq.merge(*streams, key=itemgetter("updated_at")):
            key = (task["id"], task["updated_at"])
            if key not in seen and "item_id" in task["data"]:
                yield self._task(task)
            seen.add(key)

    def others(self, project: int, tasks: Sequence[Task]) -> list[Task]:
        """Further tasks of the items of these tasks: somebody may have duplicated one, or imported it again."""
        found: list[Task] = []
        wanted = {"project": project, "fields": "all", "include": CHANGE_FIELDS, "resolve_uri": "false"}
        for start in range(0, len(tasks), OTHERS):
            some = tasks[start : start + OTHERS]
            alike = query_others(sorted({task.item_id for task in some}), [task.id for task in some])
            asked = {**wanted, "query": alike, "page_size": LIST_PAGE}
            found += [self._task(task) for task in self._call("GET", "/api/tasks", asked)["tasks"]]
        return found

    def answer(
        self, task: int, result: Sequence[Mapping[str, Any]], duration_ms: int | None = None, skipped: bool = False
    ) -> int:
        """The id of a new annotation of the token's owner, or of their skipping the task."""
        lead_time = None if duration_ms is None else duration_ms / 1000
        body = {"result": list(result), "lead_time": lead_time, "was_cancelled": skipped}
        return int(self._call("POST", f"/api/tasks/{task}/annotations", body=body)["id"])

    def raters(self) -> dict[int, str]:
        """The e-mail of every user of the server by their id."""
        return {int(user["id"]): str(user["email"]) for user in self._call("GET", "/api/users")}

    # behind the methods

    def _marked(self, marker: str, fields: str) -> dict[str, Any] | None:
        page, following = 0, True
        while following:
            page += 1
            answer = self._call("GET", "/api/projects", {"include": fields, "page_size": 100, "page": page})
            for project in answer["results"]:
                if marker in (project.get("description") or "").splitlines():
                    return dict(project)
            following = bool(answer.get("next"))
        return None

    def _changes(self, project: int, since: str | None, counted: str | None) -> Iterator[dict[str, Any]]:
        wanted = {"project": project, "fields": "all", "include": CHANGE_FIELDS, "resolve_uri": "false"}
        page, more = 1, True
        while more:
            asked = {**wanted, "query": query(since, counted), "page": page, "page_size": CHANGES_PAGE}
            tasks = self._call("GET", "/api/tasks", asked, missing=_NONE)["tasks"]
            yield from ({**task, "updated_at": utc(task["updated_at"])} for task in tasks)
            more = len(tasks) == CHANGES_PAGE
            # pages shift when somebody answers meanwhile: go on from the last time seen instead of the next number
            last = utc(tasks[-1]["updated_at"]) if tasks else since
            since, page = (since, page + 1) if last == since else (last, 1)

    def _task(self, said: Mapping[str, Any]) -> Task:
        task = int(said["id"])
        annotations = tuple(annotation(one, task, self._rater(one)) for one in said.get("annotations") or ())
        return Task(task, str(said["data"]["item_id"]), utc(said["updated_at"]), annotations)

    def _rater(self, said: Mapping[str, Any]) -> str:
        user = said.get("completed_by")
        number = user.get("id") if isinstance(user, Mapping) else user
        if number is not None and number not in self._emails:
            self._emails.update(self.raters())
        return self._emails.get(number or 0, f"user {number}")

    @cached_property
    def _emails(self) -> dict[int, str]:
        return {}

    @cached_property
    def _http(self) -> httpx.Client:
        near = urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1")
        limits = httpx.Timeout(READ_S, connect=CONNECT_S)
        return httpx.Client(base_url=self.address, timeout=limits, follow_redirects=True, trust_env=not near)

    @cached_property
    def _keys(self) -> SyncClientWrapper:
        """Knows which header a token needs, and renews the short-lived keys behind a personal access token."""
        return SyncClientWrapper(api_key=self.token, base_url=f"{self.address.rstrip('/')}/", httpx_client=self._http)

    def _call(
        self, method: Method, path: str, params: Mapping[str, Any] | None = None, body: Any = None, missing: Any = None
    ) -> Any:
        """What the server answers, read as JSON; `missing` instead of an error when there is no such thing."""
        content = None if body is None else json.dumps(body).encode()
        try:
            headers = {**self._keys.get_headers(), "Content-Type": "application/json"}
            answer = self._http.request(method, path, params=params, content=content, headers=headers)
        except ApiError as error:
            raise self._refused(error.status_code or 0, str(error.body)) from None
        except httpx.TimeoutException:
            raise StudioError(f"Label Studio at {self.address} took too long ({method} {path}); try again") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise StudioError(
                f"Label Studio does not answer at {self.address} ({trouble(error)}). "
                "Start ours with `emocurate studio`, or correct the address in emocurate.toml"
            ) from None
        if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
            return missing
        if answer.is_error:
            raise self._refused(answer.status_code, answer.text, f"{method} {path}")
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise self._elsewhere() from None

    def _refused(self, status: int, text: str, what: str = "the token") -> StudioError:
        where = f"Label Studio at {self.address}"
        if status == 401 and "legacy" in text:
            return StudioError(f"{where} has legacy tokens switched off; make a personal access token. {KEY_HELP}")
        if status in (401, 403):
            return StudioError(f"{where} does not accept the token ({status}). {KEY_HELP}")
        if status == 404 and not is_json(text):
            return self._elsewhere()
        return StudioError(f"{where} refused {what} ({status}): {reason(text)}")

    def _elsewhere(self) -> StudioError:
        return StudioError(
            f"no Label Studio answers at {self.address}; expected its root address, such as "
            "https://label.example.org: correct labelling.address in emocurate.toml"
        )


_NONE: dict[str, Any] = {"tasks": [], "total": 0}  # a page past the end is not found
