"""What `labels` and `plot` say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.show.labels import labelled, plotted
from pipelines.weigh.figures import Drawn as Figure
from pipelines.weigh.figures import Plots
from pipelines.weigh.labels import Labels
from pipelines.weigh.outcomes import Drawn

LABELS = Labels("snapshot", (Drawn("ekman-1", "voice", "emotion", "majority@1", 1_200, 3_600, 1_100, 100, 0.81),), None)
PLOTS = Plots(
    (Path("figures/a.png"), Path("figures/a.svg")), (Figure("Agreement", Path("figures/a.png"), Path("figures/a.svg")),)
)


def test_labels_are_counted_by_question_and_method(capsys: pytest.CaptureFixture[str]) -> None:
    labelled(LABELS)
    printed = capsys.readouterr()
    row = ["ekman-1", "voice", "emotion", "majority@1", "1,200", "3,600", "1,100", "100", "0.810"]
    assert printed.out.splitlines()[-1].split() == row
    assert "emocurate labels FILE.parquet" in printed.err


def test_the_file_of_the_labels_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    labelled(replace(LABELS, file=Path("out/labels.csv")))
    assert "out/labels.csv" in capsys.readouterr().out


def test_methods_that_were_left_out_are_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    labelled(replace(LABELS, anonymous=(("ekman-1", "emotion"),)))
    assert "ekman-1, emotion: nobody knows who answered" in capsys.readouterr().err


def test_without_answers_there_are_no_labels(capsys: pytest.CaptureFixture[str]) -> None:
    labelled(replace(LABELS, drawn=()))
    assert "no answers by such raters yet; fetch them with emocurate pull" in capsys.readouterr().out


def test_each_figure_is_named_with_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    plotted(PLOTS)
    assert capsys.readouterr().out == "figures/a.png  Agreement\n"


def test_without_answers_there_is_nothing_to_draw(capsys: pytest.CaptureFixture[str]) -> None:
    plotted(Plots((), ()))
    assert "nothing to draw; fetch them with: emocurate pull" in capsys.readouterr().err


def test_json_holds_labels_and_all_files(as_json: Callable[[Any], Any]) -> None:
    assert as_json(LABELS)["drawn"][0]["decided"] == 1_100
    assert as_json(PLOTS) == {
        "files": ["figures/a.png", "figures/a.svg"],
        "figures": [{"title": "Agreement", "png": "figures/a.png", "svg": "figures/a.svg"}],
    }
    assert as_json(Plots((), ())) == {"files": [], "figures": []}
