"""`answers import`: every form and format of table ends as the same rows, once; what does not fit is listed."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.ratingflags import Flags, layout_with
from annotate.ratings import Asked, Layout, presets
from pipelines import collection
from pipelines.add import Intake, add
from pipelines.contentids import constant, content_id_sql, define
from pipelines.engine.catalog import Catalog
from pipelines.metadata import Metadata
from pipelines.ratingcommit import NO_TIME
from pipelines.ratings import Imported, Ratings, import_answers, layout_for
from schemas.answers import Answer, Ask, Item
from schemas.errors import BadInput, BadSetting, NoCollection
from schemas.ids import canonical, content_id
from schemas.media import Source

LONG = Layout(
    corpus="lab",
    item=("clip",),
    rater="who",
    question=(Asked(name="emotion", value="label", categories=("anger", "fear")),),
)
ROWS = "clip,who,label\nc1,ann,anger\nc1,bob,fear\nc2,ann,Fear\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
Import = Callable[..., Imported]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return collection.make(tmp_path / "collection", None, ()).home


@pytest.fixture
def bring(home: Path, tmp_path: Path) -> Import:
    def importing(text: str | bytes, layout: Layout = LONG, name: str = "table.csv", **told: Any) -> Imported:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        people = collection.find(home).people
        return import_answers(Ratings(home, people, layout, (path,), **told))[0]

    return importing


def held(home: Path) -> list[tuple[Any, ...]]:
    """(item, question, value) of every answer that holds, sorted."""
    return Catalog(home).rows(
        """SELECT i.ref, a.question, a.value FROM current_answers a JOIN asks k ON k.id = a.ask
           JOIN items i ON i.id = k.item WHERE a.state = 'given' ORDER BY ALL"""
    )


ANSWERS = [("lab/c1", "emotion", '"anger"'), ("lab/c1", "emotion", '"fear"'), ("lab/c2", "emotion", '"fear"')]


def test_long_rows_become_items_asks_raters_and_answers(bring: Import, home: Path) -> None:
    done = bring(ROWS)
    assert held(home) == ANSWERS
    assert (done.committed.new, done.items, dict(done.raters)) == (3, 2, {"person": 2})
    assert (done.rows.rows, done.rows.used, done.rows.refused) == (3, 3, 0)
    assert done.scheme == "lab"


def test_the_second_import_of_a_table_changes_nothing(bring: Import, home: Path) -> None:
    bring(ROWS)
    before = Catalog(home).rows("SELECT id FROM answers ORDER BY 1")
    assert bring(ROWS).committed.new == 0
    assert Catalog(home).rows("SELECT id FROM answers ORDER BY 1") == before


def test_an_updated_table_adds_what_differs_and_the_new_answer_counts(bring: Import, home: Path) -> None:
    bring(ROWS)
    done = bring(ROWS.replace("bob,fear", "bob,anger") + "c3,bob,fear\n")
    assert done.committed.new == 2
    assert held(home)[:2] == [("lab/c1", "emotion", '"anger"')] * 2
    assert bring(ROWS).committed.new == 1  # and back again
    assert ("lab/c1", "emotion", '"fear"') in held(home)


def test_rows_that_left_the_table_stay_unless_it_replaces_what_was_there(bring: Import, home: Path) -> None:
    bring(ROWS)
    shorter = ROWS.replace("c2,ann,Fear\n", "")
    assert bring(shorter).committed.withdrawn == 0
    assert bring(shorter, replace=True).committed.withdrawn == 1
    assert held(home) == ANSWERS[:2]
    assert bring(ROWS).committed.new == 1  # what was withdrawn comes back


@given(
    key=st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
    value=st.text(st.characters(exclude_categories=("Cs",))),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_computed_in_sql_are_those_of_python(key: str, value: str) -> None:
    import duckdb

    with duckdb.connect() as connection:
        define(connection)
        text = connection.execute("SELECT json_text(?)", [value]).fetchall()[0][0]
        item = content_id_sql("item", kind=constant("key"), ref="json_text(ref)")
        made = connection.execute(f"SELECT {item} FROM (SELECT ?::VARCHAR AS ref)", [key]).fetchall()[0][0]
    assert text == canonical(value)
    assert made == Item("key", key).id


def test_ids_of_every_noun_are_those_the_nouns_give_themselves(bring: Import, home: Path) -> None:
    layout = replace(LONG, time="at", question=(replace(LONG.question[0], alone=True),), role="kind", contrast=("c",))
    rows = 'clip,who,label,at,kind\n"c ""1"" é\\",ann,anger,2024-05-01 10:00:00.5,x\nc2,bob,fear,,c\n'
    bring(rows, layout)
    catalog = Catalog(home)
    for row in catalog.rows("SELECT id, kind, ref FROM items"):
        assert Item(*row[1:]).id == row[0]
    for row in catalog.rows('SELECT id, item, scheme, target, round, "repeat", role, prelabel, place FROM asks'):
        assert Ask(*row[1:]).id == row[0]
    answers = "SELECT id, origin, ask, question, rater, updated_at, value, state, duration_ms FROM answers"
    for row in catalog.rows(answers):
        assert Answer(*row[1:]).id == row[0]
    assert catalog.rows("SELECT target, role FROM asks ORDER BY role") == [
        ("emotion", "contrast"),
        ("emotion", "plain"),
    ]


def test_a_scheme_is_written_down_with_the_answers(bring: Import, home: Path) -> None:
    bring(ROWS)
    ((name, body),) = Catalog(home).rows("SELECT name, body FROM schemes")
    assert name == "lab"
    assert [one["name"] for one in json.loads(body)["questions"][0]["categories"]] == ["anger", "fear"]


# forms


def test_a_wide_table_answers_one_question_per_column(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", rater="who", wide=("valence=V", "arousal=A")))
    done = bring("clip,who,V,A\nc1,ann,1,5\nc2,ann,2,\n", layout)
    assert held(home) == [("lab/c1", "arousal", "5"), ("lab/c1", "valence", "1"), ("lab/c2", "valence", "2")]
    assert done.inferred
    assert done.rows.refused == 0  # an empty cell is no answer, not a fault


def test_counts_are_answers_of_raters_without_a_name(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", counts=("anger", "fear")))
    done = bring("clip,anger,fear\nc1,2,1\nc2,0,3.0\n", layout)
    assert Counter(held(home)) == {ANSWERS[0]: 2, ANSWERS[1]: 1, ANSWERS[2]: 3}
    assert dict(done.raters) == {"corpus": 3}
    assert Catalog(home).rows("SELECT id FROM raters ORDER BY 1") == [
        ("lab/vote-01",),
        ("lab/vote-02",),
        ("lab/vote-03",),
    ]


@pytest.mark.parametrize("cell", ["21", "[2, 1]", "2;1", "2 1"])
def test_a_vote_vector_in_one_cell_is_the_same_votes(bring: Import, home: Path, cell: str) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", vector="votes", categories=("anger", "fear")))
    bring(f"clip\tvotes\nc1\t{cell}\n", layout, "votes.tsv")
    assert Counter(held(home)) == {ANSWERS[0]: 2, ANSWERS[1]: 1}


def test_marks_are_one_answer_of_several_categories(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", rater="who", marks=("anger", "fear")))
    done = bring("clip,who,anger,fear\nc1,ann,1,1\nc1,bob,0,1\nc2,ann,0,0\nc3,ann,7,0\n", layout)
    assert held(home) == [("lab/c1", "emotion", '["anger","fear"]'), ("lab/c1", "emotion", '["fear"]')]
    assert [one.reason[:22] for one in done.rows.first] == ["no category is chosen", "'7' is no category of "]


def test_several_votes_for_one_item_over_several_rows_come_from_different_raters(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", counts=("anger", "fear")))
    assert bring("clip,anger,fear\nc1,1,1\nc1,0,2\n", layout).committed.new == 4


def test_without_a_rater_column_every_row_of_an_item_is_another_rater(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="id", wide=("valence=V",)))
    done = bring("id,V\ns1,1\ns1,1\ns2,3\ns1,2\n", layout)
    assert (done.committed.new, dict(done.raters)) == (4, {"corpus": 3})


def test_a_column_that_names_the_question_makes_several_questions(bring: Import, home: Path) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", rater="who", question="q", value="v"))
    bring("clip,who,q,v\nc1,ann,Valence,1\nc1,ann,Mood,good\nc2,ann,Mood,bad\nc2,ann,Valence,3\n", layout)
    assert held(home) == [
        ("lab/c1", "mood", '"good"'), ("lab/c1", "valence", "1"), ("lab/c2", "mood", '"bad"'), ("lab/c2", "valence", "3"),
    ]  # fmt: skip


def test_a_scheme_by_name_is_answered_by_its_spellings(bring: Import, home: Path) -> None:
    layout = replace(LONG, scheme="ekman", question=(Asked(name="emotion", value="label"),))
    done = bring("clip,who,label\nc1,ann,ANG\nc1,bob,wut\nc1,cy,happy\nc1,di,bored\n", layout)
    assert [value for *_, value in held(home)] == ['"anger"', '"anger"', '"happiness"']
    assert done.rows.first[0].line == 5


# what counts


def test_dropped_rows_and_items_with_too_few_answers_are_left_out_and_counted(bring: Import, home: Path) -> None:
    done = bring(
        "id,V,A,D\na,1,1,1\na,2,3,4\na,2,4,4\nb,1,1,1\nb,5,5,5\nc,3,3,3\nc,3,3,3\n", presets()["emobank-reader"]
    )
    assert {ref for ref, *_ in held(home)} == {"emobank/a", "emobank/c"}
    assert (done.rows.dropped, done.removed.few_items, done.removed.few_answers) == (2, 1, 3)
    assert done.rows.rows == done.rows.used + done.rows.dropped + done.rows.refused


def test_emobanks_published_means_come_out_of_its_raw_ratings(bring: Import, home: Path) -> None:
    bring("id,V,A,D\na,1,1,1\na,3,3,3\na,3,4,3\na,4,3,3\n", presets()["emobank-reader"])
    rows = Catalog(home).rows(
        "SELECT question, round(avg(value::DOUBLE), 2), round(stddev_pop(value::DOUBLE), 2), count(*) FROM answers GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("arousal", 3.33, 0.47, 3), ("dominance", 3.0, 0.0, 3), ("valence", 3.33, 0.47, 3)]


@pytest.mark.parametrize(("repeats", "value"), [("last", '"fear"'), ("first", '"anger"')])
def test_of_repeated_answers_the_last_in_time_counts_or_the_first(
    bring: Import, home: Path, repeats: Any, value: str
) -> None:
    rows = "clip,who,label,at\nc1,ann,fear,2024-01-02\nc1,ann,anger,2024-01-01\nc2,ann,fear,2024-01-01\nc2,ann,fear,2024-01-01\n"
    done = bring(rows, replace(LONG, time="at", repeats=repeats))
    assert held(home) == [("lab/c1", "emotion", value), ("lab/c2", "emotion", '"fear"')]
    assert (done.removed.repeated, done.removed.changed) == (2, 1)


def test_repeated_answers_can_be_kept_as_repeats_of_the_ask(bring: Import, home: Path) -> None:
    bring("clip,who,label\nc1,ann,fear\nc1,ann,anger\n", replace(LONG, repeats="number"))
    assert Catalog(home).rows('SELECT "repeat" FROM asks ORDER BY 1') == [(0,), (1,)]
    assert len(held(home)) == 2


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00.000000Z"),
        ("2024-05-01 10:00:00.25", "2024-05-01T10:00:00.250000Z"),
        ("1714557600", "2024-05-01T10:00:00.000000Z"),
        ("1714557600123", "2024-05-01T10:00:00.123000Z"),
        ("", NO_TIME),
    ],
)
def test_times_are_kept_in_utc(bring: Import, home: Path, told: str, expected: str) -> None:
    bring(f"clip,who,label,at\nc1,ann,fear,{told}\n", replace(LONG, time="at"))
    assert Catalog(home).rows("SELECT updated_at FROM answers") == [(expected,)]


def test_a_time_that_is_none_is_refused(bring: Import) -> None:
    done = bring("clip,who,label,at\nc1,ann,fear,yesterday\n", replace(LONG, time="at"))
    assert [one.reason for one in done.rows.first] == ["yesterday is no time"]


def test_rows_in_order_of_time_keep_their_order_without_a_time(bring: Import, home: Path) -> None:
    bring(ROWS, replace(LONG, order="rows"))
    times = Catalog(home).rows("SELECT updated_at FROM answers ORDER BY updated_at")
    assert [time[-7:] for (time,) in times] == ["000001Z", "000002Z", "000003Z"]


def test_durations_are_kept_in_milliseconds(bring: Import, home: Path) -> None:
    bring("clip,who,label,took\nc1,ann,fear,1.25\n", replace(LONG, duration="took", duration_unit="s"))
    assert Catalog(home).rows("SELECT duration_ms FROM answers") == [(1250,)]


def test_skipped_rows_are_skips_of_the_whole_ask(bring: Import, home: Path) -> None:
    layout = replace(LONG, question=(replace(LONG.question[0], skip="unclear"),))
    bring("clip,who,label,unclear\nc1,ann,,True\nc1,bob,fear,False\n", layout)
    rows = Catalog(home).rows("SELECT question, value, state FROM answers ORDER BY state")
    assert rows == [("emotion", '"fear"', "given"), ("*", None, "skipped")]


def test_people_are_pseudonyms_and_nobody_elses_outside_their_corpus(bring: Import, home: Path) -> None:
    bring(ROWS)
    bring(ROWS, replace(LONG, corpus="other"))
    raters = {rater for (rater,) in Catalog(home).rows("SELECT id FROM raters")}
    assert len(raters) == 4
    assert not any("ann" in rater or "bob" in rater for rater in raters)


def test_people_known_everywhere_are_the_same_in_every_table(bring: Import, home: Path) -> None:
    people = collection.find(home).people
    bring(ROWS, replace(LONG, everywhere=True))
    bring(ROWS, replace(LONG, everywhere=True, corpus="other"))
    assert {rater for (rater,) in Catalog(home).rows("SELECT id FROM raters")} == {people.of("ann"), people.of("bob")}


def test_raters_that_are_models_keep_their_names(bring: Import, home: Path) -> None:
    bring(ROWS.replace("bob", "Gemini 2"), replace(LONG, models=("gemini*",)))
    assert ("Gemini 2", "model") in Catalog(home).rows("SELECT id, kind FROM raters")


# refusals


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


# formats and encodings


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


# conditions


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


# media


def test_keys_that_are_names_of_media_become_those_media(bring: Import, home: Path, tmp_path: Path) -> None:
    (tmp_path / "media" / "deep").mkdir(parents=True)
    (tmp_path / "media" / "deep" / "c1.png").write_bytes(PNG)
    bring(ROWS.replace("c1,", "c1.png,"))
    intake = Intake(home, Source("unknown"), Metadata(), collection.find(home).people)
    add(intake, [tmp_path / "media"])
    done = bring(ROWS.replace("c1,", "c1.png,"))
    assert (done.media, done.committed.new, done.committed.withdrawn) == (1, 2, 2)
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    assert [(ref, value) for ref, _, value in held(home)] == [
        (asset, '"anger"'), (asset, '"fear"'), ("lab/c2", '"fear"'),
    ]  # fmt: skip


def test_a_name_that_two_media_have_stays_a_key_and_is_counted(bring: Import, home: Path, tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / "media" / place).mkdir(parents=True)
        (tmp_path / "media" / place / "c1.png").write_bytes(PNG + place.encode())
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    done = bring(ROWS.replace("c1,", "c1.png,"))
    assert (done.media, done.ambiguous) == (0, 1)
    assert bring(ROWS.replace("c1,", "a/c1.png,"), replace(LONG, corpus="other")).media == 1


def test_a_key_that_is_the_id_of_an_asset_is_that_asset(bring: Import, home: Path, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "x.png").write_bytes(PNG)
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    assert bring(ROWS.replace("c1,", f"{asset},")).media == 1


# inference and guessing


def test_a_table_that_speaks_for_itself_needs_no_flags(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "my study.csv"
    path.write_text("clip,rater,emotion\nc1,ann,Happy\nc1,bob,sad\n", "utf-8")
    told: list[str] = []
    layout = layout_for([path], None, Flags(), told.append)
    done = import_answers(Ratings(home, collection.find(home).people, layout, (path,)))[0]
    assert done.scheme == "inferred-my_study"
    assert told == ["my study.csv: item = clip, rater = rater, value = emotion"]
    assert [value for *_, value in held(home)] == ['"happy"', '"sad"']


def test_what_was_inferred_once_holds_for_the_table_when_it_grows(bring: Import) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", rater="who", value="label", named="emotion"))
    bring(ROWS, layout)
    done = bring(ROWS + "c4,ann,joy\n", layout)
    assert (done.committed.new, done.rows.refused) == (0, 1)


def test_a_table_that_says_nothing_asks_for_what_is_missing(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    layout = layout_for([path], None, Flags(), lambda _: None)
    with pytest.raises(BadInput, match="--item"):
        import_answers(Ratings(home, collection.find(home).people, layout, (path,)))


def test_without_a_collection_nothing_is_read(tmp_path: Path, home: Path) -> None:
    with pytest.raises(NoCollection):
        import_answers(Ratings(tmp_path, collection.find(home).people, LONG, (tmp_path / "t.csv",)))


def test_an_import_leaves_no_scratch_behind(bring: Import, home: Path) -> None:
    bring(ROWS)
    assert list((home / "imports").iterdir()) == []


# presets on tables in the layout their corpora have


def test_crema_d_rows_are_three_questions_about_one_clip(bring: Import, home: Path) -> None:
    names = "localid,pos,ans,ttr,queryType,numTries,clipNum,questNum,subType,clipName,sessionNums,respEmo,respLevel,dispEmo,dispVal,dispLevel"
    rows = [
        "r1,1,A_50,2000,1,1,1,1,4,1001_IEO_ANG_HI,1,A,50,ANG,1,80",
        "r2,1,F_10,2500,2,1,1,1,4,1001_IEO_ANG_HI,1,F,10,ANG,0,80",
        "r3,1,A_99,10001,3,1,1,1,4,1001_IEO_ANG_HI,1,A,99,ANG,1,80",
    ]
    done = bring("\n".join([names, *rows]), presets()["crema-d"])
    key = "crema-d/1001_IEO_ANG_HI"
    assert held(home) == [
        (key, "face_emotion", '"fear"'), (key, "face_intensity", "10"),
        (key, "voice_emotion", '"anger"'), (key, "voice_intensity", "50"),
    ]  # fmt: skip
    assert done.rows.dropped == 1


def test_crema_d_votes_are_told_apart_by_the_first_digit_of_the_row(bring: Import, home: Path) -> None:
    rows = '"","A","D","F","H","N","S","fileName","numResponses"\n"100001",0,0,0,1,2,0,"1001_IEO_NEU_XX",3\n"300001",1,0,0,0,0,0,"1001_IEO_NEU_XX",1\n'
    bring(rows, presets()["crema-d-votes"])
    found = Counter((question, value) for _, question, value in held(home))
    assert found == {
        ("voice_emotion", '"happiness"'): 1,
        ("voice_emotion", '"neutral"'): 2,
        ("audiovisual_emotion", '"anger"'): 1,
    }


def test_emolia_keeps_the_last_of_repeated_answers_its_times_and_its_contrasts(bring: Import, home: Path) -> None:
    names = "annotation_id,username,source_emotion,queried_emotion,task_type,file_name,rating,reaction_time_ms,sample_time_ms,created_at"
    rows = [
        "1,user_1,Fear,Fear,affirmative,a.mp3,not_present,900,1,2026-04-15 22:48:18",
        "2,user_1,Fear,Fear,affirmative,a.mp3,strongly_present,700,1,2026-04-15 22:48:19",
        "3,user_1,Fear,Jealousy___Envy,ultimate,a.mp3,weakly_present,800,1,2026-04-15 22:48:20",
    ]
    done = bring("\n".join([names, *rows]), presets()["emolia-bench"])
    assert done.removed.repeated == 1
    assert Catalog(home).rows(
        "SELECT a.question, k.target, k.role, a.value, a.duration_ms, a.updated_at FROM answers a JOIN asks k ON k.id = a.ask ORDER BY 1"
    ) == [
        ("fear", "fear", "plain", "2", 700, "2026-04-15T22:48:19.000000Z"),
        ("jealousy_envy", "jealousy_envy", "contrast", "1", 800, "2026-04-15T22:48:20.000000Z"),
    ]


def test_goemotions_rows_are_several_categories_and_unclear_ones_are_skips(bring: Import, home: Path) -> None:
    layout = presets()["goemotions"]
    emotions = [column for column, _ in layout.question[0].marks]
    names = ["text", "id", "author", "rater_id", "example_very_unclear", *emotions]
    first = ["hi", "e1", "x", "3", "False", "1", "1", *["0"] * 26]
    bring("\n".join(",".join(row) for row in (names, first, ["hi", "e1", "x", "4", "True", *["0"] * 28])), layout)
    rows = Catalog(home).rows("SELECT question, value, state FROM answers ORDER BY state")
    assert rows == [("emotions", '["admiration","amusement"]', "given"), ("*", None, "skipped")]


def test_meld_files_count_their_dialogues_anew(home: Path, tmp_path: Path) -> None:
    names = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    row = '1,"He\x92s lost it, totally.",Phoebe,{},negative,0,0,4,7,"00:20:57,256","00:21:00,049"\n'
    paths = (tmp_path / "train_sent_emo.csv", tmp_path / "dev_sent_emo.csv")
    for path, emotion in zip(paths, ("sadness", "joy"), strict=True):
        path.write_text(names + row.format(emotion), "utf-8")
    import_answers(Ratings(home, collection.find(home).people, presets()["meld"], paths))
    assert [(ref, value) for ref, question, value in held(home) if question == "emotion"] == [
        ("meld/dev_sent_emo/dia0_utt0", '"joy"'), ("meld/train_sent_emo/dia0_utt0", '"sadness"'),
    ]  # fmt: skip
    assert Catalog(home).rows("SELECT id, kind FROM raters") == [("meld/labels", "corpus")]


def test_emotionlines_digits_are_five_votes(bring: Import, home: Path) -> None:
    line = {"speaker": "C", "utterance": "u", "emotion": "surprise", "annotation": "2000030"}
    bring(json.dumps([[line]]), presets()["emotionlines"], "friends.json")
    assert Counter(value for *_, value in held(home)) == {'"neutral"': 2, '"surprise"': 3}


def test_an_audformat_database_comes_in_table_by_table(home: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from tests.annotate.test_presets import HEADER

    (tmp_path / "db.yaml").write_text(HEADER, "utf-8")
    (tmp_path / "db.emotion.csv").write_text("file,anna,net\na.wav,anger,fear\nb.wav,,fear\n", "utf-8")
    (tmp_path / "db.emotion.gold.csv").write_text("file,emotion\na.wav,anger\n", "utf-8")
    segments = {
        "file": ["a.wav"],
        "start": pa.array([0], pa.duration("ns")),
        "end": pa.array([1_500_000_000], pa.duration("ns")),
    }
    parquet.write_table(pa.table({**segments, "a": [0.25]}), tmp_path / "db.segments.parquet")
    done = import_answers(Ratings(home, collection.find(home).people, presets()["audformat"], (tmp_path,)))
    assert [one.committed.new for one in done] == [3, 1, 1]
    assert held(home) == [
        ("emo/a.wav", "emotion", '"anger"'), ("emo/a.wav", "emotion", '"anger"'), ("emo/a.wav", "emotion", '"fear"'),
        ("emo/a.wav#0-1500", "arousal", "0.25"), ("emo/b.wav", "emotion", '"fear"'),
    ]  # fmt: skip
    kinds = Counter(kind for (kind,) in Catalog(home).rows("SELECT kind FROM raters"))
    assert kinds == {"person": 1, "model": 1, "corpus": 1}
    assert Catalog(home).rows("SELECT count(*) FROM schemes") == [(1,)]


# acceptance on the published tables


def test_emonet_face_binary_gives_the_published_patterns(shared: Path, home: Path) -> None:
    table = shared / "annotations" / "emonet_face_binary.csv"
    done = import_answers(Ratings(home, collection.find(home).people, presets()["emonet-face-binary"], (table,)))[0]
    assert (done.committed.new, done.items, dict(done.raters)) == (65_686, 19_999, {"person": 7})
    patterns = Catalog(home).rows(
        """SELECT n, yes, count(*) FROM (SELECT ask, question, count(*) AS n, count(*) FILTER (WHERE value = '"yes"') AS yes
           FROM answers GROUP BY ALL) GROUP BY ALL ORDER BY 1 DESC, 2 DESC"""
    )
    assert patterns == [(3, 3, 9_075), (3, 2, 1_943), (2, 1, 3_652), (1, 1, 3_037), (1, 0, 22_291)]
    assert Catalog(home).rows("SELECT count(*) FROM asks") == [(39_998,)]
    hopeless = """SELECT count(DISTINCT ask), count(*) FROM answers WHERE question = 'helplessness'"""
    assert Catalog(home).rows(hopeless)[0][0] == 1_000


def test_ferplus_gives_every_vote_of_its_taggers(shared: Path, home: Path) -> None:
    table = shared / "annotations" / "ferplus.csv"
    done = import_answers(Ratings(home, collection.find(home).people, presets()["ferplus"], (table,)))[0]
    assert (done.committed.new, done.items, dict(done.raters)) == (358_869, 35_887, {"corpus": 10})
    eight = "SELECT count(*) FROM answers WHERE value NOT IN ('\"unknown\"', '\"nf\"')"
    assert Catalog(home).rows(eight) == [(339_962,)]


def test_eq_bench_runs_and_references_meet_at_the_same_items(shared: Path, home: Path) -> None:
    people, folder = collection.find(home).people, shared / "eqbench"
    for preset, name in (("eqbench", "gpt-4-0613_eqbench_v2_results"), ("eqbench-reference", "questions_v2_171")):
        import_answers(Ratings(home, people, presets()[preset], (folder / f"{name}.json",)))
    assert Catalog(home).rows("SELECT count(*) FROM items") == [(684,)]
    assert Catalog(home).rows("SELECT id, kind FROM raters ORDER BY 1") == [
        ("eqbench/reference", "corpus"), ("gpt-4-0613", "model"),
    ]  # fmt: skip
    constants = Counter(value for (value,) in Catalog(home).rows(
        "SELECT value FROM answers WHERE rater = 'eqbench/reference' AND question = 'revised'"
    ))  # fmt: skip
    assert constants == {"0": 254, "1": 11, "2": 49, "3": 43, "4": 56, "5": 12, "6": 56, "7": 69, "8": 127, "9": 7}


def test_a_pair_of_headerless_tables_is_two_questions(shared: Path, home: Path) -> None:
    for name in ("arousal", "valence"):
        flags = Flags(corpus="speech", header=("file", name), item="file", value=name)
        layout = layout_with(Layout(), flags)
        path = shared / "speech_emotion" / f"{name}.csv"
        done = import_answers(Ratings(home, collection.find(home).people, replace(layout, part=name), (path,)))[0]
        assert done.committed.new == 47


def test_content_ids_of_origins_do_not_depend_on_the_file(bring: Import, home: Path) -> None:
    bring(ROWS)
    bring(ROWS, name="renamed.csv")
    expected = content_id("import", corpus="lab", part="", rater="")
    assert Catalog(home).rows("SELECT id FROM origins") == [(expected,)]
