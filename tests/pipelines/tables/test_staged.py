"""Tables as rows: several as one with lines of their own, or one at a time however long it is."""

from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest

from pipelines.tables.staged import open_rows
from schemas.errors import BadInput
from tests.pipelines.tables.reading import LONG, TEXT, read, staged, written


def test_several_tables_of_one_layout_are_one_with_lines_of_their_own(tmp_path: Path) -> None:
    paths = [written(tmp_path, TEXT, "one [1].csv"), written(tmp_path, "label,clip,who\nfear,c9,ann\n", "two*.csv")]
    tables, rows = staged(paths, wanted="_n, _row, _line, _part, _file, clip")
    assert rows == [
        (0, 1, 2, 0, "one [1]", "c1"),
        (1, 2, 3, 0, "one [1]", "c1"),
        (2, 3, 4, 0, "one [1]", "c2"),
        (3, 1, 2, 1, "two*", "c9"),
    ]
    assert tables.rows == 4


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"table\.csv has no column 'clip'.*did you mean 'clips'"):
        staged([written(tmp_path, "clips,who,label\nc1,ann,fear\n")])


def test_a_column_of_a_condition_is_taken_and_one_whose_letters_stand_in_it_is_not(tmp_path: Path) -> None:
    path = written(tmp_path, "clip,who,label,took,to,to\nc1,ann,fear,9,1,1\n")
    tables, _ = staged([path], replace(LONG, drop="took > 10"))
    assert tables.files[0].columns == ("clip", "who", "label", "took")
    assert tables.offered == ["clip", "who", "label", "took", "to", "to_1"]


def test_a_condition_on_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "clip,who,label,took,took\nc1,ann,fear,9,1\n")
    with pytest.raises(BadInput, match="2 columns called 'took', number 4 and 5"):
        staged([path], replace(LONG, drop="took > 10"))


def test_rows_come_with_their_lines_and_all_columns_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n"x\ny",1\nz,\n')
    with open_rows(path, lambda _: ["a"]) as table:
        assert table.columns == ("a", "b")
        assert list(table.rows) == [(2, {"a": "x\ny"}), (4, {"a": "z"})]


def test_an_empty_cell_is_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path, 'a,b\n,""\n')) == [{"a": None, "b": None}]


def test_many_rows_are_never_all_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("path,text\n")
        out.writelines(f"folder/clip-{place:07d}.wav,{'word ' * 20}\n" for place in range(300_000))
    with open_rows(path, lambda names: names) as table:
        next(table.rows)
        before = getrusage(RUSAGE_SELF).ru_maxrss
        assert sum(1 for _ in table.rows) == 299_999
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 50_000  # kB; as a list of dicts it is 130,000
