import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotate.agreement.designs import Design, first_answers, recognised, recognised_together
from annotate.agreement.question import agreement
from annotate.agreement.stages import staged
from annotate.answers.votes import Votes, votes
from annotate.consensus.specs import consensus
from schemas.scheme import Protocol

SEQUENTIAL = Protocol("sequential")


def plain_alpha(some: Votes) -> float | None:
    """Krippendorff's alpha as if the design were fixed."""
    return agreement(some, design=Design("fixed", "")).alpha


def answered(seed: int, items: int, raters: int = 6, spread: float = 1.0) -> NDArray[np.int64]:
    """What every rater would say about every item (1: yes), had all been asked; raters differ in leniency."""
    draw = np.random.default_rng(seed)
    presence = draw.normal(-0.4, 2 * spread, (items, 1))
    leniency = np.linspace(-0.8, 0.8, raters)
    return (draw.random((items, raters)) < 1 / (1 + np.exp(-presence - leniency))).astype(np.int64)


def asked(full: NDArray[np.int64], first: int, most: int, seed: int = 0, follow: float = 1.0) -> Votes:
    """Raters drawn at random per item, asked beyond the first only while all answers are yes."""
    draw = np.random.default_rng(seed)
    who = draw.random(full.shape).argsort(axis=1)[:, :most]
    answers = np.take_along_axis(full, who, axis=1)
    going = np.ones(answers.shape, bool)
    for place in range(first, most):
        going[:, place] = going[:, place - 1] & answers[:, :place].all(axis=1) & (draw.random(len(full)) < follow)
    items, places = np.nonzero(going)
    raters, values = who[items, places], np.array(["no", "yes"])[answers[items, places]]
    return votes([f"item{item:05}" for item in items], [f"rater{rater}" for rater in raters], values, ("no", "yes"))


def truth(full: NDArray[np.int64]) -> tuple[float, float]:
    """Raw agreement and alpha of two different raters drawn at random who both answer every item."""
    raters = full.shape[1]
    yes = full.sum(axis=1)
    both = (yes * (yes - 1) / (raters * (raters - 1))).mean()
    once = full.mean()
    return 1 - 2 * (once - both), (both - once**2) / (once - once**2)


@pytest.mark.parametrize("first", [1, 2])
def test_a_design_that_stops_at_no_is_seen_in_the_answers_alone(first: int) -> None:
    design = recognised(asked(answered(1, 400), first, first + 2))
    assert (design.kind, design.first, design.stop) == ("sequential", first, "no")
    assert design.refusal is not None
    assert "stops at 'no'" in design.refusal


def test_a_design_that_stops_at_yes_is_seen_too() -> None:
    some = asked(1 - answered(1, 400), 1, 3)
    turned = votes(
        [some.item_ids[item] for item in some.items],
        [some.rater_ids[rater] for rater in some.raters],
        ["no" if code else "yes" for code in some.values],
        ("no", "yes"),
    )
    assert recognised(turned).stop == "yes"


def test_a_scale_stops_at_its_lowest_point() -> None:
    draw = np.random.default_rng(4)
    rows = []
    for item in range(300):
        for rater in range(4):
            value = int(draw.integers(0, 3))
            rows.append((f"item{item}", f"rater{rater}", value))
            if value == 0 and rater >= 1:
                break
            if rater >= 1 and rows[-2][2] == 0:
                break
    items, raters, values = zip(*rows, strict=True)
    design = recognised(votes(items, raters, values, [0, 1, 2], "ordinal", order=range(len(rows))))
    assert (design.kind, design.first, design.stop) == ("sequential", 2, 0)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(0, 1), st.floats(0.05, 0.95), st.integers(2, 4))
def test_answers_missing_by_chance_are_never_taken_for_a_rule(
    seed: int, raters: int, missing: float, hit: float, levels: int
) -> None:
    draw = np.random.default_rng(seed)
    weight = draw.dirichlet(np.ones(levels))
    told = draw.choice(levels, (300, 1), p=weight)
    table = np.where(draw.random((300, raters)) < hit, told, draw.choice(levels, (300, raters), p=weight))
    items, who = np.nonzero(draw.random(table.shape) >= missing)
    names = [f"c{value}" for value in table[items, who]]
    some = votes([str(item) for item in items], [str(rater) for rater in who], names, [f"c{n}" for n in range(levels)])
    assert recognised(some).kind == "fixed"


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(5, 60), st.floats(0.02, 0.98))
def test_many_small_questions_together_are_not_taken_for_a_rule(
    seed: int, questions: int, items: int, yes: float
) -> None:
    draw = np.random.default_rng(seed)
    asked_alike = []
    for _ in range(questions):
        told = (draw.random((items, 3)) < yes).astype(int)
        item, who = np.nonzero(draw.random(told.shape) >= draw.random())
        words = np.array(["no", "yes"])[told[item, who]]
        asked_alike.append(votes(item.astype(str), who.astype(str), words, ("no", "yes")))
    assert {design.kind for design in recognised_together(asked_alike)} <= {"fixed"}


def test_questions_too_rare_to_show_a_rule_alone_show_it_together() -> None:
    rare = [asked(answered(seed, 12), 1, 3) for seed in range(30)]
    assert {recognised(some).kind for some in rare} == {"fixed"}
    designs = recognised_together(rare)
    assert {(design.kind, design.first, design.stop) for design in designs} == {("sequential", 1, "no")}
    assert "over 30 questions" in designs[0].reason


def test_a_fixed_question_among_sequential_ones_stays_fixed() -> None:
    full = answered(5, 300)
    items, raters = np.indices(full.shape)
    everybody = votes(
        items.ravel().astype(str), raters.ravel().astype(str), np.array(["no", "yes"])[full.ravel()], ("no", "yes")
    )
    designs = recognised_together([*(asked(answered(seed, 12), 1, 3) for seed in range(30)), everybody])
    assert [design.kind for design in designs] == ["sequential"] * 30 + ["fixed"]


def test_what_is_declared_fixed_is_fixed_whatever_the_answers_look_like() -> None:
    (design,) = recognised_together([asked(answered(1, 400), 1, 3)], "fixed")
    assert (design.kind, design.refusal, design.declared) == ("fixed", None, True)


def test_one_later_answer_is_not_enough_for_a_doubt() -> None:
    rows = [("a", "x", "yes"), ("a", "y", "yes"), ("a", "z", "no"), ("b", "x", "no"), ("c", "y", "no")]
    some = votes(*zip(*rows, strict=True), ("no", "yes"))
    found = staged(some, recognised(some, SEQUENTIAL))
    assert found is not None
    assert [stage.share for stage in found.stages][1:] == [1.0, 0.0]
    assert found.doubt is None


def test_the_protocol_is_believed_though_few_answers_show_nothing() -> None:
    some = votes(["a", "a", "b"], ["kim", "lee", "kim"], ["yes", "no", "no"], ("no", "yes"))
    assert recognised(some).kind == "fixed"
    assert recognised(some, SEQUENTIAL).kind == "sequential"
    found = agreement(some, design=recognised(some, SEQUENTIAL))
    assert found.alpha is None
    assert found.refused is not None
    assert "protocol" in found.refused


def test_a_declared_design_with_one_answer_each_is_refused_without_figures() -> None:
    some = votes(["a", "b"], ["kim", "kim"], ["yes", "no"], ("no", "yes"))
    found = agreement(some, design=recognised(some, SEQUENTIAL))
    assert (found.refused is None, found.staged) == (False, None)


def test_order_shows_a_stop_that_was_not_the_last_answer() -> None:
    rows = [(f"item{n}", rater, answer) for n in range(60) for rater, answer in (("kim", "no"), ("lee", "yes"))]
    rows += [(f"solo{n}", "kim", "no") for n in range(60)]
    items, raters, values = zip(*rows, strict=True)
    assert recognised(votes(items, raters, values, ("no", "yes"))).kind == "sequential"
    assert recognised(votes(items, raters, values, ("no", "yes"), order=range(len(rows)))).kind == "fixed"


def test_a_few_slips_do_not_hide_the_rule_and_are_left_out() -> None:
    some = asked(answered(1, 1000), 1, 3)
    slip = votes(
        [*(some.item_ids[item] for item in some.items), "slip", "slip"],
        [*(some.rater_ids[rater] for rater in some.raters), "rater0", "rater1"],
        [*(("no", "yes")[code] for code in some.values), "no", "no"],
        ("no", "yes"),
    )
    design = recognised(slip)
    found = staged(slip, design)
    assert found is not None
    assert (design.kind, found.broken, sum(n for *_, n in found.patterns)) == ("sequential", 1, 1000)


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("follow", [1.0, 0.7])
@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_the_estimate_meets_the_agreement_of_a_fixed_design(first: int, follow: float, spread: float) -> None:
    full = answered(11, 20_000, spread=spread)
    some = asked(full, first, first + 2, 3, follow)
    found = staged(some, recognised(some, SEQUENTIAL))
    assert found is not None
    assert (found.raw, found.alpha) == pytest.approx(truth(full), abs=0.03)
    assert found.doubt is None


def test_plain_alpha_is_far_from_it() -> None:
    full = answered(11, 6000)
    plain = plain_alpha(asked(full, 1, 3))
    assert plain is not None
    assert plain < truth(full)[1] - 0.3


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    hits, runs = 0, 120
    # the population: far more items than any collection draws from it
    _, expected = truth(answered(999, 200_000))
    for seed in range(runs):
        some = asked(answered(seed, 300), 1, 3, seed)
        found = staged(some, recognised(some, SEQUENTIAL), bootstraps=200, seed=seed)
        assert found is not None
        low, high = found.intervals["alpha"]
        hits += low <= expected <= high
    assert 0.90 <= hits / runs <= 0.99


def test_raters_who_say_yes_less_often_when_asked_second_raise_a_doubt() -> None:
    rows = [(f"item{n:04}", "easy", "yes" if n % 2 else "no") for n in range(1000)]
    rows += [(f"item{n:04}", "strict", "yes" if n % 10 == 1 else "no") for n in range(1, 1000, 2)]
    items, raters, values = zip(*rows, strict=True)
    some = votes(items, raters, values, ("no", "yes"))
    found = staged(some, recognised(some))
    assert found is not None
    assert found.doubt is not None
    assert "not chosen by chance" in found.doubt


def test_where_the_order_is_known_the_first_answers_are_a_design_of_their_own() -> None:
    some = asked(answered(1, 500), 2, 4)
    ordered = votes(
        [some.item_ids[item] for item in some.items],
        [some.rater_ids[rater] for rater in some.raters],
        [("no", "yes")[code] for code in some.values],
        ("no", "yes"),
        order=[0 if code else 9 for code in some.values],
    )
    design = recognised(ordered)
    basis = first_answers(ordered, design)
    assert basis is not None
    assert basis.sizes.max() == 2
    found = agreement(ordered, design=design)
    assert found.refused is not None
    assert found.alpha == plain_alpha(basis)


def adjudicated(seed: int, items: int, hit: float, ordered: bool = False) -> tuple[Votes, Votes]:
    """A third rater is asked only where two differ on four categories; and the same two asked about everything."""
    draw = np.random.default_rng(seed)
    truth = draw.choice(4, (items, 1), p=[0.4, 0.3, 0.2, 0.1])
    table = np.where(draw.random((items, 3)) < hit, truth, draw.choice(4, (items, 3), p=[0.4, 0.3, 0.2, 0.1]))
    seen = np.ones(table.shape, bool)
    seen[:, 2] = table[:, 0] != table[:, 1]
    made = []
    for some in (seen, seen & [True, True, False]):
        rows, places = np.nonzero(some)
        # the rater has nothing to do with the place
        names = [f"item{row:05}" for row in rows], [f"rater{(row + place) % 3}" for row, place in zip(rows, places)]  # noqa: B905
        given_ = [f"c{code}" for code in table[rows, places]]
        made.append(votes(*names, given_, [f"c{code}" for code in range(4)], order=places if ordered else None))
    return made[0], made[1]


@pytest.mark.parametrize("ordered", [False, True])
def test_a_third_answer_only_where_two_differ_is_seen_and_the_first_two_estimated(ordered: bool) -> None:
    some, fixed = adjudicated(1, 8000, 0.7, ordered)
    design = recognised(some)
    assert (design.kind, design.rule, design.first) == ("sequential", "agree", 2)
    assert recognised(fixed).kind == "fixed"
    expected, plain, found = agreement(fixed), plain_alpha(some), agreement(some, bootstraps=50)
    assert found.staged is not None
    known = (found.staged.raw, found.staged.alpha, found.staged.ac1)
    assert known == pytest.approx((expected.raw, expected.alpha, expected.ac1), abs=0.005)
    assert found.staged.intervals["alpha"][0] < known[1] < found.staged.intervals["alpha"][1]  # type: ignore[operator]
    assert found.alpha == (expected.alpha if ordered else None)
    assert plain is not None
    assert expected.alpha is not None
    assert plain > expected.alpha + 0.03
    assert {pattern[:2] for pattern in found.staged.patterns} == {(2, 2), (3, 1), (3, 2)}


@pytest.mark.shared
def test_emonet_face_binary_is_recognised_and_its_pattern_table_exact(shared: Path) -> None:
    with (shared / "annotations" / "emonet_face_binary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    some = votes(
        [f"{row['path']} {row['emotion']}" for row in rows],
        [row["annotator"] for row in rows],
        ["yes" if row["value"] == "True" else "no" for row in rows],
        ("no", "yes"),
    )
    assert (len(some), len(some.item_ids)) == (65_686, 39_998)
    plain = plain_alpha(some)
    assert plain is not None
    assert round(plain, 3) == -0.161
    found = agreement(some)
    assert (found.alpha, found.raw, found.n_multi) == (None, None, 14_670)
    assert found.refused is not None
    assert found.staged is not None
    patterns = {(answers, yes): items for answers, yes, items in found.staged.patterns}
    assert patterns == {(3, 3): 9_075, (3, 2): 1_943, (2, 1): 3_652, (1, 1): 3_037, (1, 0): 22_291}
    assert [stage.asked for stage in found.staged.stages] == [39_998, 14_670, 11_018]
    positive = Counter(consensus(some, "strict", n=3).values())
    assert positive == {"yes": 9_075, None: 30_923}
