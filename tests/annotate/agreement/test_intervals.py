import numpy as np
import pytest

from annotate.agreement.intervals import intervals, percentiles, weights
from annotate.agreement.question import agreement
from annotate.answers.votes import Votes, votes


def simulated(seed: int, items: int, hit: float) -> Votes:
    """Three raters of three categories: each names the truth with probability `hit`, else any category."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, (items, 1))
    table = np.where(draw.random((items, 3)) < hit, truth, draw.integers(0, 3, (items, 3)))
    rows, raters = np.indices(table.shape)
    names = [f"item{row:04}" for row in rows.ravel()], [f"rater{rater}" for rater in raters.ravel()]
    return votes(*names, [f"c{value}" for value in table.ravel()], ["c0", "c1", "c2"])


@pytest.mark.parametrize("copies", [1, 20])
def test_every_replicate_draws_as_many_items_as_there_are(copies: int) -> None:
    pattern = np.repeat([0, 0, 1, 2, 2, 2], copies)
    drawn = np.concatenate(list(weights(pattern, 3, 400, seed=1)))
    assert drawn.shape == (400, 3)
    assert (drawn.sum(axis=1) == 6 * copies).all()
    assert drawn.mean(axis=0) == pytest.approx(np.array([2, 1, 3]) * copies, abs=0.25 * copies**0.5)
    assert drawn.var(axis=0) == pytest.approx(np.array([4 / 3, 5 / 6, 3 / 2]) * copies, rel=0.25)


def test_the_number_of_replicates_worked_on_together_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = simulated(3, 50, 0.5)
    at_once = agreement(some, bootstraps=70, seed=2).intervals
    monkeypatch.setattr("annotate.agreement.intervals.BLOCK", 7)
    in_parts = agreement(some, bootstraps=70, seed=2).intervals
    assert set(in_parts) == set(at_once)
    for name, ends in in_parts.items():
        assert ends == pytest.approx(at_once[name])


def test_intervals_repeat_with_their_seed_and_move_with_another() -> None:
    some = simulated(3, 50, 0.5)
    first, again, other = (agreement(some, bootstraps=100, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.intervals != other.intervals


def test_replicates_without_a_value_do_not_count() -> None:
    found = intervals(
        lambda drawn: {"half": np.where(drawn[:, 0] > 1, 1.0, np.nan), "never": np.full(len(drawn), np.nan)},
        np.array([0, 0, 1]),
        2,
        100,
        seed=0,
    )
    assert found == {"half": (1, 1)}


def test_the_middle_of_the_numbers_is_kept() -> None:
    assert percentiles(np.linspace(0, 1000, 1001).astype(np.float64)) == pytest.approx((25, 975))


def test_the_interval_of_alpha_covers_the_truth_as_often_as_it_says() -> None:
    hit, runs = 0.6, 150
    truth = hit**2  # two raters agree beyond chance when both name the truth
    found = [agreement(simulated(seed, 150, hit), bootstraps=200, seed=seed) for seed in range(runs)]
    ends = [one.intervals["alpha"] for one in found]
    assert 0.90 <= sum(low <= truth <= high for low, high in ends) / runs <= 0.99
    assert np.mean([one.alpha for one in found if one.alpha is not None]) == pytest.approx(truth, abs=0.01)
