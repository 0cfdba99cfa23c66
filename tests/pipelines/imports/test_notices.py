"""What an import does not use or believe it says: columns, spellings, codes, nobody who rated; and 12.0 is 12."""

from dataclasses import replace
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Imported, Ratings, import_answers
from pipelines.imports.layouts import layout_for
from pipelines.show.imports import lines_of
from schemas.errors import BadSetting
from tests.pipelines.imports.rating_tables import LONG, Import, held, imported

SEVEN = "".join(f"c{place},{who},{1 + place % 7}\n" for place in range(14) for who in ("ann", "bob"))


def brought(home: Path, content: str, flags: Flags | None = None, *, again: bool = False) -> tuple[Imported, list[str]]:
    """Import a table by flags; gives what it brought and what was said before."""
    path, said = home.parent / "t.csv", list[str]()
    path.write_text(content, "utf-8")
    layout = layout_for([path], None, flags or Flags(), said.append)
    return import_answers(Ratings(home, collection.find(home).people, layout, (path,), replace=again))[0], said


def scale(done: Imported) -> str:
    return next(line for line in done.questions if line.startswith("valence"))


def test_codes_and_slips_are_named_and_not_believed(home: Path) -> None:
    done, _ = brought(home, "clip,rater,valence\n" + SEVEN + "c0,eve,-99\nc1,eve,999\nc2,eve,77\nc3,eve,77.0\n")
    assert scale(done) == "valence: scale 1 to 7, ordinal"
    assert [(one.value, one.cells) for one in done.notices.doubted] == [("77", 2), ("-99", 1), ("999", 1)]
    assert any("--missing 77,-99,999" in line and "--scale LOW:HIGH" in line for line in lines_of(done))
    assert len(held(home)) == 28


def test_missing_codes_that_are_named_are_no_answers_in_any_spelling(home: Path) -> None:
    table = "clip,rater,valence\n" + SEVEN + "c0,eve,-99.0\nc1,eve,-99\nc2,eve,refused\n"
    done, _ = brought(home, table, Flags(missing=("-99", "refused")))
    assert scale(done) == "valence: scale 1 to 7, ordinal"
    assert done.notices.doubted == ()
    assert [group.reason for group in done.rows.grouped] == ["the row holds no answer"]


def test_a_scale_that_is_declared_takes_what_was_doubted_and_outlives_no_guess(home: Path) -> None:
    table = "clip,rater,valence\n" + SEVEN + "c0,eve,77\n"
    first, _ = brought(home, table)
    assert scale(first) == "valence: scale 1 to 7, ordinal"
    done, _ = brought(home, table, Flags(scales=("valence=0:100",)), again=True)
    assert scale(done) == "valence: scale 0 to 100, interval"
    assert len(held(home)) == 29
    assert done.scheme_file is not None
    assert "maximum = 100" in (home / done.scheme_file).read_text("utf-8")


def test_columns_that_nothing_uses_are_named(home: Path) -> None:
    done, _ = brought(home, "clip,rater,valence,arousal,age\nc1,ann,1,2,30\nc2,ann,3,2,30\n", Flags(value="valence"))
    assert done.notices.unused == ("arousal", "age")
    assert "  not used: arousal, age" in lines_of(done)


@pytest.mark.parametrize("column", ["Rater ID", "_annotator_id", "WorkerId"])
def test_raters_count_however_their_column_is_called(home: Path, column: str) -> None:
    done, said = brought(home, f"clip,{column},emotion\nc1,ann,joy\nc1,bob,fear\nc2,ann,joy\n")
    assert done.raters == {"person": 2}
    assert not any("anonymous" in line for line in said)


def test_a_table_where_nobody_is_named_says_so(home: Path) -> None:
    _, said = brought(home, "clip,emotion,rater_age\nc1,joy,30\nc1,fear,31\n")
    assert any("another anonymous rater" in line and "rater_age" in line for line in said)


def test_numbers_of_raters_and_items_that_a_data_frame_spelled_as_fractions_are_the_same(home: Path) -> None:
    done, _ = brought(home, "clip,rater,emotion\n1,12.0,joy\n1.0,13,fear\n2,12,joy\n2.0,13.0,fear\n")
    assert done.raters == {"person": 2}
    assert done.items == 2
    assert Catalog(home).rows("SELECT ref FROM items ORDER BY 1") == [("t/1",), ("t/2",)]


def test_a_spelling_that_no_cell_has_is_named(home: Path) -> None:
    done, _ = brought(
        home, "clip,rater,emotion\nc1,ann,wut\nc2,ann,fear\n", Flags(alias=(("wut", "anger"), ("joi", "fear")))
    )
    assert done.notices.aliases == ("joi",)
    assert [value for *_, value in held(home)] == ['"anger"', '"fear"']


def test_words_of_flags_that_nothing_meets_are_named(home: Path) -> None:
    flags = Flags(
        models=("gpt*", "zz*"), role="kind", gold=("gold", "golden"), contrast=("plane",), missing=("99", "-1", "-99")
    )
    done, _ = brought(
        home,
        'clip,rater,emotion,kind\nc1,gpt-5,joy,gold\nc2,ann,99.0,plain\nc3,ann,fear,plain\nc4,ann,"{""rating"": -99}",plain\n',
        flags,
    )
    unmet = [("--model", "zz*"), ("--contrast", "plane"), ("--missing", "-1")]
    assert list(done.notices.unmet) == unmet
    assert {f"  {flag} {word}: nothing that was read meets it" for flag, word in unmet} <= set(lines_of(done))


def test_words_of_a_role_that_no_column_has_are_named(home: Path) -> None:
    done = imported(home, "clip,who,label\nc1,ann,anger\nc2,ann,fear\n", replace(LONG, gold=("gold",)))
    assert done.notices.unmet == (("--gold", "gold"),)


def test_a_spelling_of_no_answer_is_refused(home: Path) -> None:
    with pytest.raises(BadSetting, match="--alias wut=angr: 'angr' answers no question; did you mean 'anger'"):
        brought(home, "clip,rater,emotion\nc1,ann,anger\nc2,ann,fear\n", Flags(alias=(("wut", "angr"),)))


def test_a_spelling_for_one_question_leaves_the_others_alone(home: Path) -> None:
    flags = Flags(wide=("emotion", "arousal"), alias=(("wut", "anger"),))
    brought(home, "clip,rater,emotion,arousal\nc1,ann,wut,1\nc2,ann,fear,5\n", flags)
    assert [value for _, question, value in held(home) if question == "arousal"] == ["1", "5"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (Flags(types=("scala",)), "--type 'scala'; did you mean 'scale'"),
        (Flags(scales=("1-7",)), "expected LOW:HIGH"),
        (Flags(scales=("valense=1:7",)), "no question 'valense'; did you mean 'valence'"),
        (Flags(items=("Q1",), item="clip"), "--item and --items"),
        (Flags(raters=("R1",), rater="rater"), "--rater and --raters"),
    ],
)
def test_declarations_that_cannot_be_meant_are_refused(home: Path, flags: Flags, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        brought(home, "clip,rater,valence\nc1,ann,1\n", replace(flags, named="valence") if flags.raters else flags)


def test_cells_that_hold_json_are_refused_one_by_one_and_the_others_go_in(bring: Import, home: Path) -> None:
    done = bring('clip,who,label\nc1,ann,fear\nc1,bob,"{""a"": 1, ""b"": 2}"\n', LONG)
    assert held(home) == [("lab/c1", "emotion", '"fear"')]
    assert "holds JSON that is no answer" in done.rows.first[0].reason


def test_notes_that_are_all_the_same_cost_no_other_question(home: Path) -> None:
    done, _ = brought(home, "clip,rater,question,answer\nc1,ann,emotion,joy\nc2,ann,emotion,fear\nc1,ann,note,hm\n")
    assert "note: free text" in done.questions
