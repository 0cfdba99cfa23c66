"""What `answers import` and `corpus import` say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.collect.add import Added
from pipelines.imports.answers import Imported
from pipelines.imports.corpus import Conflict, CorpusImported
from pipelines.show.imports import corpus_imported, imported
from schemas.media import Source
from tests.pipelines.imports import rating_tables as tables


@pytest.fixture
def table(home: Path) -> Imported:
    """What a table of four rows brought, of which one names no rater."""
    return tables.imported(home, f"{tables.ROWS}c3,,fear\n")


def corpus(*imports: Imported, basis: Any = "licence") -> CorpusImported:
    conflict = Conflict("votes.csv", 7, "a.wav", "emotion", "anger", "fear")
    added = Added(files=12, new=10, dropped={"not media: text": 2})
    return CorpusImported(
        "crema-d", Source(basis), added, imports, ("b.wav",), (), (conflict,), (), "imports/d.csv", ("x.csv",)
    )


def test_a_table_says_what_became_of_its_rows(table: Imported, capsys: pytest.CaptureFixture[str]) -> None:
    imported([table])
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "table.csv: 4 rows (3 used, 0 dropped by a condition, 1 refused)"
    assert lines[1] == f"  3 answers by 2 persons to scheme {table.scheme!r} about 2 items: 3 new"
    assert any(line.startswith("  refused: table.csv, line 5") for line in lines)
    assert printed.err == "Next: emocurate agree\n"


def test_a_table_of_which_nothing_was_taken_leads_nowhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported([tables.imported(home, "clip,who,label\nc1,ann,joy\n")])
    printed = capsys.readouterr()
    assert "1 refused" in printed.out
    assert "Next" not in printed.err


def test_a_corpus_says_what_does_not_fit(table: Imported, capsys: pytest.CaptureFixture[str]) -> None:
    corpus_imported(corpus(table))
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "crema-d: 12 files looked at, 10 media new"
    assert "  dropped: 2 x not media: text" in lines
    assert "  1 tables in the folder not used, first 'x.csv'" in lines
    assert "  1 files without labels, first 'b.wav'" in lines
    assert (
        "  1 conflicts between file name and table, first votes.csv, line 7: "
        "a.wav is 'anger' in the table and 'fear' by its name"
    ) in lines
    assert lines[-1] == "  all of them: imports/d.csv"
    assert printed.err == "Next: emocurate run, then emocurate agree\n"


def test_a_corpus_without_a_licence_is_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    corpus_imported(corpus(basis="unknown"))
    assert "No licence is known for these media" in capsys.readouterr().err


def test_json_holds_the_account_of_every_row(table: Imported, as_json: Callable[[Any], Any]) -> None:
    (data,) = as_json([table])
    assert (data["rows"]["used"], data["rows"]["refused"], data["committed"]["new"]) == (3, 1, 3)
    whole = as_json(replace(corpus(table), fileless=("c",)))
    assert (whole["source"]["basis"], whole["conflicts"][0]["line"], whole["fileless"]) == ("licence", 7, ["c"])
