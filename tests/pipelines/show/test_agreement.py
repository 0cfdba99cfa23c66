"""What `agree` says."""

from collections.abc import Callable
from typing import Any

import pytest

from annotate.agreement.question import Agreement, CategoryAgreement
from annotate.agreement.stages import Stage, Staged
from pipelines.show.agreement import agreed
from pipelines.weigh.agree import Agreed


def fixed(question: str, alpha: float, **figures: Any) -> Agreed:
    found = Agreement("nominal", 40, 40, 1_200, 3, raw=0.8, alpha=alpha, ac1=0.75, ceiling=0.9, **figures)
    return Agreed("ekman-1", "voice", question, alpha >= 0.667, (), 0, found)


def early(doubt: str | None = None) -> Agreed:
    stages = (Stage(1, 613, 476, 0.777), Stage(2, 428, 377, 0.881))
    staged = Staged(stages, (), 0, 0.8, 0.467, 0.7, {"alpha": (0.4, 0.5)}, doubt)
    found = Agreement("nominal", 613, 428, 1_041, 3, refused="asking stopped early", staged=staged)
    return Agreed("binary-1", "items", "affection", False, (), 15_999, found)


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


def test_a_question_has_its_coefficients_with_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.7, intervals={"alpha": (0.65, 0.75)})])
    printed = capsys.readouterr()
    row = "ekman-1 voice emotion nominal 40 1,200 0.800 0.700 0.650 to 0.750 0.750 0.900 yes"
    assert row.split() in rows(printed.out)
    assert "alpha: Krippendorff's: 1 is perfect, 0 is what chance gives" in printed.out
    assert printed.err == "Next: emocurate export\n"


def test_questions_of_one_measure_have_a_mean(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.75), fixed("arousal", 0.25)])
    assert [
        "ekman-1",
        "voice",
        "(mean",
        "of",
        "2)",
        "nominal",
        "-",
        "-",
        "0.800",
        "0.500",
        "0.750",
        "0.900",
        "-",
    ] in rows(capsys.readouterr().out)


def test_where_asking_stopped_early_there_are_stages_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([early("answers depend on the place")])
    printed = capsys.readouterr()
    assert "Agreement of sequential designs, stage by stage" in printed.out
    row = "binary-1 items affection 0.777 of 613 0.881 of 428 0.467 0.400 to 0.500 no yes"
    assert row.split() in rows(printed.out)
    assert "No plain alpha for 1 questions of binary-1: asking stopped early" in printed.err
    assert "15,999 answers to contrast questions are left out" in printed.err
    assert "doubtful, so not called reliable: affection: answers depend on the place" in printed.err
    assert "Next: emocurate labels FILE.parquet" in printed.err


def test_categories_and_further_coefficients_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    result = fixed("emotion", 0.7, cohen=0.61, n_pairs=3, categories=(CategoryAgreement("fear", 0.2, 0.9, 0.4, 0.8),))
    agreed([result])
    assert "fear" not in capsys.readouterr().out
    agreed([result], categories=True, everything=True)
    printed = capsys.readouterr().out
    assert ["ekman-1", "voice", "emotion", "fear", "0.200", "0.900", "0.400", "0.800", "no"] in rows(printed)
    assert "Further coefficients" in printed
    assert "0.610" in printed


def test_without_answers_it_says_where_they_come_from_and_whose_count(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([])
    printed = capsys.readouterr().out
    assert "fetch them with emocurate pull" in printed
    assert "--by model" in printed


def test_json_holds_every_coefficient(as_json: Callable[[Any], Any]) -> None:
    plain, staged = as_json([fixed("emotion", 0.7), early()])
    assert (plain["found"]["alpha"], plain["reliable"]) == (0.7, True)
    assert staged["found"]["staged"]["stages"][1]["went_on"] == 377
