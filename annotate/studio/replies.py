"""What a Label Studio server says, read as tasks and annotations; and what it is asked for."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

# Label Studio applies the one list of fields to the task and to the annotations inside it: both need naming
ANNOTATION_FIELDS = ("completed_by", "created_at", "lead_time", "parent_prediction", "result", "was_cancelled")
TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)
CHANGE_FIELDS = ",".join(("id", "data", "annotations", "updated_at", *ANNOTATION_FIELDS))


@dataclass(frozen=True)
class Annotation:
    """What one rater did with one task: `skipped` when they declined, `by_prediction` when they began with a model's.

    `result` is Label Studio's own form, of which nothing is sure; times are ISO 8601 in UTC with microseconds and Z.
    """

    id: int
    task: int
    rater: str
    created_at: str
    updated_at: str
    result: tuple[Any, ...]
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


def annotation(said: Mapping[str, Any], task: int, rater: str) -> Annotation:
    """The annotation in one element of a task's `annotations`."""
    lead_time, result = said.get("lead_time"), said.get("result") or ()
    parts = tuple(result) if isinstance(result, list | tuple) else (result,)
    seconds = lead_time if isinstance(lead_time, int | float) and math.isfinite(lead_time) else None
    return Annotation(
        id=int(said["id"]),
        task=task,
        rater=rater,
        created_at=utc(said["created_at"]),
        updated_at=utc(said["updated_at"]),
        result=parts,
        skipped=bool(said.get("was_cancelled")),
        duration_ms=None if seconds is None else round(1000 * seconds),
        by_prediction=said.get("parent_prediction") is not None
        or any(str(part.get("origin", "")).startswith("prediction") for part in parts if isinstance(part, Mapping)),
    )


def utc(moment: str) -> str:
    """A time as ISO 8601 in UTC with microseconds and Z: the form that sorts and that Label Studio's filters read."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def query(since: str | None, counted: str | None) -> str:
    """The filter for tasks changed at or after a time, with more than none of what is `counted`; oldest first."""
    items = []
    if since:
        items.append(_filter("updated_at", "greater_or_equal", "Datetime", utc(since)))
    if counted:
        items.append(_filter(counted, "greater", "Number", 0))
    return json.dumps({"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:updated_at"]})


def query_others(items: Sequence[str], tasks: Sequence[int]) -> str:
    """The filter for tasks of these items that are none of these tasks."""
    same = [_filter("data.item_id", "in_list", "List", items), _filter("id", "not_in_list", "List", tasks)]
    return json.dumps({"filters": {"conjunction": "and", "items": same}})


def is_json(text: str) -> bool:
    """Whether a body is what a programming interface answers, in contrast to a page."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def trouble(error: Exception) -> str:
    """What may be shown of a call that failed: other errors than the network's quote headers, and so the token."""
    shown = str(error) if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) else ""
    return shown or type(error).__name__


def reason(text: str) -> str:
    """What a person can use of an error's body: the messages of its fields, its detail, its title or its beginning."""
    if not is_json(text):
        title = TITLE.search(text)  # of a page nothing else is for people
        return (title[1] if title else text).strip()[:200]
    said = json.loads(text)
    if isinstance(said, dict):
        said = said.get("validation_errors") or said.get("detail") or said
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:500]


def _filter(name: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    return {"filter": f"filter:tasks:{name}", "operator": operator, "type": kind, "value": value}
