import json
from dataclasses import fields as attributes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import Field, ListOf, Type
from schemas.layout import FlatLabel, Layout, answer_rows, record
from schemas.release import Sample, SampleAnswer, SampleLabel, SampleSelection
from schemas.samplefields import ANSWER_FIELDS, LABEL_FIELDS, SELECTION_FIELDS

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**40), 2**40)
TEXTS = st.none() | st.text(max_size=8)
PYTHON = {"string": str, "int64": int, "float64": float}


def sample(**changes: Any) -> Sample:
    given = {"key": "a", "kind": "utterance", "media": "voice", "split": "train", "asset": "b", "source": "c"}
    return Sample(**{**given, "basis": "licence", **changes})


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    values = st.none() | NUMBERS
    choices = st.none() | st.tuples(st.text(), st.text()) | st.just(())
    labels = st.builds(SampleLabel, st.text(), st.text(), st.text(), st.integers(0, 9), TEXTS, values)
    rater = (st.text(), st.text(), st.text(), st.just("person"))
    answers = st.builds(SampleAnswer, *rater, number=values, text=TEXTS, categories=choices)
    lists = {"labels": tuple(draw(st.lists(labels))), "answers": tuple(draw(st.lists(answers)))}
    quality = {"one": draw(values), "two": draw(values)}
    return sample(**lists, quality=quality, transcript=draw(TEXTS))


def fits(value: Any, type_: Type) -> bool:
    if value is None:
        return True
    if isinstance(type_, str):
        return type(value) is PYTHON[type_]
    if isinstance(type_, ListOf):
        return type(value) is list and all(fits(one, type_.of) for one in value)
    return list(value) == [column.name for column in type_] and all(fits(value[one.name], one.type) for one in type_)


LAYOUT = Layout(("one", "two"), embed=True)


def names(columns: tuple[Field, ...]) -> set[str]:
    return {column.name for column in columns}


def test_every_value_of_a_sample_has_a_column_and_every_column_a_value() -> None:
    assert names(Layout(("one",), embed=True).fields) == {one.name for one in attributes(Sample)} - {
        "kept",
        "selection_weight",
    }
    assert names(LABEL_FIELDS) == {one.name for one in attributes(SampleLabel)}
    assert names(ANSWER_FIELDS) == {one.name for one in attributes(SampleAnswer)}
    assert names(SELECTION_FIELDS) == {one.name for one in attributes(SampleSelection)}


@given(samples())
def test_the_record_of_any_sample_has_every_column_with_its_very_type(one: Sample) -> None:
    assert fits(record(one, LAYOUT), LAYOUT.fields)


@given(samples(), st.randoms())
def test_the_order_in_which_labels_and_answers_came_leaves_no_trace(one: Sample, random: Any) -> None:
    labels, answers = list(one.labels), list(one.answers)
    random.shuffle(labels)
    random.shuffle(answers)
    same = sample(
        labels=tuple(labels),
        answers=tuple(answers),
        quality=dict(sorted(one.quality.items(), reverse=True)),
        transcript=one.transcript,
    )
    assert json.dumps(record(same, LAYOUT)) == json.dumps(record(one, LAYOUT))


def test_whole_numbers_become_floats_where_floats_belong() -> None:
    written = record(
        sample(quality={"snr_db": 3}, labels=(SampleLabel("s", "q", "m", 1, value_number=2, shares=(1,)),)),
        Layout(("snr_db",), embed=True),
    )
    assert json.dumps(written["quality"]) == '{"snr_db": 3.0}'
    assert json.dumps(written["labels"][0]["shares"]) == "[1.0]"


def test_a_float_is_refused_where_a_whole_number_belongs() -> None:
    with pytest.raises(TypeError):
        record(sample(start_ms=1.5), Layout())


def test_a_sample_without_scores_has_no_column_of_scores() -> None:
    assert "quality" not in record(sample(), Layout())
    assert "quality" not in names(Layout().fields)


def test_what_is_empty_and_what_is_missing_stay_apart() -> None:
    empty = SampleAnswer("s", "q", "r", "person", categories=())
    missing = SampleAnswer("s", "q", "t", "person")
    written = answer_rows(sample(answers=(empty, missing)))
    assert [one["categories"] for one in written] == [[], None]


def label(question: str, **values: Any) -> SampleLabel:
    return SampleLabel("s-1", question, "m@1", 4, **values)


def flat(type_: Any, question: str = "q", values: tuple[str, ...] = ("a", "b", "c")) -> Layout:
    return Layout((), (FlatLabel("q", "s-1", question, "m@1", "person", type_, values),))


def test_a_choice_is_flat_with_shares_in_the_order_of_the_scheme() -> None:
    row = record(
        sample(labels=(label("q", value_category="c", names=("c", "a"), shares=(0.75, 0.25), agreement=0.5),)),
        flat("choice"),
    )
    told = {name: row[name] for name in ("q", "q_soft", "q_n", "q_agreement")}
    assert told == {"q": "c", "q_soft": [0.25, 0.0, 0.75], "q_n": 4, "q_agreement": 0.5}


def test_a_tie_and_a_clip_nobody_was_asked_about_stay_apart() -> None:
    tie = record(sample(labels=(label("q", tied=("a", "b"), names=("a", "b"), shares=(0.5, 0.5)),)), flat("choice"))
    assert (tie["q"], tie["q_soft"], tie["q_n"]) == (None, [0.5, 0.5, 0.0], 4)
    none = record(sample(), flat("choice"))
    assert (none["q"], none["q_soft"], none["q_n"]) == (None, None, None)


def test_a_scale_is_flat_with_mean_deviation_and_histogram() -> None:
    row = record(
        sample(labels=(label("q", value_number=2, deviation=0.5, names=("1", "3"), shares=(0.5, 0.5)),)),
        flat("scale", values=("1", "2", "3")),
    )
    assert (row["q"], row["q_deviation"], row["q_histogram"], row["q_n"]) == (2.0, 0.5, [0.5, 0.0, 0.5], 4)
    assert "q_histogram" not in record(sample(), flat("scale", values=()))


def test_several_choices_are_ones_and_zeros_in_the_order_of_the_scheme() -> None:
    labels = (
        label("q:a_model", value_category="yes", names=("yes",), shares=(1.0,), agreement=1.0),
        label("q:b_model", value_category="no", names=("no", "yes"), shares=(0.75, 0.25), agreement=0.5),
    )
    row = record(sample(labels=labels), flat("choices", "q:_model"))
    assert (row["q"], row["q_soft"], row["q_n"], row["q_agreement"]) == ([1, 0, 0], [1.0, 0.25, 0.0], 4, 0.75)
