"""What `labels` and `plot` say: what was drawn from the answers, and where it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import print_table, say

if TYPE_CHECKING:  # `labels` needs nothing of what `plot` loads
    from pipelines.weigh.figures import Plots
    from pipelines.weigh.labels import Labels

COLUMNS = ("scheme", "media", "question", "method", "items", "answers", "decided", "tied", "confidence")


def labelled(labels: Labels) -> None:
    """How the labels of each question came out by each method."""
    if not labels.drawn:
        print(
            "no answers by such raters yet; fetch them with emocurate pull, or bring a table: emocurate answers import"
        )
        print("other raters count with --by, such as --by model" + (f"; {labels.file}: no row" if labels.file else ""))
        return
    print_table("Labels", COLUMNS, [[getattr(drawn, name) for name in COLUMNS] for drawn in labels.drawn])
    for scheme, question in labels.anonymous:
        say(f"{scheme}, {question}: nobody knows who answered; methods that weigh raters were left out")
    for scheme, question, method in labels.instead:
        say(f"{scheme}, {question}: none of the methods named suits it, so its {method} stands there")
    if any(method == "mean" for *_, method in labels.instead):
        say("Its answers are numbers of a scale; where they are codes of categories, import with --type NAME=choice")
    if labels.file:
        print(f"one row a label: {labels.file}")
    else:
        say("Write them down with: emocurate labels FILE.parquet (or .csv, .jsonl)")


def plotted(plots: Plots) -> None:
    """Which figures were written."""
    for figure in plots.figures:
        print(f"{figure.png}  {figure.title}")
    if not plots.figures:
        say("no answers yet, nothing to draw; fetch them with: emocurate pull")
