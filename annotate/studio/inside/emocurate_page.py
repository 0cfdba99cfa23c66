"""Middleware of our own Label Studio: its pages get our script, and each rater gets the tasks in an own order."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from projects.functions import next_task

ADDRESS = "/emocurate/page.js"
SCRIPT = Path(__file__).with_name("page.js")
TAG = f'<script src="{ADDRESS}" defer></script></head>'.encode()
breadth_first = next_task._try_breadth_first  # Label Studio has no setting for either


class Page:
    """Hands out the script, and asks every page of Label Studio to load it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        next_task._get_random_unlocked = first_in_own_order
        next_task._try_breadth_first = breadth_first_if_crowded

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response to one request."""
        if request.path == ADDRESS:
            script = HttpResponse(SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8")
            script["Cache-Control"] = "no-cache"
            return script
        response = self.get_response(request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = response.content.replace(b"</head>", TAG, 1)
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response


def first_in_own_order(tasks: Any, user: Any, _upper_limit: int | None = None) -> Any:
    """The first of these tasks in the user's own order that nobody else holds.

    The order is that of a hash of who rates and what is asked, so it is another for every rater and can be had again.
    """
    asked = tasks.order_by().values_list("id", "data__item_id").distinct()
    for task_id, _ in sorted(asked, key=lambda task: place(user.email, str(task[1] or task[0]))):
        try:
            task = next_task.Task.objects.select_for_update(skip_locked=True).get(pk=task_id)
        except next_task.Task.DoesNotExist:  # somebody deleted it just now, or holds it
            continue
        if not task.has_lock(user):
            return task
    return None


def place(rater: str, item: str) -> bytes:
    """Where an item stands in a rater's order."""
    return hashlib.sha256(f"{rater}\n{item}".encode()).digest()


def breadth_first_if_crowded(tasks: Any, user: Any, project: Any) -> Any:
    """A task that others have begun, where there are more raters than a task needs; otherwise all rate all.

    Label Studio prefers begun tasks always, and so would hand a second rater the first one's choice.
    """
    raters = set(next_task.Annotation.objects.filter(project=project).values_list("completed_by", flat=True))
    if len(raters | {user.pk}) <= project.maximum_annotations:
        return None
    return breadth_first(tasks, user, project)
