"""Against a real Label Studio: answers outside their scheme, projects that vanish, and pages that somebody changed."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from annotate.studio.client import Studio
from annotate.studio.interface import result_of
from pipelines import collection
from pipelines.ask.pull import Pulled
from pipelines.ask.sending import Wish, origin_of
from pipelines.engine.catalog import Catalog
from pipelines.status import status
from tests.pipelines.ask.test_round_trip import (  # noqa: F401  # fixtures
    answered,
    asking,
    change,
    fetch,
    projects,
    request,
    send,
)
from tests.studio_server import RunningStudio

pytestmark = pytest.mark.studio

CATEGORY = "question 'emotion' has no category 'anxiety'"
GIVEN = "SELECT question, value FROM latest_answers WHERE ask = ? AND state = 'given' ORDER BY ALL"


def part(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "_media", "type": kind, "value": value}


def outside(value: str = "anxiety") -> list[dict[str, Any]]:
    """An annotation whose emotion the scheme does not have, and whose intensity it has."""
    return [part("emotion", "choices", {"choices": [value]}), part("intensity", "number", {"number": 50})]


class Rating:
    """One rater of a pushed collection, at the first of its projects, which is about voices."""

    def __init__(self, home: Path, studio: RunningStudio) -> None:
        self.home, self.studio = home, studio
        self.client = Studio(studio.server.address, studio.rater(1).token)
        self.at_project()

    def at_project(self) -> None:
        self.scheme, self.project = next(projects(self.home, self.studio.client))
        self.tasks = sorted(self.studio.client.asked(self.project).items())

    def say(self, place: int, result: list[Any]) -> int:
        return self.client.answer(self.tasks[place][1], result, 3000)

    def delete_project(self) -> None:
        request(self.studio, "DELETE", f"/api/projects/{self.project}/")


@pytest.fixture
def rating(asking: Path, studio: RunningStudio) -> Rating:  # noqa: F811
    """Of a collection that asks about voices alone: one project is pushed and pulled in half the time of two."""
    ekman = (files("schemas") / "emotions" / "ekman.toml").read_text("utf-8")
    voices = ekman.replace('"ekman"', '"voices"', 1).replace('["voice", "face"]', '["voice"]')
    (asking / "voices.toml").write_text(voices, "utf-8")
    settings = asking / "emocurate.toml"
    settings.write_text(settings.read_text().replace('schemes = ["ekman"]', 'schemes = ["voices.toml"]'))
    send(asking, studio.client)
    return Rating(asking, studio)


@pytest.fixture
def rating_two(asking: Path, studio: RunningStudio) -> Rating:  # noqa: F811
    """At the first of two projects, of voices and of faces."""
    send(asking, studio.client)
    return Rating(asking, studio)


def rows(home: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return Catalog(home).rows(query, list(values))


def test_an_answer_outside_its_scheme_is_a_row_once_and_what_can_be_read_of_it_stands(rating: Rating) -> None:
    home, client = rating.home, rating.studio.client
    ask, task = rating.tasks[0]
    rating.say(0, outside())
    for _ in range(2):
        (refused,) = fetch(home, client)[0].refused
        assert (refused.task, refused.ask, refused.question, refused.value) == (task, ask, "emotion", '"anxiety"')
        assert refused.reason.startswith(CATEGORY)
        assert "@" not in refused.rater
    assert rows(home, "SELECT count(*), min(duration_ms) FROM refusals") == [(1, 3000)]
    assert rows(home, GIVEN, ask) == [("intensity", "50")]
    (reason,) = status(home, collection.find(home).settings).refused
    assert reason.startswith(CATEGORY)


def test_a_refused_answer_that_is_changed_or_deleted_is_refused_no_more(rating: Rating) -> None:
    home, client = rating.home, rating.studio.client
    changed, deleted, gone = (rating.say(place, outside()) for place in range(3))
    assert len(fetch(home, client)[0].refused) == 3
    change(rating.studio, changed, result=result_of(rating.scheme, {"emotion": "fear"}))
    request(rating.studio, "DELETE", f"/api/annotations/{deleted}/")
    request(rating.studio, "DELETE", f"/api/tasks/{rating.tasks[2][1]}/")
    assert gone
    assert fetch(home, client)[0].refused == ()
    assert rows(home, GIVEN, rating.tasks[0][0]) == [("emotion", '"fear"')]
    assert rows(home, "SELECT state, count(*) FROM refusals GROUP BY 1 ORDER BY 1") == [("closed", 3), ("open", 3)]


def test_an_answer_changed_to_one_outside_is_withdrawn(rating: Rating) -> None:
    home, client = rating.home, rating.studio.client
    annotation = rating.say(0, result_of(rating.scheme, {"emotion": "fear", "intensity": 50}))
    fetch(home, client)
    change(rating.studio, annotation, result=outside())
    assert len(fetch(home, client)[0].refused) == 1
    assert rows(home, GIVEN, rating.tasks[0][0]) == [("intensity", "50")]


@pytest.mark.parametrize(
    "result",
    [
        [part("emotion", "choices", {"choices": None})],
        [part("intensity", "number", {"number": "abc"})],
        [{"from_name": "emotion"}],
    ],
    ids=["null", "abc", "bare"],
)
def test_a_malformed_annotation_is_a_refusal_and_stops_no_project(rating_two: Rating, result: list[Any]) -> None:
    home, client = rating_two.home, rating_two.studio.client
    rating_two.say(0, result)
    rating_two.say(1, result_of(rating_two.scheme, {"emotion": "fear"}))
    done = fetch(home, client)
    assert [(one.failed, len(one.refused)) for one in done] == [(None, 1), (None, 0)]
    assert rows(home, GIVEN, rating_two.tasks[1][0]) == [("emotion", '"fear"')]


def test_a_renamed_choice_is_noticed_and_an_untouched_page_is_not(rating_two: Rating) -> None:
    home, studio = rating_two.home, rating_two.studio
    assert [one.changed for one in fetch(home, studio.client)] == [(), ()]
    page = studio.client.interface(rating_two.project).replace('value="fear"', 'value="anxiety"')
    request(studio, "PATCH", f"/api/projects/{rating_two.project}/", label_config=page)
    assert fetch(home, studio.client)[0].changed == ("question 'emotion' lost 'fear' and gained 'anxiety'",)
    send(home, studio.client)
    assert fetch(home, studio.client)[0].changed == ()


def test_a_vanished_project_keeps_its_answers_and_is_told_as_gone(rating_two: Rating) -> None:
    home, client = rating_two.home, rating_two.studio.client
    for place in range(2):
        rating_two.say(place, result_of(rating_two.scheme, {"emotion": "anger"}))
    fetch(home, client)
    rating_two.delete_project()
    gone, other = fetch(home, client)
    assert gone == Pulled("ekman-1", "voice", gone=True, kept=2)
    assert not other.gone
    assert rows(home, "SELECT count(*) FROM answers") == [(2,)]


def test_of_a_rater_asked_again_in_a_new_project_the_later_answer_counts(rating: Rating) -> None:
    home, client = rating.home, rating.studio.client
    for place in range(2):
        rating.say(place, result_of(rating.scheme, {"emotion": "anger"}))
    fetch(home, client)
    old = origin_of(home, rating.scheme, "voice")
    rating.delete_project()
    (voice,) = send(home, client)
    assert (voice.new, voice.answered) == (2, 2)
    assert send(home, client, wish=Wish(again=True))[0].new == 2
    rating.at_project()
    annotation = rating.say(0, result_of(rating.scheme, {"emotion": "sadness"}))
    gone = fetch(home, client)[1]
    assert gone == Pulled("voices-1", "voice", gone=True, kept=1, replaced=True)
    assert rows(home, GIVEN, rating.tasks[0][0]) == [("emotion", '"sadness"')]
    found = status(home, collection.find(home).settings)
    assert (found.answers, found.raters) == (2, 1)
    request(rating.studio, "DELETE", f"/api/annotations/{annotation}/")
    fetch(home, client)
    assert rows(home, GIVEN, rating.tasks[0][0]) == []
    assert rows(home, "SELECT origin FROM latest_answers WHERE state = 'given'") == [(old,)]


def test_one_project_that_cannot_be_read_does_not_stop_the_others(
    rating_two: Rating, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, client = rating_two.home, rating_two.studio.client
    face = list(projects(home, client))[1][1]
    task = next(iter(client.asked(face).values()))
    rating_two.client.answer(task, result_of(rating_two.scheme, {"emotion": "fear"}))
    whole: Callable[..., Any] = Studio.listed

    def broken(studio: Studio, project: int) -> Any:
        if project == rating_two.project:
            raise OverflowError("a number without end")
        return whole(studio, project)

    monkeypatch.setattr(Studio, "listed", broken)
    voice, faces = fetch(home, client)
    assert voice.failed == "Label Studio answered in a form we do not know: OverflowError('a number without end')"
    assert (faces.failed, faces.answers) == (None, 1)
