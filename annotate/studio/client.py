"""The client of a Label Studio server: projects, tasks and answers, by Label Studio's own SDK."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from label_studio_sdk.core.api_error import ApiError

from annotate.studio.connection import PROJECTS_AT_ONCE, whole
from annotate.studio.pages import with_additions
from annotate.studio.responses import Annotation, Listed, Task, utc
from annotate.studio.storages import Storages
from annotate.studio.tasks import Tasks
from schemas.errors import StudioError

__all__ = ["Annotation", "Listed", "Project", "Studio", "Task", "utc"]

CHUNK = 1000  # tasks in one import; more at once is not faster
PULLS = "pulls: "  # the line of a project's description that counts them


@dataclass(frozen=True)
class Project:
    """A project of ours, and how many pulls it has been told of; None when that line is gone."""

    id: int
    pulls: int | None
    description: str


@dataclass(frozen=True)
class Studio(Storages, Tasks):
    """A Label Studio server as one user sees it; the token may be a legacy token or a personal access token.

    Every method raises StudioError with what to do when the server cannot be reached or refuses. Nothing is ever
    sent twice by itself.
    """

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
        Controls that somebody added to the page stay where they have been answered.
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
        existing = next(self._marked(marker, *wanted), None)
        with self._api("the project") as api:
            if existing is None:
                described = f"Made by emocurate, which finds this project by the next line.\n{marker}\n{PULLS}0"
                return int(api.projects.create(title=title, description=described, **wanted).id)
            changed = {name: value for name, value in wanted.items() if getattr(existing, name, None) != value}
            if changed.pop("label_config", None):
                self._put_page(existing, interface)
            if changed:
                api.projects.update(existing.id, **changed)
            return int(existing.id)

    def projects(self, marker: str) -> list[Project]:
        """Every project that carries `marker` in its description, the oldest first: it is the one that is kept."""
        projects = []
        for project in self._marked(marker):
            lines = [line for line in project.description.splitlines() if line.startswith(PULLS)]
            number = lines[-1].removeprefix(PULLS) if lines else ""
            pulls = int(number) if number.isdecimal() else None
            projects.append(Project(int(project.id), pulls, str(project.description)))
        return projects

    def found(self, marker: str) -> int | None:
        """The id of the project that carries `marker` in its description, if there is one."""
        return next((project.id for project in self.projects(marker)), None)

    def count_pulls(self, project: Project, pulls: int) -> None:
        """Writes the number of pulls into a project: a database restored from a backup shows an older one."""
        lines = [line for line in project.description.splitlines() if not line.startswith(PULLS)]
        with self._api("the project") as api:
            api.projects.update(project.id, description="\n".join([*lines, f"{PULLS}{pulls}"]))

    def delete_project(self, project: int) -> None:
        """Deletes a project with all that is in it."""
        with self._api(f"to delete project {project}") as api:
            api.projects.delete(project)

    def interface(self, project: int) -> str:
        """The labelling configuration the project has now."""
        with self._api("the project") as api:
            return str(api.projects.get(project).label_config)

    def asked(self, project: int) -> dict[str, int]:
        """Every item that has a task in the project: its id, and the id of its task."""
        return {task.item_id: task.id for task in self.listed(project) if task.item_id}

    def ask(
        self, project: int, tasks: Sequence[Mapping[str, str]], report: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        """Adds a task for each data (item_id, media, context), a thousand in one call and each call once.

        `report` hears how many are there, of how many. When this raises, some tasks may be there and others not:
        `asked` says which.
        """
        for start in range(0, len(tasks), CHUNK):
            chunk = [{"data": dict(data)} for data in tasks[start : start + CHUNK]]
            with self._api("the tasks") as api:
                added = api.projects.import_tasks(project, request=chunk).task_count
            if added != len(chunk):
                raise StudioError(f"Label Studio took {added} of {len(chunk)} tasks; run push again")
            report(start + added, len(tasks))

    def counted(self, project: int) -> tuple[int, str]:
        """How many tasks the project has, and its page."""
        with self._api(f"project {project}") as api:
            found = api.projects.get(project)
        return int(found.task_number), str(found.label_config)

    def overview(self, project: int) -> tuple[int, str]:
        """How many annotations the project has by Label Studio's own count, skips too; and its page."""
        with self._api(f"project {project}") as api:
            found = api.projects.get(project)
        annotations = int(found.total_annotations_number or 0) + int(found.skipped_annotations_number or 0)
        return annotations, str(found.label_config)

    def delete_tasks(self, project: int, tasks: Sequence[int]) -> None:
        """Deletes these tasks, with what was answered to them."""
        with self._api("to delete tasks") as api:
            for start in range(0, len(tasks), CHUNK):
                chosen = {"all": False, "included": list(tasks[start : start + CHUNK])}
                api.actions.create(id="delete_tasks", project=project, selected_items=chosen)

    def answer(
        self,
        task: int,
        result: Sequence[Mapping[str, Any]],
        duration_ms: int | None = None,
        skipped: bool = False,
        rater: int | None = None,
    ) -> int:
        """The id of a new annotation, or of skipping the task: of the token's owner, or of the user with this id."""
        wanted = {} if rater is None else {"completed_by": rater, "ground_truth": False}
        lead_time = None if duration_ms is None else duration_ms / 1000
        with self._api(f"an answer to task {task}") as api:
            answer = api.annotations.create(
                task, result=list(result), lead_time=lead_time, was_cancelled=skipped, **wanted
            )
        return int(answer.id)

    def remove_annotation(self, annotation: int) -> None:
        """Delete one annotation."""
        with self._api("the deletion of an annotation") as api:
            api.annotations.delete(annotation)

    # behind the methods

    def _marked(self, marker: str, *fields: str) -> Iterator[Any]:
        """The SDK's projects with these fields that carry the marker, the oldest first."""
        with self._api("the projects") as api:
            include = ",".join(("id", "description", *fields))
            pages = api.projects.list(include=include, page_size=PROJECTS_AT_ONCE)
            listed = whole(pages, PROJECTS_AT_ONCE)
        for project in sorted(listed, key=lambda one: int(one.id)):
            if marker in (project.description or "").splitlines():
                yield project

    def _put_page(self, project: Any, interface: str) -> None:
        """Our page, else ours with what somebody added and others answered; else theirs stays: a push goes on."""
        for page in (interface, with_additions(interface, str(project.label_config))):
            if page == project.label_config:
                return
            try:
                self._sdk.projects.update(project.id, label_config=page)
                return
            except ApiError as error:
                if error.status_code != httpx.codes.BAD_REQUEST:
                    raise
