"""What `bench make` and `bench score` say."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from annotate.bench.eqbench import EqScore
from annotate.bench.figures import Baseline, Figure
from annotate.bench.judgement import ItemStatistics, PartScore
from annotate.bench.submissions import Tally
from pipelines.bench.exams import EqScored, Examined, Responder
from pipelines.bench.scoring import Made, Scored
from pipelines.show.benchmarks import examined, made, scored, scored_eqbench

MADE = Made("b", "benchmarks/b", "abc", True, 1_200, 1_100, ("emotion",), {"emotion": "one answer each"})
BASELINE = Baseline(ceiling=0.9, constant=0.3, random=0.2)
FIGURES = tuple(
    Figure(task, metric, "higher", 0.5, 0.4, 0.6, BASELINE)
    for task in ("(mean)", "emotion", "arousal")
    for metric in ("uar", "accuracy", "recall:fear")
)
TALLY = Tally(asked=4, answered=3, missing=1, unknown_items=2, examples=["line 7: item 'q'"])
SCORED = Scored("b", "abc", "mine", "model.csv", None, False, 40, 0, TALLY, FIGURES, ("give --from",), "results/m.json")
EQ = EqScore("v2", 40.0, 30.0, 50.0, "first", 40.0, None, 2, 3, False, 45.5, 3, 12.25, 1, ("9",))
EQ_SCORED = EqScored("mine", "replies.json", None, True, 40, 0, EQ)
PART = PartScore("STEM", 10, 9, 0.6, 0.5, 0.7, 0.53, 0.1, 467, 0.7, 0.4, 0.25)
EXAMINED = Examined("test.json", (Responder("mine", TALLY, (PART,)),), (ItemStatistics("1", 2, 0.5, 0.1),), 0.8)


def test_a_benchmark_that_was_frozen_is_named_with_what_lacks_a_ceiling(capsys: pytest.CaptureFixture[str]) -> None:
    made(MADE)
    printed = capsys.readouterr()
    assert "benchmark b frozen: benchmarks/b\n1,200 items, 1,100 references, 1 tasks; content id abc" in printed.out
    assert "no human ceiling for emotion: one answer each" in printed.err
    assert "emocurate bench score PREDICTIONS --benchmark b" in printed.err


def test_a_score_stands_beside_people_constant_and_random(capsys: pytest.CaptureFixture[str]) -> None:
    scored([SCORED])
    printed = capsys.readouterr()
    rows = [line.split() for line in printed.out.splitlines()]
    assert ["mine", "uar", "(mean)", "0.500", "0.400", "to", "0.600", "0.900", "0.300", "0.200"] in rows
    assert "mine: 3 of 4 answered; 1 missing; 2 about unknown items" in printed.out
    assert "line 7: item 'q'" in printed.out
    assert "mine: give --from" in printed.err
    assert "Saved: results/m.json" in printed.err


def test_of_many_figures_the_first_ones_are_shown_unless_all_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    scored([SCORED])
    few = capsys.readouterr()
    assert "recall:fear" not in few.out
    assert few.out.count("accuracy") == 1 + few.out.count("balanced accuracy")  # that of the mean alone
    assert "More figures with --all or --json" in few.err
    scored([SCORED], everything=True)
    assert capsys.readouterr().out.count("recall:fear") == 3


def test_eq_bench_says_when_a_score_is_not_usable_or_below_a_constant(capsys: pytest.CaptureFixture[str]) -> None:
    scored_eqbench([EQ_SCORED])
    printed = capsys.readouterr()
    assert "45.50 (always 3)" in printed.out
    assert "mine: 2 of 3 questions readable; first pass 40.00, revised -: the first counts" in printed.out
    for words in ("NOT USABLE", "below always answering 3", "1 replies to unknown questions, first '9'", "Not saved"):
        assert words in printed.err


def test_a_test_is_shown_part_by_part_and_item_by_item(capsys: pytest.CaptureFixture[str]) -> None:
    examined(EXAMINED)
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert [
        "mine",
        "STEM",
        "10",
        "9",
        "0.600",
        "0.500",
        "to",
        "0.700",
        "0.530",
        "467",
        "0.700",
        "0.400",
        "0.250",
    ] in rows
    assert ["1", "2", "0.500", "0.100"] in rows
    assert "Cronbach's alpha: 0.800" in printed


def test_json_holds_every_figure(as_json: Callable[[Any], Any]) -> None:
    assert as_json(MADE) == asdict(MADE) | {"tasks": ["emotion"]}
    (data,) = as_json([SCORED])
    assert len(data["figures"]) == 9
    assert as_json([EQ_SCORED])[0]["score"]["constant"] == 45.5
    assert as_json(EXAMINED)["responders"][0]["parts"][0]["human_n"] == 467
