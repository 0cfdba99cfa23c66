"""What is worked out of rows is read again only while everything that it was worked out of stays the same."""

from pathlib import Path

import pytest

from pipelines.engine import live
from pipelines.engine.catalog import FILE_NAME, Catalog, insert
from pipelines.engine.derived import keep, program, recall, standing
from pipelines.engine.instances import visit
from pipelines.engine.migrations import MIGRATIONS, REMEMBERED

BASIS = {"revision": 4, "settings": {"min_ms": 300, "names": ("b", "a")}}


def test_what_was_kept_is_recalled_on_the_same_basis(home: Path) -> None:
    with Catalog(home).open() as connection:
        keep(connection, "counted", BASIS, {"z": 1, "a": [2]})
        found = recall(connection, "counted", BASIS)
    assert list(found.items()) == [("z", 1), ("a", [2])]


@pytest.mark.parametrize("other", [{**BASIS, "revision": 5}, {**BASIS, "more": None}, {"revision": 4}])
def test_on_another_basis_nothing_is_recalled(home: Path, other: dict[str, object]) -> None:
    with Catalog(home).open() as connection:
        keep(connection, "counted", BASIS, 1)
        assert recall(connection, "counted", other) is None


def test_what_was_never_kept_is_not_recalled(home: Path) -> None:
    with Catalog(home).open() as connection:
        assert recall(connection, "counted", BASIS) is None


def test_keeping_is_no_change_of_rows(home: Path) -> None:
    with Catalog(home).open() as connection:
        before = standing(connection)
        keep(connection, "counted", before, 1)
        assert standing(connection) == before


def test_a_row_and_another_stage_in_force_change_what_stands(home: Path) -> None:
    with Catalog(home).open() as connection:
        before = standing(connection)
        insert(connection, "raters", {"id": ["one"], "kind": ["person"]})
        after_row = standing(connection)
    live.refresh(Catalog(home), ["Another@1"])
    with Catalog(home).open() as connection:
        after_stage = standing(connection)
    assert len({repr(one) for one in (before, after_row, after_stage)}) == 3


def test_a_consent_that_expires_changes_what_stands(home: Path) -> None:
    with Catalog(home).open() as connection:
        before = standing(connection)
        connection.execute(
            "INSERT INTO consents (id, person, state, said_at, expires_on) VALUES ('c', 'p', 'given', '2020', '2020-01-01')"
        )
        assert standing(connection) != before


def test_where_nothing_may_be_written_nothing_is_kept(home: Path) -> None:
    with visit(home / FILE_NAME, read_only=True) as connection:
        keep(connection, "counted", BASIS, 1)
        assert recall(connection, "counted", BASIS) is None


def test_a_changed_file_of_the_program_changes_what_stands_and_nothing_else_does(tmp_path: Path) -> None:
    for room in ("pipelines", "schemas"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "one.py").write_text("LIMIT = 1")
    before = program.__wrapped__(tmp_path)
    assert program.__wrapped__(tmp_path) == before
    (tmp_path / "schemas" / "one.py").write_text("LIMIT = 10")
    assert program.__wrapped__(tmp_path) != before


def test_what_was_kept_by_the_views_of_before_is_not_recalled(home: Path) -> None:
    with Catalog(home).open() as connection:
        for name in REMEMBERED:
            keep(connection, name, BASIS, 1)
        connection.execute("DELETE FROM migrations WHERE step = ?", [len(MIGRATIONS)])
    with Catalog(home).open() as connection:
        assert [recall(connection, name, BASIS) for name in REMEMBERED] == [None] * len(REMEMBERED)
