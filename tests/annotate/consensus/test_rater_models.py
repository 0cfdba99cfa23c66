from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from annotate.answers.votes import Votes, votes
from annotate.consensus.glad import glad
from annotate.consensus.mace import mace
from annotate.consensus.rater_models import Posterior, dawid_skene, normalised, one_coin
from annotate.consensus.specs import consensus

Model = Callable[[Votes], Posterior]
MODELS: dict[str, Model] = {"dawid-skene": dawid_skene, "one-coin": one_coin, "mace": mace, "glad": glad}
Columns = tuple[list[str], list[str], list[str]]


def crowd(seed: int, size: tuple[int, int, int] = (150, 10, 4), asked: int = 4) -> tuple[Columns, NDArray[np.int64]]:
    """Answers of raters of very different skill, named so that names first occur in order, and the truth."""
    items, raters, levels = size
    draw = np.random.default_rng(seed)
    who = np.sort(np.stack([draw.permutation(raters)[:asked] for _ in range(items)]), axis=1)
    truth = np.concatenate([np.arange(levels), draw.integers(0, levels, items - levels)])
    skill = draw.uniform(0.2, 0.95, raters)
    told = np.where(draw.random(who.shape) < skill[who], truth[:, None], draw.integers(0, levels, who.shape))
    columns = np.repeat(np.arange(items), asked), _as_first_seen(who.ravel()), _as_first_seen(told.ravel())
    names = _as_first_seen(told.ravel())[np.unique(told.ravel(), return_index=True)[1]]
    named = tuple([f"{letter}{code:04}" for code in column] for letter, column in zip("twc", columns, strict=True))
    return (named[0], named[1], named[2]), names[truth]


def _as_first_seen(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Codes renumbered in order of first occurrence: crowd-kit's MACE mixes up raters whose names do not so occur."""
    values, first = np.unique(codes, return_index=True)
    return first.argsort().argsort()[np.searchsorted(values, codes)]


def made(columns: Columns) -> Votes:
    items, raters, told = columns
    return votes(items, raters, told, sorted(set(told)))


def reference(name: str, columns: Columns) -> tuple[list[str], NDArray[np.float64]]:
    aggregation, pandas = pytest.importorskip("crowdkit.aggregation"), pytest.importorskip("pandas")
    models: dict[str, Any] = {
        "dawid-skene": aggregation.DawidSkene,
        "one-coin": aggregation.OneCoinDawidSkene,
        "mace": lambda: aggregation.MACE(n_restarts=1),  # its restarts all start alike
        "glad": aggregation.GLAD,
    }
    frame = pandas.DataFrame(dict(zip(("task", "worker", "label"), columns, strict=True)))
    fitted = models[name]().fit(frame)
    items, categories = sorted(set(columns[0])), sorted(set(columns[2]))
    return fitted.labels_.loc[items].tolist(), fitted.probas_.loc[items, categories].to_numpy()


CROWDS = [0, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in (1, 2))]  # one will do where time counts


@pytest.mark.filterwarnings("ignore")  # crowd-kit writes for an older pandas
@pytest.mark.parametrize("seed", CROWDS)
@pytest.mark.parametrize("name", sorted(MODELS))
def test_labels_and_probabilities_are_those_of_crowd_kit(name: str, seed: int) -> None:
    columns, _ = crowd(seed, (60, 8, 3) if name == "glad" else (150, 10, 4))
    labels, probabilities = reference(name, columns)
    found = mace(made(columns), restarts=1) if name == "mace" else MODELS[name](made(columns))
    assert [f"c{code:04}" for code in found.shares.argmax(axis=1)] == labels
    assert np.abs(found.shares - probabilities).max() < (1e-5 if name == "mace" else 1e-8)  # ours stops when settled


def ragged(seed: int, size: tuple[int, int, int]) -> Columns:
    """Items with one to four answers."""
    columns, _ = crowd(seed, size)
    keep = np.random.default_rng(seed).random(len(columns[0])) < 0.6
    keep[::4] = True  # every item keeps its first answer
    items, raters, told = ([name for name, kept in zip(column, keep, strict=True) if kept] for column in columns)
    return items, raters, told


@pytest.mark.filterwarnings("ignore")  # crowd-kit writes for an older pandas
@pytest.mark.parametrize("seed", CROWDS)
def test_glad_is_that_of_crowd_kit_where_some_items_have_fewer_answers(seed: int) -> None:
    columns = ragged(seed, (50, 8, 3))
    labels, probabilities = reference("glad", columns)
    found = glad(made(columns))
    assert [sorted(set(columns[2]))[code] for code in found.shares.argmax(axis=1)] == labels
    assert np.abs(found.shares - probabilities).max() < 1e-8


def test_how_many_answers_glad_works_on_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = made(ragged(7, (200, 12, 4)))
    at_once = glad(some)
    monkeypatch.setattr("annotate.consensus.glad.CACHED", 30)
    monkeypatch.setattr("annotate.consensus.glad.FACTORS", 2)
    in_parts = glad(some)
    assert in_parts.steps == at_once.steps
    assert np.abs(in_parts.shares - at_once.shares).max() < 1e-8
    assert in_parts.skill == pytest.approx(at_once.skill, abs=1e-6)


def test_an_item_may_have_more_answers_than_a_product_holds() -> None:
    table = np.random.default_rng(8).integers(0, 2, (4, 1500))
    table[0] = 0
    items, raters = np.indices(table.shape)
    some = votes(items.ravel().tolist(), raters.ravel().tolist(), [f"c{code}" for code in table.ravel()])
    found = glad(some)
    assert np.isfinite(found.shares).all()
    assert found.shares[0, 0] == pytest.approx(1)


def test_probabilities_are_the_softmax_of_logarithms_however_large() -> None:
    logs = np.random.default_rng(9).normal(0, 400, (50, 7))
    shares, totals = normalised(logs)
    assert shares == pytest.approx(softmax(logs, axis=1))
    assert totals == pytest.approx(logsumexp(logs, axis=1))


@pytest.mark.filterwarnings("ignore")  # crowd-kit writes for an older pandas
@pytest.mark.parametrize("seed", CROWDS)
def test_more_starts_of_mace_agree_with_crowd_kit_where_there_is_one_optimum(seed: int) -> None:
    columns, _ = crowd(seed)
    labels, _ = reference("mace", columns)
    assert consensus(made(columns), "mace").values() == labels


@pytest.mark.filterwarnings("ignore")  # crowd-kit writes for an older pandas
def test_gold_majority_is_that_of_crowd_kit() -> None:
    aggregation, pandas = pytest.importorskip("crowdkit.aggregation"), pytest.importorskip("pandas")
    columns, truth = crowd(4, asked=5)
    gold = {f"t{item:04}": f"c{code:04}" for item, code in enumerate(truth[:60])}
    frame = pandas.DataFrame(dict(zip(("task", "worker", "label"), columns, strict=True)))
    skills = aggregation.GoldMajorityVote().fit(frame, pandas.Series(gold)).skills_
    expected = aggregation.MajorityVote().fit_predict(frame, skills)  # its own predict fails with newer scikit-learn
    assert consensus(made(columns), "gold", gold=gold).values() == expected.sort_index().tolist()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_finds_the_truth_better_than_counting_heads(name: str) -> None:
    columns, truth = crowd(5, (800, 12, 4))
    some = made(columns)
    counted = consensus(some, "majority", ties="first").winner
    assert counted is not None
    right = (MODELS[name](some).shares.argmax(axis=1) == truth).mean()
    assert right > (counted == truth).mean()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_guesser_gets_the_lowest_skill(name: str) -> None:
    draw = np.random.default_rng(3)
    truth = draw.integers(0, 3, 200)
    table = np.where(draw.random((200, 5)) < 0.8, truth[:, None], draw.integers(0, 3, (200, 5)))
    table[:, 2] = draw.integers(0, 3, 200)
    items, raters = np.indices(table.shape)
    some = votes(
        [f"t{item}" for item in items.ravel()],
        [f"w{rater}" for rater in raters.ravel()],
        [f"c{code}" for code in table.ravel()],
    )
    assert MODELS[name](some).skill.argmin() == 2


@pytest.mark.parametrize("name", sorted(MODELS))
def test_twice_is_the_same_and_categories_nobody_gave_have_no_share(name: str) -> None:
    items, raters, told = crowd(6)[0]
    wide = votes(items, raters, told, ["aside", *sorted(set(told)), "never"])
    first, again = MODELS[name](wide), MODELS[name](wide)
    assert (first.shares == again.shares).all()
    assert (first.shares[:, [0, -1]] == 0).all()
    assert (first.shares[:, 1:-1] == MODELS[name](made((items, raters, told))).shares).all()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_answers_of_one_category_only_leave_no_doubt(name: str) -> None:
    some = votes(["a", "a", "b"], ["x", "y", "x"], ["joy"] * 3, ["fear", "joy"])
    assert MODELS[name](some).shares.tolist() == [[0, 1], [0, 1]]


def test_scales_are_not_for_rater_models() -> None:
    with pytest.raises(ValueError, match="categories"):
        dawid_skene(votes(["a"], ["x"], [1.0], measure="interval"))
