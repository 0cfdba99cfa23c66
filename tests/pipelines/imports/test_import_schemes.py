"""The scheme of an import: what was inferred is told and can be edited, and a scheme that is here can be named."""

from dataclasses import replace
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags, layout_with
from annotate.ratings.layout import Layout
from pipelines.engine.catalog import Catalog
from pipelines.show.imports import lines_of
from pipelines.weigh.agree import agreements
from schemas.errors import BadSetting
from tests.pipelines.imports.rating_tables import LONG, Import, held

RATING = layout_with(Layout(corpus="au"), Flags(item="clip", rater="who", value="rating"))


def rated(*cells: str) -> str:
    return "clip,who,rating\n" + "".join(f"c{place},ann,{cell}\n" for place, cell in enumerate(cells))


def test_one_bad_cell_leaves_a_scale_a_scale_and_is_refused(bring: Import) -> None:
    done = bring(rated(*"1234567" * 20, "x"), RATING)
    assert done.questions == ("rating: scale 1 to 7, ordinal",)
    assert (done.rows.used, done.rows.refused) == (140, 1)
    assert done.rows.first[0].reason == "'x' is no number"


def test_what_was_inferred_is_told_and_written_down_to_be_edited(bring: Import, home: Path) -> None:
    done = bring(rated("joy", "fear", "joy"), RATING)
    assert done.scheme_file == "imports/au-scheme.toml"
    told = "\n".join(lines_of(done))
    assert "rating: 2 categories: fear, joy" in told
    assert "--scheme imports/au-scheme.toml --replace" in told
    file = home / done.scheme_file
    file.write_text(file.read_text("utf-8").replace('name = "joy"', 'name = "happiness"\naliases = ["joy"]'), "utf-8")
    again = bring(rated("joy", "fear", "joy"), replace(RATING, scheme=done.scheme_file), replace=True)
    assert (again.scheme, again.inferred, again.committed.withdrawn) == ("au", False, 3)
    assert [value for *_, value in held(home)] == ['"happiness"', '"fear"', '"happiness"']


def test_a_scheme_somebody_edited_is_not_written_over(bring: Import, home: Path) -> None:
    done = bring(rated("joy", "fear"), RATING)
    (home / str(done.scheme_file)).write_text("mine", "utf-8")
    bring(rated("joy", "fear", "joy"), RATING)
    assert (home / str(done.scheme_file)).read_text("utf-8") == "mine"


def test_a_scheme_that_an_import_brought_is_known_by_name(bring: Import, home: Path) -> None:
    bring("clip,who,label\nc1,ann,anger\nc1,bob,anger\nc2,ann,fear\nc2,bob,fear\n", replace(LONG, corpus="au"))
    flags = Flags(
        corpus="au", item="clip", rater="model", rater_kind="model", value="said", named="emotion", scheme="au",
        alias=(("wut", "anger"),),
    )  # fmt: skip
    done = bring("clip,model,said\nc1,gpt,wut\nc2,gpt,anger\n", layout_with(Layout(), flags), "models.csv")
    assert (done.committed.new, done.rows.refused) == (2, 0)
    assert Catalog(home).rows("SELECT count(*) FROM schemes") == [(1,)]
    found = [agreements(home, 0, kinds)[0].found for kinds in (("person",), ("person", "model"))]
    assert [(one.n_items, one.n_answers, one.n_raters) for one in found] == [(2, 4, 2), (2, 6, 3)]


def test_a_scheme_that_was_inferred_goes_by_the_name_of_its_table(bring: Import) -> None:
    bring(rated("joy", "fear"), RATING)
    done = bring(rated("joy"), replace(RATING, scheme="au"))
    assert (done.scheme, done.inferred, done.committed.new) == ("inferred-au", False, 0)


def test_a_scheme_nobody_knows_is_refused_with_those_that_are_here(bring: Import) -> None:
    bring("clip,who,label\nc1,ann,anger\n", replace(LONG, corpus="au"))
    with pytest.raises(BadSetting, match="known: au, ekman"):
        bring("clip,who,label\nc1,ann,anger\n", replace(LONG, scheme="aus"))
