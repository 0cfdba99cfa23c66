"""Tables as laboratories have them come in by flags alone, with the values their authors put into them."""

from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest

from annotate.ratings.flags import Flags
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Imported, Ratings, import_answers
from pipelines.imports.layouts import layout_for


def brought(home: Path, path: Path, flags: Flags | None = None, map_: Path | None = None) -> Imported:
    layout = layout_for([path], str(map_) if map_ else None, flags or Flags(), lambda _: None)
    return import_answers(Ratings(home, collection.find(home).people, layout, (path,)))[0]


def alpha(home: Path) -> float:
    """Krippendorff's alpha of the answers that came in, as the reference package has it."""
    rows = Catalog(home).rows(
        "SELECT a.rater, k.item, a.value::DOUBLE FROM current_answers a JOIN asks k ON k.id = a.ask"
    )
    raters, items = (sorted({row[place] for row in rows}) for place in (0, 1))
    table = np.full((len(raters), len(items)), np.nan)
    for rater, item, value in rows:
        table[raters.index(rater), items.index(item)] = value
    return float(krippendorff.alpha(table, level_of_measurement="ordinal"))


@pytest.mark.shared
def test_two_spellings_of_a_number_agree(home: Path, shared: Path) -> None:
    assert brought(home, shared / "tables" / "spell2.csv").questions == ("score: scale 1 to 7, ordinal",)
    assert alpha(home) == pytest.approx(1)


@pytest.mark.shared
def test_several_choices_in_a_cell_are_a_set(home: Path, shared: Path) -> None:
    brought(home, shared / "tables" / "multi.csv", map_=shared / "tables" / "multi.toml")
    values = {value for (value,) in Catalog(home).rows("SELECT value FROM answers")}
    assert values == {'["3","7"]', '["3"]', '["5"]', '["1","5"]', '["2"]'}


@pytest.mark.shared
@pytest.mark.parametrize("missing", [(), ("-99", "999", "NA")])
def test_missing_codes_do_not_spoil_agreement(home: Path, shared: Path, missing: tuple[str, ...]) -> None:
    done = brought(home, shared / "tables" / "missing.csv", Flags(missing=missing))
    assert done.questions == ("valence: scale 1 to 7, ordinal",)
    assert {one.value for one in done.notices.doubted} == (set() if missing else {"-99", "999"})
    assert alpha(home) == pytest.approx(0.77617, abs=1e-4)


@pytest.mark.shared
def test_steps_in_words_are_one_ordinal_scale_of_five(home: Path, shared: Path) -> None:
    assert brought(home, shared / "tables" / "likert.csv").questions == ("sounds_angry: scale 1 to 5, ordinal",)
    assert alpha(home) == pytest.approx(0.70, abs=0.01)


@pytest.mark.shared
def test_two_scales_in_one_table_are_two_questions(home: Path, shared: Path) -> None:
    done = brought(home, shared / "tables" / "two_scales.csv")
    assert done.questions == ("arousal_1-7: scale 1 to 7, ordinal", "intensity_0-100: scale 0 to 100, interval")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"wide": ("valence=Q1", "arousal=Q2")}, [("valence", "", "Q1"), ("arousal", "", "Q2")]),
        ({"question": "Q1", "value": "Q2"}, [("", "Q1", "Q2")]),
    ],
)
def test_what_is_typed_of_a_survey_goes_before_what_its_form_says(
    tmp_path: Path, typed: dict[str, Any], asked: list[tuple[str, ...]]
) -> None:
    survey = tmp_path / "survey.csv"
    rows = ["StartDate,EndDate,Status,ResponseId,pid,Q1,Q2", "Start,End,Status,Response,Who,One,Two"]
    rows += ["{''ImportId'':''a''}"] + ["2024-05-01 10:00:00,2024-05-01 10:09:00,0,R_1,clip-1,3,4"]
    survey.write_text("\n".join(rows), "utf-8")
    layout = layout_for([survey], None, Flags(item="pid", rater="ResponseId", **typed), lambda _: None)
    assert [(one.name, one.named_by, one.value) for one in layout.question] == asked


def test_a_batch_of_mturk_and_a_survey_of_qualtrics_need_no_map(home: Path, shared: Path) -> None:
    batch = brought(home, shared / "tables" / "mturk.csv")
    assert (batch.rows.rows, batch.rows.used, batch.notices.left_rows, batch.items) == (160, 155, 5, 40)
    survey = brought(home, shared / "tables" / "qualtrics.csv")
    assert (survey.items, survey.raters, survey.committed.answers) == (10, {"person": 6}, 60)
