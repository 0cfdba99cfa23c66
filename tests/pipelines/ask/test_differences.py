"""What raters say against what we hold, for annotations in forms that only a server of another version would take."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from annotate.studio.client import Annotation, Task
from annotate.studio.responses import annotation
from pipelines import collection
from pipelines.ask.differences import Differences
from pipelines.engine.catalog import Catalog
from schemas.answers import Decision
from schemas.scheme import shipped_schemes

EKMAN = shipped_schemes()["ekman"]


def part(name: Any, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "value": value}


def said(result: Any, minute: int = 1, number: int = 1) -> Annotation:
    """An annotation as Label Studio tells it."""
    time = f"2026-03-01T00:{minute:02}:00Z"
    told = {"id": number, "created_at": time, "updated_at": time, "result": result, "lead_time": 2}
    return annotation(told, 40 + number, "anna@example.org")


def commit(home: Path, *annotations: Annotation) -> int:
    """Commit what differs of one ask with these annotations; gives how many rows were new."""
    latest = max((one.updated_at for one in annotations), default="2026-03-01T01:00:00.000000Z")
    task = Task(7, "k1", latest, annotations)
    differences = Differences("origin", EKMAN, collection.find(home).people)
    with Catalog(home).open() as connection:
        rows = differences.rows(connection, [task])
        Catalog(home).commit(connection, rows)
    return len(rows)


def refused(home: Path) -> list[tuple[Any, ...]]:
    return Catalog(home).rows("SELECT task, question, value FROM current_refusals WHERE state = 'open' ORDER BY 2")


def given(home: Path) -> list[tuple[Any, ...]]:
    return Catalog(home).rows("SELECT question, value FROM latest_answers WHERE state = 'given' ORDER BY 1")


@pytest.mark.parametrize(
    ("bad", "question", "value"),
    [
        (part("emotion", choices=["\ud800"]), "emotion", r'"\ud800"'),
        (part("intensity", number=math.nan), "intensity", '"nan"'),
        (part("emotion", choices=[["fear"]]), "emotion", '["fear"]'),
        ({"from_name": "emotion", "value": None}, "emotion", "null"),
        (part("\ud800", choices=["x"]), None, r'{"from_name":"\ud800","value":{"choices":["x"]}}'),
        (3, None, "3"),
    ],
)
def test_any_value_can_be_kept_as_json_and_a_second_pull_adds_nothing(
    home: Path, bad: Any, question: str | None, value: str
) -> None:
    good = part("intensity", number=50) if question != "intensity" else part("emotion", choices=["fear"])
    assert commit(home, said([bad, good])) == 2
    assert refused(home) == [(41, question, value)]
    json.loads(value)
    assert len(given(home)) == 1
    assert commit(home, said([bad, good])) == 0


@pytest.mark.parametrize("result", [{"choices": ["fear"]}, "fear", 5])
def test_a_result_that_is_no_list_is_one_refusal(home: Path, result: Any) -> None:
    assert commit(home, said(result)) == 1
    assert [row[1] for row in refused(home)] == [None]


def test_several_parts_without_a_question_are_one_row_with_all_of_them(home: Path) -> None:
    commit(home, said([1, "x"]))
    assert refused(home) == [(41, None, '[1,"x"]')]


def test_of_two_annotations_the_later_counts_readable_or_not_and_the_older_stands_again(home: Path) -> None:
    first = said([part("emotion", choices=["fear"])])
    second = said([part("emotion", choices=["anxiety"])], minute=2, number=2)
    commit(home, first)
    commit(home, first, second)
    assert (given(home), refused(home)) == ([], [(42, "emotion", '"anxiety"')])
    commit(home, first)
    assert (given(home), refused(home)) == ([("emotion", '"fear"')], [])
    assert commit(home, first) == 0


def test_what_a_rater_takes_back_is_closed(home: Path) -> None:
    commit(home, said([part("emotion", choices=["anxiety"])]))
    assert commit(home) == 1
    assert refused(home) == []


def rows_of(home: Path, *annotations: Annotation, older: bool = False) -> list[str]:
    """Commit what differs of one ask, in a database that may be older than the last look; gives the kinds of rows."""
    latest = max((one.updated_at for one in annotations), default="2026-03-01T01:00:00.000000Z")
    differences = Differences("origin", EKMAN, collection.find(home).people)
    with Catalog(home).open() as connection:
        rows = differences.rows(connection, [Task(7, "k1", latest, annotations)], older)
        Catalog(home).commit(connection, rows)
    return [row.what if isinstance(row, Decision) else type(row).__name__ for row in rows]


FEAR, ANGER = [part("emotion", choices=["fear"])], [part("emotion", choices=["anger"])]


def test_what_an_older_database_lacks_stays_given_until_its_rater_says_something_else(home: Path) -> None:
    assert rows_of(home, said(FEAR)) == ["Answer"]
    assert rows_of(home, older=True) == ["lost"]
    assert rows_of(home, older=True) == rows_of(home) == []
    assert given(home) == [("emotion", '"fear"')]
    assert rows_of(home, said(FEAR, minute=5, number=2)) == ["found again"]
    assert rows_of(home) == ["Answer"]  # it is there again, and so can be taken back
    assert given(home) == []


def test_an_answer_that_is_older_again_changes_nothing_and_a_newer_one_does(home: Path) -> None:
    rows_of(home, said(FEAR))
    rows_of(home, said(ANGER, minute=3))
    assert rows_of(home, said(FEAR), older=True) == ["lost"]
    assert rows_of(home, said(FEAR)) == []
    assert given(home) == [("emotion", '"anger"')]
    assert rows_of(home, said(FEAR, minute=4)) == ["found again", "Answer"]
    assert given(home) == [("emotion", '"fear"')]


def test_an_answer_taken_back_does_not_come_back_with_an_older_database(home: Path) -> None:
    rows_of(home, said(FEAR))
    rows_of(home)
    assert rows_of(home, said(FEAR), older=True) == ["lost"]
    assert rows_of(home, said(FEAR)) == []
    assert given(home) == []


def test_an_empty_submission_is_a_skip_with_that_reason(home: Path) -> None:
    rows_of(home, said([]))
    assert Catalog(home).rows("SELECT question, value, state FROM answers") == [("*", '"empty submission"', "skipped")]


@pytest.mark.parametrize("seconds", [1e17, 1e300, -1, math.inf, math.nan, "long"])
def test_a_duration_that_is_none_is_a_refusal_and_the_answer_stands_without_it(home: Path, seconds: Any) -> None:
    told = {"id": 1, "created_at": "2026-03-01T00:00:00Z", "updated_at": "2026-03-01T00:00:00Z", "result": FEAR}
    assert rows_of(home, annotation({**told, "lead_time": seconds}, 41, "anna@example.org")) == ["Answer", "Refusal"]
    assert Catalog(home).rows("SELECT value, duration_ms FROM answers") == [('"fear"', None)]
    assert "is no duration" in Catalog(home).rows("SELECT reason FROM refusals")[0][0]


def test_what_the_server_cannot_hand_out_is_no_answer_also_where_the_untouched_is_one(home: Path) -> None:
    faces = shipped_schemes()["emonet-face-hq"]
    told = {"id": 1, "created_at": "2026-03-01T00:00:00Z", "updated_at": "2026-03-01T00:00:00Z", "unreadable": "broken"}
    task = Task(41, "k1", "2026-03-01T00:00:00.000000Z", (annotation(told, 41, "anna@example.org"),))
    with Catalog(home).open() as connection:
        (row,) = Differences("origin", faces, collection.find(home).people).rows(connection, [task])
    assert (row.state, row.reason) == ("open", "broken")  # type: ignore[union-attr]
