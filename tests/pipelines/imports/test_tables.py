"""Tables in every format and encoding; what cannot be read is listed with its line, the rest goes in."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.imports.answers import Ratings, import_answers
from pipelines.tables.staged import stage
from schemas.errors import BadInput, BadSetting
from tests.pipelines.imports.rating_tables import ANSWERS, LONG, ROWS, Import, held


def test_every_refused_row_is_listed_with_line_and_reason_and_the_others_go_in(bring: Import, home: Path) -> None:
    done = bring("clip,who,label\nc1,ann,joy\n,ann,fear\nc1,,fear\nc2,ann,fear\nc3,ann,\n")
    assert held(home) == [("lab/c2", "emotion", '"fear"')]
    assert (done.rows.used, done.rows.refused) == (1, 4)
    assert done.rows.file == "imports/lab-refused.csv"
    with (home / done.rows.file).open(encoding="utf-8") as lines:
        listed = [(int(row["line"]), row["reason"]) for row in csv.DictReader(lines)]
    assert [line for line, _ in listed] == [2, 3, 4, 6]
    assert "'joy' is no category" in listed[0][1]
    assert listed[1][1].startswith("no item")
    assert listed[2][1].startswith("no rater")


def test_a_list_of_refusals_goes_when_nothing_is_refused_any_more(bring: Import, home: Path) -> None:
    file = bring(ROWS + "c9,ann,joy\n").rows.file
    assert file is not None
    assert bring(ROWS).rows.file is None
    assert not (home / file).exists()


def test_a_bad_cell_costs_only_its_own_answer(bring: Import, home: Path) -> None:
    wide = tuple(Asked(name=name, value=name, minimum=1, maximum=5, step=1) for name in ("V", "A"))
    done = bring("clip,who,V,A\nc1,ann,9,3\n", replace(LONG, question=wide))
    assert held(home) == [("lab/c1", "A", "3")]
    assert (done.rows.used, done.rows.refused, done.rows.cells) == (1, 0, 1)


def test_votes_that_are_no_numbers_are_refused_as_a_row(bring: Import) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", counts=("anger", "fear")))
    done = bring("clip,anger,fear\nc1,2.5,1\nc2,-1,0\nc3,many,1\nc4,1,1\n", layout)
    assert (done.rows.used, done.rows.refused) == (1, 3)
    assert done.rows.first[0].reason == "2.5 1 are no numbers of votes"


@pytest.mark.parametrize(
    ("rows", "line", "kept"),
    [
        ("clip,who,label\nc1,ann,anger\nc1,bob\nc2,ann,fear\n", 3, 2),
        ("clip,who,label\nc1,ann,anger,more\nc2,ann,fear\n", 2, 1),
        ('clip,who,label\nc1,ann,"anger\nc2,ann,fear\nc3,ann,fear\n', 2, 2),
        ('clip,who,label\n"c\n1",ann,anger\n\nc2,bob\nc3,ann,fear\n', 5, 2),
    ],
    ids=["too few cells", "too many", "a quote that never closes", "after a cell over two lines and an empty line"],
)
def test_a_broken_line_costs_itself_and_keeps_its_number(bring: Import, rows: str, line: int, kept: int) -> None:
    done = bring(rows)
    assert [one.line for one in done.rows.first] == [line]
    assert done.rows.used == kept


def test_lines_are_counted_past_cells_that_span_lines(bring: Import) -> None:
    done = bring('clip,who,label\n"c\n1",ann,anger\nc2,ann,joy\n')
    assert [one.line for one in done.rows.first] == [4]


@pytest.mark.parametrize(
    "text",
    [
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.rstrip("\n").encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.encode("utf-16"),
        ROWS.encode("utf-16-le"),
        ROWS.replace("c1,ann", "c1\x00,a\x07nn").encode(),
        ROWS.replace("c1,ann", "  c1 ,\tann").encode(),
        (ROWS + "\n\n").encode(),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "|").encode(),
        ROWS.replace("c1,ann", '"c1","ann"').encode(),
    ],
    ids=["crlf", "cr", "no last newline", "mark", "utf-16", "utf-16 without mark", "control characters", "space"]
    + ["empty lines at the end", "semicolons", "bars", "quotes"],
)
def test_text_comes_in_whatever_it_is_written_with(bring: Import, home: Path, text: bytes) -> None:
    bring(text)
    assert held(home) == ANSWERS


@pytest.mark.parametrize(("encoding", "clip"), [("cp1252", "Müller’s"), ("latin-1", "caf\xe9\x81"), ("utf-8", "日本")])
def test_encodings_are_told_apart(bring: Import, home: Path, encoding: str, clip: str) -> None:
    bring(ROWS.replace("c2", clip).encode(encoding))
    assert f"lab/{clip}".replace("\x81", "") in {ref for ref, *_ in held(home)}


def test_an_encoding_can_be_named(bring: Import, home: Path) -> None:
    done = bring(ROWS.replace("c2", "я").encode("cp1251"), replace(LONG, encoding="cp1251"))
    assert held(home)[-1][0] == "lab/я"
    assert done.encodings == ("cp1251",)


def test_an_encoding_that_does_not_fit_or_exist_is_refused(bring: Import) -> None:
    with pytest.raises(BadInput, match="--encoding"):
        bring("clip,who,label\nм,ann,fear\n".encode("cp1251"), replace(LONG, encoding="utf-8"))
    with pytest.raises(BadSetting, match="not known"):
        bring(ROWS, replace(LONG, encoding="klingon"))


@pytest.mark.parametrize("form", ["jsonl", "array", "columns", "parquet", "arrow", "stream", "feather", "gzip"])
def test_every_format_holds_the_same_table(bring: Import, home: Path, tmp_path: Path, form: str) -> None:
    name, content = written(form, tmp_path)
    assert bring(content, name=name).committed.new == 3
    assert held(home) == ANSWERS


def written(form: str, folder: Path) -> tuple[str, bytes]:
    """The table of `ROWS` in another format: a file name and its bytes."""
    import gzip

    import pyarrow as pa
    from pyarrow import feather, ipc, parquet

    rows = [{"clip": "c1", "who": "ann", "label": "anger"}, {"clip": "c1", "who": "bob", "label": "fear"}]
    rows.append({"clip": "c2", "who": "ann", "label": "Fear"})
    table, sink = pa.Table.from_pylist(rows), folder / "sink"
    if form == "jsonl":
        return "t.jsonl", "\n".join(json.dumps(row) for row in rows).encode()
    if form == "array":
        return "t.json", json.dumps(rows).encode()
    if form == "columns":
        return "t.json", json.dumps(table.to_pydict()).encode()
    if form == "gzip":
        return "t.csv.gz", gzip.compress(ROWS.encode())
    if form == "parquet":
        parquet.write_table(table, sink)
    elif form == "feather":
        feather.write_feather(table, str(sink))
    else:
        new = ipc.new_file if form == "arrow" else ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write_table(table)
    return {"parquet": "t.parquet", "feather": "t.feather"}.get(form, "t.arrow"), sink.read_bytes()


def test_a_broken_json_line_is_refused_with_its_line(bring: Import) -> None:
    done = bring(
        '{"clip":"c1","who":"a","label":"fear"}\n\n{broken\n[1]\n{"clip":"c2","who":"a","label":"fear"}', name="t.jsonl"
    )
    assert [(one.line, one.reason) for one in done.rows.first] == [(3, "not a JSON object"), (4, "not a JSON object")]
    assert done.rows.used == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.parquet", b"PAR1 not really"),
        ("t.arrow", b"ARROW1 no"),
        ("t.json", b"[{]"),
        ("t.json", b'"x"'),
        ("t.csv", b""),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(bring: Import, name: str, content: bytes) -> None:
    with pytest.raises(BadInput, match=name):
        bring(content, name=name)


def test_a_table_without_a_header_gets_its_names_from_the_layout(bring: Import, home: Path) -> None:
    bring(ROWS.partition("\n")[2], replace(LONG, columns=("clip", "who", "label")))
    assert held(home) == ANSWERS


def test_a_missing_column_names_the_nearest(bring: Import) -> None:
    with pytest.raises(BadInput, match="'clip'.*did you mean 'clips'"):
        bring("clips,who,label\nc1,ann,fear\n")


def test_several_tables_of_one_layout_are_one_import_with_lines_of_their_own(home: Path, tmp_path: Path) -> None:
    paths = (tmp_path / "one [1].csv", tmp_path / "two*.csv")
    paths[0].write_text(ROWS, "utf-8")
    paths[1].write_text("label,clip,who,extra\nfear,c9,ann,1\njoy,c9,bob,2\n", "utf-8")
    layout = replace(LONG, item=("{_file}/{clip}",))
    done = import_answers(Ratings(home, collection.find(home).people, layout, paths))[0]
    assert (done.committed.new, done.rows.rows) == (4, 5)
    assert [(one.table, one.line) for one in done.rows.first] == [("two*.csv", 3)]
    assert {ref for ref, *_ in held(home)} == {"lab/one [1]/c1", "lab/one [1]/c2", "lab/two*/c9"}


@pytest.mark.parametrize(
    "drop", ["label = 'fear' OR label = 'Fear'", "lower(label) LIKE 'f%' -- and so on", "_line > 2"]
)
def test_rows_are_dropped_by_a_condition_on_the_table(bring: Import, home: Path, drop: str) -> None:
    assert bring(ROWS, replace(LONG, drop=drop)).rows.dropped == 2
    assert held(home) == ANSWERS[:1]


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
def test_a_condition_that_does_not_fit_says_why_and_reaches_no_file(bring: Import, drop: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        bring(ROWS, replace(LONG, drop=drop))


def test_a_condition_cannot_change_a_setting_or_a_table(bring: Import, home: Path) -> None:
    for drop in ("1) FROM typed; SET threads = 1; SELECT (1", "(SELECT 1); DELETE FROM source; SELECT (1"):
        with pytest.raises(BadSetting):
            bring(ROWS, replace(LONG, drop=drop))
    assert held(home) == []


def test_numbers_compare_as_numbers_where_a_column_holds_nothing_else(bring: Import) -> None:
    layout = replace(LONG, drop="took > 10000")
    assert bring("clip,who,label,took\nc1,ann,fear,9000\nc2,ann,fear,10001\nc3,ann,fear,NA\n", layout).rows.dropped == 1


@given(
    st.lists(
        st.sampled_from(["a", '"', ",", "\n", "\r\n", "\0", "\xe9", " ", "\t", "x", '""', "\n\n", ";"]), max_size=40
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_text_holds_every_line_is_read_once_or_refused_once(tmp_path: Path, pieces: list[str]) -> None:
    import duckdb

    path = tmp_path / "t.csv"
    path.write_text("clip,who,label\n" + "".join(pieces), "utf-8", newline="")
    with duckdb.connect() as connection:
        staged = stage(connection, [path], LONG, tmp_path)
        lines = [line for (line,) in connection.execute("SELECT _line FROM ratings").fetchall()]
    lines += [one.line for one in staged.unreadable]
    assert len(set(lines)) == len(lines) == staged.rows
    assert all(line >= 2 for line in lines)
