"""Against a real Label Studio: clocks, databases and requests that go wrong, and what people do by hand."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines.ask.sending import Wish, origin_of
from tests.pipelines.ask.test_pull import Rating, outside, part, rating, rating_two, rows  # noqa: F401  # a fixture
from tests.pipelines.ask.test_round_trip import asking, change, fetch, request, send  # noqa: F401  # a fixture
from tests.studio_server import RunningStudio

pytestmark = pytest.mark.studio

FEAR, ANGER = {"emotion": "fear", "intensity": 10}, {"emotion": "anger", "intensity": 90}
STANDING = "SELECT ask, question, value FROM current_answers WHERE state IN ('given', 'skipped') ORDER BY ALL"


def database(studio: RunningStudio) -> Path:
    """The file behind a server."""
    return studio.server.folder / "data" / "label_studio.sqlite3"


def by_hand(studio: RunningStudio, statement: str, *values: Any) -> None:
    """Change the database behind the server's back."""
    with closing(sqlite3.connect(database(studio), timeout=30)) as connection, connection:
        connection.execute(statement, values)


def copied_to(source: Path, target: Path) -> None:
    """Put a database into the place of another, which somebody may be holding."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
        old.backup(new)


def other(rating: Rating, number: int) -> Studio:  # noqa: F811
    """Another rater than the first."""
    return Studio(rating.studio.server.address, rating.studio.rater(number).token)


def given(home: Path) -> list[tuple[Any, ...]]:
    return rows(home, STANDING)


def test_answers_after_the_clock_went_back_come_home(rating: Rating) -> None:  # noqa: F811
    home, client = rating.home, rating.studio.client
    rating.say(0, result_of(rating.scheme, FEAR))
    ahead = "UPDATE task SET updated_at = '2031-01-01 00:00:00' WHERE id = ?"
    by_hand(rating.studio, ahead, rating.tasks[0][1])
    fetch(home, client)
    for place in range(1, 5):
        rating.say(place, result_of(rating.scheme, ANGER))
    other(rating, 2).answer(rating.tasks[0][1], result_of(rating.scheme, ANGER))
    voice = fetch(home, client)[0]
    assert (voice.answers, voice.there, voice.here, voice.lost) == (10, 6, 6, 0)
    assert [one.tasks for one in fetch(home, client)] == [0]


def test_pull_all_sees_what_no_list_of_tasks_shows(rating: Rating) -> None:  # noqa: F811
    home, client = rating.home, rating.studio.client
    annotation = rating.say(0, result_of(rating.scheme, FEAR))
    fetch(home, client)
    silently = "UPDATE task_completion SET result = ? WHERE id = ?"
    by_hand(rating.studio, silently, json.dumps(result_of(rating.scheme, ANGER)), annotation)
    assert fetch(home, client)[0].answers == 0
    assert fetch(home, client, everything=True)[0].answers == 2


def test_totals_that_differ_after_a_pull_are_told(rating: Rating, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    home, client = rating.home, rating.studio.client
    rating.say(0, result_of(rating.scheme, FEAR))
    whole: Callable[..., Any] = Studio.tasks

    def meanwhile(studio: Studio, project: int, tasks: Any) -> Any:
        if tasks:
            other(rating, 2).answer(rating.tasks[1][1], result_of(rating.scheme, ANGER))
        return whole(studio, project, tasks)

    with monkeypatch.context() as during:
        during.setattr(Studio, "tasks", meanwhile)
        voice = fetch(home, client)[0]
    assert (voice.there, voice.here) == (2, 1)
    voice = fetch(home, client)[0]
    assert (voice.there, voice.here) == (2, 2)


def test_doubled_tasks_are_mended_by_the_next_push_and_answers_to_both_are_one_ask(rating: Rating) -> None:  # noqa: F811
    home, client = rating.home, rating.studio.client
    copies = [{"item_id": ask, "media": "https://media.example.org/x", "context": ""} for ask, _ in rating.tasks]
    client.ask(rating.project, copies)  # the same request, once more
    second = {task.item_id: task.id for task in client.listed(rating.project)}
    rating.say(0, result_of(rating.scheme, FEAR))
    other(rating, 2).answer(second[rating.tasks[0][0]], result_of(rating.scheme, ANGER))
    rating.client.answer(second[rating.tasks[1][0]], result_of(rating.scheme, FEAR))
    assert fetch(home, client)[0].doubled == 8
    voice = send(home, client)[0]
    assert (voice.new, voice.deleted, voice.folded) == (0, 7, 1)
    left = [task.id for task in client.listed(rating.project)]
    assert len(left) == 9
    assert rating.tasks[1][1] not in left  # the copy that was answered is the one that stays
    assert send(home, client)[0].deleted == 0
    assert sorted(value for _, question, value in given(home) if question == "emotion") == [
        '"anger"',
        '"fear"',
        '"fear"',
    ]
    voice = fetch(home, client)[0]
    assert (voice.withdrawn, voice.gone_tasks, voice.there, voice.here) == (0, 0, 3, 3)  # no ask lacks a task


def test_of_two_projects_with_one_mark_both_are_read_and_an_empty_one_is_deleted(rating: Rating) -> None:  # noqa: F811
    home, client = rating.home, rating.studio.client
    marker = origin_of(home, rating.scheme, "voice")
    described = client.projects(marker)[0].description
    made = client._sdk.projects.create
    page = client.interface(rating.project)
    spare, empty = (made(title="voices", description=described, label_config=page).id for _ in range(2))
    copies = [{"item_id": ask, "media": "https://media.example.org/x", "context": ""} for ask, _ in rating.tasks[:2]]
    client.ask(spare, copies)
    rating.client.answer(client.asked(spare)[rating.tasks[0][0]], result_of(rating.scheme, FEAR))
    voice = fetch(home, client)[0]
    assert (voice.answers, voice.projects) == (2, (rating.project, spare, empty))
    voice = send(home, client)[0]
    assert (voice.project, voice.projects, voice.emptied, voice.deleted) == (rating.project, (spare,), (empty,), 2)
    assert [task.item_id for task in client.listed(spare)] == [rating.tasks[0][0]]
    assert fetch(home, client)[0].withdrawn == 0


FORMS: dict[str, Any] = {
    "rating abc": [part("intensity", "rating", {"rating": "abc"})],
    "rating null": [part("intensity", "rating", {"rating": None})],
    "rating list": [part("intensity", "rating", {"rating": [1]})],
    "choices null": [part("emotion", "choices", {"choices": None})],
    "choices 5": [part("emotion", "choices", {"choices": 5})],
    "lone surrogate": [part("emotion", "choices", {"choices": ["\ud800"]})],
    "huge number": [part("intensity", "number", {"number": 10**400})],
}
LONG = (1e17, 1e300)


def test_every_malformed_annotation_is_a_row_with_its_reason_and_stops_nothing(rating_two: Rating) -> None:  # noqa: F811
    home, studio = rating_two.home, rating_two.studio
    headers = {"Authorization": f"Token {studio.rater(1).token}", "Content-Type": "application/json"}
    bodies = [{"result": result} for result in FORMS.values()]
    bodies += [{"result": result_of(rating_two.scheme, FEAR), "lead_time": seconds} for seconds in LONG]
    for place, body in enumerate(bodies):  # one task has two: what is beside the unreadable is read
        address = f"{studio.server.address}/api/tasks/{rating_two.tasks[place % 8][1]}/annotations/"
        httpx.post(address, headers=headers, content=json.dumps(body))
    other(rating_two, 2).answer(rating_two.tasks[5][1], result_of(rating_two.scheme, ANGER))
    for again in range(2):
        voice, face = fetch(home, studio.client)
        assert (voice.failed, face.failed) == (None, None)
        assert voice.answers == (0 if again else 6)
        assert voice.there == voice.here
        reasons = [one.reason for one in voice.refused]
        assert len(reasons) == 8  # of the rater with two answers to one ask the later counts
        assert all(reasons)
        assert any("lone surrogate" in reason for reason in reasons)
        assert any("no duration" in reason for reason in reasons)


@pytest.fixture
def backed_up(rating: Rating, tmp_path: Path) -> Iterator[Callable[[], None]]:  # noqa: F811
    """Puts the database back to where it was after one answer had been pulled; all raters had their accounts."""
    for number in range(2, 5):
        rating.studio.rater(number)
    rating.say(0, result_of(rating.scheme, FEAR))
    fetch(rating.home, rating.studio.client)
    copy = tmp_path / "backup.sqlite3"
    copied_to(database(rating.studio), copy)
    return lambda: copied_to(copy, database(rating.studio))


def test_what_an_older_database_lacks_is_kept_and_can_be_put_back(
    rating: Rating,  # noqa: F811
    backed_up: Callable[[], None],
) -> None:
    home, client, scheme = rating.home, rating.studio.client, rating.scheme
    first = next(iter(client.tasks(rating.project, [rating.tasks[0][1]]))).annotations[0].id
    change(rating.studio, first, result=result_of(scheme, ANGER))
    rating.say(1, result_of(scheme, FEAR))
    other(rating, 2).answer(rating.tasks[2][1], [], skipped=True)
    fetch(home, client)
    before = given(home)
    backed_up()
    for number, place in ((3, 0), (3, 1), (3, 2)):  # somebody else goes on where they were
        other(rating, number).answer(rating.tasks[place][1], result_of(scheme, FEAR))
    voice = fetch(home, client)[0]
    assert (voice.restored, voice.lost, voice.withdrawn, voice.answers) == (True, 5, 0, 6)
    assert set(before) < set(given(home))
    other(rating, 4).answer(rating.tasks[1][1], result_of(scheme, FEAR))
    voice = fetch(home, client)[0]
    assert (voice.restored, voice.lost, voice.withdrawn) == (False, 5, 0)
    standing = given(home)
    restored = send(home, client, wish=Wish(restore=True))[0].restored
    assert (restored.restored, restored.left) == (3, 0)
    voice = fetch(home, client)[0]
    assert (voice.lost, voice.withdrawn, voice.answers, given(home)) == (0, 0, 0, standing)
    assert send(home, client, wish=Wish(restore=True))[0].restored.restored == 0
    again = max(next(iter(client.tasks(rating.project, [rating.tasks[1][1]]))).annotations, key=lambda one: one.id)
    assert again.rater == rating.studio.rater(1).email
    request(rating.studio, "DELETE", f"/api/annotations/{again.id}/")
    assert fetch(home, client)[0].withdrawn == 2  # what was put back can be taken back


def test_deleted_tasks_are_told_and_asked_again_only_when_wanted_also_when_the_number_is_equal(
    rating: Rating,  # noqa: F811
) -> None:
    home, client = rating.home, rating.studio.client
    rating.tasks.sort(key=lambda one: one[1], reverse=True)  # the newest first: its number is given again
    for place in (0, 4):
        rating.say(place, result_of(rating.scheme, FEAR))
    fetch(home, client)
    client.delete_tasks(rating.project, [task for _, task in rating.tasks[:3]])
    kept = rating.tasks[5][0]
    client.ask(rating.project, [{"item_id": kept, "media": "https://media.example.org/x", "context": ""}] * 3)
    voice = fetch(home, client)[0]
    assert (voice.gone_tasks, voice.withdrawn, voice.answers, voice.doubled) == (3, 2, 0, 1)
    assert fetch(home, client)[0].gone_tasks == 0
    voice = send(home, client)[0]
    assert (voice.new, voice.answered, voice.deleted) == (2, 1, 3)
    assert send(home, client, wish=Wish(again=True))[0].new == 1
    assert client.task_count(rating.project) == 8


def test_what_people_do_by_hand_is_kept_aside_marked_or_listed(rating: Rating) -> None:  # noqa: F811
    home, studio, client, scheme = rating.home, rating.studio, rating.studio.client, rating.scheme
    page = client.interface(rating.project)
    extra = '<Choices name="extra" toName="_media"><Choice value="x"/></Choices></View>'
    request(studio, "PATCH", f"/api/projects/{rating.project}/", label_config=page[: page.rindex("</View>")] + extra)
    rating.say(0, [*result_of(scheme, FEAR), part("extra", "choices", {"choices": ["x"]})])
    edited = rating.say(1, result_of(scheme, FEAR))
    change(studio, edited, result=result_of(scheme, ANGER))
    someone = studio.rater(2).email
    users = {email: number for number, email in client.raters().items()}
    client.answer(rating.tasks[2][1], result_of(scheme, FEAR), rater=users[someone])
    guess = {"task": rating.tasks[3][1], "model_version": "m1", "score": 0.5, "result": result_of(scheme, ANGER)}
    request(studio, "POST", "/api/predictions/", **guess)
    prediction = client._sdk.predictions.list(project=rating.project)[0].id
    body = {"result": result_of(scheme, ANGER), "parent_prediction": prediction}
    request(studio, "POST", f"/api/tasks/{rating.tasks[3][1]}/annotations/", **body)
    rating.say(4, [])
    client.ask(rating.project, [{"item_id": "made up", "media": "https://media.example.org/x", "context": ""}])
    made_up = client.asked(rating.project)["made up"]
    rating.client.answer(made_up, result_of(scheme, FEAR))
    voice = fetch(home, client)[0]
    assert [(one.question, one.value) for one in voice.refused] == [("extra", '"x"')]
    assert (voice.foreign, voice.there, voice.here) == ((made_up,), 5, 5)
    assert voice.edited == 4  # two questions each of the answer edited and of the one in another's name
    marked = "SELECT ask, edited_by IS NOT NULL, prediction, predictions IS NOT NULL FROM answer_notes"
    assert set(rows(home, marked)) == {
        (rating.tasks[1][0], True, None, False),
        (rating.tasks[2][0], True, None, False),
        (rating.tasks[3][0], False, prediction, True),
    }
    [(predictions,)] = rows(home, "SELECT predictions FROM answer_notes WHERE predictions IS NOT NULL")
    assert [(one["id"], one["model_version"]) for one in json.loads(predictions)] == [(prediction, "m1")]
    assert (rating.tasks[4][0], "*", '"empty submission"') in given(home)
    assert rows(home, "SELECT * FROM answers WHERE ask = 'made up'") == []
    voice = send(home, client)[0]  # is not stopped by the control that was added
    assert (voice.new, voice.changed) == (0, ("question 'extra' is new",))
    assert 'name="extra"' in client.interface(rating.project)


def test_a_page_of_ours_that_is_newer_comes_beside_what_somebody_added(rating: Rating) -> None:  # noqa: F811
    home, studio, client = rating.home, rating.studio, rating.studio.client
    page = client.interface(rating.project)
    theirs = page.replace("Ctrl+Enter: submit", "Ctrl+Enter: send")
    extra = '<Choices name="extra" toName="_media"><Choice value="x"/></Choices></View>'
    edited = theirs[: theirs.rindex("</View>")] + extra
    request(studio, "PATCH", f"/api/projects/{rating.project}/", label_config=edited)
    rating.say(0, [part("extra", "choices", {"choices": ["x"]})])
    send(home, client)
    assert "Ctrl+Enter: submit" in client.interface(rating.project)
    assert 'name="extra"' in client.interface(rating.project)
