"""What is forgotten leaves a real Label Studio, and the file of its database."""

from pathlib import Path

import httpx
import pytest

from annotate.studio import server
from annotate.studio.interface import result_of
from pipelines import collection
from pipelines.ask.differences import UNKNOWN
from pipelines.ask.people import DATA
from pipelines.ask.sending import origin_of
from pipelines.engine.catalog import Catalog
from pipelines.engine.tombstones import tombstones
from pipelines.forget.forget import Forgotten, How, forget
from tests.pipelines.ask.test_round_trip import (  # noqa: F401  # fixtures
    answer,
    answered,
    asking,
    current,
    fetch,
    projects,
    send,
)
from tests.processes import emocurate
from tests.studio_server import RunningStudio

pytestmark = pytest.mark.studio


def without(home: Path, words: str, **how: bool) -> Forgotten:
    return forget(collection.find(home), words, None, How(**how))


def tasks(home: Path, studio: RunningStudio) -> int:
    return sum(len(studio.client.asked(project)) for _, project in projects(home, studio.client))


def test_the_tasks_of_a_recording_go_and_nobody_elses(asking: Path, studio: RunningStudio) -> None:  # noqa: F811
    send(asking, studio.client)
    answer(asking, studio.client, studio.rater(1).token, emotion="fear")
    fetch(asking, studio.client)
    assert without(asking, "tone-1.wav").tasks == 2
    assert tasks(asking, studio) == 3
    assert all(not project.answers for project in fetch(asking, studio.client))
    assert sum(count for _, _, count in current(asking)) == 3
    assert [project.new for project in send(asking, studio.client)] == [0, 0]


def test_doubled_tasks_and_those_of_a_copied_project_go_too(asking: Path, studio: RunningStudio) -> None:  # noqa: F811
    send(asking, studio.client)
    scheme, project = next(projects(asking, studio.client))
    origin = origin_of(asking, scheme, scheme.media[0])
    described = studio.client.projects(origin)[0].description
    page = studio.client.interface(project)
    copy = studio.client._sdk.projects.create(title="a copy", description=described, label_config=page).id
    again = [
        {"item_id": ask, "media": "https://media.example.org/again", "context": ""}
        for ask in studio.client.asked(project)
    ]
    for number in (project, copy):
        studio.client.ask(number, again)
    before = [studio.client.task_count(number) for number in (project, copy)]
    asks = {item for number in (project, copy) for item in studio.client.asked(number)}
    assert before == [2 * len(asks), len(asks)]
    assert without(asking, "tone-1.wav").tasks == 6  # two utterances, each thrice
    assert [studio.client.task_count(number) for number in (project, copy)] == [2 * len(asks) - 4, len(asks) - 2]


def test_a_forgotten_rater_does_not_come_back_as_who_edited_an_answer(asking: Path, studio: RunningStudio) -> None:  # noqa: F811
    send(asking, studio.client)
    answer(asking, studio.client, studio.rater(1).token, emotion="fear")
    scheme, project = next(projects(asking, studio.client))
    edited = next(iter(studio.client.answered(project))).annotations[0].id
    body = {"result": result_of(scheme, {"emotion": "anger"})}
    address = f"{studio.server.address}/api/annotations/{edited}/"
    token = {"Authorization": f"Token {studio.rater(2).token}"}
    httpx.patch(address, json=body, headers=token).raise_for_status()
    answer(asking, studio.client, studio.rater(2).token, emotion="fear")
    fetch(asking, studio.client)
    editor = collection.find(asking).people.of(studio.rater(2).email)
    assert (editor,) in Catalog(asking).rows("SELECT edited_by FROM answer_notes")
    without(asking, studio.rater(2).email)
    fetch(asking, studio.client, everything=True)
    assert Catalog(asking).rows("SELECT DISTINCT edited_by FROM answer_notes") == [(UNKNOWN,)]


def test_a_rater_who_was_unlinked_does_not_come_back_by_pull(asking: Path, studio: RunningStudio) -> None:  # noqa: F811
    send(asking, studio.client)
    for rater in (1, 2):
        answer(asking, studio.client, studio.rater(rater).token, emotion="fear")
    fetch(asking, studio.client)
    before = current(asking)
    done = without(asking, studio.rater(1).email)
    assert done.unlinked == 5
    fetch(asking, studio.client)
    assert current(asking) == before
    people = collection.find(asking).people
    assert tombstones(asking).holds("rater", people.of(studio.rater(1).email))
    assert people.of(studio.rater(1).email) not in {rater for (rater,) in Catalog(asking).rows("SELECT id FROM raters")}


def test_our_own_servers_file_holds_nothing_of_a_deleted_task(studio: RunningStudio) -> None:
    client, mark = studio.client, "a canary that nobody else would write"
    project = client.project("forget-test", "forget", "<View><Text name='t' value='$context'/></View>", 1)
    client.ask(project, [{"item_id": f"i{n}", "media": "-", "context": f"{mark} {n}"} for n in range(200)])
    database = next((studio.server.folder / "data").glob("*.sqlite3"))
    client.delete_tasks(project, list(client.asked(project).values()))
    assert server.vacuum(studio.server.folder, studio.server.address)
    assert mark.encode() not in database.read_bytes()
    assert client.asked(project) == {}
    assert server.running(studio.server.folder) is not None


def test_a_server_of_somebody_else_is_left_to_them(tmp_path: Path) -> None:
    assert not server.vacuum(tmp_path / DATA, "https://label.example.org")


def test_a_pull_between_a_kill_and_the_next_call_withdraws_nothing_of_the_rater(
    asking: Path,  # noqa: F811
    studio: RunningStudio,
) -> None:
    send(asking, studio.client)
    for rater in (1, 2):
        answer(asking, studio.client, studio.rater(rater).token, emotion="fear")
    fetch(asking, studio.client)
    before, email = current(asking), studio.rater(1).email
    killed = emocurate("forget", email, "--home", str(asking), kill="pipelines.forget.forget:remove_bytes before 1")
    assert killed < 0
    pulled = fetch(asking, studio.client)
    assert [(one.answers, one.withdrawn) for one in pulled] == [(0, 0), (0, 0)]
    assert without(asking, email).unlinked == 5
    fetch(asking, studio.client)
    assert current(asking) == before
    person = collection.find(asking).people.of(email)
    assert person not in {rater for (rater,) in Catalog(asking).rows("SELECT id FROM raters")}
    assert person.encode() not in (asking / "catalog.duckdb").read_bytes()
