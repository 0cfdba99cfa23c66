"""Cells that hold JSON: the answer in them as platforms write it, and that a list stays the set it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ratings.layout import Asked
from annotate.ratings.meanings import Meaning, reading
from annotate.ratings.structured import unwrapped
from schemas.ids import canonical
from schemas.scheme import Category, Question

NAMES = ("anger", "fear", "joy", "surprise, mild")
SEVERAL = Question("e", "E", "choices", categories=tuple(Category(name, name.capitalize()) for name in NAMES))
SINGLE = Question("e", "E", "choice", categories=SEVERAL.categories)
ASKED = Asked(name="e", value="e")


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("joy", "joy"),
        ('{"choices": ["joy", "joy"]}', '["joy"]'),
        ('[{"rating": 4}]', "4"),
        ('{"text": ["fine"]}', '["fine"]'),
        ('{"label": "joy"}', "joy"),
        ('{"labels": ["joy", "fear"]}', '["joy","fear"]'),
        ('{"joy": true, "fear": false}', "joy"),
        ('{"joy": true, "fear": true, "anger": false}', '["joy","fear"]'),
        ('{"on": true}', "yes"),
        ("['joy', 'fear']", '["joy","fear"]'),
        ('{"taxonomy": [["negative", "anger"]]}', '["negative / anger"]'),
        ("[laughs]", "[laughs]"),
        ("{sighs}", "{sighs}"),
    ],
)
def test_the_answer_in_a_structured_cell_is_what_was_chosen(cell: str, answer: str) -> None:
    assert unwrapped(cell) == answer


@pytest.mark.parametrize(
    "cell",
    [
        '{"start": 1.5, "end": 3.0, "labels": ["joy"]}',
        '[{"x": 1, "y": 2, "rectanglelabels": ["face"]}]',
        '{"emotion": "joy", "sure": 3}',
        '[{"value": "joy", "rank": 1}, {"value": "fear", "rank": 2}]',
    ],
)
def test_json_that_is_no_answer_is_refused_with_what_to_do(cell: str) -> None:
    assert unwrapped(cell) is None
    for question in (SINGLE, SEVERAL):
        reason = reading(question, ASKED)(cell).reason
        assert reason is not None
        assert "no answer" in reason
        assert "MTurk" in reason


@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_a_set_is_the_same_set_after_it_was_written_and_read(names: set[str]) -> None:
    answer = canonical(sorted(names))
    assert reading(SEVERAL, ASKED)(answer) == Meaning(answer)
    assert reading(SEVERAL, ASKED)(json.dumps({"choices": sorted(names)})) == Meaning(answer)
    assert reading(SEVERAL, ASKED)("; ".join(sorted(names))) == Meaning(answer)
    assert reading(SEVERAL, ASKED)("|".join(sorted(names))) == Meaning(answer)


def test_a_list_of_one_answers_a_question_that_takes_one_and_a_list_of_two_does_not() -> None:
    assert reading(SINGLE, ASKED)('["joy"]') == Meaning('"joy"')
    reason = reading(SINGLE, ASKED)('["joy", "fear"]').reason
    assert reason is not None
    assert "chooses 2 categories" in reason
