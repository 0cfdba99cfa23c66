"""What to ask next is drawn with the probabilities that are told, and a part of it by chance alone."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.answers.votes import votes
from annotate.sampling import Candidate, Plan, disagreement, inclusion, proposals, rarity, systematic, uncertainty
from schemas.errors import BadSetting

CANDIDATES = [Candidate(f"{n:02}", n / 40, (n % 5) / 5, (n % 3) / 3) for n in range(40)]
PLAN = Plan(n=10, random_share=0.3)


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_candidates() -> None:
    assert proposals(CANDIDATES, PLAN) == proposals(CANDIDATES[::-1], PLAN)
    assert proposals(CANDIDATES, PLAN) != proposals(CANDIDATES, replace(PLAN, seed=1))


def test_a_part_is_always_drawn_by_chance_alone() -> None:
    for n, share, expected in ((10, 0.3, 3), (10, 0.01, 1), (1, 0.2, 1), (10, 1.0, 10)):
        drawn = proposals(CANDIDATES, Plan(n=n, random_share=share))
        random = [one for one in drawn if one.part == "random"]
        assert (len(drawn), len(random)) == (n, expected)
        assert {one.probability for one in random} == {expected / 40}
        assert {one.why for one in random} == {None}


def test_a_plan_without_a_part_drawn_by_chance_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"more than 0"):
        proposals(CANDIDATES, Plan(random_share=0))


def test_nothing_is_proposed_twice_and_all_of_it_when_more_is_wanted_than_there_is() -> None:
    drawn = proposals(CANDIDATES, Plan(n=100))
    assert sorted(one.item for one in drawn) == [one.item for one in CANDIDATES]
    assert {one.probability for one in drawn if one.part == "targeted"} == {1.0}


def test_things_are_drawn_as_often_as_their_probability_says() -> None:
    weights = np.array([8.0, 1.0, 1.0, 2.0, 0.01, 3.0])
    probability = inclusion(weights, 3)
    draw = np.random.default_rng(0)
    counts = Counter(place for _ in range(20_000) for place in systematic(probability, draw).tolist())
    assert [counts[place] / 20_000 for place in range(6)] == pytest.approx(probability.tolist(), abs=0.012)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.integers(0, 40))
def test_probabilities_add_up_to_what_is_drawn(weights: list[float], n: int) -> None:
    probability = inclusion(np.array(weights), n)
    assert probability.sum() == pytest.approx(min(n, len(weights)))
    assert ((probability >= 0) & (probability <= 1)).all()
    drawn = systematic(probability, np.random.default_rng(n)).tolist()
    assert len(drawn) == len(set(drawn)) == min(n, len(weights))


def test_the_strongest_reason_is_named() -> None:
    sure = [Candidate("a", 0.0, 0.0, 0.9), Candidate("b", 0.1, 0.8, 0.0), Candidate("c", 0.7, 0.1, 0.2)]
    drawn = {one.item: one for one in proposals([*sure, Candidate("z", 0, 0, 0)], Plan(n=4, random_share=0.1))}
    named = {item: one.why for item, one in drawn.items() if one.part == "targeted"}
    expected = {"a": "coverage", "b": "disagreement", "c": "uncertainty", "z": None}
    assert named == {item: expected[item] for item in named}


def test_a_reason_that_weighs_nothing_does_not_count() -> None:
    drawn = proposals([Candidate("a", 1.0, 0, 0.1), *CANDIDATES], replace(PLAN, uncertainty=0, n=41))
    assert "uncertainty" not in {one.why for one in drawn}


def test_more_agreeing_answers_leave_less_open() -> None:
    items = ["1"] * 2 + ["2"] * 4 + ["3"] * 4
    values = ["joy"] * 2 + ["joy"] * 4 + ["joy", "joy", "fear", "fear"]
    some = votes(items, list("ababcdabcd"), values, ("fear", "joy"))
    few, many, split = uncertainty(some)
    assert many < few < split
    assert disagreement(some).tolist() == pytest.approx([0, 0, 2 / 3])


def test_on_a_scale_more_answers_leave_less_open_and_far_answers_disagree_more() -> None:
    some = votes(list("112222333"), list("ababcdabc"), [1, 2, 7, 8, 7, 8, 1, 5, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    few, many, _ = uncertainty(some)
    assert 0 < many < few < 1
    near, _, far = disagreement(some, 8.0)
    assert near == pytest.approx(1 / 8)
    assert far > 4 * near


def test_what_is_absent_is_rarest() -> None:
    counts = {"en": 10, "de": 5}
    assert [rarity(counts, value) for value in ("en", "de", "fr", None)] == [0, 0.5, 1, 0]
