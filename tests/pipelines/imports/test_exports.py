"""Tables as platforms and surveys write them come in by flags alone, with nothing made up and nothing lost."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotate.ratings.flags import Flags
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.answers import Imported, Ratings, import_answers
from pipelines.imports.layouts import layout_for
from pipelines.show.imports import lines_of
from schemas.errors import BadInput
from tests.pipelines.imports.rating_tables import held


def brought(home: Path, content: str, name: str, flags: Flags | None = None) -> Imported:
    """Import a table by flags alone; none by default."""
    path = home.parent / name
    path.write_text(content, "utf-8")
    layout = layout_for([path], None, flags or Flags(), lambda _: None)
    return import_answers(Ratings(home, collection.find(home).people, layout, (path,)))[0]


def written(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def annotation(who: int, emotion: list[str], arousal: int | None = None) -> dict[str, Any]:
    result = [{"from_name": "emotion", "type": "choices", "value": {"choices": emotion}}] if emotion else []
    if arousal:
        result.append({"from_name": "arousal", "type": "rating", "value": {"rating": arousal}})
    return {"completed_by": who, "result": result, "updated_at": "2025-03-01T10:01:00Z", "lead_time": 7.5}


TASKS = [
    {"id": 1, "data": {"clip": "c1"}, "annotations": [annotation(3, ["joy"], 5), annotation(5, ["anger"], 1)]},
    {"id": 2, "data": {"clip": "c2"}, "annotations": [annotation(3, ["joy"], 2), annotation(5, [])]},
]


@pytest.mark.parametrize("indent", [None, 1])
def test_label_studios_json_is_read_without_a_word(home: Path, indent: int | None) -> None:
    done = brought(home, json.dumps(TASKS, indent=indent), "export.json")
    assert held(home) == [
        ("export/c1", "arousal", "1"), ("export/c1", "arousal", "5"), ("export/c1", "emotion", '"anger"'),
        ("export/c1", "emotion", '"joy"'), ("export/c2", "arousal", "2"), ("export/c2", "emotion", '"joy"'),
    ]  # fmt: skip
    assert done.raters == {"person": 2}
    rows = Catalog(home).rows("SELECT DISTINCT duration_ms, updated_at FROM answers")
    assert rows == [(7500, "2025-03-01T10:01:00.000000Z")]
    assert Catalog(home).rows("SELECT count(*) FROM answers WHERE state = 'skipped'") == [(1,)]


@pytest.mark.parametrize("name", ["min.json", "min.csv"])
def test_label_studios_flat_exports_are_read_by_their_columns(home: Path, name: str) -> None:
    header = ("clip", "id", "emotion", "arousal", "annotator", "annotation_id", "created_at", "lead_time")
    rows = [
        ("c1", 1, "joy", '[{"rating": 4}]', 3, 1, "2025-03-01T10:00:03Z", 7.5),
        ("c1", 1, '{"choices": ["anger", "joy"]}', '[{"rating": 2}]', 5, 2, "2025-03-01T10:00:05Z", 9.5),
    ]
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    for row in objects:
        row |= {name: json.loads(str(row[name])) for name in ("emotion", "arousal") if str(row[name])[0] in "[{"}
    content = json.dumps(objects) if name.endswith("json") else written(header, rows)
    done = brought(home, content, name, Flags(wide=("emotion", "arousal")))
    assert held(home) == [
        ("min/c1", "arousal", "2"), ("min/c1", "arousal", "4"), ("min/c1", "emotion", '["anger","joy"]'),
        ("min/c1", "emotion", '["joy"]'),
    ]  # fmt: skip
    assert set(done.notices.unused) == {"annotation_id", "id"}


BATCH = ("HITId", "WorkerId", "AssignmentStatus", "SubmitTime", "WorkTimeInSeconds", "Input.audio_url")
PST = "Mon Mar 02 07:22:16 PST 2026"


@pytest.mark.parametrize("flags", [Flags(), Flags(item="Input.audio_url", wide=("emotion=Answer.emotion",))])
def test_a_batch_of_mturk_leaves_out_what_was_rejected_counts_it_and_reads_its_times(home: Path, flags: Flags) -> None:
    rows = [
        ("h1", "A", "Rejected", PST, 60, "c1", "joy"),
        ("h1", "B", "Approved", PST, 60, "c1", "anger"),
        ("h1", "C", "Submitted", PST, 61, "c1", "joy"),
    ]
    done = brought(home, written((*BATCH, "Answer.emotion"), rows), "batch.csv", flags)
    assert held(home) == [("batch/c1", "emotion", '"anger"'), ("batch/c1", "emotion", '"joy"')]
    assert (done.rows.rows, done.rows.used, done.rows.dropped, done.notices.left_rows) == (3, 2, 1, 1)
    assert "  left out: 1 rows of the table with \"AssignmentStatus\" = 'Rejected'" in lines_of(done)
    assert Catalog(home).rows("SELECT DISTINCT updated_at FROM answers") == [("2026-03-02T15:22:16.000000Z",)]
    assert Catalog(home).rows("SELECT DISTINCT duration_ms FROM answers ORDER BY 1") == [(60_000,), (61_000,)]


def test_answers_of_mturk_in_one_cell_are_taken_apart_and_rejected_assignments_counted_once(home: Path) -> None:
    told = [
        json.dumps([{"emotion": {"label": name}, "valence": valence}]) for name, valence in (("joy", 3), ("fear", 5))
    ]
    rows = [
        ("h1", "A", "Rejected", PST, 60, "c1", told[0]),
        ("h1", "B", "Approved", PST, 60, "c1", told[1]),
        ("h1", "C", "Approved", PST, 60, "c1", told[0]),
    ]
    done = brought(home, written((*BATCH, "Answer.taskAnswers"), rows), "batch.csv")
    assert held(home) == [
        ("batch/c1", "emotion", '"fear"'), ("batch/c1", "emotion", '"joy"'), ("batch/c1", "valence", "3"),
        ("batch/c1", "valence", "5"),
    ]  # fmt: skip
    assert (done.rows.dropped, done.notices.left_rows) == (2, 1)


SURVEY = (
    ("StartDate", "EndDate", "Status", "ResponseId", "PROLIFIC_PID", "Q1", "Q2", "Q2_Page Submit"),
    (
        "Start Date",
        "End Date",
        "Response Type",
        "Response ID",
        "PROLIFIC_PID",
        "How did c1\nsound?",
        "And c2?",
        "Timing",
    ),
    tuple(json.dumps({"ImportId": name}) for name in ("s", "e", "st", "r", "p", "QID1", "QID2", "t")),
)


def test_items_in_the_columns_of_a_survey_with_three_header_rows_are_read(home: Path) -> None:
    end = "2026-03-01 10:09:00"
    rows = [
        ("", end, "IP Address", "R_1", "5a", "joy", "fear", 2.5),
        ("", end, "IP Address", "R_2", "5b", "joy", "", 1.5),
        ("", end, "Survey Preview", "R_3", "5c", "fear", "fear", 1.5),
    ]
    done = brought(home, written(SURVEY[0], [*SURVEY[1:], *rows]), "survey.csv")
    assert held(home) == [
        ("survey/Q1", "answer", '"joy"'), ("survey/Q1", "answer", '"joy"'), ("survey/Q2", "answer", '"fear"'),
    ]  # fmt: skip
    assert done.raters == {"person": 2}
    assert (done.notices.folded, done.notices.empty, done.notices.left_rows) == (2, 1, 1)
    assert "Q2_Page Submit" in done.notices.unused


def test_a_column_per_rater_is_read_by_a_pattern(home: Path) -> None:
    done = brought(
        home, "clip,R1,R2,note\nc1,1,2,x\nc2,3,,y\nc3,4,5,z\n", "wide.csv", Flags(raters=("R*",), named="valence")
    )
    assert [value for *_, value in held(home)] == ["1", "2", "3", "4", "5"]
    assert done.raters == {"person": 2}
    assert (done.notices.unused, done.notices.empty) == (("note",), 1)
    assert [line.strip() for line in lines_of(done) if "empty" in line] == ["1 cells are empty: nobody answered there"]


def test_a_row_that_is_refused_in_a_folded_table_keeps_its_line(home: Path) -> None:
    flags = Flags(raters=("R1", "R2"), scales=("1:5",))
    done = brought(home, "clip,R1,R2\nc1,1,2\nc2,3,9\n", "wide.csv", flags)
    assert [(refusal.line, refusal.value) for refusal in done.rows.first] == [(3, "9")]


def test_a_pattern_that_no_column_has_is_refused_with_the_nearest(home: Path) -> None:
    with pytest.raises(BadInput, match="no column 'S1'; did you mean 'R1'"):
        brought(home, "clip,R1,R2\nc1,1,2\n", "wide.csv", Flags(raters=("S1",)))


def test_prodigys_lines_are_read_and_what_was_ignored_is_a_skip(home: Path) -> None:
    task = {"_input_hash": 1, "_task_hash": 2, "options": [{"id": "joy"}, {"id": "fear"}], "_timestamp": 1700000000}
    lines = [
        {**task, "audio": "c1", "accept": ["joy"], "answer": "accept", "_annotator_id": "ann"},
        {**task, "audio": "c1", "accept": ["fear"], "answer": "accept", "_annotator_id": "bob"},
        {**task, "audio": "c2", "accept": [], "answer": "ignore", "_annotator_id": "bob"},
    ]
    brought(home, "".join(json.dumps(line) + "\n" for line in lines), "set.jsonl")
    assert held(home) == [("set/c1", "choice", '"fear"'), ("set/c1", "choice", '"joy"')]
    assert Catalog(home).rows("SELECT count(*) FROM answers WHERE state = 'skipped'") == [(1,)]


def test_argillas_records_are_read_and_suggestions_of_models_are_left_and_told(home: Path) -> None:
    responses = {"emotion": [{"value": name, "user_id": who} for who, name in (("u1", "joy"), ("u2", "fear"))]}
    record = {
        "id": "r1",
        "fields": {"clip": "c1"},
        "responses": responses,
        "suggestions": {"emotion": {"value": "joy"}},
    }
    done = brought(home, json.dumps([record]), "records.json")
    assert held(home) == [("records/c1", "emotion", '"fear"'), ("records/c1", "emotion", '"joy"')]
    assert "suggestions" in done.notices.unused


def test_half_a_character_in_one_answer_costs_no_other(home: Path) -> None:
    tasks = json.loads(json.dumps(TASKS))
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["j\ud800"]
    done = brought(home, json.dumps(tasks), "export.json")
    assert done.rows.used == 7  # a skip is one of them
    assert sorted(value for _, question, value in held(home) if question == "emotion")[:1] == ['"anger"']


def test_label_studios_flat_table_has_a_question_in_every_column_that_is_not_of_its_tasks(home: Path) -> None:
    header = ["annotation_id", "annotator", "arousal", "audio", "clip", "created_at", "emotion", "id", "lead_time"]
    header += ["updated_at", "acted_emotion", "split", "valence"]
    at, sound = "2025-03-01T10:00:03.000000Z", "/data/upload/1/x-c1.wav"
    rows = [
        [1, 3, 5, sound, "c1", at, "joy/delight", 9, 7.5, at, "joy", "train", "0.75"],
        [2, 5, 1, sound, "c1", at, "anger", 9, 7.5, at, "joy", "train", "0.25"],
    ]
    done = brought(home, written(header, rows), "flat.csv")
    assert held(home) == [
        ("flat/c1", "arousal", "1"), ("flat/c1", "arousal", "5"), ("flat/c1", "emotion", '"anger"'),
        ("flat/c1", "emotion", '"joy_delight"'), ("flat/c1", "valence", "0.25"), ("flat/c1", "valence", "0.75"),
    ]  # fmt: skip
    assert done.raters == {"person": 2}
    assert Catalog(home).rows("SELECT DISTINCT duration_ms, updated_at FROM answers") == [(7500, at)]
