"""What `agree` says."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from annotate.agreement.designs import Design
from annotate.agreement.question import Agreement, CategoryAgreement
from annotate.agreement.stages import Stage, Staged
from pipelines.show import terminal
from pipelines.show.agreement import agreed
from pipelines.weigh.agree import Agreed


def fixed(question: str, alpha: float | None, family: str | None = None, **figures: Any) -> Agreed:
    known = {"raw": 0.8, "ac1": 0.75, "hit_rate": 0.9, "reliability": 0.875, "reliability_k": 3.0} | figures
    found = Agreement("nominal", 40, 40, 1_200, 3, alpha=alpha, **known)  # type: ignore[arg-type]
    return Agreed("ekman-1", "voice", question, family, "tentative" if alpha else None, 0, found)


def early(doubt: str | None = None, **figures: Any) -> Agreed:
    stages = (Stage(1, 613, 476, 0.777), Stage(2, 428, 377, 0.881))
    known: dict[str, Any] = {"raw": 0.8, "alpha": 0.467, "ac1": 0.7, "intervals": {"alpha": (0.4, 0.5)}}
    staged = Staged(stages, (), 0, **({"alpha_at_least": 0.467} if doubt else known), doubt=doubt)
    design = Design("sequential", "asking stopped early", 1, "stop", "no", 0)
    found = Agreement("nominal", 613, 428, 1_041, 3, refused=design.refusal, staged=staged, design=design, **figures)
    return Agreed("binary-1", "items", "affection", None, None if doubt else "< .667", 15_999, found)


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


def test_a_question_has_its_coefficients_with_the_interval_the_band_and_the_reliability_of_the_mean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    agreed([fixed("emotion", 0.7, intervals={"alpha": (0.65, 0.75)}, resampled="items drawn again")])
    printed = capsys.readouterr()
    assert "Agreement: ekman-1, voice, nominal" in printed.out
    row = "emotion 40 0.800 0.700 0.650 to 0.750 tentative 0.875 3 0.750"
    assert row.split() in rows(printed.out)
    assert "alpha: Krippendorff's: 1 is perfect, 0 is what chance gives" in printed.out
    assert "mean of k: reliability of what is shipped" in printed.out
    assert "95 %: items drawn again\n  with 3 raters the intervals hold for these raters" in printed.err
    assert printed.err.endswith("Next: emocurate export\n")


def test_questions_of_one_measure_have_a_mean(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.75), fixed("arousal", 0.25)])
    assert ["(mean", "of", "2)", "-", "0.800", "0.500", "-", "0.875", "-", "0.750"] in rows(capsys.readouterr().out)


def test_what_a_column_means_is_said_below_the_first_table_that_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.75), replace(fixed("emotion", 0.5), media="face"), early()])
    printed = capsys.readouterr().out
    assert printed.count("\nAgreement") == 3
    assert [printed.count(f"\n{words}") for words in ("raw: ", "k: ", "AC1: ", "1st yes: ")] == [1, 1, 1, 1]
    assert printed.count("\nalpha: ") == 2, "of a sequential design it is another figure"
    assert printed.index("raw: ") < printed.index("ekman-1, face")


def test_where_asking_stopped_early_there_are_stages_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([early()])
    printed = capsys.readouterr()
    assert "Agreement of sequential designs, stage by stage: binary-1, items" in printed.out
    row = "affection 0.777 of 613 0.881 of 428 0.467 0.400 to 0.500 < .667"
    assert row.split() in rows(printed.out)
    assert "No plain alpha for 1 questions of binary-1: asking stopped early" in printed.err
    assert "emocurate agree --scheme binary-1 --design fixed" in printed.err
    assert "15,999 answers to contrast questions are left out" in printed.err
    assert "Next: emocurate labels FILE.parquet" in printed.err


def test_what_is_but_a_bound_stands_in_no_column_of_alpha(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([early("answers depend on the place")])
    printed = capsys.readouterr()
    assert ["affection", "0.777", "of", "613", "0.881", "of", "428", "0.467"] in rows(printed.out)
    assert ["question", "1st", "yes", "2nd", "yes", "at", "least"] in rows(printed.out)
    assert "only a lower bound of alpha: affection: answers depend on the place" in printed.err


def test_blank_cells_have_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.7), fixed("surprise", None, blanks={"alpha": "all answers are the same"})])
    assert "no alpha for surprise: all answers are the same" in capsys.readouterr().out


def test_cautions_stand_below_once_for_all_questions_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed(f"q{n}", 0.7, cautions=("few items",)) for n in range(5)])
    assert "q0, q1, q2 and 2 more: few items\n" in capsys.readouterr().err


def test_categories_and_further_coefficients_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    result = fixed("emotion", 0.7, cohen=0.61, n_pairs=3, categories=(CategoryAgreement("fear", 0.2, 0.9, 0.4, 0.8),))
    agreed([result])
    assert "fear" not in capsys.readouterr().out
    agreed([result], categories=True, everything=True)
    printed = capsys.readouterr().out
    assert ["emotion", "fear", "0.200", "0.900", "0.400", "<", ".667", "0.800"] in rows(printed)
    assert "Pairs of raters: ekman-1, voice, nominal" in printed
    assert ["emotion", "0.610", "3"] in rows(printed)


def test_hit_rate_and_correlation_are_columns_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    known = {"hit_rate": None, "ac1": None, "ac2": 0.6, "rest_correlation": 0.5, "icc": 0.4, "complete_items": 17}
    scale = fixed("valence", 0.7, **known)
    found = Agreement(**{**vars(scale.found), "measure": "interval"})
    agreed([Agreed(**{**vars(scale), "found": found}), fixed("emotion", 0.7)], everything=True)
    printed = capsys.readouterr().out
    together = printed.partition("All raters: ekman-1, voice, interval")[2].partition("Agreement:")[0]
    assert "r with the others" in together
    assert "hit rate" not in together.partition("\n")[2].partition("\n")[0]
    assert "ICC(2,1)" in together
    assert "complete items" in together
    assert "hit rate" in printed.partition("All raters: ekman-1, voice, nominal")[2]


@pytest.mark.parametrize("family", ["Positive", None])
def test_forty_questions_fold_into_few_lines_that_fit_a_terminal(
    family: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(terminal.sys.stdout, "isatty", lambda: True)
    many = [fixed(f"a_long_name_of_question_{n:02}", n / 40, family and f"{family} {n % 7}") for n in range(1, 41)]
    agreed(many)
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) < 50
    table = re.sub("\x1b[^m]*m", "", printed.out).partition("mean alpha: ")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "emocurate agree --all" in printed.err
    agreed(many, everything=True)
    assert all(result.question in capsys.readouterr().out for result in many[:1])


def test_a_fold_names_the_lowest_and_the_highest_of_each_family(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed(f"q{n:02}", n / 20, "Low" if n < 8 else "High") for n in range(1, 15)])
    printed = rows(capsys.readouterr().out)
    assert ["Low", "7", "0.200", "0.050", "q01", "0.350", "q07", "7"] in printed
    assert ["all", "14", "14", "0.375", "0.050", "q01", "0.700", "q14", "14"] in printed


def test_a_setting_without_effect_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([fixed("emotion", 0.7)], unused={"labels.reliable_alpha": "alpha has bands"})
    assert "emocurate.toml: labels.reliable_alpha has no effect any more (alpha has bands)" in capsys.readouterr().err


def test_without_answers_it_says_where_they_come_from_and_whose_count(capsys: pytest.CaptureFixture[str]) -> None:
    agreed([])
    printed = capsys.readouterr().out
    assert "fetch them with emocurate pull" in printed
    assert "--by model" in printed


def test_json_holds_every_coefficient(as_json: Callable[[Any], Any]) -> None:
    plain, staged = as_json([fixed("emotion", 0.7), early()])
    assert (plain["found"]["alpha"], plain["found"]["reliability"], plain["band"]) == (0.7, 0.875, "tentative")
    assert staged["found"]["staged"]["stages"][1]["went_on"] == 377
