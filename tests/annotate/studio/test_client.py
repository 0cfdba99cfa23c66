"""The client against a real Label Studio."""

import uuid
from pathlib import Path

import pytest

from annotate.studio import client, responses
from annotate.studio import tasks as tasks_read
from annotate.studio.client import Studio, utc
from annotate.studio.interface import answers_in, interface, result_of
from schemas.errors import StudioError
from schemas.scheme import shipped_schemes
from tests.studio_server import RunningStudio, served

pytestmark = pytest.mark.studio
EKMAN = shipped_schemes()["ekman"]


def project(studio: RunningStudio, raters: int = 3) -> int:
    return studio.client.project(f"emocurate {uuid.uuid4()}", "ekman voice", interface(EKMAN, "voice"), raters)


def data(*names: str) -> list[dict[str, str]]:
    return [{"item_id": name, "media": f"/data/local-files/?d=cuts/{name}.flac", "context": ""} for name in names]


def asked(studio: RunningStudio, *names: str) -> tuple[int, dict[str, int]]:
    number = project(studio)
    studio.client.ask(number, data(*names))
    return number, studio.client.asked(number)


def test_the_owner_of_a_token_is_known(studio: RunningStudio) -> None:
    assert studio.client.whoami() == studio.server.email


def test_a_wrong_token_is_told_from_a_server_that_is_not_there(studio: RunningStudio) -> None:
    with pytest.raises(StudioError, match=r"does not accept the token .*LABEL_STUDIO_API_KEY"):
        Studio(studio.server.address, "0" * 40).whoami()
    with pytest.raises(StudioError, match=r"does not answer at .*emocurate studio"):
        Studio("http://127.0.0.1:9", "0" * 40).whoami()
    with pytest.raises(StudioError, match="does not answer"):
        Studio("no address", "0" * 40).whoami()


def test_a_token_is_in_no_text_about_the_client(studio: RunningStudio) -> None:
    assert studio.server.token not in repr(studio.client)
    assert studio.server.token not in repr(studio.server)
    with pytest.raises(StudioError) as refused:
        studio.client.task_count(10**6)
    assert studio.server.token not in str(refused.value)


def test_a_personal_access_token_is_as_good_as_a_legacy_one(studio: RunningStudio) -> None:
    import httpx

    person = studio.rater(7)
    with httpx.Client(base_url=studio.server.address) as browser:
        browser.get("/user/login/")
        crumb = browser.cookies["csrftoken"]
        form = {"email": person.email, "password": person.password, "csrfmiddlewaretoken": crumb}
        browser.post("/user/login/", data=form)
        header = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": studio.server.address}
        token = browser.post("/api/token/", headers=header).json()["token"]
    assert Studio(studio.server.address, token).whoami() == person.email


def test_a_server_without_legacy_tokens_says_which_token_to_make(studio: RunningStudio) -> None:
    settings = "/api/jwt/settings"
    import httpx

    person = studio.rater(8)
    with httpx.Client(base_url=studio.server.address) as browser:
        browser.get("/user/login/")
        form = {"email": studio.server.email, "password": studio.server.password}
        browser.post("/user/login/", data={**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})
        header = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": studio.server.address}
        try:
            switched = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False}
            browser.post(settings, json=switched, headers=header).raise_for_status()
            with pytest.raises(StudioError, match="personal access token"):
                Studio(studio.server.address, person.token).whoami()
        finally:
            browser.post(settings, json={**switched, "legacy_api_tokens_enabled": True}, headers=header)


def test_a_project_is_found_again_by_its_marker_alone(studio: RunningStudio) -> None:
    marker, page = f"emocurate {uuid.uuid4()}", interface(EKMAN, "voice")
    first = studio.client.project(marker, "one title", page, 2)
    assert studio.client.project(marker, "another title", page, 2) == first
    assert studio.client.project(f"{marker}0", "one title", page, 2) != first


def test_a_project_follows_our_version_of_the_page_and_the_number_of_raters(studio: RunningStudio) -> None:
    marker, page = f"emocurate {uuid.uuid4()}", interface(EKMAN, "voice")
    number = studio.client.project(marker, "ekman", page, 2)
    newer = page.replace("fits best", "fits better")
    assert studio.client.project(marker, "ekman", newer, 5, "Listen twice.") == number
    found = studio.client._sdk.projects.get(number)
    assert (found.label_config, found.maximum_annotations) == (newer, 5)
    assert found.expert_instruction == "Listen twice."


@pytest.mark.parametrize("name", sorted(shipped_schemes()))
def test_the_server_takes_the_page_of_every_shipped_scheme(studio: RunningStudio, name: str) -> None:
    scheme = shipped_schemes()[name]
    for media in scheme.media:
        assert studio.client.project(f"emocurate {uuid.uuid4()}", name, interface(scheme, media), 1)


def test_a_folder_is_served_once_however_often_it_is_asked_for(studio: RunningStudio) -> None:
    number, folder = project(studio), studio.media_root / "voice"
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        studio.client.serve_folder(number, folder)
    assert len(studio.client._sdk.import_storage.local.list(project=number)) == 1


def test_a_file_of_a_served_folder_reaches_those_who_are_logged_in_and_nobody_else(studio: RunningStudio) -> None:
    import httpx

    folder = studio.media_root / "odd names"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "a#b ü.txt"
    file.write_text("so it sounds")
    studio.client.serve_folder(project(studio), folder)
    address = studio.server.address + served(file, studio.media_root)
    key = {"Authorization": f"Token {studio.rater(1).token}"}
    assert httpx.get(address, headers=key).text == "so it sounds"
    assert httpx.get(address).status_code in (302, 401, 403)


def test_a_folder_the_server_may_not_serve_is_refused_with_its_reason(studio: RunningStudio, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="LOCAL_FILES_DOCUMENT_ROOT"):
        studio.client.serve_folder(project(studio), tmp_path)


def test_what_was_asked_is_listed_by_item_over_chunks_and_pages(
    studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CHUNK", 3)
    monkeypatch.setattr(tasks_read, "LIST_PAGE", 2)
    number = project(studio)
    assert studio.client.asked(number) == {}
    names = [f"item{place}" for place in range(8)]
    studio.client.ask(number, data(*names))
    listed = studio.client.asked(number)
    assert sorted(listed) == names
    assert len(set(listed.values())) == studio.client.task_count(number) == 8
    assert studio.client.counted(number) == (8, interface(EKMAN, "voice"))
    count, newest = studio.client.newest(number)
    assert (count, newest and newest.id) == (8, max(listed.values()))


def test_a_list_is_asked_for_one_page_more_only_where_the_first_was_full(
    studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker, lists = f"emocurate {uuid.uuid4()}", list[str]()
    numbers = [studio.client.project(marker, "one", interface(EKMAN, "voice"), 1)]
    http = studio.client._sdk._client_wrapper.httpx_client.httpx_client
    monkeypatch.setitem(http.event_hooks, "request", [lambda request: lists.append(request.url.path)])
    assert [one.id for one in studio.client.projects(marker)] == numbers
    assert lists == ["/api/projects/"]
    monkeypatch.setattr(client, "PROJECTS_AT_ONCE", 1)
    assert [one.id for one in studio.client.projects(marker)] == numbers
    assert len(lists) > 2


def test_tasks_that_lack_something_are_refused_with_the_reason(studio: RunningStudio) -> None:
    with pytest.raises(StudioError, match="media"):
        studio.client.ask(project(studio), [{"item_id": "a", "context": ""}])


def test_an_answer_comes_back_as_it_was_given_with_who_gave_it(studio: RunningStudio) -> None:
    number, tasks = asked(studio, "a", "b")
    person = studio.rater(1)
    given = {"emotion": "fear", "intensity": 70}
    Studio(studio.server.address, person.token).answer(tasks["b"], result_of(EKMAN, given), duration_ms=4321)
    (task,) = studio.client.answered(number)
    (annotation,) = task.annotations
    assert (task.id, task.item_id, annotation.rater) == (tasks["b"], "b", person.email)
    assert answers_in(EKMAN, annotation.result) == given
    assert (annotation.skipped, annotation.by_prediction, annotation.duration_ms) == (False, False, 4321)
    assert annotation.updated_at == utc(annotation.updated_at)


def test_a_skip_comes_back_as_a_skip(studio: RunningStudio) -> None:
    number, tasks = asked(studio, "a")
    Studio(studio.server.address, studio.rater(2).token).answer(tasks["a"], [], skipped=True)
    (task,) = studio.client.answered(number)
    assert [annotation.skipped for annotation in task.annotations] == [True]


def test_a_list_shows_of_every_task_when_it_changed_and_how_much_was_said_and_a_deletion_is_a_change(
    studio: RunningStudio,
) -> None:
    number, tasks = asked(studio, "a", "b", "c")
    before = {task.item_id: task for task in studio.client.listed(number)}
    rater = Studio(studio.server.address, studio.rater(3).token)
    answers = [rater.answer(tasks[name], result_of(EKMAN, {"emotion": "anger"})) for name in ("a", "b")]
    rater.answer(tasks["b"], [], skipped=True)
    rater._sdk.annotations.delete(answers[0])
    after = {task.item_id: task for task in studio.client.listed(number)}
    assert {name: task.annotations for name, task in after.items()} == {"a": 0, "b": 2, "c": 0}
    assert studio.client.overview(number) == (2, interface(EKMAN, "voice"))
    assert [name for name in "abc" if after[name].updated_at != before[name].updated_at] == ["a", "b"]


def test_tasks_are_read_over_pages_and_those_that_are_gone_are_missing(
    studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks_read, "READ_AT_ONCE", 2)
    names = [f"item{place}" for place in range(5)]
    number, tasks = asked(studio, *names)
    rater = Studio(studio.server.address, studio.rater(4).token)
    for place, name in enumerate(names[:4]):
        rater.answer(tasks[name], result_of(EKMAN, {"emotion": "anger"}), skipped=place % 3 == 0)
    studio.client.delete_tasks(number, [tasks["item2"]])
    assert sorted(task.item_id for task in studio.client.answered(number)) == ["item0", "item1", "item3"]
    read = list(studio.client.tasks(number, list(tasks.values())))
    assert sorted(task.item_id for task in read) == ["item0", "item1", "item3", "item4"]


def test_the_number_of_pulls_is_kept_in_the_project_beside_what_people_wrote_there(studio: RunningStudio) -> None:
    marker = f"emocurate {uuid.uuid4()}"
    number = studio.client.project(marker, "ekman", interface(EKMAN, "voice"), 2)
    (found,) = studio.client.projects(marker)
    assert found.pulls == 0
    studio.client._sdk.projects.update(number, description=f"{found.description}\nask Anna")
    studio.client.count_pulls(studio.client.projects(marker)[0], 7)
    (found,) = studio.client.projects(marker)
    assert found.pulls == 7
    assert "ask Anna" in found.description


def test_a_time_has_one_form_whatever_the_server_writes() -> None:
    assert utc("2026-03-01T12:00:00Z") == "2026-03-01T12:00:00.000000Z"
    assert utc("2026-03-01T14:00:00.5+02:00") == "2026-03-01T12:00:00.500000Z"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"detail": "No such project."}, "No such project."),
        ({"detail": "Validation error", "validation_errors": {"title": ["too short"]}}, '{"title": ["too short"]}'),
        ("<html>busy</html>", "<html>busy</html>"),
    ],
)
def test_the_reason_of_a_refusal_is_what_a_person_can_use(body: object, reason: str) -> None:
    assert responses.reason(body) == reason


def test_whoever_adds_tasks_hears_how_many_are_there(studio: RunningStudio) -> None:
    project = studio.client.project(f"emocurate {uuid.uuid4()}", "counted", interface(EKMAN, "voice"), 1)
    heard: list[tuple[int, int]] = []
    tasks = data(*(f"item-{number}" for number in range(1500)))
    studio.client.ask(project, tasks, lambda done, total: heard.append((done, total)))
    assert heard == [(1000, 1500), (1500, 1500)]
