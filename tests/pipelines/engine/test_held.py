"""Views that are held for one visit: the rows of that moment stand in their place, for other views as well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.engine import held
from pipelines.engine.catalog import Catalog
from pipelines.engine.held import ANSWERS, RIGHTS, hold, hold_answers
from schemas.media import Source
from tests.pipelines.conftest import Builder, answered_in, take_in


def test_what_is_held_are_the_rows_of_the_view_of_that_moment(taken_in: Path, media: Path) -> None:
    with Catalog(taken_in).open() as connection:
        plain = connection.execute("FROM rights ORDER BY asset").fetchall()
        hold(connection, RIGHTS)
        assert connection.execute("FROM rights ORDER BY asset").fetchall() == plain
        assert {row[3] for row in plain} == {"CC-BY-4.0"}
    take_in(taken_in, [media], Source("licence", "CC-BY-NC-4.0"))
    with Catalog(taken_in).open() as connection:
        hold(connection, RIGHTS)
        assert {row for (row,) in connection.execute("SELECT licence FROM rights").fetchall()} == {"CC-BY-NC-4.0"}


def test_other_views_read_what_is_held(taken_in: Path) -> None:
    with Catalog(taken_in).open() as connection:
        hold(connection, RIGHTS)
        connection.execute("UPDATE rights SET lapsed = 'expired'")
        reasons = connection.execute("SELECT DISTINCT against_internal FROM forms").fetchall()
    assert reasons == [("a consent has expired or was withdrawn",)]


def test_nothing_is_held_longer_than_a_visit(taken_in: Path) -> None:
    with Catalog(taken_in).open() as connection:
        hold(connection, RIGHTS)
        connection.execute("DELETE FROM rights")
    assert Catalog(taken_in).rows("SELECT count(*) FROM rights") == [(7,)]


@pytest.mark.parametrize("most", [0, held.FEW_ANSWERS])
def test_answers_are_held_where_they_are_few_and_are_the_same_where_they_are_not(
    most: int, copy_of: Callable[[Builder], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "FEW_ANSWERS", most)
    with Catalog(copy_of(answered_in)).open() as connection:
        plain = [connection.execute(f"FROM {view} ORDER BY ALL").fetchall() for view in ANSWERS]
        hold_answers(connection)
        assert [connection.execute(f"FROM {view} ORDER BY ALL").fetchall() for view in ANSWERS] == plain
        held_names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    assert {name for (name,) in held_names} == (set(ANSWERS) if most else set())
