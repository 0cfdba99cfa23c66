"""`agree` where asking stopped early: seen in all questions together, contrast questions left out, bounds not alphas."""

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags
from annotate.ratings.layout import load_layout
from pipelines import collection
from pipelines.imports.answers import Ratings, import_answers
from pipelines.imports.layouts import layout_for
from pipelines.show.agreement import agreed
from pipelines.weigh import agree as weigh
from pipelines.weigh.questions import schemes
from tests.conftest import SHARED
from tests.pipelines.conftest import Builder, empty_in

BINARY = SHARED / "annotations" / "emonet_face_binary.csv"  # nothing in it says which are contrast questions


def binary_in(home: Path, media: Path) -> None:
    """EmoNet-Face Binary by the layout that knows it."""
    empty_in(home, media)
    layout = load_layout("emonet-face-binary")
    import_answers(Ratings(home, collection.find(home).people, layout, (BINARY,)))


@pytest.fixture
def binary(copy_of: Callable[[Builder], Path], shared: Path) -> Path:
    return copy_of(binary_in)


def test_contrast_questions_are_left_out_where_asking_stops_early(binary: Path) -> None:
    found = {one.question: one for one in weigh.agreements(binary)}
    assert sum(one.contrasts for one in found.values()) == 15_999  # human-3, -5 and -7
    told = found["affection"].found.staged
    assert told is not None
    assert [(one.place, one.asked, one.went_on) for one in told.stages] == [(1, 613, 476), (2, 428, 377), (3, 377, 349)]
    assert told.alpha == pytest.approx(0.467, abs=0.001)


def test_of_what_is_doubtful_only_a_lower_bound_is_known(binary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = weigh.agreements(binary)
    doubtful = [one for one in found if one.found.staged and one.found.staged.doubt]
    assert len(doubtful) == 10
    for one in doubtful:
        staged = one.found.staged
        assert staged is not None
        assert (staged.alpha, staged.raw, staged.ac1, staged.intervals, one.band) == (None, None, None, {}, None)
        assert staged.alpha_at_least is not None
    agreed(found, everything=True)
    told = capsys.readouterr()
    assert "Agreement of sequential designs" in told.out
    assert told.err.count("No plain alpha for 40 questions") == 1
    assert "15,999 answers to contrast questions are left out" in told.err


PAIRS = 100  # of an image and an emotion, of which the first are kept


def bring(home: Path, table: Path) -> None:
    """Import a table by plain flags: nothing says that asking stopped early."""
    flags = Flags(corpus="plain", item="path", rater="annotator", question="emotion", value="value")
    layout = layout_for((table,), None, flags, print)
    import_answers(Ratings(home, collection.find(home).people, layout, (table,)))


def plain_in(home: Path, media: Path) -> None:
    """EmoNet-Face Binary by plain flags."""
    empty_in(home, media)
    bring(home, BINARY)


@pytest.fixture
def plain(copy_of: Callable[[Builder], Path], shared: Path) -> Path:
    return copy_of(plain_in)


@pytest.mark.shared
def test_an_undeclared_sequential_design_shows_no_plain_alpha(plain: Path) -> None:
    found = weigh.agreements(plain, bootstraps=0)
    assert len(found) == 40
    assert [one.question for one in found if one.found.alpha is not None] == []
    assert sum(one.contrasts for one in found) == 15_999
    rules = {(one.found.design.first, one.found.design.stop, one.found.design.declared) for one in found}
    assert rules == {(1, "no", False)}


@pytest.mark.shared
def test_nor_does_it_in_the_first_hundred_pairs_of_each_emotion(home: Path, shared: Path, tmp_path: Path) -> None:
    with BINARY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if len(first[row["emotion"]]) < PAIRS:
            first[row["emotion"]][row["path"]] = None
    with (tmp_path / "first.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["path"] in first[row["emotion"]])
    bring(home, tmp_path / "first.csv")
    found = weigh.agreements(home, bootstraps=0)
    assert len(found) == 40
    assert [one.question for one in found if one.found.alpha is not None] == []


@pytest.mark.shared
def test_a_design_that_was_declared_holds_until_another_is(plain: Path) -> None:
    (scheme,) = schemes(plain)
    declared = weigh.agreements(plain, bootstraps=0, scheme=scheme.name, design="fixed")
    assert all(one.found.staged is None for one in declared)
    assert all(one.found.staged is None for one in weigh.agreements(plain, bootstraps=0))
    again = weigh.agreements(plain, bootstraps=0, design="sequential")
    assert all(one.found.design.declared and one.found.alpha is None for one in again)
