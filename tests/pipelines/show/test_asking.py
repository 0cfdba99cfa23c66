"""What `studio`, `push` and `pull` say."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from pipelines.ask.people import Account, Stopped
from pipelines.ask.pull import Pulled
from pipelines.ask.push import Pushed
from pipelines.show.asking import pulled, pushed, started, stopped

ACCOUNT = Account("http://127.0.0.1:8080", "anna@example.org", "secret")
PUSHED = Pushed("ekman-1", "voice", 1_008, 8, 2, 3, "http://127.0.0.1:8080")


def test_a_person_learns_where_to_log_in_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    started([ACCOUNT])
    printed = capsys.readouterr()
    assert printed.out.split() == [
        "address", "http://127.0.0.1:8080", "e-mail", "anna@example.org", "password", "secret",
    ]  # fmt: skip
    assert "stop it with: emocurate studio --stop" in printed.err


@pytest.mark.parametrize(
    ("was_running", "line"), [(True, "Label Studio has stopped\n"), (False, "no Label Studio was running\n")]
)
def test_stopping_says_whether_anything_was_running(
    was_running: bool, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped(Stopped(was_running))
    assert capsys.readouterr().out == line


def test_a_push_names_the_version_of_a_scheme_and_its_project(capsys: pytest.CaptureFixture[str]) -> None:
    pushed([PUSHED])
    printed = capsys.readouterr()
    row = ["ekman-1", "voice", "1,008", "8", "http://127.0.0.1:8080/projects/3/data"]
    assert printed.out.splitlines()[-1].split() == row
    assert "2 clips could not be cut" in printed.err


def test_a_push_of_nothing_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    pushed([])
    assert "nothing to ask: no clip is good enough yet; see emocurate status" in capsys.readouterr().out


def test_a_pull_says_how_many_answers_came_from_how_many_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([Pulled("ekman-1", "voice", 50, 98, 3), Pulled("ekman-2", "voice", 0, 0, 1)])
    printed = capsys.readouterr()
    assert "98 answers from 50 tasks" in printed.out
    assert "ekman-1" in printed.out
    assert "ekman-2" in printed.out
    assert "4 annotations hold values outside their scheme" in printed.err


def test_a_pull_before_any_push_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([])
    assert "start with emocurate push" in capsys.readouterr().out


def test_json_holds_accounts_projects_and_whether_it_stopped(as_json: Callable[[Any], Any]) -> None:
    assert as_json([ACCOUNT]) == [
        {"address": "http://127.0.0.1:8080", "email": "anna@example.org", "password": "secret"}
    ]
    assert as_json(Stopped(True)) == {"stopped": True}
    assert as_json([PUSHED]) == [asdict(PUSHED)]
    assert as_json([Pulled("ekman-1", "face", 1, 2, 0)])[0]["answers"] == 2
