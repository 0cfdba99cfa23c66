"""Delimited text, record by record: what cannot be read costs its own line and no other."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import BadInput
from tests.pipelines.tables.reading import read, staged, written


@pytest.mark.parametrize(
    ("rows", "line", "reason", "kept"),
    [
        ("c1,ann,anger\nc1,bob\nc2,ann,fear\n", 3, "2 cells; expected 3", ["c1", "c2"]),
        ("c1,ann,anger,more\nc2,ann,fear\n", 2, "4 cells; expected 3", ["c2"]),
        ('c1,ann,"anger\nc2,ann,fear\nc3,ann,fear\n', 2, "a quote is opened and not closed", ["c2", "c3"]),
        ('"c\n1",ann,anger\n\nc2,bob\nc3,ann,fear\n', 5, "2 cells; expected 3", ["c\n1", "c3"]),
    ],
    ids=["too few cells", "too many", "a quote that never closes", "after a cell over two lines and an empty line"],
)
def test_a_broken_line_costs_itself_and_keeps_its_number(
    tmp_path: Path, rows: str, line: int, reason: str, kept: list[str]
) -> None:
    path = written(tmp_path, f"clip,who,label\n{rows}")
    tables, good = staged([path])
    assert [clip for _, clip, _, _ in good] == kept
    assert [(refusal.line, refusal.reason[: len(reason)]) for refusal in tables.unreadable] == [(line, reason)]
    with pytest.raises(BadInput, match=rf"table\.csv has lines that are no rows: line {line}: {reason}"):
        read(path)


def test_many_broken_lines_are_counted_and_the_first_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2: 1 cells.*line 4: 1 cells; expected 2; … 5 such lines"):
        read(written(tmp_path, "a,b\n" + "1\n" * 5))


def test_lines_are_counted_past_cells_that_span_lines(tmp_path: Path) -> None:
    _, rows = staged([written(tmp_path, 'clip,who,label\n"c\n1",ann,anger\nc2,ann,joy\n')])
    assert [line for line, *_ in rows] == [2, 4]


def test_a_delimiter_too_many_at_the_end_of_every_line_is_no_cell(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a,b\n1,2,\n3,4,\n")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_delimiters_inside_quotes_do_not_count(tmp_path: Path) -> None:
    assert read(written(tmp_path, '"a, b, c";d\n1;2\n'), "d") == [{"d": "2"}]


def test_a_chosen_column_that_is_there_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,x, A \n1,2,3,4\n")
    with pytest.raises(BadInput, match="2 columns called 'a', number 1 and 4; rename all but one"):
        read(path, "a")
    assert read(path, "b") == [{"b": "2"}]


def test_columns_without_a_name_get_one(tmp_path: Path) -> None:
    assert read(written(tmp_path, ",b,_line\n1,2,3\n")) == [{"column0": "1", "b": "2", "_line_1": "3"}]


PIECES = ["a", '"', ",", "\n", "\r\n", "\0", "\xe9", " ", "\t", "x", '""', "\n\n", ";"]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_text_holds_every_line_is_read_once_or_refused_once(tmp_path: Path, pieces: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("clip,who,label\n" + "".join(pieces), "utf-8", newline="")
    tables, rows = staged([path])
    lines = [line for line, *_ in rows] + [refusal.line for refusal in tables.unreadable]
    assert len(set(lines)) == len(lines) == tables.rows
    assert all(line >= 2 for line in lines)
