"""A benchmark: references as people gave them, and people, a constant and chance beside every figure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from annotate.agreement.question import agreement
from annotate.answers.votes import Votes, votes
from annotate.bench.benchmark import Benchmark, references, task_of
from annotate.bench.figures import MEAN, POOLED, Figure, baselines, figures
from annotate.bench.sheets import Predicted, sheets
from schemas.answers import Label
from schemas.errors import BadSetting
from schemas.scheme import Scheme, scheme_from_toml

SCHEME = scheme_from_toml(
    """
name = "small"
version = 1
title = "Small"
media = ["voice"]
[scales.seven]
minimum = 0
maximum = 7
[scales.three]
minimum = 0
maximum = 2
[[question]]
name = "emotion"
title = "Which?"
type = "choice"
category = [{ name = "anger", title = "Anger" }, { name = "fear", title = "Fear" }, { name = "joy", title = "Joy" }]
[[question]]
name = "pride"
title = "Pride?"
type = "scale"
scale = "seven"
[[question]]
name = "awe"
title = "Awe?"
type = "scale"
scale = "seven"
[[question]]
name = "heard"
title = "Heard?"
type = "scale"
scale = "three"
""",
    "test",
)


def table(question: str, rows: Mapping[str, Sequence[Any]]) -> Votes:
    """Votes from answers by item; the raters are a, b, c … in order."""
    asked = SCHEME.question(question)
    offered = asked.scale.points if asked.scale else [category.name for category in asked.categories]
    flat = [(item, "abcdefgh"[place], value) for item, values in rows.items() for place, value in enumerate(values)]
    items, raters, values = zip(*flat, strict=True)
    return votes(items, raters, values, offered, asked.measure)


def frozen(
    some: Mapping[str, Votes], reported: Any = None, labels: Sequence[Label] = (), scheme: Scheme = SCHEME
) -> Benchmark:
    raters = {name: place for place, name in enumerate("abcdefgh")}
    tasks = {name: task_of(scheme, name, each, reported) for name, each in some.items()}
    rows = [row for name, each in some.items() for row in references(tasks[name], each, raters, labels)]
    return Benchmark("test", scheme, tuple(tasks.values()), tuple(rows), "majority, mean")


def by_name(found: Sequence[Figure]) -> dict[str, Figure]:
    return {f"{one.metric} {one.task}": one for one in found}


def drawn(question: str, seed: int, items: int = 40, raters: int = 4) -> Votes:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 8, items)
    answers = np.clip(truth[:, None] + draw.integers(-2, 3, (items, raters)), 0, 7)
    return table(question, {f"i{n:03}": row.tolist() for n, row in enumerate(answers)})


CHOICES = {"x": ["anger", "anger", "fear"], "y": ["joy", "fear"], "z": ["joy", "joy", "joy"]}


def test_a_reference_holds_the_majority_the_shares_and_every_answer() -> None:
    some = table("emotion", CHOICES)
    x, y, _ = frozen({"emotion": some}).references
    assert (x.category, x.tied, x.names, x.shares) == ("anger", (), ("anger", "fear"), (0.666666667, 0.333333333))
    assert (x.categories, x.raters) == (("anger", "anger", "fear"), (0, 1, 2))
    assert (y.category, y.tied) == (None, ("fear", "joy"))


def test_a_label_drawn_by_another_method_takes_the_place_of_the_majority() -> None:
    label = Label("y", SCHEME.id, "emotion", "dawid-skene", 2, "joy")
    made = frozen({"emotion": table("emotion", CHOICES)}, labels=[label])
    assert made.references[1].category == "joy"
    assert made.references[1].shares == (0.5, 0.5)


def test_the_same_content_has_the_same_id_and_any_answer_changes_it() -> None:
    made = frozen({"emotion": table("emotion", CHOICES)})
    assert made.id == frozen({"emotion": table("emotion", dict(reversed(CHOICES.items())))}).id
    assert made.id != frozen({"emotion": table("emotion", CHOICES | {"z": ["joy", "joy", "fear"]})}).id
    assert made.id != replace(made, licence="CC-BY-4.0").id


def test_answers_from_0_to_2_are_told_as_0_to_10() -> None:
    made = frozen({"heard": table("heard", {"x": [0, 1], "y": [2, 2], "z": [1, 1]})}, reported=(0, 10))
    sheet = sheets(made)["heard"]
    assert sheet.numbers.tolist() == [2.5, 10, 5]
    assert sheet.levels.tolist() == [0, 5, 10]
    found = by_name(figures(made, {"heard": Predicted(numbers=np.array([0.0, 8, 5]))}, {}, bootstraps=0))
    assert found["mae heard"].value == pytest.approx(4.5 / 3)
    assert found["rmse heard"].value == pytest.approx(np.sqrt((2.5**2 + 4) / 3))


def test_units_that_are_no_range_are_refused() -> None:
    with pytest.raises(BadSetting, match="0:10"):
        task_of(SCHEME, "heard", table("heard", {"x": [0, 1]}), (1, 1))
    with pytest.raises(BadSetting, match="choice"):
        task_of(SCHEME, "emotion", table("emotion", CHOICES), (0, 10))


def test_kappa_is_the_mean_over_single_raters_and_its_ceiling_the_mean_over_pairs() -> None:
    some = drawn("pride", 1)
    made = frozen({"pride": some})
    predicted = np.random.default_rng(2).uniform(0, 7, 40)
    measured = baselines(made, {"pride": some}, bootstraps=0)
    found = by_name(figures(made, {"pride": Predicted(numbers=predicted)}, measured, bootstraps=0))[
        "kappa_quadratic pride"
    ]
    human = some.values.reshape(40, 4).astype(int)
    nearest = np.floor(predicted + 0.5).astype(int)
    each = [oracle.cohen_kappa_score(human[:, r], nearest, weights="quadratic", labels=range(8)) for r in range(4)]
    assert found.value == pytest.approx(np.mean(each), abs=1e-9)
    assert found.baseline.ceiling == pytest.approx(agreement(some).cohen_quadratic, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_human_ceiling_is_each_rater_against_the_others(seed: int) -> None:
    some = drawn("pride", seed, items=12)
    measured = baselines(frozen({"pride": some}), {"pride": some}, bootstraps=0)
    human = some.values.reshape(12, 4)
    others = (human.sum(axis=1, keepdims=True) - human) / 3
    assert measured["mae pride"].ceiling == pytest.approx(abs(human - others).mean(), abs=1e-6)
    assert measured["pearson pride"].ceiling == pytest.approx(agreement(some).rest_correlation, abs=1e-6)


def test_the_human_ceiling_on_categories_splits_ties() -> None:
    some = table("emotion", CHOICES)
    measured = baselines(frozen({"emotion": some}), {"emotion": some}, bootstraps=0)
    assert measured["accuracy emotion"].ceiling == pytest.approx(agreement(some).hit_rate, abs=1e-6)


def test_a_collection_that_stopped_asking_early_has_no_ceiling() -> None:
    rows = {f"i{n:03}": ["anger"] if n % 2 else ["fear"] * 2 + ["anger"] * (n % 4 == 0) for n in range(200)}
    some = table("emotion", rows)
    made = frozen({"emotion": some})
    assert made.tasks[0].refused is not None
    assert baselines(made, {"emotion": some}, bootstraps=0)["accuracy emotion"].ceiling is None
    found = by_name(figures(made, {"emotion": Predicted(codes=np.zeros(200, np.int64))}, {}, bootstraps=0))
    assert "accuracy emotion" in found
    assert "kappa emotion" not in found


def test_the_constant_is_the_best_at_what_it_is_measured_by() -> None:
    some = drawn("pride", 3)
    made = frozen({"pride": some})
    measured = baselines(made, {"pride": some}, bootstraps=0)
    target = sheets(made)["pride"].numbers
    assert measured["mae pride"].constant == pytest.approx(abs(target - np.median(target)).mean(), abs=1e-6)
    assert measured["rmse pride"].constant == pytest.approx(target.std(), abs=1e-6)
    assert measured["spearman pride"].constant is None
    assert measured["kappa_quadratic pride"].constant == pytest.approx(0, abs=1e-6)


def test_chance_finds_one_category_in_three() -> None:
    draw = np.random.default_rng(0)
    some = table("emotion", {f"i{n:03}": draw.choice(["anger", "fear", "joy"], 3).tolist() for n in range(150)})
    measured = baselines(frozen({"emotion": some}), {"emotion": some}, bootstraps=0)
    assert measured["uar emotion"].random == pytest.approx(1 / 3, abs=0.02)
    assert measured["uar emotion"].constant == pytest.approx(1 / 3, abs=1e-6)
    assert measured["uar_over_chance emotion"].random == pytest.approx(0, abs=0.03)


def test_tasks_of_one_kind_are_averaged_and_pooled() -> None:
    some = {"pride": drawn("pride", 4), "awe": drawn("awe", 5)}
    made = frozen(some)
    laid = sheets(made)
    given_ = {
        name: laid[name].numbers + draw
        for name, draw in zip(some, np.random.default_rng(1).normal(0, 2, (2, 40)), strict=True)
    }
    found = by_name(figures(made, {name: Predicted(numbers=each) for name, each in given_.items()}, {}, bootstraps=20))
    mean = np.mean([found["spearman pride"].value, found["spearman awe"].value])
    assert found[f"spearman {MEAN}"].value == pytest.approx(mean)
    wanted = oracle.mean_absolute_error(
        *(np.concatenate([each[n] for n in some]) for each in ({n: laid[n].numbers for n in some}, given_))
    )
    assert found[f"mae {POOLED}"].value == pytest.approx(wanted)
    assert found[f"spearman {MEAN}"].low is not None


def test_perfect_predictions_beat_every_baseline() -> None:
    some = {"emotion": table("emotion", {f"i{n}": CHOICES["xyz"[n % 3]] for n in range(9) if n % 3 != 1})}
    made = frozen(some)
    sheet = sheets(made)["emotion"]
    predicted = Predicted(codes=sheet.hard.argmax(axis=1), shares=sheet.soft)
    found = by_name(figures(made, {"emotion": predicted}, baselines(made, some, bootstraps=0), bootstraps=50))
    assert found["accuracy emotion"].value == found["macro_f1 emotion"].value == 1
    assert found["js emotion"].value == pytest.approx(0, abs=1e-9)
    for one in found.values():
        for baseline in (one.baseline.constant, one.baseline.ceiling):
            assert (
                baseline is None
                or one.value is None
                or (one.value >= baseline - 1e-9) == (one.better == "higher")
                or one.value == pytest.approx(baseline)
            )


def test_what_was_not_predicted_is_left_out() -> None:
    made = frozen({"pride": drawn("pride", 6)})
    target = sheets(made)["pride"].numbers
    some = np.where(np.arange(40) < 30, target + 1, np.nan)
    found = by_name(figures(made, {"pride": Predicted(numbers=some)}, {}, bootstraps=0))
    assert found["mae pride"].value == pytest.approx(1)


def test_the_same_seed_gives_the_same_intervals() -> None:
    made = frozen({"pride": drawn("pride", 7)})
    predicted = {"pride": Predicted(numbers=np.arange(40.0) % 8)}
    first, second = (figures(made, predicted, {}, bootstraps=50, seed=3) for _ in range(2))
    assert first == second
    low = [one.low for one in first]
    assert low != [one.low for one in figures(made, predicted, {}, bootstraps=50, seed=4)]


def test_calibrated_predictions_only_count_by_their_order() -> None:
    made = frozen({"pride": drawn("pride", 8)})
    target = sheets(made)["pride"].numbers
    plain, squeezed = (
        by_name(figures(made, {"pride": Predicted(numbers=each)}, {}, calibrate=True, bootstraps=0))[
            "kappa_quadratic pride"
        ]
        for each in (target, target / 1000)
    )
    assert plain.value == squeezed.value
