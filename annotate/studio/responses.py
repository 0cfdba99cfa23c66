"""What a Label Studio server says, read as tasks and annotations; and what it is asked for."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

from annotate.studio.controls import flag_in

# Label Studio applies the one list of fields to the task and to what is inside it: both need naming
LISTED = "id,data,updated_at,total_annotations,cancelled_annotations"
BARE = "id,data,annotations,updated_at,completed_by,created_at,lead_time,parent_prediction,updated_by,was_cancelled"
FIELDS = f"{BARE},predictions,result,model_version,score"
LONGEST_S = 10 * 366 * 24 * 3600  # what is said to have taken longer was not measured
TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)


@dataclass(frozen=True)
class Annotation:
    """What one rater did with one task: `skipped` when they declined, `by_prediction` when they began with a model's.

    Whoever gives a reason for declining (`controls.flag_in`) has skipped, also where they submitted it as an answer.
    `result` is Label Studio's own form, of which nothing is sure; times are ISO 8601 in UTC with microseconds and Z.
    `prediction` is the id of the one they began with, and `edited_by` another account that wrote it last, or "unknown".
    `problems` are reasons why a part of it cannot be used, each with what was given; not `readable` is one whose
    result the server cannot hand out.
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
    prediction: int | None = None
    edited_by: str | None = None
    problems: tuple[tuple[Any, str], ...] = ()
    readable: bool = True


@dataclass(frozen=True)
class Listed:
    """A task as a list of all shows it: what it asks ("" where it is not ours), and how many annotations it has."""

    id: int
    item_id: str
    updated_at: str
    annotations: int


@dataclass(frozen=True)
class Task:
    """A task with every annotation it has now, of whomever, and the predictions shown with it."""

    id: int
    item_id: str
    updated_at: str
    annotations: tuple[Annotation, ...]
    predictions: tuple[Any, ...] = ()


def annotation(made: Mapping[str, Any], task: int, rater: str, editor: str | None = None) -> Annotation:
    """The annotation in one element of a task's `annotations`; `editor` is who wrote it last."""
    result, duration_ms = made.get("result") or (), None
    problems: list[tuple[Any, str]] = []
    parts = tuple(result) if isinstance(result, list | tuple) else (result,)
    lead_time, parent = made.get("lead_time"), made.get("parent_prediction")
    if isinstance(lead_time, int | float) and 0 <= lead_time <= LONGEST_S:
        duration_ms = round(1000 * lead_time)
    elif lead_time is not None:
        reason = f"lead_time {lead_time!r} is no duration; expected seconds from 0 to {LONGEST_S}"
        problems.append(({"lead_time": lead_time}, reason))
    if made.get("unreadable"):
        problems.append(({"annotation": made["id"]}, str(made["unreadable"])))
    return Annotation(
        id=int(made["id"]),
        task=task,
        rater=rater,
        created_at=utc(made["created_at"]),
        updated_at=utc(made["updated_at"]),
        result=parts,
        skipped=bool(made.get("was_cancelled")) or flag_in(parts) is not None,
        duration_ms=duration_ms,
        by_prediction=parent is not None
        or any(str(part.get("origin", "")).startswith("prediction") for part in parts if isinstance(part, Mapping)),
        prediction=parent if isinstance(parent, int) else None,
        edited_by=None if editor == rater else editor,
        problems=tuple(problems),
        readable=not made.get("unreadable"),
    )


def listed(task: Any) -> Listed:
    """A task as the SDK lists it."""
    counts = (task.total_annotations, task.cancelled_annotations)
    return Listed(
        int(task.id), str(task.data.get("item_id", "")), utc(task.updated_at), sum(int(one or 0) for one in counts)
    )


def prediction(made: Any) -> dict[str, Any]:
    """What of a prediction, as the SDK or the server gives it, tells how far it led those who saw it."""
    table = dict(made)
    return {name: table.get(name) for name in ("id", "model_version", "score", "result")}


def utc(moment: str | datetime) -> str:
    """A time as ISO 8601 in UTC with microseconds and Z: the form that sorts and that Label Studio's filters read."""
    time = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
    return Filters.datetime(time.astimezone(UTC))  # type: ignore[no-any-return]


def query(tasks: Sequence[int]) -> str:
    """The filter for these tasks."""
    items = [Filters.item(Column.id, Operator.IN_LIST, Type.List, list(tasks))]
    return json.dumps({"filters": Filters.create(Filters.AND, items)})


def query_answered() -> str:
    """The filter for tasks with an annotation; a skip is counted apart."""
    columns = ("total_annotations", "cancelled_annotations")
    items = [Filters.item(f"tasks:{column}", Operator.GREATER, Type.Number, 0) for column in columns]
    return json.dumps({"filters": Filters.create(Filters.OR, items)})


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
