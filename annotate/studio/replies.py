"""What a Label Studio server says, read as tasks and annotations; and what it is asked for."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

from annotate.studio.controls import flag_in

# Label Studio applies the one list of fields to the task and to the annotations inside it: both need naming
ANNOTATION_FIELDS = ("completed_by", "created_at", "lead_time", "parent_prediction", "result", "was_cancelled")
FIELDS = ",".join(("id", "data", "annotations", "updated_at", *ANNOTATION_FIELDS))
TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)


@dataclass(frozen=True)
class Annotation:
    """What one rater did with one task: `skipped` when they declined, `by_prediction` when they began with a model's.

    Whoever gives a reason for declining (`controls.flag_in`) has skipped, also where they submitted it as an answer.
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


def annotation(made: Mapping[str, Any], task: int, rater: str) -> Annotation:
    """The annotation in one element of a task's `annotations`."""
    lead_time, result = made.get("lead_time"), made.get("result") or ()
    parts = tuple(result) if isinstance(result, list | tuple) else (result,)
    seconds = lead_time if isinstance(lead_time, int | float) and math.isfinite(lead_time) else None
    return Annotation(
        id=int(made["id"]),
        task=task,
        rater=rater,
        created_at=utc(made["created_at"]),
        updated_at=utc(made["updated_at"]),
        result=parts,
        skipped=bool(made.get("was_cancelled")) or flag_in(parts) is not None,
        duration_ms=None if seconds is None else round(1000 * seconds),
        by_prediction=made.get("parent_prediction") is not None
        or any(str(part.get("origin", "")).startswith("prediction") for part in parts if isinstance(part, Mapping)),
    )


def utc(moment: str | datetime) -> str:
    """A time as ISO 8601 in UTC with microseconds and Z: the form that sorts and that Label Studio's filters read."""
    time = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
    return Filters.datetime(time.astimezone(UTC))  # type: ignore[no-any-return]


def query(since: str | None, counted: str | None) -> str:
    """The filter for tasks changed at or after a time, with more than none of what is `counted`; oldest first."""
    items = []
    if since:
        items.append(Filters.item(Column.updated_at, Operator.GREATER_OR_EQUAL, Type.Datetime, utc(since)))
    if counted:
        items.append(Filters.item(f"tasks:{counted}", Operator.GREATER, Type.Number, 0))
    return json.dumps({"filters": Filters.create(Filters.AND, items), "ordering": [Column.updated_at]})


def query_others(items: Sequence[str], tasks: Sequence[int]) -> str:
    """The filter for tasks of these items that are none of these tasks."""
    same = [
        Filters.item(Column.data("item_id"), Operator.IN_LIST, Type.List, items),
        Filters.item(Column.id, Operator.NOT_IN_LIST, Type.List, tasks),
    ]
    return json.dumps({"filters": Filters.create(Filters.AND, same)})


def trouble(error: Exception) -> str:
    """What may be shown of a call that failed: other errors than the network's quote headers, and so the token."""
    shown = str(error) if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) else ""
    return shown or type(error).__name__


def reason(body: Any) -> str:
    """What a person can use of an error's body: the messages of its fields, its detail, its title or its beginning."""
    if isinstance(body, str):
        title = TITLE.search(body)  # of a page nothing else is for people
        return (title[1] if title else body).strip()[:200]
    if isinstance(body, Mapping):
        body = body.get("validation_errors") or body.get("detail") or body
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))[:500]
