"""`agree` where asking stopped early: contrast questions are left out, and what is doubtful is not called reliable."""

from pathlib import Path

import pytest

from annotate.ratings.layout import load_layout
from pipelines import collection
from pipelines.imports.answers import Ratings, import_answers
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


def test_what_is_doubtful_is_not_called_reliable(binary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = weigh.agreements(binary, gate=-1)
    doubtful = [one for one in found if one.found.staged and one.found.staged.doubt]
    assert len(doubtful) == 10
    assert not any(one.reliable for one in doubtful)
    assert all(one.reliable for one in found if one not in doubtful)
    agreed(found)
    told = capsys.readouterr()
    assert "Agreement of sequential designs" in told.out
    assert told.err.count("No plain alpha for 40 questions") == 1
    assert "15,999 answers to contrast questions are left out" in told.err
