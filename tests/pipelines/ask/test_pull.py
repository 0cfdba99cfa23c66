"""What push and pull say when they are done."""

import json

import pytest

from pipelines.ask.pull import Pulled, RefusedAnswer
from pipelines.ask.push import Pushed
from pipelines.show import report


def test_a_pull_says_how_many_answers_came_from_how_many_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    report.pulled([Pulled("ekman-1", "voice", 50, 98), Pulled("ekman-2", "voice")], json=False)
    told = capsys.readouterr().out
    assert "98 answers from 50 tasks" in told
    assert "ekman-1" in told
    assert "ekman-2" in told


def refused(n: int) -> tuple[RefusedAnswer, ...]:
    """Some refused answers."""
    return tuple(RefusedAnswer(task, "k", "p1", "emotion", '"anxiety"', "no category") for task in range(1, n + 1))


def test_a_pull_names_task_value_rater_and_reason_of_ten_refused_answers_and_counts_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report.pulled([Pulled("ekman-1", "voice", refused=refused(12))], json=False)
    told = capsys.readouterr().out
    assert 'left out, outside the scheme: task 1, emotion = "anxiety" by p1: no category' in told
    assert "task 10," in told
    assert "task 11," not in told
    assert "2 more; all of them: emocurate pull --json" in told


def test_a_pull_as_json_names_all_refused_answers(capsys: pytest.CaptureFixture[str]) -> None:
    report.pulled([Pulled("ekman-1", "voice", refused=refused(12))], json=True)
    (project,) = json.loads(capsys.readouterr().out)
    assert [(one["task"], one["value"]) for one in project["refused"]] == [(n, '"anxiety"') for n in range(1, 13)]


def test_a_project_that_is_gone_is_told_with_what_is_kept_and_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    report.pulled([Pulled("ekman-1", "voice", gone=True, kept=2)], json=False)
    told = capsys.readouterr().out
    assert "ekman-1, voice: the project is gone from Label Studio; its 2 answers are kept" in told
    assert "to ask again in a new project: emocurate push" in told
    assert "nothing has been pushed" not in told


def test_a_project_that_was_made_again_is_not_asked_for_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    report.pulled([Pulled("ekman-1", "voice", gone=True, kept=1, replaced=True)], json=False)
    told = capsys.readouterr().out
    assert "an earlier project is gone; its 1 answers are kept" in told
    assert "emocurate push" not in told


def test_what_was_changed_on_the_page_and_what_failed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    changed = Pulled("ekman-1", "voice", changed=("question 'emotion' lost 'fear' and gained 'anxiety'",))
    report.pulled([changed, Pulled("ekman-1", "face", failed="it refused (500)")], json=False)
    told = capsys.readouterr().out
    assert "not the one that was pushed: question 'emotion' lost 'fear' and gained 'anxiety'" in told
    assert "emocurate scheme migrate" in told
    assert "ekman-1, face: failed: it refused (500)" in told


def test_a_push_names_the_version_of_a_scheme(capsys: pytest.CaptureFixture[str]) -> None:
    report.pushed([Pushed("ekman-1", "voice", 8, 8, 0, 3, "http://127.0.0.1:8080")], json=False)
    assert "ekman-1" in capsys.readouterr().out
