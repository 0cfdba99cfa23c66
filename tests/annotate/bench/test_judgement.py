"""Situational-judgement tests: options count as keyed or weighed, people and chance stand beside every score."""

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.bench import judgement, situations
from annotate.bench.situations import Situation, read_test
from schemas.errors import BadInput


def item(name: str, keys: list[float], scoring: str = "key", **more: Any) -> dict[str, Any]:
    options = [{"id": chr(97 + place), "text": "…", "key": key} for place, key in enumerate(keys)]
    return {"id": name, "test": "T", "options": options, "scoring": scoring} | more


KEYED = item("k", [0, 1, 0, 0], norms={"p_value": 0.5, "n": 100})
WEIGHED = item("w", [0.1, 0.2, 0.0, 0.7], "expert_weight", norms={"p_value": 0.6, "n": 80})
MATCHED = item("m", [1, 0, 1, 0], "set_match", select={"min": 2, "max": 2}, norms={"p_value": 0.7, "n": 90})


def situation(table: dict[str, Any]) -> Situation:
    return read_test({"items": [table]}).items[0]


@pytest.mark.parametrize(
    ("table", "chosen", "points"),
    [
        (KEYED, "b", 1),
        (KEYED, "a", 0),
        (WEIGHED, "d", 0.7),
        (WEIGHED, "c", 0),
        (MATCHED, "ac", 1),
        (MATCHED, "ab", 0.5),
    ],
)
def test_an_option_is_worth_its_key_its_weight_or_its_share_of_the_key(
    table: dict[str, Any], chosen: str, points: float
) -> None:
    assert situation(table).points(list(chosen)) == pytest.approx(points)


@pytest.mark.parametrize(("chosen", "said"), [("e", "not among"), ("ab", "1 to 1"), ("", "1 to 1")])
def test_a_choice_that_was_not_offered_is_refused(chosen: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        situation(KEYED).points(chosen)


def test_people_chance_and_position_stand_beside_a_score() -> None:
    test = read_test({"items": [KEYED, WEIGHED, MATCHED]})
    (found,) = judgement.score(test, {"k": 1, "w": 0.7}, bootstraps=100)
    assert (found.part, found.items, found.answered) == ("T", 3, 2)
    assert found.score == pytest.approx(0.85)
    assert found.human == pytest.approx(0.6)
    assert found.human_n == 80
    assert found.random == pytest.approx((0.25 + 0.25 + 0.5) / 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.85 <= found.high


def test_norms_of_a_test_give_its_distance_from_people() -> None:
    test = read_test({"items": [KEYED], "norms": {"T": {"mean": 0.56, "sd": 0.2, "n": 467}}})
    (found,) = judgement.score(test, {"k": 1}, bootstraps=0)
    assert found.z == pytest.approx(2.2)
    assert (found.human, found.human_sd, found.human_n) == (0.56, 0.2, 467)


def test_subtests_are_scored_apart_and_together() -> None:
    test = read_test({"items": [KEYED | {"subtest": "A"}, WEIGHED | {"subtest": "B"}]})
    found = {one.part: one.score for one in judgement.score(test, {"k": 1, "w": 0.2}, bootstraps=0)}
    assert found == {"A": 1, "B": 0.2, "all": 0.6}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=4, max_size=4), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_chance_and_position_are_the_mean_and_the_best_of_all_choices(keys: list[list[float]], most: int) -> None:
    keyed = [each for each in keys if any(each)] or [[1.0, 0, 0, 0]]
    scoring = "set_match" if most > 1 else "expert_weight"
    select = {"min": most, "max": most}
    test = read_test({"items": [item(str(n), each, scoring, select=select) for n, each in enumerate(keyed)]})
    choices = list(itertools.combinations("abcd", most))
    points = np.array([[one.points(choice) for choice in choices] for one in test.items])
    assert judgement.chance(test.items) == pytest.approx(points.mean())
    assert judgement.by_position(test.items) == pytest.approx(points.mean(axis=0).max())


def test_item_statistics_equal_those_of_pandas_and_pingouin() -> None:
    draw = np.random.default_rng(5)
    skill = draw.normal(size=40)
    table = (skill[:, None] + draw.normal(size=(40, 5)) > 0).astype(float)
    test = read_test({"items": [item(str(n), [1, 0]) for n in range(5)]})
    points = [{str(n): float(value) for n, value in enumerate(row)} for row in table]
    found = judgement.item_statistics(test, points)
    frame = pd.DataFrame(table)
    assert [one.p_value for one in found] == pytest.approx(frame.mean().tolist())
    rests = [frame[n].corr(frame.drop(columns=n).mean(axis=1)) for n in range(5)]
    assert [one.item_rest for one in found] == pytest.approx(rests, abs=1e-9)
    assert judgement.cronbach(test, points) == pytest.approx(pingouin.cronbach_alpha(frame)[0], abs=1e-9)


def test_few_or_equal_responders_give_no_statistics() -> None:
    test = read_test({"items": [KEYED, WEIGHED]})
    assert judgement.cronbach(test, [{"k": 1.0, "w": 0.2}]) is None
    assert [one.item_rest for one in judgement.item_statistics(test, [{"k": 1.0}, {"k": 1.0}])] == [None, None]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (item("x", [1, 0], "best"), "did you mean|known: expert_weight"),
        (item("x", [0, 0]), "above 0"),
        (item("x", [1, 0], select={"max": 2}), "set_match"),
        (item("x", [1, 0], "set_match", select={"max": 3}), "cannot be done"),
        (item("x", [1]), "two options"),
        (item("x", [1, 0], weight=3), "unknown key 'weight'"),
        ({"id": "x", "test": "T", "options": []}, "'scoring' is missing"),
        (item("x", ["much", 0]), "item x, option 1: key = 'much'; expected a finite number"),
        (item("x", [True, 0]), "key = True; expected a finite number"),
        (item("x", [1, 0], select={"min": "two"}), "item x, select: min = 'two'; expected a whole number"),
        (item("x", [1, 0], select={"least": 2}), "item x, select: unknown key 'least'; known: max, min"),
        (item("x", [1, 0], select=2), "item x, select = 2; expected a table with min, max"),
        (item("x", [1, 0], norms={"p_value": "x"}), "item x: norms.p_value = 'x'; expected a finite number"),
        (item("x", [1, 0], norms="x"), "item x: norms = 'x'; expected a table .* with p_value, n, mean, sd, source"),
        (item("x", [1, 0], public="yes"), "public = 'yes'; expected true or false"),
        (item("x", [1, 0], scoring=["key"]), "scoring"),
        (item("x", [1, 0]) | {"id": 7}, "item 7: id = 7; expected a text"),
        (item("x", [1, 0]) | {"options": "ab"}, "options = 'ab'; expected a list"),
        (item("x", [1, 0]) | {"options": ["a"]}, "option 1 = 'a'; expected a table with id, text, key"),
        ("a", "an item = 'a'; expected a table with id, test, options, scoring"),
    ],
)
def test_a_test_that_cannot_be_scored_is_refused_with_the_reason(table: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_test({"items": [table]})


def test_items_share_no_id() -> None:
    with pytest.raises(BadInput, match="same id"):
        read_test({"items": [KEYED, KEYED]})
    with pytest.raises(BadInput, match="items"):
        read_test({})
    with pytest.raises(BadInput, match="norms of T: mean = 'x'; expected a finite number"):
        read_test({"items": [KEYED], "norms": {"T": {"mean": "x"}}})
    with pytest.raises(BadInput, match="norms = 3; expected a table"):
        read_test({"items": [KEYED], "norms": 3})


def test_the_smallest_test_of_the_documentation_can_be_read() -> None:
    told = str(situations.__doc__)
    test = read_test(json.loads(told[told.index('{"items"') : told.index("`scoring` is")]))
    assert test.items[0].points("a") == 0.7
