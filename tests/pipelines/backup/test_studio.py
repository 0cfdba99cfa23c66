"""A collection that is restored goes on with its Label Studio where the backup was made."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotate.studio import server
from annotate.studio.client import Studio
from pipelines import collection
from pipelines.ask import people
from pipelines.backup.backup import backup
from pipelines.backup.restore import restore
from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.catalog import Catalog
from tests.pipelines.ask.test_round_trip import answer, current, fetch, projects, send
from tests.studio_server import copied

pytestmark = [pytest.mark.studio, pytest.mark.heavy]


@pytest.fixture
def own(home: Path, studio_template: Path) -> Iterator[Path]:
    """The collection with a running Label Studio of its own, and nothing asked yet."""
    with Catalog(home).open() as connection:
        for table in ("answers", "asks", "items", "raters"):
            connection.execute(f"DELETE FROM {table}")
    copied(studio_template, home / people.DATA)
    server.start(home / people.DATA, home / CUTS)
    yield home
    server.stop(home / people.DATA)


def rater(home: Path, number: int) -> str:
    running = server.running(home / people.DATA)
    assert running
    return server.add_rater(running, f"rater{number}@example.com", f"password-of-{number}")


def client(home: Path) -> Studio:
    return people.client(home, collection.find(home).settings)


def test_it_pushes_and_pulls_on_and_asks_nothing_twice(own: Path, tmp_path: Path) -> None:
    send(own, client(own))
    answer(own, client(own), rater(own, 1), emotion="fear", intensity=70)
    fetch(own, client(own))
    answer(own, client(own), rater(own, 2), emotion="fear", intensity=70)  # while a rater works: not fetched yet
    backup(collection.find(own), tmp_path / "backup")
    shutil.rmtree(own)  # while its Label Studio runs
    restore(tmp_path / "backup", own)
    server.start(own / people.DATA, own / CUTS)
    assert [project.new for project in send(own, client(own))] == [0, 0]
    assert [client(own).task_count(project) for _, project in projects(own, client(own))] == [8, 3]
    assert sum(project.answers for project in fetch(own, client(own))) > 0
    assert current(own) == [("emotion", '"fear"', 22), ("intensity", "70", 22)]
    assert [project.answers for project in fetch(own, client(own))] == [0, 0]
