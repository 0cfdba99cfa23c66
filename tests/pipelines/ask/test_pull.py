"""What push and pull say when they are done."""

import pytest

from pipelines.ask.pull import Pulled
from pipelines.ask.push import Pushed
from pipelines.show import report


def test_a_pull_says_how_many_answers_came_from_how_many_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    report.pulled([Pulled("ekman-1", "voice", 50, 98, 0), Pulled("ekman-2", "voice", 0, 0, 0)], json=False)
    told = capsys.readouterr().out
    assert "98 answers from 50 tasks" in told
    assert "ekman-1" in told
    assert "ekman-2" in told


def test_a_push_names_the_version_of_a_scheme(capsys: pytest.CaptureFixture[str]) -> None:
    report.pushed([Pushed("ekman-1", "voice", 8, 8, 0, 3, "http://127.0.0.1:8080")], json=False)
    assert "ekman-1" in capsys.readouterr().out
