import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from annotate.agreement import question
from annotate.agreement.designs import Design
from annotate.agreement.notes import COEFFICIENTS, band
from annotate.agreement.question import Agreement, agreement
from annotate.answers.votes import Votes, votes
from schemas.scheme import Measure
from tests.annotate.answers.counted import tallied

Table = NDArray[np.float64]  # items by raters, NaN where nobody answered
MEASURES: tuple[Measure, ...] = ("nominal", "ordinal", "interval", "ratio")


def random_table(seed: int, missing: float = 0.25, shape: tuple[int, int, int] | None = None) -> Table:
    draw = np.random.default_rng(seed)
    items, raters, levels = shape or draw.integers([3, 2, 2], [30, 7, 7])
    truth = draw.integers(0, levels, (items, 1))
    table = np.where(draw.random((items, raters)) < 0.5, truth, draw.integers(0, levels, (items, raters))).astype(float)
    table[draw.random(table.shape) < missing] = np.nan
    return table


def scaled(table: Table, measure: Measure = "interval", points: range | None = None) -> Votes:
    items, raters = np.nonzero(~np.isnan(table))
    names = [f"item{item:03}" for item in items], [f"rater{rater}" for rater in raters]
    return votes(*names, table[items, raters], points, measure)


def chosen(table: Table, levels: int, measure: Measure = "nominal") -> Votes:
    items, raters = np.nonzero(~np.isnan(table))
    names = [f"item{item:03}" for item in items], [f"rater{rater}" for rater in raters]
    given = [f"c{int(value)}" for value in table[items, raters]]
    return votes(*names, given, [f"c{level}" for level in range(levels)], measure)


def plain(some: Votes) -> Agreement:
    """Agreement by coefficients of a fixed design, whatever the pattern of answers looks like."""
    return agreement(some, design=Design("fixed", ""))


def pair_values(table: Table, coefficient: Callable[[Any, Any], float]) -> float:
    """The mean over pairs of raters with two shared items, as a reference library sees each pair."""
    found = []
    for one, other in itertools.combinations(table.T, 2):
        both = ~np.isnan(one) & ~np.isnan(other)
        if both.sum() >= 2:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(coefficient(one[both], other[both]))
    defined = [value for value in found if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def same(one: float | None, other: float) -> bool:
    return bool(np.isnan(other)) if one is None else abs(one - other) < 1e-9


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", range(25))
def test_alpha_is_that_of_the_krippendorff_package(measure: Measure, seed: int) -> None:
    table = random_table(seed)
    table = table.round() if seed % 2 else table + np.random.default_rng(seed).random(table.shape).round(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = krippendorff.alpha(table.T, level_of_measurement=measure)
    assert same(plain(scaled(table, measure)).alpha, float(expected))


def test_alpha_keeps_its_digits_far_from_zero() -> None:
    table = random_table(3) / 1000 + 1e6
    expected = krippendorff.alpha(table.T - 1e6, level_of_measurement="interval")
    assert plain(scaled(table)).alpha == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("weights", [None, "quadratic"])
@pytest.mark.parametrize("seed", range(15))
def test_cohen_is_that_of_scikit_learn(weights: str | None, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    table = random_table(seed, shape=(20, 4, 5))
    expected = pair_values(table, lambda a, b: metrics.cohen_kappa_score(a, b, weights=weights, labels=list(range(5))))
    some = chosen(table, 5, "ordinal")
    assert same(plain(some).cohen if weights is None else plain(some).cohen_quadratic, expected)


@pytest.mark.parametrize("seed", range(15))
def test_rank_correlations_are_those_of_scipy(seed: int) -> None:
    table = random_table(seed)
    assert same(plain(scaled(table)).spearman, pair_values(table, lambda a, b: spearmanr(a, b).statistic))
    assert same(plain(scaled(table)).kendall, pair_values(table, lambda a, b: kendalltau(a, b).statistic))


@pytest.mark.parametrize("seed", range(15))
def test_fleiss_is_that_of_statsmodels(seed: int) -> None:
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = random_table(seed, missing=0, shape=(12, 4, 3))
    counts = np.stack([(table == level).sum(axis=1) for level in range(3)], axis=1)
    assert same(plain(chosen(table, 3)).fleiss, float(inter_rater.fleiss_kappa(counts)))


def test_fleiss_rests_on_the_items_with_the_commonest_number_of_answers() -> None:
    whole, broken = random_table(1, missing=0, shape=(12, 4, 3)), random_table(2, missing=0, shape=(5, 4, 3))
    broken[:, 0] = np.nan
    together = agreement(chosen(np.concatenate([whole, broken]), 3))
    assert together.fleiss == agreement(chosen(whole, 3)).fleiss
    assert (together.fleiss_size, together.fleiss_items) == (4, 12)


@pytest.mark.parametrize("missing", [0, 0.15])
@pytest.mark.parametrize("seed", range(6))
def test_icc_and_cronbach_are_those_of_pingouin(missing: float, seed: int) -> None:
    pandas, pingouin = pytest.importorskip("pandas"), pytest.importorskip("pingouin")
    frame = pandas.DataFrame(random_table(seed, missing, (25, 4, 6)))
    long = frame.reset_index().melt(id_vars="index")
    found = pingouin.intraclass_corr(long, "index", "variable", "value", nan_policy="omit").set_index("Type")["ICC"]
    ours = plain(scaled(frame.to_numpy()))
    assert same(ours.icc, found["ICC(A,1)"])
    assert same(ours.icc_k, found["ICC(A,k)"])
    assert same(ours.cronbach, pingouin.cronbach_alpha(frame)[0])


def test_cronbach_is_undefined_where_two_raters_hardly_met() -> None:
    table = random_table(1, missing=0, shape=(25, 3, 6))
    table[:24, 0] = np.nan  # a covariance taken for zero would pull alpha down
    assert plain(scaled(table)).cronbach is None


def test_gwet_gives_the_published_value_of_its_textbook_example() -> None:
    # 12 units, four raters, five categories (Gwet 2014, table 2.10): AC1 .77544 at raw agreement .81818, alpha .74342
    rows = ("123321412000", "123322412503", "033323422510", "123324412510")
    table = np.array([[np.nan if digit == "0" else int(digit) - 1 for digit in row] for row in rows]).T
    found = plain(chosen(table, 5))
    assert (found.ac1, found.raw, found.alpha) == pytest.approx((0.77544, 0.81818, 0.74342), abs=5e-6)


@pytest.mark.parametrize("seed", range(10))
def test_ac2_is_what_its_definition_says(seed: int) -> None:
    table = random_table(seed, shape=(15, 4, 4))
    weight = 1 - (np.subtract.outer(range(4), range(4)) / 3) ** 2
    counts = np.stack([(table == level).sum(axis=1) for level in range(4)], axis=1)
    counts = counts[counts.sum(axis=1) > 0]
    size = counts.sum(axis=1)
    pairs = size >= 2
    alike = (counts * (counts @ weight - 1)).sum(axis=1)[pairs] / (size * (size - 1))[pairs]
    share = (counts / size[:, None]).mean(axis=0)
    chance = weight.sum() / 12 * (share * (1 - share)).sum()
    expected = (alike.mean() - chance) / (1 - chance)
    assert same(plain(scaled(table, "ordinal", range(4))).ac2, expected)


@pytest.mark.parametrize("seed", range(10))
def test_the_ceiling_of_a_choice_is_each_answer_against_the_majority_of_the_others(seed: int) -> None:
    hits = []
    table = random_table(seed, shape=(20, 6, 3))
    for row in table:
        answers = row[~np.isnan(row)]
        for place, answer in enumerate(answers):
            levels, counts = np.unique(np.delete(answers, place), return_counts=True)
            leaders = levels[counts == counts.max()] if len(levels) else levels
            hits += [np.isin(answer, leaders) / len(leaders)] if len(levels) else []
    assert same(plain(chosen(table, 3)).hit_rate, float(np.mean(hits)))


def test_the_ceiling_of_a_scale_is_each_answer_against_the_mean_of_the_others() -> None:
    table = random_table(5, shape=(20, 5, 7))
    own, others = [], []
    for row in table:
        answers = row[~np.isnan(row)]
        if len(answers) > 1:
            own += list(answers)
            others += [np.delete(answers, place).mean() for place in range(len(answers))]
    found = agreement(scaled(table))
    assert same(found.rest_correlation, float(np.corrcoef(own, others)[0, 1]))
    assert same(found.rest_mae, float(np.abs(np.subtract(own, others)).mean()))


@pytest.mark.parametrize("measure", MEASURES)
def test_where_all_answers_are_the_same_alpha_is_undefined_and_raw_agreement_whole(measure: Measure) -> None:
    found = agreement(scaled(np.full((5, 3), 4.0), measure, range(8)))
    assert (found.raw, found.alpha, found.spearman, found.icc, found.cronbach) == (1, None, None, None, None)


def test_where_all_name_one_category_ac1_is_whole_and_the_kappas_are_undefined() -> None:
    found = agreement(chosen(np.zeros((5, 3)), 3), bootstraps=20)
    assert (found.raw, found.ac1, found.alpha, found.fleiss, found.cohen) == (1, 1, None, None, None)
    assert "alpha" not in found.intervals


def test_disagreement_beyond_chance_stays_negative() -> None:
    found = agreement(chosen(np.array([[0, 1], [1, 0]] * 10), 2))
    assert found.alpha is not None
    assert found.alpha < -0.9
    assert found.cohen == -1
    assert found.ac1 == -1


def test_single_answers_say_nothing_about_agreement() -> None:
    table = np.full((4, 3), np.nan)
    table[:, 0] = [0, 1, 1, 2]
    found = agreement(chosen(table, 3), bootstraps=10)
    assert (found.n_items, found.n_multi, found.raw, found.alpha, found.hit_rate, found.n_pairs) == (4, 0) + (
        None,
    ) * 3 + (0,)


def test_no_answers_give_no_figures() -> None:
    found = agreement(votes([], [], [], ("yes", "no")), bootstraps=10)
    assert (found.n_items, found.raw, found.alpha, found.cohen) == (0, None, None, None)


@pytest.mark.parametrize("points", [range(5), None])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_scale_without_answers_has_no_figures(measure: Measure, points: range | None) -> None:
    found = agreement(votes([], [], [], points, measure), bootstraps=10)
    assert (found.n_items, found.raw, found.alpha, found.spearman, found.cronbach) == (0, None, None, None, None)


@pytest.mark.parametrize("measure", MEASURES)
def test_numbers_without_raters_leave_out_what_needs_raters(measure: Measure) -> None:
    table = random_table(8, missing=0)
    items, _ = np.indices(table.shape)
    found = agreement(votes(items.ravel().tolist(), None, table.ravel(), range(9), measure), bootstraps=10)
    assert (found.n_raters, found.n_pairs, found.spearman, found.icc, found.cronbach) == (0, 0, None, None, None)
    assert same(found.alpha, float(krippendorff.alpha(table.T, level_of_measurement=measure)))


def test_counts_without_raters_leave_out_what_needs_raters() -> None:
    found = agreement(tallied("abc", np.array([[3, 0], [1, 2], [0, 3]]), ("no", "yes")))
    assert (found.n_raters, found.cohen) == (0, None)
    assert found.alpha == pytest.approx(krippendorff.alpha(value_counts=[[3, 0], [1, 2], [0, 3]]), abs=1e-12)


def test_a_category_stands_against_all_others() -> None:
    table = random_table(7, shape=(40, 4, 3))
    found = agreement(chosen(table, 3), bootstraps=50)
    for level, category in enumerate(found.categories):
        binary = np.where(np.isnan(table), np.nan, table == level)
        alone = agreement(chosen(binary, 2))
        assert (category.raw, category.alpha, category.ac1) == pytest.approx((alone.raw, alone.alpha, alone.ac1))
        assert category.share == pytest.approx(np.nanmean(binary))
        assert category.alpha_low <= category.alpha <= category.alpha_high  # type: ignore[operator]


def test_the_ceiling_of_a_category_is_how_often_another_rater_names_it_again() -> None:
    table = random_table(8, shape=(40, 4, 3))
    found = agreement(chosen(table, 3), bootstraps=50)
    for level, category in enumerate(found.categories):
        again = []  # of every answer that names the category: the share of the other answers to its item that do
        for row in table:
            answers = row[~np.isnan(row)]
            named = int((answers == level).sum())
            again += [(named - 1) / (len(answers) - 1)] * named if len(answers) > 1 else []
        assert category.again == pytest.approx(np.mean(again))
        assert category.again_low <= category.again <= category.again_high  # type: ignore[operator]


@pytest.mark.parametrize("measure", ["nominal", "ordinal"])
@pytest.mark.parametrize("asked", [[5, 5, 5, 5], [2, 3, 5, 8]])
def test_the_reliability_of_the_mean_is_the_correlation_with_the_mean_of_another_panel(
    measure: Measure, asked: list[int]
) -> None:
    draw, items = np.random.default_rng(1), 20_000
    sizes = np.array(asked)[np.arange(items) % len(asked)]
    truth = draw.normal(0, 1, (items, 1))

    def panel() -> Table:
        heard = truth + draw.normal(0, 1.5, (items, max(asked)))
        table = (heard > 0.5).astype(float) if measure == "nominal" else np.clip(np.round(heard), -3, 3)
        return np.where(np.arange(max(asked)) < sizes[:, None], table, np.nan)

    one, other = panel(), panel()
    found = plain(chosen(one, 2) if measure == "nominal" else scaled(one, measure))
    expected = np.corrcoef(np.nanmean(one, axis=1), np.nanmean(other, axis=1))[0, 1]
    assert found.reliability == pytest.approx(expected, abs=0.015)
    assert found.reliability_k == pytest.approx(len(asked) / sum(1 / size for size in asked))


def test_the_reliability_of_the_mean_is_that_of_pingouin_where_everybody_answered() -> None:
    pandas, pingouin = pytest.importorskip("pandas"), pytest.importorskip("pingouin")
    table = random_table(3, 0, (400, 4, 6))
    long = pandas.DataFrame(table).reset_index().melt(id_vars="index")
    found = pingouin.intraclass_corr(long, "index", "variable", "value").set_index("Type")["ICC"]
    assert plain(scaled(table)).reliability == pytest.approx(found["ICC(1,k)"], abs=0.005)


def test_a_mean_is_not_reliable_where_alpha_is_not_above_zero() -> None:
    assert plain(chosen(np.array([[0, 1], [1, 0], [0, 1]]), 2)).reliability == 0


@pytest.mark.parametrize(
    ("alpha", "items", "expected"),
    [
        (0.8, 30, "≥ .800"),
        (0.799, 30, "tentative"),
        (0.667, 30, "tentative"),
        (0.666, 30, "< .667"),
        (0.9, 29, "too few"),
        (None, 30, None),
    ],
)
def test_the_bands_are_krippendorffs_own(alpha: float | None, items: int, expected: str | None) -> None:
    assert band(alpha, items) == expected


def test_intervals_come_by_default_and_say_what_was_drawn_again() -> None:
    found = agreement(chosen(random_table(7, shape=(60, 4, 3)), 3))
    assert {"raw", "alpha", "ac1", "reliability", "fleiss", "hit_rate"} == found.intervals.keys()
    assert found.resampled == (
        "items drawn again 1,000 times, each with all its answers; "
        "with 4 raters it holds for these raters, not for others like them"
    )
    low, high = found.intervals["alpha"]
    assert found.alpha is not None
    assert low < found.alpha < high


def test_the_intervals_of_very_many_patterns_are_those_of_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    some = scaled(random_table(5, 0.2, (6_000, 4, 50)), "interval")
    whole = agreement(some).intervals
    monkeypatch.setattr(question, "SAMPLE", 3_000)
    narrowed = agreement(some).intervals
    assert whole.keys() == narrowed.keys()
    for name, (low, high) in whole.items():
        width = high - low
        assert narrowed[name] == pytest.approx((low, high), abs=0.25 * width), name


def test_ten_raters_stand_for_others_too() -> None:
    assert "these raters" not in str(agreement(chosen(random_table(7, shape=(60, 10, 3)), 3)).resampled)


def test_intervals_of_all_coefficients_cost_a_number_of_resamples() -> None:
    found = agreement(scaled(random_table(7, 0, (40, 4, 6))), bootstraps=20)
    assert {"icc", "icc_k", "cohen_quadratic", "spearman", "cronbach", "rest_correlation"} <= found.intervals.keys()


def test_every_coefficient_is_there_or_its_absence_has_a_reason() -> None:
    nobody = votes([], [], [], ("yes", "no"))
    alone = votes(list("abc"), list("xyz"), ["yes", "no", "yes"], ("yes", "no"))
    alike = votes(list("aabb"), list("xyxy"), ["yes"] * 4, ("yes", "no"))
    counted = tallied("ab", np.array([[3, 0], [1, 2]]), ("no", "yes"))
    scale = scaled(random_table(1))
    for some in (nobody, alone, alike, counted, scale, scaled(random_table(2, 0), "ordinal", range(9))):
        found = agreement(some)
        for name in COEFFICIENTS:
            assert (getattr(found, name) is None) == (name in found.blanks), name
    assert agreement(nobody).blanks["alpha"] == "nobody answered"
    assert agreement(alone).blanks["alpha"] == "no item has two answers"
    assert agreement(alike).blanks["alpha"] == "all answers are the same"
    assert agreement(counted).blanks["cohen"] == "nobody recorded who answered"
    assert agreement(scale).blanks["ac2"] == "the points of the scale are not known"


def test_few_items_and_few_other_answers_are_said() -> None:
    few = chosen(random_table(7, shape=(15, 4, 3)), 3)
    skewed = np.zeros((400, 4))
    skewed[:10, 0] = 1
    assert [note[:39] for note in agreement(few).cautions] == ["fewer than 30 items have several answer"]
    assert [note[:39] for note in agreement(chosen(skewed, 2)).cautions] == ["fewer than 20 items have an answer besi"]
    assert agreement(chosen(random_table(7, 0, (60, 4, 3)), 3)).cautions == ()


def test_items_with_an_odd_number_of_votes_are_counted_where_nearly_all_have_one_number() -> None:
    table = random_table(7, 0, (100, 10, 3))
    table[:2, 9] = np.nan
    odd = agreement(chosen(table, 3))
    assert odd.cautions == ("2 of 100 items have another number of answers than 10; see audit",)
    assert agreement(chosen(random_table(7, 0.3, (100, 10, 3)), 3)).cautions == ()


def test_a_scale_without_declared_points_has_no_ac2() -> None:
    assert plain(scaled(random_table(1))).ac2 is None


@pytest.mark.shared
def test_ferplus_has_its_published_agreement(shared: Path) -> None:
    lines = (shared / "annotations" / "ferplus.csv").read_text("utf-8").splitlines()
    names = lines[0].split(",")[2:]
    counts = np.array([[int(cell) for cell in line.split(",")[2:]] for line in lines[1:]])
    keys = [f"{row:05}" for row in range(len(counts))]
    everything, emotions = tallied(keys, counts, names), tallied(keys, counts[:, :8], names[:8])
    assert (len(everything), len(emotions)) == (358_869, 339_962)
    assert plain(everything).alpha == pytest.approx(0.5151, abs=5e-5)
    assert plain(emotions).alpha == pytest.approx(0.5631, abs=5e-5)
    assert plain(everything).raw == pytest.approx(0.6100, abs=5e-5)


def test_a_scale_of_few_points_has_plain_kappas_and_rank_correlations_too() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 60)
    given = np.clip(truth[:, None] + rng.integers(-1, 2, (60, 3)), 0, 2)
    items = [f"i{item}" for item in range(60) for _ in range(3)]
    some = votes(items, ["a", "b", "c"] * 60, given.ravel().astype(float), [0, 1, 2], "ordinal")
    found = agreement(some)
    table = np.array([[(row == level).sum() for level in range(3)] for row in given])
    assert found.fleiss == pytest.approx(fleiss_kappa(table), abs=1e-9)
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert found.cohen == pytest.approx(
        np.mean([cohen_kappa_score(given[:, a], given[:, b]) for a, b in pairs]), abs=1e-9
    )
    assert found.kendall == pytest.approx(
        np.mean([kendalltau(given[:, a], given[:, b]).statistic for a, b in pairs]), abs=1e-9
    )
    assert agreement(votes(items, ["a", "b", "c"] * 60, given.ravel() / 1.0, None, "interval")).fleiss is None
