"""Label errors and conflicts are found where they were put, and coverage adds up."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.answers.votes import votes
from annotate.coverage import UNKNOWN, Labelled, coverage
from annotate.label_errors import beliefs, conflicts, label_errors
from tests.annotate.answers.counted import tallied

CATEGORIES = ("anger", "fear", "joy")


def test_a_label_everybody_contradicts_is_an_error_with_what_they_say() -> None:
    some = votes(list("1111222233334444"), list("abcd" * 4), ["joy"] * 8 + ["fear"] * 8, CATEGORIES)
    (error,) = label_errors(some, {"1": "anger", "2": "joy", "3": "fear"})
    assert (error.item, error.given, error.people, error.n) == ("1", "anger", "joy", 4)
    assert (error.share_given, error.share) == (0.0, 1.0)
    assert error.chance is not None
    assert error.chance < 1e-4


def test_one_answer_proves_no_label_wrong() -> None:
    some = votes(["1", "2", "2"], ["a", "a", "b"], ["joy", "fear", "fear"], CATEGORIES)
    assert label_errors(some, {"1": "anger"}) == []


def test_where_people_disagree_a_label_is_not_called_wrong() -> None:
    some = votes(list("111222333"), list("abc" * 3), ["joy", "fear", "anger"] * 3, CATEGORIES)
    assert label_errors(some, {"1": "anger", "2": "joy"}) == []


def test_a_number_far_from_what_people_say_is_an_error() -> None:
    some = votes(list("111222"), list("abc" * 2), [1.0, 2.0, 3.0, 6.0, 7.0, 8.0])
    (error,) = label_errors(some, {"1": 7.0, "2": 7.5})
    assert (error.item, error.people) == ("1", 2.0)
    assert error.off == pytest.approx((7 - 2) / (1 * (1 + 1 / 3) ** 0.5))


def test_labels_that_are_no_category_of_the_question_are_left_alone() -> None:
    some = votes(list("11"), list("ab"), ["joy", "joy"], CATEGORIES)
    assert label_errors(some, {"1": "boredom"}) == []


def test_duplicates_with_opposite_answers_are_a_conflict() -> None:
    some = votes(list("111222333"), list("abc" * 3), ["joy"] * 3 + ["fear"] * 3 + ["joy"] * 3, CATEGORIES)
    (conflict,) = conflicts(some, {"1": "g", "2": "g", "3": "other"})
    assert (conflict.group, conflict.members, conflict.says, conflict.n) == ("g", ("1", "2"), ("joy", "fear"), (3, 3))
    assert conflicts(some, {"1": "g", "3": "g"}) == []


def test_duplicates_on_a_scale_conflict_when_their_means_lie_far_apart() -> None:
    some = votes(list("111222333"), list("abc" * 3), [1.0, 2.0, 3.0, 6.0, 7.0, 8.0, 2.0, 3.0, 3.0])
    assert [conflict.members for conflict in conflicts(some, {"1": "g", "2": "g"})] == [("1", "2")]
    assert conflicts(some, {"1": "g", "3": "g"}) == []


def test_beliefs_follow_bayes_rule() -> None:
    some = votes(list("1112"), list("abca"), ["joy", "joy", "fear", "fear"], ("fear", "joy"))
    # raw agreement is 1/3: below chance, so answers say next to nothing and the prior (3/6, 3/6) remains
    assert beliefs(some).posterior == pytest.approx(np.full((2, 2), 0.5), abs=1e-4)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.sampled_from(CATEGORIES)), min_size=1))
def test_beliefs_are_probabilities(rows: list[tuple[int, int, str]]) -> None:
    table = {(item, rater): value for item, rater, value in rows}
    some = votes([str(i) for i, _ in table], [str(r) for _, r in table], list(table.values()), CATEGORIES)
    found = beliefs(some).posterior
    assert found.sum(axis=1) == pytest.approx(np.ones(len(some.item_ids)))
    assert (found >= 0).all()


def test_wrong_labels_put_into_ferplus_are_found(shared: Path) -> None:
    with (shared / "annotations" / "ferplus.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["Image name"]][:6000]
    names = [name for name in rows[0] if name not in ("Usage", "Image name", "unknown", "NF")]
    counts = np.array([[int(row[name]) for name in names] for row in rows])
    clear = counts.max(axis=1) >= 0.8 * counts.sum(axis=1)
    counts, some = counts[clear], [row["Image name"] for row, keep in zip(rows, clear, strict=True) if keep]
    rng = np.random.default_rng(0)
    right = counts.argmax(axis=1)
    wrong = rng.random(len(some)) < 0.05
    labels = np.where(wrong, (right + rng.integers(1, len(names), len(some))) % len(names), right)
    given_labels = {name: names[label] for name, label in zip(some, labels, strict=True)}
    found = {error.item for error in label_errors(tallied(some, counts, names), given_labels)}
    truth = {name for name, one in zip(some, wrong, strict=True) if one}
    assert found <= truth
    assert len(found) > 0.95 * len(truth)


def test_coverage_counts_add_up_and_name_what_is_missing() -> None:
    things = [Labelled("joy", f"s{n % 3}", "en", "CC0-1.0") for n in range(9)]
    things += [Labelled("fear", "s1", "en", "CC0-1.0")] * 6 + [Labelled("joy", UNKNOWN, "de", "CC-BY-4.0")]
    found = coverage("emotion", things, CATEGORIES, least=3)
    assert found.n == sum(n for _, n in found.categories) == sum(cell.n for cell in found.cells) == 16
    assert dict(found.speakers) == {"anger": 0, "fear": 1, "joy": 3}
    missing = {(one.dimension, one.value): dict(one.categories) for one in found.missing}
    assert missing[("category", "all")] == {"anger": 0}
    assert missing[("language", "de")] == {"fear": 0, "joy": 1}
    assert missing[("speaker", "different speakers")] == {"fear": 1}
    assert ("language", "en") not in missing
