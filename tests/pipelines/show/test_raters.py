"""What `raters report`, `exclude` and `include` say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.show.raters import decided, reported
from pipelines.weigh.exclusions import Excluded
from pipelines.weigh.raters import Raters, raters
from tests.pipelines.answering import Said, answer


@pytest.fixture
def report(home: Path) -> Raters:
    """Two raters who agree, and a third who is quick and disagrees with both."""
    said = [
        Said(f"{n}", rater, "fear" if n % 2 else "anger", second=n, took_ms=900) for n in range(20) for rater in "ab"
    ]
    answer(home, said + [Said(f"{n}", "x", "happiness", second=n, took_ms=50) for n in range(20)])
    return raters(home)


def test_a_report_has_a_row_for_each_rater_and_a_legend(report: Raters, capsys: pytest.CaptureFixture[str]) -> None:
    reported(report)
    printed = capsys.readouterr()
    lines = [line.split() for line in printed.out.splitlines()]
    assert ["a", "person", "20", "20", "0", "0.500"] in [line[:6] for line in lines]
    assert ["x", "person", "20", "20", "0", "0.000"] in [line[:6] for line in lines]
    assert "agrees: agreement with the leave-one-out consensus of the others" in printed.out


def test_what_is_worth_a_look_is_no_verdict(report: Raters, capsys: pytest.CaptureFixture[str]) -> None:
    reported(report)
    printed = capsys.readouterr()
    assert "Worth a look" in printed.out
    assert "None of this is a verdict" in printed.err
    assert "emocurate raters exclude RATER --reason" in printed.err


def test_without_answers_a_report_says_where_they_come_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported(raters(home))
    printed = capsys.readouterr().out
    assert "no answers yet; fetch them with emocurate pull" in printed
    assert "emocurate answers import" in printed


def test_what_could_not_be_compared_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    reported(Raters((), (), {}, ("nobody signed the votes of lab",)))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "mind: nobody signed the votes of lab\n")


def test_why_clips_were_skipped_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    reported(Raters((), (), {"a": 3}, (), {"cannot tell": 2, "broken": 1}))
    assert "Skipped because: cannot tell 2, broken 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (Excluded("p1", True, "random answers", True), "p1 is left out: random answers\n"),
        (Excluded("p1", True, "random answers", False), "p1 is left out already: random answers\n"),
        (Excluded("p1", False, None, True), "p1 counts\n"),
    ],
)
def test_whether_a_rater_counts_from_now_on_is_said(
    decision: Excluded, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(decision)
    assert capsys.readouterr().out == line


def test_json_holds_every_report_and_flag(report: Raters, as_json: Callable[[Any], Any]) -> None:
    data = as_json(report)
    assert [rater["rater"] for rater in data["reports"]] == ["a", "b", "x"]
    assert {flag["name"] for flag in data["flags"]} >= {"fast", "disagrees"}
    assert as_json(Excluded("p1", False, None, True)) == {
        "rater": "p1", "excluded": False, "reason": None, "new": True,
    }  # fmt: skip
