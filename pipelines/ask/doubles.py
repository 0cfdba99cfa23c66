"""Tasks that are there twice: what a request brings about that took effect after we had given it up."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from annotate.studio.client import Listed, Studio


@dataclass(frozen=True)
class Mended:
    """What was put right: copies nobody had answered are deleted, asks answered in several tasks are folded by `pull`.

    `emptied` are projects with our mark, beside the one that is kept, that held nothing more and are deleted.
    """

    deleted: int = 0
    folded: int = 0
    emptied: tuple[int, ...] = ()


def mend(studio: Studio, projects: Mapping[int, Sequence[Listed]], asks: Container[str]) -> Mended:
    """One task an ask, in the first of the projects if it can be; whoever has answered a copy keeps it.

    Nothing is touched that is not ours, and nothing that somebody has begun.
    """
    places = [(number, task) for number, listed in projects.items() for task in listed if task.item_id in asks]
    copies: dict[str, list[tuple[int, Listed]]] = {}
    for number, task in places:
        copies.setdefault(task.item_id, []).append((number, task))
    doubled = [several for several in copies.values() if len(several) > 1]
    begun = _begun(studio, [one for several in doubled for one in several])
    kept: set[int] = set()
    for several in doubled:  # they stand in order of projects and of tasks
        answered = {task.id for _, task in several if task.id in begun}
        kept |= answered or {several[0][1].id}
    surplus = [(number, task.id) for several in doubled for number, task in several if task.id not in kept]
    for number in projects:
        if doomed := [task for where, task in surplus if where == number]:
            studio.delete_tasks(number, doomed)
    folded = sum(sum(task.id in begun for _, task in several) > 1 for several in doubled)
    return Mended(len(surplus), folded, _emptied(studio, projects, {task for _, task in surplus}))


def _begun(studio: Studio, places: Sequence[tuple[int, Listed]]) -> set[int]:
    """Asked anew right before anything is deleted: a list may be old, and shows no drafts."""
    begun: set[int] = set()
    for number in {number for number, _ in places}:
        begun |= studio.begun(number, [task.id for where, task in places if where == number])
    return begun


def _emptied(studio: Studio, projects: Mapping[int, Sequence[Listed]], deleted: Container[int]) -> tuple[int, ...]:
    """Deletes what was made beside the first project and holds nothing any more."""
    spare = [
        number
        for number, listed in list(projects.items())[1:]
        if all(task.id in deleted for task in listed) and studio.task_count(number) == 0
    ]
    for number in spare:
        studio.delete_project(number)
    return tuple(spare)
