"""`agree` where asking stopped early: seen in all questions together, contrast questions left out, bounds not alphas."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from annotate.ratings.flags import Flags
from annotate.ratings.layout import load_layout
from pipelines import collection
from pipelines.imports.answers import Ratings, import_answers
from pipelines.imports.layouts import layout_for
from pipelines.show.agreement import agreed
from pipelines.weigh import agree as weigh


@pytest.fixture
def binary(home: Path, shared: Path) -> Path:
    """EmoNet-Face Binary, in which nothing says which questions are contrast questions."""
    table = shared / "annotations" / "emonet_face_binary.csv"
    layout = load_layout("emonet-face-binary")
    import_answers(Ratings(home, collection.find(home).people, layout, (table,)))
    return home


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


def plain(home: Path, table: Path) -> list[weigh.Agreed]:
    """What `agree` finds where a table came by plain flags: nothing says that asking stopped early."""
    flags = Flags(corpus="plain", item="path", rater="annotator", question="emotion", value="value")
    layout = layout_for((table,), None, flags, print)
    import_answers(Ratings(home, collection.find(home).people, layout, (table,)))
    return weigh.agreements(home, bootstraps=0)


@pytest.fixture
def table(shared: Path) -> Path:
    return shared / "annotations" / "emonet_face_binary.csv"


@pytest.mark.shared
def test_an_undeclared_sequential_design_shows_no_plain_alpha(home: Path, table: Path) -> None:
    found = plain(home, table)
    assert len(found) == 40
    assert [one.question for one in found if one.found.alpha is not None] == []
    assert sum(one.contrasts for one in found) == 15_999
    rules = {(one.found.design.first, one.found.design.stop, one.found.design.declared) for one in found}
    assert rules == {(1, "no", False)}


@pytest.mark.shared
def test_nor_does_it_in_the_first_hundred_pairs_of_each_emotion(home: Path, table: Path, tmp_path: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if len(first[row["emotion"]]) < PAIRS:
            first[row["emotion"]][row["path"]] = None
    with (tmp_path / "first.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["path"] in first[row["emotion"]])
    found = plain(home, tmp_path / "first.csv")
    assert len(found) == 40
    assert [one.question for one in found if one.found.alpha is not None] == []


@pytest.mark.shared
def test_a_design_that_was_declared_holds_until_another_is(home: Path, table: Path) -> None:
    plain(home, table)
    (scheme,) = {one.scheme for one in weigh.agreements(home, bootstraps=0)}
    declared = weigh.agreements(home, bootstraps=0, scheme=scheme, design="fixed")
    assert all(one.found.staged is None for one in declared)
    assert all(one.found.staged is None for one in weigh.agreements(home, bootstraps=0))
    again = weigh.agreements(home, bootstraps=0, design="sequential")
    assert all(one.found.design.declared and one.found.alpha is None for one in again)
