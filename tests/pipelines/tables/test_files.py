"""Tables of every format hold the same rows; what is no table is refused by name."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc, parquet

from pipelines.tables.formats import columns_in
from schemas.errors import BadInput
from tests.pipelines.tables.reading import LONG, ROWS, TEXT, cells, read, staged, written

FORMS = ["csv", "tsv", "jsonl", "array", "columns", "parquet", "arrow", "stream", "feather", "gzip", "jsonl gzip"]
Rows = list[dict[str, str]]


def file_of(rows: Rows, form: str, folder: Path) -> Path:
    """A file that holds these rows in one of the forms."""
    table, path = pa.Table.from_pylist(rows), folder / f"t.{form.partition(' ')[0]}"
    lines = "\n".join(json.dumps(row) for row in rows)
    if form in ("csv", "tsv"):
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, delimiter="," if form == "csv" else "\t", quoting=csv.QUOTE_ALL)
            writer.writerows([rows[0], *(row.values() for row in rows)])
    elif form == "parquet":
        parquet.write_table(table, path)
    elif form == "feather":
        feather.write_feather(table, str(path))
    elif form in ("arrow", "stream"):
        path = path.with_suffix(".arrow")
        with (ipc.new_file if form == "arrow" else ipc.new_stream)(path, table.schema) as writer:
            writer.write_table(table)
    elif form == "gzip":
        return written(folder, gzip.compress(TEXT.encode()), "t.csv.gz")
    elif form == "jsonl gzip":
        return written(folder, gzip.compress(lines.encode()), "t.jsonl.gz")
    elif form == "jsonl":
        return written(folder, lines, "t.jsonl")
    else:
        return written(folder, json.dumps(rows if form == "array" else table.to_pydict()), "t.json")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_format_holds_the_same_table(tmp_path: Path, form: str) -> None:
    rows = [dict(zip(("clip", "who", "label"), row, strict=True)) for row in ROWS]
    path = file_of(rows, form, tmp_path)
    assert cells(path) == ROWS
    assert read(path) == rows
    if form != "columns":
        assert columns_in(path, "", "") == ["clip", "who", "label"]


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8), st.sampled_from(["tsv", "jsonl", "parquet", "csv"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_are_read_back_as_they_were_written(tmp_path: Path, values: list[tuple[str, str]], form: str) -> None:
    rows = [{"one": one, "other": other} for one, other in values]
    assert read(file_of(rows, form, tmp_path)) == rows


def test_json_is_known_by_its_content_whatever_the_file_is_called(tmp_path: Path) -> None:
    assert read(written(tmp_path, '{"a": "x"}\n{"a": "y"}\n', "t.txt")) == [{"a": "x"}, {"a": "y"}]


@pytest.mark.parametrize("form", ["jsonl", "parquet", "arrow"])
def test_lists_and_structs_are_json_in_their_cells(tmp_path: Path, form: str) -> None:
    row = {"item": "x", "shares": {"joy": 0.25, "fear": 0.75}, "chosen": ["a", "c"]}
    (cells_,) = read(file_of([row], form, tmp_path))  # type: ignore[list-item]
    assert {name: json.loads(cell or "") for name, cell in cells_.items() if name != "item"} == {
        "shares": row["shares"],
        "chosen": row["chosen"],
    }


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    text = '{"n": 0.1, "whole": 12345678901234567890, "yes": true, "none": null}\n'
    assert read(written(tmp_path, text, "t.jsonl")) == [
        {"n": "0.1", "none": None, "whole": "12345678901234567890", "yes": "true"}
    ]


def test_objects_that_lack_a_member_have_nothing_there(tmp_path: Path) -> None:
    rows = read(written(tmp_path, '{"a": 1}\n{"b": 2}\n', "t.jsonl"))
    assert rows == [{"a": "1", "b": None}, {"a": None, "b": "2"}]


def test_broken_json_lines_are_refused_with_their_lines(tmp_path: Path) -> None:
    row = '{"clip":"c%d","who":"a","label":"fear"}'
    path = written(tmp_path, f"{row % 1}\n\n{{broken\n[1]\n{row % 2}", "t.jsonl")
    tables, rows = staged([path])
    assert [line for line, *_ in rows] == [1, 5]
    assert [(one.line, one.reason) for one in tables.unreadable] == [(3, "not a JSON object"), (4, "not a JSON object")]
    with pytest.raises(BadInput, match="line 3: not a JSON object; line 4: not a JSON object"):
        read(path)


def test_an_object_that_says_one_thing_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": 1}\n{"a": 2, "a": 3}\n', "t.jsonl")
    with pytest.raises(BadInput, match="line 2: a member is there twice"):
        read(path)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_column_that_is_there_twice_is_refused_when_it_is_chosen(tmp_path: Path, form: str) -> None:
    table, path = pa.Table.from_arrays([pa.array(["1"])] * 3, names=["a", "b", "a"]), tmp_path / f"t.{form}"
    if form == "parquet":
        parquet.write_table(table, path)
    else:
        with ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    with pytest.raises(BadInput, match="2 columns called 'a', number 1 and 3"):
        read(path, "a")
    assert read(path, "b") == [{"b": "1"}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.parquet", b"PAR1 not really", "is not a Parquet table"),
        ("t.arrow", b"ARROW1 no", "is not an Arrow table"),
        ("t.json", b"[{]", "is not JSON we can read"),
        ("t.json", b'"x"', "holds no rows"),
        ("t.csv", b"", "is empty"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=rf"{name}.*{said}"):
        read(written(tmp_path, content, name))


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder; give a table"):
        read(tmp_path)


def test_a_table_without_a_header_gets_its_names_from_the_layout(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.partition("\n")[2])
    assert cells(path, replace(LONG, columns=("clip", "who", "label"))) == ROWS
