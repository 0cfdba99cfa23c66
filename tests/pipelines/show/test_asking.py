"""What `studio`, `push` and `pull` say."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from pipelines.ask.people import Account, Stopped
from pipelines.ask.pull import Pulled, RefusedAnswer
from pipelines.ask.restore import Restored
from pipelines.ask.selection import Selected
from pipelines.ask.sending import Pushed
from pipelines.show.asking import pulled, pushed, started, stopped

ACCOUNT = Account("http://127.0.0.1:8080", "anna@example.org", "secret")
PUSHED = Pushed("ekman-1", "voice", 1_008, 8, 2, 5, 3, "http://127.0.0.1:8080")


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


def test_what_is_drawn_of_all_media_of_a_scheme_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = Selected("Select@1-0123", 34, 34, 30, ())
    pushed([replace(PUSHED, media=media, selected=drawn) for media in ("voice", "face")])
    line = "ekman-1: of 34 good clips 34 fit, 30 are drawn, each with its probability as Select@1-0123\n"
    assert capsys.readouterr().out.count(line) == 1


def test_a_push_names_the_version_of_a_scheme_and_its_project(capsys: pytest.CaptureFixture[str]) -> None:
    pushed([PUSHED])
    printed = capsys.readouterr()
    row = ["ekman-1", "voice", "1,008", "8", "http://127.0.0.1:8080/projects/3/data"]
    assert printed.out.splitlines()[-1].split() == row
    assert "2 clips could not be cut" in printed.err
    assert "5 clips were not sent: their consent does not include annotate" in printed.err


def test_a_push_of_nothing_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    pushed([])
    assert "nothing to ask: no clip is good enough yet and has a consent to annotate" in capsys.readouterr().out


def test_a_pull_says_how_many_answers_came_from_how_many_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([Pulled("ekman-1", "voice", 50, 98), Pulled("ekman-2", "voice", 0, 0)])
    printed = capsys.readouterr()
    assert "98 answers from 50 tasks" in printed.out
    assert "ekman-1" in printed.out
    assert "ekman-2" in printed.out


def test_a_pull_before_any_push_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([])
    assert "start with emocurate push" in capsys.readouterr().out


def test_json_holds_accounts_projects_and_whether_it_stopped(as_json: Callable[[Any], Any]) -> None:
    assert as_json([ACCOUNT]) == [
        {"address": "http://127.0.0.1:8080", "email": "anna@example.org", "password": "secret"}
    ]
    assert as_json(Stopped(True)) == {"stopped": True}
    assert as_json([PUSHED]) == [json.loads(json.dumps(asdict(PUSHED)))]
    assert as_json([Pulled("ekman-1", "face", 1, 2)])[0]["answers"] == 2


def refused(n: int) -> tuple[RefusedAnswer, ...]:
    """Some refused answers."""
    return tuple(RefusedAnswer(task, "k", "p1", "emotion", '"anxiety"', "no category") for task in range(1, n + 1))


def test_a_pull_names_task_value_rater_and_reason_of_ten_refused_answers_and_counts_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pulled([Pulled("ekman-1", "voice", refused=refused(12))])
    told = capsys.readouterr().out
    assert 'left out, outside the scheme: task 1, emotion = "anxiety" by p1: no category' in told
    assert "task 10," in told
    assert "task 11," not in told
    assert "2 more; all of them: emocurate pull --json" in told


def test_a_project_that_is_gone_is_told_with_what_is_kept_and_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([Pulled("ekman-1", "voice", gone=True, kept=2)])
    told = capsys.readouterr().out
    assert "ekman-1, voice: the project is gone from Label Studio; its 2 answers are kept" in told
    assert "the rest is asked in a new project by: emocurate push" in told
    assert "nothing has been pushed" not in told


def test_a_project_that_was_made_again_is_not_asked_for_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    pulled([Pulled("ekman-1", "voice", gone=True, kept=1, replaced=True)])
    told = capsys.readouterr().out
    assert "an earlier project is gone; its 1 answers are kept" in told
    assert "emocurate push" not in told


def test_what_was_changed_on_the_page_and_what_failed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    changed = Pulled("ekman-1", "voice", changed=("question 'emotion' lost 'fear' and gained 'anxiety'",))
    pulled([changed, Pulled("ekman-1", "face", failed="it refused (500)")])
    told = capsys.readouterr().out
    assert "not the one that was pushed: question 'emotion' lost 'fear' and gained 'anxiety'" in told
    assert "emocurate scheme migrate" in told
    assert "ekman-1, face: failed: it refused (500)" in told


@pytest.mark.parametrize(
    ("project", "line"),
    [
        (Pulled("e", "voice", gone_tasks=113, withdrawn=5), "113 tasks are gone; 5 answers withdrawn"),
        (
            Pulled("e", "voice", withdrawn=1),
            "e, voice: 1 earlier answers are taken back or replaced there; withdrawn here",
        ),
        (Pulled("e", "voice", gone_tasks=3, restored=True), "3 tasks are gone; kept: Label Studio was restored"),
        (
            Pulled("e", "voice", restored=True),
            "database is older than the last pull; what it lacks is kept here as given",
        ),
        (
            Pulled("e", "voice", lost=4),
            "4 answers are here and not there any more; to put them back: emocurate push --re",
        ),
        (Pulled("e", "voice", there=12, here=9), "Label Studio counts 12 annotations and 9 were read"),
        (
            Pulled("e", "voice", doubled=2),
            "2 were asked in several tasks, and are read as one; mend it: emocurate push",
        ),
        (Pulled("e", "voice", projects=(3, 8)), "several projects carry our mark, and all are read: 3, 8"),
        (
            Pulled("e", "voice", foreign=tuple(range(12))),
            "not ours are left out: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
        ),
        (Pulled("e", "voice", edited=1), "1 answers were written by another account than their rater's"),
    ],
)
def test_a_pull_says_what_both_sides_do_not_have_in_common(
    project: Pulled, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pulled([project])
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"answered": 5}, "5 were answered and have no task any more; ask again: emocurate push --again"),
        ({"deleted": 1_000}, "1,000 tasks were there twice; the copies nobody had begun are deleted"),
        ({"folded": 2}, "2 were answered in several tasks; pull reads them as one"),
        ({"emptied": (9,)}, "an empty project with our mark is deleted: 9"),
        ({"projects": (7,)}, "also in project 7, where somebody answered"),
        ({"changed": ("question 'x' is new",)}, "keeps what somebody answered there: question 'x' is new"),
        ({"restored": Restored(6, 0)}, "6 answers of raters were put back"),
        ({"restored": Restored(0, 2)}, "2 could not be: their raters have no account there, or no task"),
    ],
)
def test_a_push_says_what_it_put_right_and_what_it_left_alone(
    changed: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed([replace(PUSHED, **changed)])
    assert line in capsys.readouterr().out
