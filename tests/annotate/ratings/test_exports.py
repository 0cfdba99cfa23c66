"""Exports of annotation platforms, taken apart: a row per answer, with who gave it, when, and what was skipped."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.ratings.exports import ANSWER, UNFOLDINGS, Row, first_row, platform_of

NAMED = st.sampled_from(
    (
        *("id", "data", "annotations", "completed_by", "result", "from_name", "value", "choices", "was_cancelled"),
        *("accept", "answer", "options", "label", "spans", "meta", "responses", "fields", "emotion.responses"),
        *("values", "user_id", "status", "Answer.taskAnswers", "Answer.a.b", "Answer.a", "WorkerId", "on", "\ud800"),
    )
)
Told = list[tuple[str | None, str | None, str | None]]


def answers(platform: str, row: dict[str, Any]) -> Told:
    """(rater, question, value) of every answer in a row; a skip has the value 'skipped'."""
    rows = UNFOLDINGS[platform].rows(first_row(row))
    return [(one["rater"], one["question"], "skipped" if one["skipped"] else one["value"]) for one in rows]


def about(platform: str, row: dict[str, Any]) -> Row:
    return next(UNFOLDINGS[platform].rows(first_row(row)))


TASK = {
    "id": 7,
    "data": {"clip": "c1", "rater": "of the task"},
    "annotations": [
        {
            "completed_by": {"id": 3, "email": "ann@x"},
            "updated_at": "2025-03-01T10:01:00Z",
            "lead_time": 7.5,
            "result": [
                {"from_name": "emotion", "type": "choices", "value": {"choices": ["joy"]}},
                {"from_name": "feels", "type": "choices", "value": {"choices": ["calm", "tense"]}},
                {"from_name": "arousal", "type": "rating", "value": {"rating": 5}},
                {"from_name": "part", "type": "labels", "value": {"start": 1, "end": 2, "labels": ["cry"]}},
            ],
        },
        {"completed_by": 5, "was_cancelled": True, "result": []},
        {"completed_by": 8, "was_cancelled": False, "result": []},
    ],
}


def test_a_task_of_label_studio_is_an_answer_per_rater_and_control() -> None:
    told = answers("label-studio", TASK)
    assert told[:3] == [
        ("ann@x", "emotion", "joy"), ("ann@x", "feels", '["calm","tense"]'), ("ann@x", "arousal", "5"),
    ]  # fmt: skip
    assert json.loads(told[3][2] or "") == {"start": 1, "end": 2, "labels": ["cry"]}  # a region stays, to be refused
    assert told[4:] == [("5", None, "skipped"), ("8", None, "skipped")]


def test_what_a_task_says_of_itself_keeps_out_of_the_way_of_its_answers() -> None:
    row = about("label-studio", TASK)
    assert (row["clip"], row["data.rater"], row["rater"], row["key"]) == ("c1", "of the task", "ann@x", "7")
    assert (row["time"], row["seconds"]) == ("2025-03-01T10:01:00Z", "7.5")


def test_a_task_without_annotations_stays_a_row() -> None:
    assert answers("label-studio", {"id": 1, "data": {"clip": "c"}, "annotations": []}) == [(None, None, None)]


def test_prodigy_accepts_rejects_and_ignores() -> None:
    task = {
        "audio": "c.wav",
        "_input_hash": 5,
        "_annotator_id": "ann",
        "_timestamp": 1700000000,
        "options": [{"id": "joy"}],
    }
    assert answers("prodigy", {**task, "accept": ["joy"], "answer": "accept"}) == [("ann", "choice", "joy")]
    assert answers("prodigy", {**task, "accept": ["joy", "fear"], "answer": "accept"}) == [
        ("ann", "choice", '["joy","fear"]')
    ]
    assert answers("prodigy", {**task, "accept": ["joy"], "answer": "reject"}) == [("ann", "choice", None)]
    assert answers("prodigy", {**task, "accept": [], "answer": "ignore"}) == [("ann", None, "skipped")]
    assert about("prodigy", {**task, "answer": "ignore", "image": "data:" + "x" * 50, "meta": {"clip": 3}}) == {
        "audio": "c.wav", "meta.clip": "3", "key": "5", "question": None, "value": None, "rater": "ann",
        "time": "1700000000", "seconds": None, "skipped": "true",
    }  # fmt: skip


def test_prodigys_binary_tasks_answer_yes_or_no_to_their_label() -> None:
    task = {"text": "Oh!", "_input_hash": 5, "_session_id": "set-bob", "label": "JOY"}
    assert answers("prodigy", {**task, "answer": "accept"}) == [("set-bob", "JOY", "yes")]
    assert answers("prodigy", {**task, "answer": "reject"}) == [("set-bob", "JOY", "no")]


def test_argilla_keeps_responses_by_question_by_person_or_in_columns() -> None:
    by_question = {
        "id": "r1",
        "fields": {"clip": "c1"},
        "responses": {
            "emotion": [
                {"value": "joy", "user_id": "u1", "status": "submitted"},
                {"value": "fear", "user_id": "u2", "status": "ResponseStatus.draft"},
                {"value": None, "user_id": "u3", "status": "discarded"},
            ],
            "labels": [{"value": ["a", "b"], "user_id": "u1"}],
        },
    }
    assert answers("argilla", by_question) == [
        ("u1", "emotion", "joy"), ("u2", "emotion", None), ("u3", None, "skipped"), ("u1", "labels", '["a","b"]'),
    ]  # fmt: skip
    by_person = {"fields": {"clip": "c1"}, "responses": [{"user_id": "u1", "values": {"arousal": {"value": 3}}}]}
    assert answers("argilla", by_person) == [("u1", "arousal", "3")]
    in_columns = {"clip": "c1", "emotion.responses": ["joy", "fear"], "emotion.responses.users": ["u1", "u2"]}
    assert answers("argilla", in_columns) == [("u1", "emotion", "joy"), ("u2", "emotion", "fear")]
    assert about("argilla", in_columns)["clip"] == about("argilla", by_question)["clip"] == "c1"


def test_answers_of_mturk_stand_in_one_column_or_in_many() -> None:
    told = [{"emotion": {"label": "joy"}, "feels": {"calm": True, "tense": True}, "valence": 4, "sure": {"on": False}}]
    row = {"WorkerId": "W", "Answer.taskAnswers": json.dumps(told)}
    assert answers("mturk", row) == [
        ("W", "emotion", "joy"), ("W", "feels", '["calm","tense"]'), ("W", "valence", "4"), ("W", "sure", "no"),
    ]  # fmt: skip
    row = {"WorkerId": "W", "Answer.emotion.joy": "false", "Answer.emotion.fear": "true", "Answer.note": "hm"}
    assert answers("mturk", row) == [("W", "emotion", "fear"), ("W", "note", "hm")]


def test_platforms_are_known_by_their_columns() -> None:
    assert platform_of(["id", "annotations", "data"]) == "label-studio"
    assert platform_of(["text", "answer", "_task_hash"]) == "prodigy"
    assert platform_of(["HITId", "WorkerId", "AssignmentStatus"]) == "mturk"
    assert platform_of(["emotion.responses"]) == "argilla"
    assert platform_of(["clip", "rater", "answer"]) is None


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMED, inner, max_size=3),
    max_leaves=8,
)


@given(platform=st.sampled_from(sorted(UNFOLDINGS)), row=st.dictionaries(NAMED, ANY, max_size=5))
def test_whatever_stands_in_a_row_it_is_taken_apart_into_texts_and_kept(platform: str, row: dict[str, Any]) -> None:
    rows = list(UNFOLDINGS[platform].rows(first_row(row)))
    assert rows
    for cells in rows:
        assert set(ANSWER) <= set(cells)
        for text in (*cells, *cells.values()):
            assert text is None or text.encode("utf-8").decode("utf-8") == text
