"""The round trip to a real Label Studio: everything asked once, every answer kept, whatever is killed between."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.sampling import Plan
from annotate.studio.client import Studio
from annotate.studio.controls import flag_of
from annotate.studio.interface import answers_in, result_of
from pipelines import collection
from pipelines.ask.people import TOKEN
from pipelines.ask.pull import pull
from pipelines.ask.push import push
from pipelines.ask.sending import NO_WISH, Wish, origin_of
from pipelines.engine.catalog import Catalog
from schemas.errors import StudioError
from tests.pipelines.conftest import Builder, run, small_media, take_in
from tests.processes import emocurate, points
from tests.studio_server import RunningStudio

pytestmark = pytest.mark.studio

ANSWERS = "origin, ask, question, rater, updated_at, value, state, duration_ms"


@pytest.fixture
def answered(copy_of: Callable[[Builder], Path]) -> Path:
    """A smaller collection in the place of the one with many answers: four voices and one face."""
    return copy_of(few_in)


def few_in(home: Path, media: Path) -> None:
    """Make the collection of two sounds and one picture."""
    collection.make(home, "test", ("ekman",))
    folder = small_media(media)
    take_in(home, [folder / name for name in ("tone-0.wav", "tone-1.wav", "plain-0.png")])
    run(home)


@pytest.fixture
def asking(answered: Path, studio: RunningStudio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A collection whose settings name the running Label Studio; it holds no answers and no asks yet."""
    others = studio.projects()
    with Catalog(answered).open() as connection:
        for table in ("answers", "asks", "items", "raters"):
            connection.execute(f"DELETE FROM {table}")
    settings = answered / "emocurate.toml"
    before, labelling, after = settings.read_text().partition("[labelling]")
    text = before + labelling + after.replace('address = ""', f'address = "{studio.server.address}"', 1)
    settings.write_text(text.replace('media_url = ""', 'media_url = "https://media.example.org/"'))
    monkeypatch.setenv(TOKEN, studio.server.token)
    yield answered
    for project in studio.projects() - others:
        studio.client.delete_project(project)


def send(home: Path, client: Studio, plan: Plan | None = None, wish: Wish = NO_WISH) -> list[Any]:
    return push(collection.find(home), client, 1, plan=plan, wish=wish)


def fetch(home: Path, client: Studio, everything: bool = False) -> list[Any]:
    here = collection.find(home)
    return pull(home, client, here.people, everything=everything)


def projects(home: Path, client: Studio) -> Iterator[tuple[Any, int]]:
    for scheme in collection.find(home).schemes:
        for media in scheme.media:
            project = client.found(origin_of(home, scheme, media))
            if project is not None:
                yield scheme, project


def answer(home: Path, client: Studio, token: str, **values: Any) -> int:
    """Answer every task with these values; gives how many."""
    count = 0
    rater = Studio(client.address, token)
    for scheme, project in projects(home, client):
        for task in client.asked(project).values():
            rater.answer(task, result_of(scheme, values), 1500)
            count += 1
    return count


def answers(home: Path) -> list[tuple[Any, ...]]:
    return Catalog(home).rows(f"SELECT {ANSWERS} FROM answers ORDER BY ALL")


def current(home: Path) -> list[tuple[Any, ...]]:
    query = "SELECT question, value, count(*) FROM current_answers WHERE state = 'given' GROUP BY ALL ORDER BY ALL"
    return Catalog(home).rows(query)


def test_every_clip_becomes_one_task_however_often_it_is_pushed(asking: Path, studio: RunningStudio) -> None:
    first, second = send(asking, studio.client), send(asking, studio.client)
    assert [(one.media, one.asked, one.new) for one in first] == [("voice", 4, 4), ("face", 1, 1)]
    assert [one.new for one in second] == [0, 0]
    assert [studio.client.task_count(project) for _, project in projects(asking, studio.client)] == [4, 1]


def test_only_what_is_proposed_is_asked_and_what_stays_open_is_asked_again(asking: Path, studio: RunningStudio) -> None:
    plan = Plan(n=2)
    first, second = send(asking, studio.client, plan), send(asking, studio.client, plan)
    assert sum(one.new for one in first) == 2
    assert sum(one.new for one in second) == 0
    answer(asking, studio.client, studio.rater(1).token, emotion="fear", intensity=70)
    answer(asking, studio.client, studio.rater(2).token, emotion="anger", intensity=10)
    fetch(asking, studio.client)
    everything = Plan(n=5)  # all clips of the collection
    assert sum(one.new for one in send(asking, studio.client, everything)) == 5
    rounds = Catalog(asking).rows("SELECT round, count(*) FROM asks GROUP BY round ORDER BY round")
    assert rounds == [(1, 5), (2, 2)]
    assert sum(one.new for one in send(asking, studio.client, everything)) == 0
    assert sum(one.new for one in send(asking, studio.client)) == 0


def test_the_task_carries_the_ask_and_nothing_about_people(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    asks = {ask for (ask,) in Catalog(asking).rows("SELECT id FROM asks")}
    told = {item for _, project in projects(asking, studio.client) for item in studio.client.asked(project)}
    assert told == asks


def test_answers_of_every_rater_come_home_once(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    for number in (1, 2):
        answer(asking, studio.client, studio.rater(number).token, emotion="fear", intensity=70)
    assert [one.answers for one in fetch(asking, studio.client)] == [16, 4]
    assert [one.answers for one in fetch(asking, studio.client)] == [0, 0]
    assert current(asking) == [("emotion", '"fear"', 10), ("intensity", "70", 10)]
    raters = Catalog(asking).rows("SELECT id, kind FROM raters")
    assert len(raters) == 2
    assert all(rater.startswith("p") and "@" not in rater and kind == "person" for rater, kind in raters)


def test_a_changed_answer_is_a_new_row_and_the_old_one_stays(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    answer(asking, studio.client, studio.rater(1).token, emotion="fear", intensity=70)
    fetch(asking, studio.client)
    before = answers(asking)
    scheme, project = next(projects(asking, studio.client))
    task = next(iter(studio.client.answered(project)))
    change(studio, task.annotations[0].id, result=result_of(scheme, {"emotion": "anger"}))
    assert [(one.answers, one.withdrawn) for one in fetch(asking, studio.client)] == [(1, 1), (0, 0)]
    assert set(before) < set(answers(asking))
    query = "SELECT question, value, state FROM current_answers WHERE ask = ? ORDER BY question"
    assert Catalog(asking).rows(query, [task.item_id]) == [
        ("emotion", '"anger"', "given"),
        ("intensity", None, "withdrawn"),
    ]


def test_skips_deleted_answers_and_deleted_tasks_come_home(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    rater = Studio(studio.server.address, studio.rater(1).token)
    _, project = next(projects(asking, studio.client))
    first, second, third, *_ = sorted(studio.client.asked(project).items())
    scheme = collection.find(asking).schemes[0]
    rater.answer(first[1], [], 500, skipped=True)
    for _, task in (second, third):
        rater.answer(task, result_of(scheme, {"emotion": "fear", "intensity": 10}), 500)
    fetch(asking, studio.client)
    state = "SELECT question, state FROM current_answers WHERE ask = ? ORDER BY question"
    assert Catalog(asking).rows(state, [first[0]]) == [("*", "skipped")]
    annotation = next(task for task in studio.client.answered(project) if task.item_id == second[0]).annotations[0]
    request(studio, "DELETE", f"/api/annotations/{annotation.id}/")
    request(studio, "DELETE", f"/api/tasks/{third[1]}/")
    fetch(asking, studio.client)
    for ask, _ in (second, third):
        assert Catalog(asking).rows(state, [ask]) == [("emotion", "withdrawn"), ("intensity", "withdrawn")]
    count = "SELECT count(*) FROM answers WHERE state = 'given'"
    assert Catalog(asking).rows(count) == [(4,)]


def test_why_a_rater_turned_a_clip_down_comes_home_as_the_reason_of_a_skip(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    rater = Studio(studio.server.address, studio.rater(1).token)
    scheme, project = next(projects(asking, studio.client))
    first, second, *_ = sorted(studio.client.asked(project).items())
    answered = result_of(scheme, {"emotion": "fear"})
    rater.answer(first[1], [*answered, *flag_of("distressing")], 500, skipped=True)
    rater.answer(second[1], [*answered, *flag_of("a minor")], 500)  # submitted, and declined all the same
    fetch(asking, studio.client)
    rows = Catalog(asking).rows("SELECT ask, question, value, state FROM current_answers")
    assert sorted(rows) == sorted(
        (ask, "*", f'"{reason}"', "skipped") for (ask, _), reason in ((first, "distressing"), (second, "a minor"))
    )


def twice(home: Path, client: Studio) -> tuple[Any, int, str, int, int]:
    """A scheme, its project, and one ask with the ids of its task and of a duplicate of it."""
    scheme, project = next(projects(home, client))
    ask, first = sorted(client.asked(project).items())[0]
    client.ask(project, [{"item_id": ask, "media": "https://media.example.org/again.flac", "context": ""}])
    second = client.asked(project)[ask]
    assert first != second
    return scheme, project, ask, first, second


STANDING = "SELECT question, value FROM current_answers WHERE ask = ? AND state = 'given' ORDER BY ALL"


def test_answers_to_all_tasks_of_one_ask_stand_whichever_of_them_changes(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    scheme, _, ask, first, second = twice(asking, studio.client)
    one, two = (Studio(studio.server.address, studio.rater(number).token) for number in (1, 2))
    one.answer(first, result_of(scheme, {"emotion": "fear"}))
    two_said = two.answer(second, result_of(scheme, {"emotion": "anger"}))
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [ask]) == [("emotion", '"anger"'), ("emotion", '"fear"')]
    request(studio, "DELETE", f"/api/annotations/{two_said}/")
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [ask]) == [("emotion", '"fear"')]


@pytest.mark.heavy  # what holds of two tasks of one ask: the test above
def test_a_duplicate_that_is_skipped_or_taken_back_leaves_the_answer_that_stands(
    asking: Path, studio: RunningStudio
) -> None:
    send(asking, studio.client)
    scheme, _, ask, first, second = twice(asking, studio.client)
    rater = Studio(studio.server.address, studio.rater(1).token)
    rater.answer(first, result_of(scheme, {"emotion": "fear"}))
    rater.answer(second, [], skipped=True)
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [ask]) == [("emotion", '"fear"')]
    later = rater.answer(second, result_of(scheme, {"emotion": "anger"}))
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [ask]) == [("emotion", '"anger"')]
    request(studio, "DELETE", f"/api/annotations/{later}/")
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [ask]) == [("emotion", '"fear"')]
    assert [one.answers for one in fetch(asking, studio.client)] == [0, 0]


@pytest.mark.heavy  # test_faults deletes and doubles so that even the number is equal
def test_a_deleted_task_is_missed_among_duplicates_of_others(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    answer(asking, studio.client, studio.rater(1).token, emotion="fear", intensity=70)
    fetch(asking, studio.client)
    _, project, *_ = twice(asking, studio.client)
    twice(asking, studio.client)
    gone, task = sorted(studio.client.asked(project).items())[-1]
    request(studio, "DELETE", f"/api/tasks/{task}/")
    fetch(asking, studio.client)
    assert Catalog(asking).rows(STANDING, [gone]) == []
    assert sum(count for *_, count in current(asking)) == 8


def test_a_deleted_task_is_asked_again_and_only_that_one(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    _, project = next(projects(asking, studio.client))
    request(studio, "DELETE", f"/api/tasks/{next(iter(studio.client.asked(project).values()))}/")
    assert [one.new for one in send(asking, studio.client)] == [1, 0]


def test_a_changed_threshold_orphans_no_answer(asking: Path, studio: RunningStudio) -> None:
    send(asking, studio.client)
    settings = asking / "emocurate.toml"
    settings.write_text(
        settings.read_text().replace("min_ms = 300", "min_ms = 20000").replace("min_px = 32", "min_px = 99")
    )
    answer(asking, studio.client, studio.rater(1).token, emotion="fear", intensity=1)
    fetch(asking, studio.client)
    assert current(asking) == [("emotion", '"fear"', 5), ("intensity", "1", 5)]
    assert [one.new for one in send(asking, studio.client)] == [0, 0]


def test_a_wrong_token_is_told_and_not_shown(asking: Path, studio: RunningStudio) -> None:
    with pytest.raises(StudioError) as error:
        send(asking, Studio(studio.server.address, "0123456789abcdef"))
    assert "does not accept the token" in str(error.value)
    assert "0123456789abcdef" not in str(error.value)


PUSH = points(
    "pipelines.ask.push:_Push._written after 1",
    "annotate.studio.client:Studio.ask after 1",  # Label Studio has replied, and nobody has heard it
    heavy=(
        "pipelines.ask.push:origin_of after 1",
        "pipelines.ask.push:_Push._written before 1",
        "pipelines.cutting:_settle after 3",
        "annotate.studio.client:Studio.project before 1",
        "annotate.studio.client:Studio.project after 1",
        "annotate.studio.client:Studio.listed before 1",
        "annotate.studio.client:Studio.ask before 1",
        "annotate.studio.client:Studio.project after 2",
    ),
)


@pytest.mark.parametrize("point", PUSH)
def test_a_push_that_is_killed_and_repeated_is_a_push(point: str, asking: Path, studio: RunningStudio) -> None:
    command = ("push", "--home", str(asking))
    assert emocurate(*command, kill=point) == -signal.SIGKILL
    emocurate(*command)
    assert [studio.client.task_count(project) for _, project in projects(asking, studio.client)] == [4, 1]
    asks = {ask for (ask,) in Catalog(asking).rows("SELECT id FROM asks")}
    assert {item for _, project in projects(asking, studio.client) for item in studio.client.asked(project)} == asks


PULL = points(
    "pipelines.ask.pull:remember before 1",  # the answers are in, that their tasks were seen is not
    heavy=(
        "annotate.studio.client:Studio.whoami after 1",
        "pipelines.ask.pull:_Pull._commit before 1",
        "pipelines.engine.catalog:Catalog.commit before 1",
        "pipelines.ask.pull:_Pull._commit after 1",
        "annotate.studio.client:Studio.count_pulls after 1",  # Label Studio knows of the pull, and we do not
    ),
)


@pytest.mark.parametrize("point", PULL)
def test_a_pull_that_is_killed_and_repeated_is_a_pull(
    point: str, asking: Path, studio: RunningStudio, tmp_path: Path
) -> None:
    send(asking, studio.client)
    answer(asking, studio.client, studio.rater(1).token, emotion="happiness", intensity=30)
    shutil.copytree(asking, tmp_path / "whole")
    fetch(tmp_path / "whole", studio.client)
    command = ("pull", "--home", str(asking))
    assert emocurate(*command, kill=point) == -signal.SIGKILL
    emocurate(*command)
    assert answers(asking) == answers(tmp_path / "whole")


def test_what_people_see_and_what_comes_home_is_the_same_scheme(asking: Path) -> None:
    scheme = collection.find(asking).schemes[0]
    values = {"emotion": "disgust", "intensity": 55}
    assert answers_in(scheme, result_of(scheme, values)) == values


def request(studio: RunningStudio, method: str, path: str, **body: Any) -> None:
    studio.http.request(method, path, json=body or None).raise_for_status()


def change(studio: RunningStudio, annotation: int, **body: Any) -> None:
    request(studio, "PATCH", f"/api/annotations/{annotation}/", **body)
