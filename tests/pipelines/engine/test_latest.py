"""Which answer of a rater counts when several origins hold one."""

from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog, insert
from schemas.answers import Answer, AnswerState, Refusal


def say(
    home: Path, origin: str, second: int, state: AnswerState = "given", value: str = '"fear"', question: str = "emotion"
) -> None:
    """One row of rater r1 about ask k1, at a second of one minute; later calls make later rows."""
    time = f"2026-03-01T00:00:{second:02}.000000Z"
    Catalog(home).add([Answer(origin, "k1", question, "r1", time, value if state == "given" else None, state)])


def latest(home: Path) -> list[tuple[str, str, str, str | None]]:
    return Catalog(home).rows("SELECT origin, question, state, value FROM latest_answers ORDER BY ALL")


@pytest.fixture
def table(home: Path) -> str:
    """An origin that is an imported table."""
    with Catalog(home).open() as connection:
        insert(connection, "origins", {"id": ["table"], "scheme": ["s"], "modality": [""], "server": ["table"]})
    return "table"


def test_of_two_projects_the_later_answer_counts(home: Path) -> None:
    say(home, "first", 1)
    say(home, "again", 2, value='"anger"')
    assert latest(home) == [("again", "emotion", "given", '"anger"')]


def test_what_was_withdrawn_again_does_not_bring_back_what_it_replaced(home: Path) -> None:
    say(home, "first", 1)
    say(home, "again", 2, value='"anger"')
    say(home, "again", 3, "withdrawn")
    assert latest(home) == [("again", "emotion", "withdrawn", None)]


def test_an_answer_withdrawn_late_hides_none_that_came_after_it(home: Path) -> None:
    say(home, "first", 1)
    say(home, "again", 2, value='"anger"')
    say(home, "first", 3, "withdrawn")
    assert latest(home) == [("again", "emotion", "given", '"anger"')]


def test_what_an_import_withdraws_hides_no_other_origin(home: Path, table: str) -> None:
    say(home, "project", 1)
    say(home, table, 5, value='"anger"')
    assert latest(home) == [(table, "emotion", "given", '"anger"')]
    say(home, table, 6, "withdrawn")
    assert latest(home) == [("project", "emotion", "given", '"fear"')]


def test_two_undated_tables_stand_for_each_other_when_one_loses_its_answer(home: Path, table: str) -> None:
    say(home, "other", 0)
    say(home, table, 0)
    say(home, table, 1, "withdrawn")
    assert latest(home) == [("other", "emotion", "given", '"fear"')]


def test_what_only_a_table_said_and_withdrew_is_withdrawn(home: Path, table: str) -> None:
    say(home, table, 0)
    say(home, table, 1, "withdrawn")
    assert latest(home) == [(table, "emotion", "withdrawn", None)]


def test_a_skip_in_another_origin_makes_earlier_answers_void(home: Path) -> None:
    say(home, "first", 1)
    say(home, "first", 1, question="intensity", value="40")
    say(home, "again", 2, "skipped", question="*")
    assert latest(home) == [("again", "*", "skipped", None)]


def test_an_answer_in_another_origin_makes_an_earlier_skip_void(home: Path) -> None:
    say(home, "first", 1, "skipped", question="*")
    say(home, "again", 2)
    assert latest(home) == [("again", "emotion", "given", '"fear"')]


def test_a_skip_that_was_withdrawn_makes_nothing_void(home: Path) -> None:
    say(home, "first", 1)
    say(home, "again", 2, "skipped", question="*")
    say(home, "again", 3, "withdrawn", question="*")
    assert ("first", "emotion", "given", '"fear"') in latest(home)


def test_an_answer_between_two_skips_is_void_and_one_after_them_counts(home: Path) -> None:
    say(home, "first", 1)
    say(home, "again", 2, "skipped", question="*")
    say(home, "third", 3, question="intensity", value="40")
    assert latest(home) == [("third", "intensity", "given", "40")]


def test_in_one_table_a_skipped_question_leaves_the_answers_to_others(home: Path, table: str) -> None:
    say(home, table, 1)
    say(home, table, 2, "skipped", question="*")
    assert [row[1] for row in latest(home)] == ["*", "emotion"]


def test_a_refusal_is_open_until_a_later_row_closes_it(home: Path) -> None:
    time, value = "2026-03-01T00:00:0{}.000000Z", '"anxiety"'
    opened = Refusal("first", 3, "k1", "r1", "emotion", value, "no category", time.format(1))
    Catalog(home).add([opened, opened])
    reasons = "SELECT reason FROM open_refusals"
    assert Catalog(home).rows(reasons) == [("no category",)]
    Catalog(home).add([Refusal("first", 3, "k1", "r1", "emotion", None, None, time.format(2), "closed")])
    assert Catalog(home).rows(reasons) == []
    assert Catalog(home).rows("SELECT count(*) FROM refusals") == [(2,)]
