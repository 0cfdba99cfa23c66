"""The client of a Label Studio server: projects, tasks and annotations over its API."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from schemas.errors import StudioError

if TYPE_CHECKING:
    import httpx
    from label_studio_sdk.core.client_wrapper import SyncClientWrapper

CHUNK = 1000  # tasks in one import; more at once is slower, never faster
LIST_PAGE = 10_000
CHANGES_PAGE = 500
CONNECT_S, READ_S = 10, 900
KEY_HELP = "Copy it from Account & Settings in Label Studio and set LABEL_STUDIO_API_KEY to it"
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Annotation:
    """What one rater did with one task; `skipped` means they declined, `by_prediction` that they started from a model's.

    `result` is Label Studio's own form, times are ISO 8601 in UTC with microseconds and Z.
    """

    id: int
    rater: str
    created_at: str
    updated_at: str
    result: tuple[Mapping[str, Any], ...]
    skipped: bool
    duration_ms: int | None
    by_prediction: bool


@dataclass(frozen=True)
class Task:
    """A task with every annotation it has now, of whomever."""

    id: int
    item_id: str
    updated_at: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class Studio:
    """A Label Studio server as one user sees it; the token may be a legacy token or a personal access token.

    Every method raises StudioError with what to do when the server cannot be reached or refuses. Nothing that writes
    is ever sent twice.
    """

    address: str
    token: str = field(repr=False)

    def whoami(self) -> str:
        """The e-mail of the user the token belongs to."""
        return str(self._call("GET", "/api/current-user/whoami")["email"])

    def project(self, marker: str, title: str, interface: str, raters: int, instruction: str = "") -> int:
        """The id of the project whose description carries `marker`; made if there is none, brought up to date if need be.

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
        found = self._marked(marker)
        if found is None:
            described = f"Made by emocurate, which finds this project by the next line.\n{marker}"
            made = self._call("POST", "/api/projects", body={**wanted, "title": title, "description": described})
            return int(made["id"])
        changed = {name: value for name, value in wanted.items() if found.get(name) != value}
        if changed:
            self._call("PATCH", f"/api/projects/{found['id']}", body=changed)
        return int(found["id"])

    def serve_folder(self, project: int, folder: Path) -> None:
        """Lets browsers of this project have the files below `folder`, which the server must be able to see."""
        path = str(folder.resolve())
        for storage in self._call("GET", "/api/storages/localfiles", {"project": project}):
            if storage["path"] == path:
                return
        body = {"project": project, "path": path, "title": "emocurate", "use_blob_urls": True}
        self._call("POST", "/api/storages/localfiles", body=body)

    def asked(self, project: int) -> dict[str, int]:
        """Every item that has a task in the project: its id, and the id of its task."""
        wanted = {"project": project, "fields": "task_only", "include": "id,data", "resolve_uri": "false"}
        tasks: list[dict[str, Any]] = []
        for page in range(1, 1_000_000):
            answer = self._call("GET", "/api/tasks", {**wanted, "page": page, "page_size": LIST_PAGE})
            tasks += answer["tasks"]
            if len(tasks) >= answer["total"] or not answer["tasks"]:
                break
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
        """Tasks that were annotated, or whose annotations were changed or deleted, at or after `since`; oldest first.

        Without `since`: all tasks that have an annotation. A task that changes meanwhile may come twice.
        """
        seen: set[tuple[int, str]] = set()
        page = 1
        while True:
            tasks = self._changes(project, since, page)
            for task in tasks:
                key = (int(task["id"]), str(task["updated_at"]))
                if key not in seen and "item_id" in task["data"]:
                    yield self._task(task)
                seen.add(key)
            if len(tasks) < CHANGES_PAGE:
                return
            # pages shift when somebody answers meanwhile: go on from the last time seen instead of the next number
            last = utc(tasks[-1]["updated_at"])
            since, page = (since, page + 1) if last == since else (last, 1)

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

    def _marked(self, marker: str) -> dict[str, Any] | None:
        page: str | None = "/api/projects?page_size=100"
        while page:
            answer = self._call("GET", page)
            for project in answer["results"]:
                if marker in (project.get("description") or "").splitlines():
                    return dict(project)
            page = answer.get("next") and f"{urlsplit(answer['next']).path}?{urlsplit(answer['next']).query}"
        return None

    def _changes(self, project: int, since: str | None, page: int) -> list[dict[str, Any]]:
        query = {"filters": _since(since) if since else _annotated(), "ordering": ["tasks:updated_at"]}
        wanted = {
            "project": project,
            "fields": "all",
            "include": "id,data,annotations,updated_at",
            "query": json.dumps(query),
        }
        answer = self._call(
            "GET", "/api/tasks", {**wanted, "resolve_uri": "false", "page": page, "page_size": CHANGES_PAGE}, missing={}
        )
        return list(answer.get("tasks", ()))

    def _task(self, task: Mapping[str, Any]) -> Task:
        annotations = tuple(self._annotation(one) for one in task.get("annotations") or ())
        return Task(int(task["id"]), str(task["data"]["item_id"]), utc(task["updated_at"]), annotations)

    def _annotation(self, one: Mapping[str, Any]) -> Annotation:
        lead_time, parts = one.get("lead_time"), one.get("result") or ()
        return Annotation(
            id=int(one["id"]),
            rater=self._rater(one.get("completed_by")),
            created_at=utc(one["created_at"]),
            updated_at=utc(one["updated_at"]),
            result=tuple(parts),
            skipped=bool(one.get("was_cancelled")),
            duration_ms=None if lead_time is None else round(1000 * lead_time),
            by_prediction=one.get("parent_prediction") is not None
            or any(str(part.get("origin", "")).startswith("prediction") for part in parts),
        )

    def _rater(self, completed_by: Any) -> str:
        number = completed_by.get("id") if isinstance(completed_by, Mapping) else completed_by
        if number not in self._emails:
            self._emails.update(self.raters())
        return self._emails.get(number, f"user {number}")

    @cached_property
    def _emails(self) -> dict[int, str]:
        return {}

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx

        near = urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1")
        limits = httpx.Timeout(READ_S, connect=CONNECT_S)
        return httpx.Client(base_url=self.address, timeout=limits, follow_redirects=True, trust_env=not near)

    @cached_property
    def _keys(self) -> "SyncClientWrapper":
        """Knows which header a token needs and renews the short-lived keys that a personal access token stands for."""
        from label_studio_sdk.core.client_wrapper import SyncClientWrapper

        return SyncClientWrapper(api_key=self.token, base_url=f"{self.address.rstrip('/')}/", httpx_client=self._http)

    def _call(
        self,
        method: Method,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        missing: Any = None,
    ) -> Any:
        """What the server answers, read as JSON; `missing` instead of an error when there is no such thing."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        content = None if body is None else json.dumps(body).encode()
        try:
            headers = {**self._keys.get_headers(), "Content-Type": "application/json"}
            answer = self._http.request(method, path, params=params, content=content, headers=headers)
        except ApiError as error:
            raise self._refused(error.status_code or 0, str(error.body)) from None
        except httpx.TimeoutException:
            raise StudioError(
                f"Label Studio at {self.address} took too long ({method} {path}); is it very busy?"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise StudioError(
                f"Label Studio does not answer at {self.address} ({error}). "
                "Start ours with `emocurate studio`, or correct the address in emocurate.toml"
            ) from None
        if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
            return missing
        if answer.is_error:
            raise self._refused(answer.status_code, answer.text, f"{method} {path}")
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise StudioError(f"{self.address} is not a Label Studio: it answered {path} with a page") from None

    def _refused(self, status: int, text: str, what: str = "the token") -> StudioError:
        if status == 401 and "legacy" in text:
            return StudioError(
                f"Label Studio at {self.address} has legacy tokens switched off; make a personal access token. {KEY_HELP}"
            )
        if status in (401, 403):
            return StudioError(f"Label Studio at {self.address} does not accept the token ({status}). {KEY_HELP}")
        return StudioError(f"Label Studio at {self.address} refused {what} ({status}): {_reason(text)}")


def utc(moment: str) -> str:
    """A time as ISO 8601 in UTC with microseconds and Z: the one form that sorts and that filters understand."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _since(moment: str) -> dict[str, Any]:
    return {"conjunction": "and", "items": [_filter("updated_at", "greater_or_equal", "Datetime", utc(moment))]}


def _annotated() -> dict[str, Any]:
    counts = ("total_annotations", "cancelled_annotations")
    return {"conjunction": "or", "items": [_filter(count, "greater", "Number", 0) for count in counts]}


def _filter(name: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    return {"filter": f"filter:tasks:{name}", "operator": operator, "type": kind, "value": value}


def _reason(text: str) -> str:
    """What a person can use of an error's body: the messages of its fields, or its detail, or its beginning."""
    try:
        said = json.loads(text)
    except ValueError:
        return text.strip()[:200]
    if isinstance(said, dict):
        said = said.get("validation_errors") or said.get("detail") or said
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:500]
