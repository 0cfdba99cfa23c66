"""`answers import`: every form of table ends as the same rows, once, and conditions reach nothing else."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Ratings, import_answers
from pipelines.imports.contentids import constant, content_id_sql, define
from pipelines.imports.layouts import layout_for
from schemas.answers import Answer, Ask, Item
from schemas.errors import BadInput, NoCollection
from schemas.ids import canonical
from tests.pipelines.imports.rating_tables import ANSWERS, LONG, ROWS, Import, held


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


def test_a_table_of_models_withdraws_nothing_that_people_said(bring: Import, home: Path) -> None:
    bring(ROWS)
    models = replace(LONG, rater_kind="model")
    assert bring("clip,who,label\nc1,gpt,fear\n", models, replace=True).committed.withdrawn == 0
    assert len(held(home)) == 4


@pytest.fixture
def computing() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows how ids are computed."""
    with duckdb.connect() as connection:
        define(connection)
        yield connection


@given(
    key=st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
    value=st.text(st.characters(exclude_categories=("Cs",))),
)
@example(key="\x0b\\u000B\x1f\r\n", value="".join(map(chr, range(128))))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_computed_in_sql_are_those_of_python(computing: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    text = computing.execute("SELECT json_text(?)", [value]).fetchall()[0][0]
    item = content_id_sql("item", kind=constant("key"), ref="json_text(ref)")
    made = computing.execute(f"SELECT {item} FROM (SELECT ?::VARCHAR AS ref)", [key]).fetchall()[0][0]
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "names the item.* t.csv has 2: a, b; give --item COLUMN.*--header"),
        (b"clip,b\n1,2\n", "holds the answers.* clip, b; give --value"),
        (b"", "no columns"),
        (b"PK\x03\x04 and more", "workbook or zip"),
        (bytes(range(256)) * 8, "is binary"),
        (",".join(f"c{place}" for place in range(300)).encode() + b"\n", "300: c0, .*c11, …; give"),
    ],
    ids=["no item", "no answers", "empty", "a workbook", "binary", "many columns"],
)
def test_a_table_that_says_nothing_is_told_what_was_found_in_it(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        layout_for([path], None, Flags(), lambda _: None)


def test_a_layout_without_an_item_is_refused_before_anything_is_read(bring: Import) -> None:
    with pytest.raises(BadInput, match="--item"):
        bring(ROWS, replace(LONG, item=()))


def test_without_a_collection_nothing_is_read(tmp_path: Path, home: Path) -> None:
    with pytest.raises(NoCollection):
        import_answers(Ratings(tmp_path, collection.find(home).people, LONG, (tmp_path / "t.csv",)))


def test_an_import_leaves_no_scratch_behind(bring: Import, home: Path) -> None:
    bring(ROWS)
    assert [path for path in (home / "imports").rglob("*") if path.name != "aside"] == []


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
    ("name", "content"),
    [
        ("t.csv", ROWS.encode("utf-16")),
        (
            "t.jsonl",
            b'{"clip":"c1","who":"ann","label":"anger"}\n{"clip":"c1","who":"bob","label":"fear"}\n'
            b'{"clip":"c2","who":"ann","label":"Fear"}\n',
        ),
    ],
)
def test_answers_come_from_a_table_of_any_form(bring: Import, home: Path, name: str, content: bytes) -> None:
    assert bring(content, name=name).committed.new == 3
    assert held(home) == ANSWERS


def test_dropped_rows_are_no_answers(bring: Import, home: Path) -> None:
    assert bring(ROWS, replace(LONG, drop="lower(label) = 'fear'")).rows.dropped == 2
    assert held(home) == ANSWERS[:1]


def test_rows_in_which_an_item_was_skipped_are_no_answers_where_one_column_holds_them(
    bring: Import, home: Path
) -> None:
    flags = Flags(item="clip", rater="who", value="label", named="emotion", skip="label = 'none'")
    done = bring("clip,who,label\nc1,ann,anger\nc2,ann,fear\nc3,bob,none\n", layout_with(Layout(corpus="lab"), flags))
    assert (held(home), done.rows.refused) == ([ANSWERS[0], ANSWERS[2]], 0)
    assert Catalog(home).rows("SELECT count(*) FROM current_answers WHERE state = 'skipped'") == [(1,)]
