"""Figures of predictions equal those of scikit-learn, scipy and statsmodels, drawn once or drawn again."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance
from sklearn import metrics as oracle
from statsmodels.stats import inter_rater

from annotate.bench.distances import Distances, distances
from annotate.bench.metrics import Categories, Numbers, calibrated, kappa_with_raters

SEEDS = st.integers(0, 2**32 - 1)
NEAR = 1e-9


def once(items: int) -> Any:
    return np.ones((1, items))


def numbers(reference: Any, prediction: Any) -> Numbers:
    return Numbers(np.arange(len(reference)), np.asarray(reference, float), np.asarray(prediction, float))


def categories(reference: Any, prediction: Any, count: int) -> Categories:
    rows = np.arange(len(reference))
    return Categories(rows, np.asarray(reference), np.asarray(prediction), np.ones(len(rows)), count)


def concordance(x: Any, y: Any) -> float:
    return float(2 * np.cov(x, y, ddof=0)[0, 1] / (np.var(x) + np.var(y) + (np.mean(x) - np.mean(y)) ** 2))


NUMBER_ORACLES: dict[str, Callable[[Any, Any], float]] = {
    "pearson": lambda x, y: float(stats.pearsonr(x, y).statistic),
    "spearman": lambda x, y: float(stats.spearmanr(x, y).statistic),
    "mae": oracle.mean_absolute_error,
    "rmse": oracle.root_mean_squared_error,
    "ccc": concordance,
}
CATEGORY_ORACLES: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": oracle.accuracy_score,
    "uar": oracle.balanced_accuracy_score,
    "uar_over_chance": lambda x, y: oracle.balanced_accuracy_score(x, y, adjusted=True),
    "macro_f1": lambda x, y: oracle.f1_score(x, y, average="macro"),
}


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(3, 60), st.sampled_from([1, 100, 1e6]))
def test_figures_of_numbers_equal_scipy_and_scikit_learn(seed: int, n: int, offset: float) -> None:
    draw = np.random.default_rng(seed)
    x = draw.integers(0, 8, n).astype(float)
    y = np.round(x + draw.normal(0, 2, n), draw.integers(0, 4)) + offset
    x[:2], y[:2] = (0, 7), (1 + offset, 6 + offset)
    found = numbers(x, y).figures(once(n))
    for name, wanted in NUMBER_ORACLES.items():
        assert found[name][0] == pytest.approx(wanted(x, y), abs=NEAR, rel=NEAR), name


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(4, 80), st.integers(2, 6))
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_of_categories_equal_scikit_learn(seed: int, n: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    x, y = draw.integers(0, count, n), draw.integers(0, count, n)
    x[:2] = 0, 1
    found = categories(x, y, count).figures(once(n))
    for name, wanted in CATEGORY_ORACLES.items():
        assert found[name][0] == pytest.approx(wanted(x, y), abs=NEAR), name


@settings(max_examples=25, deadline=None)
@given(SEEDS)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_weights_mean_items_drawn_so_many_times(seed: int) -> None:
    draw = np.random.default_rng(seed)
    x, y = draw.integers(0, 4, 30), draw.integers(0, 4, 30)
    drawn = np.concatenate([[0, 1, 2, 3], draw.integers(0, 30, 40)])
    x[:4], y[:4] = range(4), (1, 0, 3, 2)
    weights = np.bincount(drawn, minlength=30)[None, :].astype(float)
    found = numbers(x, y).figures(weights) | categories(x, y, 4).figures(weights)
    for name, wanted in (NUMBER_ORACLES | CATEGORY_ORACLES).items():
        assert found[name][0] == pytest.approx(wanted(x[drawn], y[drawn]), abs=NEAR), name


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_kappa_with_single_raters_is_the_mean_of_the_kappas_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows, raters = np.repeat(np.arange(25), 3), draw.permuted(np.tile(np.arange(5), (25, 1)), axis=1)[:, :3].ravel()
    human, model = draw.integers(0, 8, 75), draw.integers(0, 8, 25)
    found = kappa_with_raters(rows, raters, human, model[rows], is_choice=False).figures(once(25))
    plain = kappa_with_raters(rows, raters, human, model[rows], is_choice=True).figures(once(25))
    for name, weights, one in (("kappa_quadratic", "quadratic", found), ("kappa", None, plain)):
        each = [
            oracle.cohen_kappa_score(human[raters == r], model[rows[raters == r]], labels=range(8), weights=weights)
            for r in range(5)
        ]
        assert one[name][0] == pytest.approx(np.mean(each), abs=NEAR)


def test_plain_kappa_equals_statsmodels() -> None:
    draw = np.random.default_rng(3)
    human, model = draw.integers(0, 4, 50), draw.integers(0, 4, 50)
    rows, nobody = np.arange(50), np.zeros(50, np.int64)
    table = oracle.confusion_matrix(human, model)
    found = kappa_with_raters(rows, nobody, human, model, is_choice=True).figures(once(50))["kappa"][0]
    assert found == pytest.approx(inter_rater.cohens_kappa(table).kappa, abs=NEAR)
    found = kappa_with_raters(rows, nobody, human, model, is_choice=False).figures(once(50))
    quadratic = inter_rater.cohens_kappa(table, wt="quadratic").kappa
    assert found["kappa_quadratic"][0] == pytest.approx(quadratic, abs=NEAR)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 8))
def test_distances_of_soft_labels_equal_scipy_and_scikit_learn(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    x, y = draw.dirichlet(np.full(count, 0.3), 6), draw.dirichlet(np.ones(count), 6)
    x[0] = np.eye(count)[0]
    points = np.cumsum(draw.integers(1, 4, count)).astype(float)
    found, ordered = distances(x, y), distances(x, y, points)
    assert found["js"] == pytest.approx(distance.jensenshannon(x, y, base=2, axis=1), abs=NEAR)
    assert found["cosine"] == pytest.approx([distance.cosine(*pair) for pair in zip(x, y, strict=True)], abs=NEAR)
    moved = [stats.wasserstein_distance(points, points, *pair) for pair in zip(x, y, strict=True)]
    assert ordered["emd"] == pytest.approx(moved, abs=NEAR)
    assert found["emd"] == pytest.approx(abs(x - y).sum(axis=1) / 2, abs=NEAR)
    hard = np.eye(count)[draw.integers(0, count, 6)]
    loss = oracle.log_loss(hard.argmax(axis=1), y, labels=range(count))
    assert distances(hard, y)["cross_entropy"].mean() == pytest.approx(loss, abs=NEAR)


def test_a_soft_label_has_no_distance_to_itself() -> None:
    same = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 1.0]])
    found = Distances(np.arange(2), distances(same, same)).figures(once(2))
    assert {name: round(float(found[name][0]), 12) for name in ("js", "emd", "cosine")} == dict.fromkeys(
        ("js", "emd", "cosine"), 0
    )
    assert np.isfinite(distances(same, same[::-1])["cross_entropy"]).all()


def test_a_constant_prediction_has_no_rank_and_no_concordance() -> None:
    found = numbers([1, 2, 3, 4], [0.1] * 4).figures(once(4))
    assert np.isnan(found["spearman"][0])
    assert np.isnan(found["pearson"][0])
    assert found["ccc"][0] == pytest.approx(0, abs=NEAR)
    assert found["mae"][0] == pytest.approx(2.4)


def test_a_tied_reference_gives_half_the_credit() -> None:
    tied = Categories(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0, 0, 0]), np.array([0.5, 0.5, 1]), 2)
    found = tied.figures(once(2))
    assert found["accuracy"][0] == pytest.approx(0.75)
    assert found["uar"][0] == pytest.approx(0.5)


def test_nothing_predicted_gives_no_figure_and_no_error() -> None:
    nothing = np.zeros(0, np.int64)
    found = numbers(nothing, nothing).figures(once(3)) | categories(nothing, nothing, 3).figures(once(3))
    assert all(np.isnan(each[0]) for each in found.values())


def test_calibration_keeps_the_order_and_takes_the_human_distribution() -> None:
    moved = calibrated(np.array([0.01, 0.5, 0.2, 0.3]), np.array([0.0, 0, 3, 7]))
    assert moved.tolist() == [0, 7, 0, 3]
    assert calibrated(np.array([1.0, 1.0]), np.array([0.0, 2.0, 4.0])).tolist() == [2, 2]
