"""What `bench` says when it is done: every figure of a model beside people, the best constant answer and chance."""

from collections.abc import Sequence
from typing import Any

from annotate.bench.figures import MEAN, POOLED, Figure
from annotate.bench.submissions import Tally
from pipelines.bench.exams import EqScored, Examined
from pipelines.bench.files import without_ceiling
from pipelines.bench.scoring import Made, Scored
from pipelines.show.terminal import print_table, say

COLUMNS = ("model", "metric", "over", "value", "95 % interval", "people", "constant", "random")
FIRST = ("kappa_quadratic", "spearman", "mae", "uar", "macro_f1", "js")  # what is shown of each task


def made(benchmark: Made) -> None:
    """What was frozen."""
    state = "frozen" if benchmark.new else "is up to date, with its intervals as they were frozen"
    print(f"benchmark {benchmark.name} {state}: {benchmark.folder}")
    counts = f"{benchmark.items:,} items, {benchmark.references:,} references, {len(benchmark.tasks):,} tasks"
    print(f"{counts}; content id {benchmark.id}")
    for line in without_ceiling(benchmark.refused):
        say(f"no human ceiling for {line}")
    command = f"emocurate bench score PREDICTIONS --benchmark {benchmark.name}"
    say(f"Next: {command}; how a table looks stands in its README.md")


def scored(results: Sequence[Scored], everything: bool = False) -> None:
    """What models reached; overall figures and the first ones of each task, or all of them."""
    shown = [
        (result, figure) for result in results for figure in result.figures if everything or _is_shown(result, figure)
    ]
    shown.sort(key=lambda both: both[1].task not in (MEAN, POOLED))  # what sums up first, models beside each other
    print_table(f"Scores on {results[0].benchmark}", COLUMNS, [_row(result.model, figure) for result, figure in shown])
    for result in results:
        _accounted(result.model, result.tally)
        for hint in result.hints:
            say(f"{result.model}: {hint}")
    print("people: raters against each other; constant: the best single answer; random: answers by chance")
    if any(figure.metric == "uar" for _, figure in shown):
        print("uar: the unweighted average recall, which is balanced accuracy; tied references are split")
    if not everything:
        say("More figures with --all or --json.")
    _saved([result.file for result in results])


def scored_eqbench(results: Sequence[EqScored]) -> None:
    """What models reached on EQ-Bench."""
    rows = []
    for result in results:
        score = result.score
        constant = f"{score.constant:.2f} (always {score.constant_value})"
        ends = _interval(score.low, score.high, 2)
        reached, published, random = (_number(n, 2) for n in (score.score, result.published, score.random))
        rows.append([result.model, f"EQ-Bench {score.version}", reached, ends, published, "-", constant, random])
    print_table(
        "EQ-Bench", ["model", "metric", "value", "95 % interval", "published", "people", "constant", "random"], rows
    )
    for result in results:
        score = result.score
        first, revised = (_number(number, 2) for number in (score.first, score.revised))
        print(
            f"{result.model}: {score.readable:g} of {score.questions} questions readable"
            + (f"; first pass {first}, revised {revised}: the {score.chosen} counts" if result.revision else "")
        )
        if result.hint:
            say(f"{result.model}: {result.hint}")
        if not score.usable:
            say(f"{result.model}: NOT USABLE, fewer than 83.33 % of the questions could be read")
        if score.score is not None and score.score < score.constant:
            say(f"{result.model}: below always answering {score.constant_value}")
        if score.unknown:
            say(f"{result.model}: {len(score.unknown)} replies to unknown questions, first {score.unknown[0]!r}")
    _saved([result.file for result in results])


def examined(results: Examined) -> None:
    """What everybody reached on a situational-judgement test."""
    columns = ["model", "part", "items", "answered", "score", "95 % interval", "people", "n", "z", "constant", "random"]
    rows = [
        [responder.model, part.part, part.items, part.answered, part.score, _interval(part.low, part.high), part.human,
         part.human_n, part.z, part.constant, part.random]
        for responder in results.responders
        for part in responder.parts
    ]  # fmt: skip
    print_table(f"Scores on {results.test}", columns, rows)
    for responder in results.responders:
        _accounted(responder.model, responder.tally)
    print("people: human norms; constant: the best one can do by position; random: choosing by chance")
    if results.items:
        shown = [[item.item, item.n, item.p_value, item.item_rest] for item in results.items]
        print_table(
            f"Items over {len(results.responders)} responders",
            ["item", "n", "mean points", "item-rest correlation"],
            shown,
        )
        print(f"Cronbach's alpha: {_number(results.cronbach)}")
    _saved([responder.file for responder in results.responders])


def _is_shown(result: Scored, figure: Figure) -> bool:
    if ":" in figure.metric:
        return False
    tasks = {other.task for other in result.figures} - {MEAN, POOLED}
    return figure.task in (MEAN, POOLED) or len(tasks) == 1 or figure.metric in FIRST


def _row(model: str, figure: Figure) -> list[Any]:
    baseline = figure.baseline
    over = figure.task
    ends = _interval(figure.low, figure.high)
    return [model, figure.metric, over, figure.value, ends, baseline.ceiling, baseline.constant, baseline.random]


def _accounted(model: str, tally: Tally) -> None:
    parts = [f"{tally.answered:,} of {tally.asked:,} answered"]
    named = (
        (tally.refused, "refused"),
        (tally.unreadable, "unreadable"),
        (tally.missing, "missing"),
        (tally.unknown_items, "about unknown items"),
        (tally.unknown_tasks, "about unknown questions"),
        (tally.normalised, "soft labels brought to a sum of one"),
        (tally.outside, "beyond the ends of the scale"),
    )
    parts += [f"{count:,} {what}" for count, what in named if count]
    print(f"{model}: {'; '.join(parts)}")
    for example in tally.examples:
        print(f"  {example}")


def _saved(files: Sequence[str]) -> None:
    """Where results were saved; an empty name is one that was not."""
    saved = [file for file in files if file]
    say(
        "Saved: " + ", ".join(saved)
        if saved
        else "Not saved: there is no collection in --home, the current folder else"
    )


def _interval(low: float | None, high: float | None, digits: int = 3) -> str:
    return "-" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _number(number: float | None, digits: int = 3) -> str:
    return "-" if number is None else f"{number:.{digits}f}"
