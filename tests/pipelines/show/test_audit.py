"""What `audit` says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotate.comparison import Comparison, Difference
from pipelines.show.audit import SHOWN, audited
from pipelines.weigh.audit import Audit, Requested, audit
from pipelines.weigh.comparisons import Compared, OddSizes
from tests.pipelines.answering import EKMAN, Said, answer, asset

NOTHING = Audit(0, (), (), (), ())


@pytest.fixture
def contested(home: Path) -> Audit:
    """A requested emotion that nobody perceives, and an item on which two rounds disagree."""
    (clip,) = asset(home, "one", requested="happy", speaker="p1")
    said = [Said(item, rater, "fear") for item in (clip, "k1") for rater in "abcde"]
    answer(home, said + [Said("k1", rater, "anger", round=2, second=9) for rater in "abcde"])
    return audit(home)


def test_labels_that_fight_what_people_say_are_listed(contested: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    audited(contested)
    printed = capsys.readouterr().out
    assert printed.startswith("1 given labels held against answers of people: 1 look wrong\n")
    row = next(line for line in printed.splitlines() if line.startswith("one.wav"))
    assert row.split()[:8] == ["one.wav", "0.00", "s", "emotion", "requested", "happiness", "fear", "5"]


def test_conflicts_and_what_is_not_covered_are_listed(contested: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    audited(contested)
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if line.startswith("k1"))
    assert "rounds" in row
    assert "fear / anger" in row
    assert f"Coverage: {EKMAN.name}" in printed
    assert "fewer than 5" in printed


def test_an_audit_of_nothing_finds_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audited(audit(home))
    assert capsys.readouterr().out == "0 given labels held against answers of people: 0 look wrong\n"


def test_of_a_long_list_the_first_are_shown_and_how_to_see_all(capsys: pytest.CaptureFixture[str]) -> None:
    spellings = (("happy", "a.csv"), ("sad", "b.csv"))
    audited(replace(NOTHING, requested=tuple(Requested(f"asset{n:03}", spellings) for n in range(SHOWN + 1))))
    printed = capsys.readouterr()
    assert printed.out.count("happy / sad  a.csv / b.csv") == SHOWN
    assert "--json has all of them" in printed.err


def test_sources_are_compared_item_by_item_unless_they_share_nothing_but_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alike = Comparison(10, 9, 2, 0, 0.85, (Difference("k2", "fear", 1.25),))
    strange = Comparison(10, 1, 0, 0, -0.1, (Difference("k3", "joy", "anger"),))
    audited(
        replace(NOTHING, compared=(Compared("emotion", "v1", "v2", alike), Compared("emotion", "v1", "w", strange)))
    )
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    assert ["emotion", "v1", "v2", "10", "9", "0.850", "2", "0"] in lines
    assert ["emotion", "v1", "w", "10", "1", "-0.100", "0", "0"] in lines
    assert ["k2", "emotion", "v1:", "fear", "v2:", "1.25"] in lines
    assert "k3" not in printed


def test_items_with_an_odd_number_of_answers_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    audited(replace(NOTHING, odd_sizes=(OddSizes("ferplus-1", "emotion", 10, (("k1", 9),)),)))
    assert "ferplus-1 emotion: not 10 answers, as nine of ten items have: k1 (9)\n" in capsys.readouterr().out


def test_json_holds_everything_that_was_found(contested: Audit, as_json: Callable[[Any], Any]) -> None:
    data = as_json(contested)
    assert data["errors"][0]["error"]["given"] == "happiness"
    assert data["checked"] == 1
