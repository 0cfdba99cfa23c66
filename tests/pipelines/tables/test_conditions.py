"""Conditions drop rows of their table and reach nothing else."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from schemas.errors import BadSetting
from tests.pipelines.tables.reading import LONG, TEXT, verdicts, written


@pytest.mark.parametrize(
    "drop", ["label = 'fear' OR label = 'Fear'", "lower(label) LIKE 'f%' -- and so on", "_line > 2"]
)
def test_rows_are_dropped_by_a_condition_on_the_table(tmp_path: Path, drop: str) -> None:
    assert verdicts(written(tmp_path, TEXT), replace(LONG, drop=drop)) == [False, True, True]


def test_a_table_of_many_columns_has_room_for_a_condition(tmp_path: Path) -> None:
    columns = ",".join(f"c{number}" for number in range(150))
    rows = [f"c{row},{'ann' if row % 2 else 'bob'},fear,{','.join(['3'] * 150)}" for row in range(10)]
    table = "\n".join([f"clip,who,label,{columns}", *rows, ""])
    assert verdicts(written(tmp_path, table), replace(LONG, drop="who = 'bob' AND c149 = 3")) == [True, False] * 5


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        ("label = ", "cannot be read"),
        ("labl = 'fear'", "did you mean 'label'"),
        ("label = 1", "quotes"),
        ("1 = 1; DROP TABLE source", "cannot be read"),
        ("clip IN (SELECT content FROM read_text('/etc/passwd'))", "reaches for a file"),
        ("clip IN (FROM 'other.csv')", "reaches for a file"),
        ("clip IN (FROM glob('*'))", "reaches for a file"),
    ],
)
def test_a_condition_that_does_not_fit_says_why_and_reaches_no_file(tmp_path: Path, drop: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        verdicts(written(tmp_path, TEXT), replace(LONG, drop=drop))


@pytest.mark.parametrize(
    "drop", ["1) FROM typed; SET threads = 1; SELECT (1", "(SELECT 1); DELETE FROM source; SELECT (1"]
)
def test_a_condition_cannot_change_a_setting_or_a_table(tmp_path: Path, drop: str) -> None:
    with pytest.raises(BadSetting):
        verdicts(written(tmp_path, TEXT), replace(LONG, drop=drop))
    with duckdb.connect(str(tmp_path / "scratch.duckdb")) as connection:
        assert connection.execute("SELECT count(*) FROM source").fetchall() == [(3,)]


def test_numbers_compare_as_numbers_where_a_column_holds_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path, "clip,who,label,took\nc1,ann,fear,9000\nc2,ann,fear,10001\nc3,ann,fear,NA\n")
    assert verdicts(path, replace(LONG, drop="took > 10000")) == [False, True, False]
