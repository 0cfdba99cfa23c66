"""Counting many answers at once gives what counting one after the other gives: pairs of raters, patterns, the latest."""

from collections import Counter
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotate.agreement.pairs import SHARED, rater_pairs
from annotate.agreement.tallies import tally
from annotate.answers.votes import Votes, votes
from tests.annotate.answers.answer_logs import Given, logs_of

GIVEN = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 4)), st.sampled_from(["a", "b", "c"]), min_size=1, max_size=30
)
Answered = dict[tuple[int, int], str]


def voted(answered: Answered) -> Votes:
    """Answers by (item, rater) as votes."""
    items, raters = zip(*answered, strict=True)
    return votes(
        [f"i{item}" for item in items], [f"r{rater}" for rater in raters], [*answered.values()], ["a", "b", "c"]
    )


def counted_one_by_one(answered: Answered) -> Counter[tuple[str, str, int, int]]:
    """How often two raters gave two levels to an item both answered, for those who share enough items."""
    cells: Counter[tuple[str, str, int, int]] = Counter()
    for (item, one), (other_item, other) in combinations(sorted(answered), 2):
        if item == other_item:
            levels = ("abc".index(answered[item, rater]) for rater in (one, other))
            cells[f"r{one}", f"r{other}", *levels] += 1
    shared = Counter(dict.fromkeys({cell[:2] for cell in cells}, 0))
    for cell, times in cells.items():
        shared[cell[:2]] += times
    return Counter({cell: times for cell, times in cells.items() if shared[cell[:2]] >= SHARED})


@given(GIVEN)
def test_cells_of_pairs_of_raters_are_those_counted_one_by_one(answered: Answered) -> None:
    some = voted(answered)
    found = rater_pairs(some)
    names = named(found.raters, some)
    cells = zip(found.pair.tolist(), found.first.tolist(), found.second.tolist(), found.times.tolist(), strict=True)
    assert {(*names[pair], *levels): times for pair, *levels, times in cells} == counted_one_by_one(answered)
    key = list(zip(found.pair.tolist(), found.first.tolist(), found.second.tolist(), strict=True))
    assert key == sorted(key)


@given(GIVEN, st.integers(0, 2**16))
def test_items_drawn_again_weigh_the_cells_they_make_up(answered: Answered, seed: int) -> None:
    some = voted(answered)
    found = rater_pairs(some)
    assert found.items.sum(axis=1).tolist() == found.times.tolist()
    drawn = np.random.default_rng(seed).integers(0, 2, len(some.item_ids))
    again = {key: answer for key, answer in answered.items() if drawn[some.item_ids.index(f"i{key[0]}")]}
    shared = np.bincount(found.pair, found.items @ drawn.astype(float), len(found.raters))
    assert shared.tolist() == [counted_with(again, found.raters, some)[pair] for pair in named(found.raters, some)]


def named(pairs: np.ndarray, some: Votes) -> list[tuple[str, str]]:
    return [(some.rater_ids[one], some.rater_ids[other]) for one, other in pairs.tolist()]


@given(GIVEN)
def test_nobody_is_paired_where_nobody_knows_who_answered(answered: Answered) -> None:
    found = rater_pairs(voted(answered).anonymous())
    assert (len(found.raters), found.items.shape[0]) == (0, 0)


def counted_with(answered: Answered, pairs: np.ndarray, some: Votes) -> Counter[tuple[str, str]]:
    """How many items each of these pairs of raters shares."""
    wanted = set(named(pairs, some))
    both = ((f"r{one}", f"r{other}") for (a, one), (b, other) in combinations(sorted(answered), 2) if a == b)
    return Counter(pair for pair in both if pair in wanted)


@given(GIVEN)
def test_items_show_one_pattern_exactly_if_their_answers_are_the_same_in_number_and_kind(answered: Answered) -> None:
    some = voted(answered)
    found = tally(some)
    rows = [sorted(some.codes[some.items == item].tolist()) for item in range(len(some.item_ids))]
    in_order = sorted({(len(row), *row) for row in rows})
    assert [in_order.index((len(row), *row)) for row in rows] == found.pattern.tolist()
    starts = found.counts.starts
    for item, pattern in enumerate(found.pattern):
        entries = slice(starts[pattern], starts[pattern + 1])
        times = dict(zip(found.counts.levels[entries].tolist(), found.counts.counts[entries].tolist(), strict=True))
        assert times == Counter(rows[item])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3), st.integers(0, 2)), min_size=1))
def test_of_the_answers_of_a_rater_to_an_item_the_latest_counts_in_any_order_of_rows(
    rows: list[tuple[int, int, int, int]],
) -> None:
    said = [
        Given(f"i{item}", f"r{rater}", 1.0, ask=f"k{item}{ask}", at=at)
        for item, rater, ask, at in {(row[0], row[1], row[2]): row for row in rows}.values()
    ]
    (log,) = logs_of(said, points=(0.0, 1.0))
    expected = {}
    for one in said:
        key = one.item, one.rater
        expected[key] = max(expected.get(key, (-1, "")), (one.at, str(one.ask)))
    found = {
        (log.item_ids[log.items[row]], log.rater_ids[log.raters[row]]): (said[row].at, said[row].ask)
        for row in log.latest.tolist()
    }
    assert found == expected
    assert [*found] == sorted(found)
