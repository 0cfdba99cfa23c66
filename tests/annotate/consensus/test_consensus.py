from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from annotate.answers.votes import Votes, votes
from annotate.consensus.choices import gold_weights
from annotate.consensus.specs import CHOICE, METHODS, consensus
from schemas.answers import Label
from schemas.errors import BadSetting
from tests.annotate.answers.counted import tallied

NAMES = ("anger", "fear", "joy")
FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
tables = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), min_size=1, max_size=6)
ratings = st.lists(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=9), min_size=1, max_size=5)


def asked(*rows: list[Any] | str, offered: Any = NAMES, measure: Any = "nominal") -> Votes:
    """One list of answers per item, by rater0, rater1, ... ; a text is read letter by letter (a, f, j)."""
    letters = {name[0]: name for name in NAMES}
    spelt = [[letters[answer] for answer in row] if isinstance(row, str) else row for row in rows]
    cells = [(item, rater, value) for item, row in enumerate(spelt) for rater, value in enumerate(row)]
    items = [f"item{item:02}" for item, _, _ in cells]
    return votes(items, [f"rater{rater}" for _, rater, _ in cells], [value for *_, value in cells], offered, measure)


def scale(*rows: list[float]) -> Votes:
    return asked(*rows, offered=None, measure="interval")


def drawn(some: Votes, method: str, **parameters: Any) -> list[Label]:
    return list(consensus(some, method, **parameters).labels("scheme", "question"))


def values(some: Votes, method: str, **parameters: Any) -> list[Any]:
    return [label.value for label in drawn(some, method, **parameters)]


def test_a_label_says_how_it_was_drawn_and_from_what() -> None:
    (label,) = drawn(asked("aaf"), "majority")
    assert label.item == "item00"
    assert (label.scheme, label.question, label.method, label.n) == ("scheme", "question", "majority@1", 3)
    assert label.value == "anger"
    assert dict(label.distribution) == pytest.approx({"anger": 2 / 3, "fear": 1 / 3})
    assert label.agreement == pytest.approx(1 / 3)
    assert label.tied == ()


@given(tables)
def test_the_majority_is_the_most_frequent_answer_or_a_tie_of_them(rows: list[list[str]]) -> None:
    for row, label in zip(rows, drawn(asked(*rows), "majority"), strict=True):
        counts = Counter(row)
        leaders = sorted(name for name in counts if counts[name] == max(counts.values()))
        assert label.value == (leaders[0] if len(leaders) == 1 else None)
        assert label.tied == (tuple(leaders) if len(leaders) > 1 else ())
        assert sum(share for _, share in label.distribution) == pytest.approx(1)


def test_ties_go_where_the_rule_sends_them() -> None:
    some = asked("aj", "jj", "f")
    assert values(some, "majority") == [None, "joy", "fear"]
    assert values(some, "majority", ties="first") == ["anger", "joy", "fear"]
    assert values(some, "majority", ties="frequent") == ["joy", "joy", "fear"]
    assert drawn(some, "majority", ties="frequent")[0].method == "majority@1(ties=frequent)"


def test_strict_wants_every_one_of_enough_answers() -> None:
    labels = drawn(asked("aaa", "aaf", "aa", "afj"), "strict", n=3)
    assert [label.value for label in labels] == ["anger", None, None, None]
    assert not any(label.tied for label in labels)  # where not all agree nothing leads


def test_threshold_falls_back_where_too_few_agree_and_is_silent_where_too_few_answered() -> None:
    labels = drawn(asked("aaf", "afj", "aa", "aajj"), "threshold", m=2, n=3, fallback="unclear")
    assert [label.value for label in labels] == ["anger", "unclear", None, None]
    assert [label.tied for label in labels] == [(), (), (), ("anger", "joy")]
    assert labels[0].method == "threshold@1(fallback=unclear)"
    assert values(asked("afj"), "threshold") == [None]


def test_smoothing_gives_every_category_a_share() -> None:
    (label,) = drawn(asked("aaf"), "soft", smoothing=1)
    assert dict(label.distribution) == pytest.approx({"anger": 3 / 6, "fear": 2 / 6, "joy": 1 / 6})
    assert dict(drawn(asked("aaf"), "soft")[0].distribution) == pytest.approx({"anger": 2 / 3, "fear": 1 / 3})


def test_gold_makes_raters_weigh_what_they_got_right() -> None:
    some = asked("ajj", "aff", "fa")
    gold = {"item00": "anger", "item01": "anger"}
    assert gold_weights(some, gold).tolist() == [1, 0, 0]
    assert values(some, "gold", gold=gold) == ["anger", "anger", "fear"]


def test_a_rater_without_gold_items_weighs_the_mean_of_the_others() -> None:
    some = asked("aj", "fff")
    assert gold_weights(some, {"item00": "anger"}).tolist() == [1, 0, 0.5]


def test_an_item_whose_raters_weigh_nothing_has_no_value() -> None:
    some = votes(["a", "a", "b"], ["good", "bad", "bad"], ["joy", "fear", "fear"], NAMES)
    good, none = drawn(some, "gold", gold={"a": "joy"})
    assert (good.value, none.value, none.tied) == ("joy", None, ())


@given(ratings)
def test_scales_have_the_mean_median_and_population_deviation_of_numpy(rows: list[list[float]]) -> None:
    some = scale(*rows)
    for row, mean, median in zip(rows, drawn(some, "mean"), drawn(some, "median"), strict=True):
        assert (mean.value, median.value) == pytest.approx((np.mean(row), np.median(row)))
        assert mean.deviation == pytest.approx(np.std(row))
        assert dict(mean.distribution) == pytest.approx({f"{x:g}": n / len(row) for x, n in Counter(row).items()})


def test_the_sample_deviation_is_asked_for_by_name_and_undefined_for_one_answer() -> None:
    one, two = drawn(scale([3], [3, 5]), "mean", deviation="sample")
    assert one.deviation is None
    assert two.deviation == pytest.approx(2**0.5)
    assert two.method == "mean@1(deviation=sample)"


@given(ratings, st.sampled_from([0, 0.1, 0.2, 0.25, 0.4]))
def test_the_trimmed_mean_is_that_of_scipy(rows: list[list[float]], share: float) -> None:
    for row, value in zip(rows, values(scale(*rows), "trimmed", share=share), strict=True):
        assert value == pytest.approx(trim_mean(row, share))


def test_the_evaluator_weighted_estimator_listens_to_those_who_follow_the_mean() -> None:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 10, 60)
    good = truth[:, None] + draw.normal(0, 1, (60, 3))
    table = np.concatenate([good, draw.uniform(0, 9, (60, 2)), 9 - truth[:, None]], axis=1)
    weights = np.clip([np.corrcoef(column, table.mean(axis=1))[0, 1] for column in table.T], 0, None)
    assert weights[5] == 0
    found = values(scale(*table.tolist()), "ewe")
    assert found == pytest.approx(table @ weights / weights.sum())
    plain = table.mean(axis=1)
    assert np.abs(np.asarray(found) - truth).mean() < np.abs(plain - truth).mean()


def test_an_item_of_raters_without_weight_has_no_value() -> None:
    some = votes(["a", "b"], ["once", "too"], [4, 6], measure="interval")
    assert values(some, "ewe") == [None, None]


@pytest.mark.parametrize(
    ("counts", "majority", "probability", "multi_target"),
    [
        (
            "4001320000",
            "unknown",
            {"neutral": 4 / 7, "anger": 3 / 7},
            {"neutral": 4 / 7, "anger": 3 / 7},
        ),
        ("1111111111", "unknown", {"unknown": 1}, {"unknown": 1}),
        ("2222200000", "unknown", {"unknown": 1}, {"unknown": 1}),
        ("0800000020", "happiness", {"happiness": 1}, {"happiness": 1}),
        ("5000000050", "unknown", {"unknown": 1}, {"neutral": 1}),
        ("0000000046", "NF", {"NF": 1}, {"NF": 0.6, "unknown": 0.4}),
    ],
)
def test_ferplus_counts_as_its_loader_does(
    counts: str, majority: str, probability: dict[str, float], multi_target: dict[str, float]
) -> None:
    some = tallied(["face"], np.array([[int(digit) for digit in counts]]), FERPLUS)
    assert values(some, "ferplus-majority") == [majority]
    assert dict(drawn(some, "ferplus-probability")[0].distribution) == pytest.approx(probability)
    assert dict(drawn(some, "ferplus-multi-target")[0].distribution) == pytest.approx(multi_target)


@pytest.mark.shared
def test_ferplus_gives_the_published_numbers_of_labels(shared: Path) -> None:
    rows = [line.split(",") for line in (shared / "annotations" / "ferplus.csv").read_text("utf-8").splitlines()]
    table = np.array([[int(cell) for cell in row[2:]] for row in rows[1:]])
    some = tallied([f"{row:05}" for row in range(len(table))], table, rows[0][2:])
    parts = [row[0] for row in rows[1:]]
    expected = {
        "ferplus-majority": [(25_060, 3_499, 150), (3_199, 380, 10), (3_153, 420, 16)],
        "ferplus-probability": [(27_956, 603, 150), (3_505, 74, 10), (3_505, 68, 16)],
        "ferplus-multi-target": [(27_671, 888, 150), (3_472, 106, 11), (3_472, 101, 16)],
    }
    for method, numbers in expected.items():
        found = Counter(zip(parts, consensus(some, method).values(), strict=True))
        for part, kept in zip(("Training", "PublicTest", "PrivateTest"), numbers, strict=True):
            emotions = sum(found[part, name] for name in FERPLUS[:8])
            assert (emotions, found[part, "unknown"], found[part, "NF"]) == kept
    labels = drawn(some, "majority")
    assert sum(bool(label.tied) for label in labels) == 1_776
    assert sum(label.agreement == 1 for label in labels) == 8_120


@pytest.mark.parametrize("method", sorted(CHOICE.keys() - {"gold"}))
def test_the_order_of_answers_does_not_matter_to_a_choice(method: str) -> None:
    draw = np.random.default_rng(2)
    cells = [(item, rater) for item in range(12) for rater in range(5)]
    given_ = {cell: FERPLUS[draw.integers(10)] for cell in cells}
    orders = [cells, [cells[place] for place in draw.permutation(len(cells))]]
    made = [
        votes([f"i{i}" for i, _ in order], [f"r{r}" for _, r in order], [given_[cell] for cell in order], FERPLUS)
        for order in orders
    ]
    assert drawn(made[0], method) == drawn(made[1], method)


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"gold"}))
def test_no_answers_give_no_labels(method: str) -> None:
    some = votes([], [], [], FERPLUS if method in CHOICE else [0, 1], "nominal" if method in CHOICE else "ordinal")
    assert drawn(some, method) == []


@pytest.mark.parametrize(
    ("method", "parameters", "told"),
    [
        ("majorty", {}, "did you mean 'majority'"),
        ("mean", {}, "does not suit a choice"),
        ("threshold", {"minimum": 2}, "no parameter 'minimum'"),
        ("majority", {"ties": "coin"}, "shown, first or frequent"),
        ("gold", {}, "gold"),
        ("gold", {"gold": {"item00": "envy"}}, "envy"),
        ("gold", {"gold": {"elsewhere": "joy"}}, "none of the items"),
        ("ferplus-majority", {}, "outside the emotions"),
        ("soft", {"smoothing": -1}, "smoothing"),
    ],
)
def test_what_a_method_cannot_use_is_told_to_people(method: str, parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        consensus(asked("aaf"), method, **parameters)


@pytest.mark.parametrize("method", ["dawid-skene", "one-coin", "mace", "glad", "gold"])
def test_methods_that_weigh_raters_refuse_counts_without_them(method: str) -> None:
    some = tallied(["face"], np.array([[1, 2]]), ("no", "yes"))
    with pytest.raises(BadSetting, match=r"known raters|who answered"):
        consensus(some, method, **({"gold": {"face": "no"}} if method == "gold" else {}))
