"""What is told about an import: refusals by question and reason, what was set right, who rated, under which licence."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Asked, Layout, presets
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Ratings, import_answers, nothing_taken
from pipelines.imports.refusals import reasons
from pipelines.imports.schemes import licence_of
from pipelines.show.imports import lines_of
from schemas.errors import BadInput
from tests.pipelines.imports.rating_tables import LONG, ROWS, Import, held

VALENCE = replace(LONG, question=(Asked(name="valence", value="V", minimum=1, maximum=5, step=1),))


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


def test_a_refusal_names_its_question_and_its_column(bring: Import, home: Path) -> None:
    done = bring("clip,who,V\nc1,ann,9\nc2,ann,3\n", VALENCE)
    assert reasons(done.rows.grouped) == ["table.csv, line 2: valence (column V): 9 lies outside the scale from 1 to 5"]
    assert done.rows.file is not None
    with (home / done.rows.file).open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["question"], row["column"], row["value"]) == ("valence", "V", "9")


def test_refusals_of_one_reason_are_told_together_and_listed_one_by_one(bring: Import, home: Path) -> None:
    done = bring("clip,who,V\nc1,ann,9\nc2,ann,8\nc3,ann,x\n,bob,3\n,cy,3\nc4,ann,3,4\n", VALENCE)
    assert reasons(done.rows.grouped) == [
        "table.csv, line 7: 4 cells; expected 3",
        "2 x valence (column V): outside the scale from 1 to 5, first table.csv, line 2",
        "table.csv, line 4: valence (column V): 'x' is no number",
        "2 x no item: clip is empty, first table.csv, line 5",
    ]
    assert done.rows.file is not None
    assert len((home / done.rows.file).read_text("utf-8").splitlines()) == 7


def test_a_row_without_item_is_refused_once_however_many_questions_it_answers(bring: Import) -> None:
    wide = tuple(Asked(name=name, value=name, minimum=1, maximum=5, step=1) for name in ("V", "A"))
    done = bring("clip,who,V,A\n,ann,3,3\nc1,ann,1,1\n", replace(LONG, question=wide))
    assert reasons(done.rows.grouped) == ["table.csv, line 2: no item: clip is empty"]


def test_a_file_whose_name_says_nothing_is_named(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ravdess"
    folder.mkdir()
    for name in ("03-01-06-01-02-01-12.wav", "take two.wav"):
        (folder / name).touch()
    (done,) = import_answers(Ratings(home, collection.find(home).people, presets()["ravdess"], (folder,)))
    assert reasons(done.rows.grouped) == ["take two.wav: the name does not follow the pattern"]


def test_what_models_say_of_a_corpus_is_listed_apart(bring: Import, home: Path) -> None:
    bring("clip,who,label\nc1,ann,joy\n")
    assert bring("clip,who,label\nc1,gpt,joy\n", replace(LONG, rater_kind="model")).rows.file == (
        "imports/lab-model-refused.csv"
    )
    assert (home / "imports" / "lab-refused.csv").exists()


def test_whether_anything_was_taken_is_known(bring: Import) -> None:
    assert nothing_taken([bring("clip,who,label\nc1,ann,joy\n")])
    assert not nothing_taken([bring(ROWS)])
    assert not nothing_taken([bring("clip,who,label\nc1,ann,\n", replace(LONG, drop="label IS NULL"))])


def test_a_table_of_a_header_alone_has_no_rows(bring: Import) -> None:
    with pytest.raises(BadInput, match="no rows"):
        bring("clip,who,label\n")


def test_a_column_that_is_wanted_and_there_twice_is_refused_with_both_places(bring: Import, home: Path) -> None:
    with pytest.raises(BadInput, match="2 columns called 'label', number 3 and 5"):
        bring("clip,who,label,x,Label\nc1,ann,anger,1,fear\n")
    bring("clip,who,label,x,x\nc1,ann,anger,1,2\n")
    assert len(held(home)) == 1


def test_durations_bring_their_units_and_what_is_none_is_left_out_and_counted(bring: Import, home: Path) -> None:
    layout = replace(LONG, duration="rt", duration_unit="s")
    cells = ("2", "900 ms", "00:00:01.5", "-5", "soon", "")
    rows = "".join(f"c{place},ann,fear,{cell}\n" for place, cell in enumerate(cells))
    done = bring(f"clip,who,label,rt\n{rows}", layout)
    assert Catalog(home).rows(
        "SELECT duration_ms FROM answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item ORDER BY i.ref"
    ) == [(2000,), (900,), (1500,), (None,), (None,), (None,)]
    assert (done.adjusted.durations, done.adjusted.duration) == (2, "-5")
    assert any("2 durations left out, first '-5'" in line for line in lines_of(done))


def test_vectors_that_got_zeros_are_counted(bring: Import) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", vector="v", categories=("anger", "fear", "joy")))
    done = bring("clip,v\nc1,012\nc2,12\nc3,2\nc4,\n", layout)
    assert done.adjusted.vectors == 2
    assert any("2 vectors had too few digits" in line for line in lines_of(done))


def test_a_vector_column_without_any_cell_is_refused_row_by_row(bring: Import) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", vector="v", categories=("anger", "fear")))
    assert bring("clip,v\nc1,\n", layout).rows.refused == 1


def test_votes_without_names_are_no_raters_of_a_kind(bring: Import) -> None:
    layout = layout_with(Layout(corpus="lab"), Flags(item="clip", counts=("anger", "fear")))
    done = bring("clip,anger,fear\nc1,2,1\nc2,0,2\n", layout)
    assert done.anonymous == 3
    assert "5 answers by up to 3 anonymous votes an item to scheme" in lines_of(done)[1]


@pytest.mark.parametrize("kind", ["corpus", "model"])
def test_a_table_by_nobody_is_rated_by_its_corpus_when_people_are_not_meant(
    bring: Import, home: Path, kind: str
) -> None:
    bring("clip,label\nc1,anger\nc2,fear\n", replace(LONG, rater="", rater_kind=kind))
    assert Catalog(home).rows("SELECT DISTINCT rater FROM answers")[0][0] in ("lab", "lab/lab")
    assert Catalog(home).rows("SELECT kind FROM raters") == [(kind,)]


def test_the_licence_of_a_layout_is_kept_with_the_answers(bring: Import, home: Path) -> None:
    bring(ROWS)
    ((scheme,),) = Catalog(home).rows("SELECT id FROM schemes")
    assert licence_of(home, scheme) is None
    bring(ROWS, replace(LONG, licence="ODbL-1.0", address="https://example.org"))
    assert licence_of(home, scheme) == "ODbL-1.0"
    bring(ROWS, replace(LONG, licence="MIT"))
    assert licence_of(home, scheme) == "MIT"


def test_the_command_fails_where_nothing_could_be_taken_and_reads_its_flags(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("clip,label,task,rt\nc1,wut,check,2\nc2,fear,plain,1\n", "utf-8")
    said = ["answers", "import", str(table), "--home", str(home), "--named", "emotion", "--scheme", "ekman"]
    flags = ["--rater-name", "key", "--kind", "corpus", "--alias", "wut=anger", "--duration", "rt"]
    more = ["--duration-unit", "s", "--role", "task", "--gold", "check", "--contrast", "absent"]
    assert CliRunner().invoke(cli.app, [*said, *flags, *more]).exit_code == 0
    rows = Catalog(home).rows(
        "SELECT k.role, a.value, a.duration_ms, a.rater FROM answers a JOIN asks k ON k.id = a.ask ORDER BY ALL"
    )
    assert rows == [("gold", '"anger"', 2000, "t/key"), ("plain", '"fear"', 1000, "t/key")]
    table.write_text("clip,label\nc1,bored\n", "utf-8")
    failed = CliRunner().invoke(cli.app, said)
    assert failed.exit_code == 1
    assert "Next:" not in failed.output
