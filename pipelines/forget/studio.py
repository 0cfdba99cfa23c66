"""Tasks and annotations of what is forgotten leave Label Studio, and our own database is written without them."""

import json
from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.studio import server
from annotate.studio.client import Studio
from pipelines.ask import people
from pipelines.ask.people import DATA
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms

Tasks = Mapping[str, frozenset[str]]  # the marker of a project to the asks that go

# The projects that were ever made, with the asks in them that go.
ASKED = """
    SELECT o.id, k.id FROM origins o JOIN asks k ON k.scheme = o.scheme SEMI JOIN gone_asks g ON g.id = k.id
    JOIN about ON about.item = k.item AND about.modality = o.modality WHERE o.modality <> ''"""
ANSWERED_THERE = (
    "SELECT 1 FROM answers a JOIN origins o ON o.id = a.origin WHERE o.modality <> '' AND a.rater = ? LIMIT 1"
)
PROJECTS = "SELECT id FROM origins WHERE modality <> '' ORDER BY added_at, id"


def tasks_of(connection: DuckDBPyConnection) -> Tasks:
    """The asks that go by the marker of their project, on a connection of `rewrite.gone`."""
    asks: dict[str, set[str]] = {}
    for origin, ask in connection.execute(ASKED).fetchall():
        asks.setdefault(origin, set()).add(ask)
    return {origin: frozenset(some) for origin, some in asks.items()}


def client_for(here: Collection, tasks: Tasks, rater: str | None) -> Studio | None:
    """The Label Studio that holds something of it, asked before anything is done; None where none does.

    Raises StudioError where it cannot be reached.
    """
    if not (tasks or rater) or not Catalog(here.home).rows(PROJECTS):
        return None
    client = people.client(here.home, here.settings)
    client.whoami()
    return client


def remove_from_studio(here: Collection, client: Studio, tasks: Tasks, rater: str | None, remaining: list[str]) -> int:
    """Delete the tasks, and the annotations of a rater; gives how many tasks these were.

    Our own server's database is then written anew without what was deleted; of another one `remaining` tells that its
    backups and its disk are out of reach.
    """
    removed = 0
    for (origin,) in Catalog(here.home).rows(PROJECTS):
        asks = tasks.get(origin, frozenset())
        for project in client.projects(origin):  # a copy of a project carries our mark too, a doubled task its ask
            going = [task.id for task in client.listed(project.id) if task.item_id in asks] if asks else []
            client.delete_tasks(project.id, going)
            removed += len(going)
            if rater:
                _remove_annotations(client, project.id, rater, here.people)
    if rater:
        if Catalog(here.home).rows(ANSWERED_THERE, [rater]):
            remaining.append(
                "the rater's account in Label Studio, with its drafts: delete it there, under Organization"
            )
        _forget_access(here.home, rater, here.people)
    if not server.vacuum(here.home / DATA, client.address):
        remaining.append(f"backups and the disk of {client.address}")
    return removed


def _remove_annotations(client: Studio, project: int, rater: str, names: Pseudonyms) -> None:
    for task in list(client.answered(project)):
        for annotation in task.annotations:
            if rater in names.by_each_key(annotation.rater):
                client.remove_annotation(annotation.id)


def _forget_access(home: Path, rater: str, names: Pseudonyms) -> None:
    """The password that was noted for a rater's account with us."""
    notes = home / DATA / "raters.json"
    if notes.exists():
        noted = json.loads(notes.read_text("utf-8"))
        kept = {name: word for name, word in noted.items() if rater not in names.by_each_key(name)}
        notes.write_text(json.dumps(kept), "utf-8")
