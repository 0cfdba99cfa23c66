"""Open tasks about media whose consent does not cover raters, or not any more, are closed."""

from collections.abc import Sequence

from annotate.studio.client import Studio
from pipelines.ask import people
from pipelines.ask.look import remember
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from schemas.errors import StudioError

# The asks of every project that was ever made about media that may not be shown to raters.
WITHHELD = """
    SELECT o.id, k.id FROM origins o JOIN asks k ON k.scheme = o.scheme
    JOIN about ON about.item = k.item AND about.modality = o.modality JOIN rights r ON r.asset = about.asset
    WHERE o.modality <> '' AND NOT r.may_annotate"""


def withhold(here: Collection, studio: Studio) -> int:
    """Delete the tasks of withheld media that nobody has begun; gives how many. What was answered stays."""
    asks: dict[str, set[str]] = {}
    for origin, ask in Catalog(here.home).rows(WITHHELD):
        asks.setdefault(origin, set()).add(ask)
    return sum(_closed(here, studio, origin, some) for origin, some in asks.items())


def withhold_where_possible(here: Collection) -> tuple[int, str | None]:
    """`withhold`, and why it could not be done where Label Studio is out of reach; nobody asked needs no server."""
    if not Catalog(here.home).rows(f"{WITHHELD} LIMIT 1"):
        return 0, None
    try:
        return withhold(here, people.client(here.home, here.settings)), None
    except StudioError as error:
        return 0, str(error)


def _closed(here: Collection, studio: Studio, origin: str, asks: set[str]) -> int:
    closed: list[int] = []
    for project in studio.projects(origin):
        tasks = [task for task in studio.listed(project.id) if task.item_id in asks and not task.annotations]
        closed += _unbegun(studio, project.id, [task.id for task in tasks])
    if closed:
        with Catalog(here.home).open() as connection:
            remember(connection, origin, [], closed)  # the next pull shall not take them for deleted by hand
    return len(closed)


def _unbegun(studio: Studio, project: int, tasks: Sequence[int]) -> list[int]:
    begun = studio.begun(project, tasks) if tasks else set()
    free = [task for task in tasks if task not in begun]
    studio.delete_tasks(project, free)
    return free
