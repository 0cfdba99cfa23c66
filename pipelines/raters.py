"""`raters report`: what is known of every rater, and what of it is worth a look."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.designs import recognised
from annotate.rater_flags import Flag, Limits, flags
from annotate.raters import RaterReport, Standing, rater_reports
from pipelines.answered import Answered, answered
from pipelines.engine.catalog import Catalog
from pipelines.exclusions import excluded
from pipelines.terminal import print_json, print_table, say

# How often each rater skipped an ask, or a question of it.
SKIPPED = "SELECT rater, count(DISTINCT ask) FROM current_answers WHERE state = 'skipped' GROUP BY rater"


@dataclass(frozen=True)
class Raters:
    """What is known of all raters; `cautions` say what could not be compared and why."""

    reports: tuple[RaterReport, ...]
    flags: tuple[Flag, ...]
    skipped: dict[str, int]
    cautions: tuple[str, ...]


def raters(home: Path, limits: Limits | None = None, fast_ms: float = 0, slow_ms: float = 0) -> Raters:
    """A report on every rater who has answered; `fast_ms` and `slow_ms` are limits of durations, 0 for those found."""
    told = answered(home)
    sequential = stopped_early(told)
    kinds = told[0].kinds if told else {}
    standing = Standing(kinds, excluded(home), frozenset(sequential), fast_ms, slow_ms)
    found = rater_reports([one.log for one in told], standing)
    skipped = dict(Catalog(home).rows(f"{SKIPPED} ORDER BY rater"))
    return Raters(tuple(found), tuple(flags(found, limits or Limits())), skipped, tuple(_cautions(told, sequential)))


def stopped_early(told: Sequence[Answered]) -> dict[tuple[str, str], str]:
    """The questions (scheme, question) whose asking stopped early, each with what shows it.

    Rare answers can hide the rule in a single question; so what holds for one holds for all questions of its scheme
    that take the same answers.
    """
    shown: dict[tuple[str, tuple[str, ...], tuple[float, ...]], str] = {}
    for one in told:
        design = recognised(one.log.votes(one.among("person", {})), one.scheme.protocol)
        if design.kind == "sequential":
            shown.setdefault((one.log.scheme, one.log.categories, one.log.points), f"{one.name}: {design.reason}")
    return {
        (one.log.scheme, one.name): shown[key]
        for one in told
        if (key := (one.log.scheme, one.log.categories, one.log.points)) in shown
    }


def show(found: Raters, json: bool) -> None:
    """The report as tables, or as JSON with every figure and interval."""
    if json:
        print_json(found)
        return
    if not found.reports:
        print("no answers yet; fetch them with emocurate pull, or bring a table with emocurate answers import")
        return
    _show_raters(found)
    _show_signs(found)
    for caution in found.cautions:
        say(f"mind: {caution}")
    rows = [[flag.rater, flag.name, flag.evidence] for flag in found.flags]
    if rows:
        print_table("Worth a look", ["rater", "what", "evidence"], rows)
        say("None of this is a verdict. To leave a rater out: emocurate raters exclude RATER --reason …")


def _show_raters(found: Raters) -> None:
    columns = ["rater", "kind", "answers", "asks", "skipped", "agrees", "others", "gold", "repeats", "median s", "out"]
    rows = [
        [
            report.rater,
            report.kind,
            report.answers,
            report.asks,
            found.skipped.get(report.rater, 0),
            report.peers.value,
            report.same_items,
            report.gold.value,
            report.consistency.value,
            None if report.speed.median_ms is None else report.speed.median_ms / 1000,
            report.excluded or "",
        ]
        for report in found.reports
    ]
    print_table("Raters", columns, rows)
    print(
        "agrees: with the consensus of the others; others: what they reach at the same items; gold, repeats: shares "
        "answered right, and as before"
    )


def _show_signs(found: Raters) -> None:
    columns = ["rater", "yes", "yes to contrast", "shift", "too fast", "too slow", "longest run", "flat", "copied"]
    columns += ["drift", "anchoring"]
    rows = []
    for report in found.reports:
        lenient, lines = report.leniency, report.lines
        run = f"{lines.run.length} x {lines.run.answer}" if lines.run else None
        row = [report.rater, lenient.yes.value, lenient.contrast.value, lenient.shift, report.speed.fast.value]
        row += [report.speed.slow.value, run, lines.flat.value, lines.copied.value]
        rows.append([*row, *(one.difference if one else None for one in (report.drift, report.anchoring))])
    print_table("Signs", columns, rows)


def _cautions(told: Sequence[Answered], sequential: dict[tuple[str, str], str]) -> list[str]:
    names = {one.log.scheme: f"{one.scheme.name}-{one.scheme.version}" for one in told}
    found = []
    for scheme, name in names.items():
        reasons = [reason for (of, _), reason in sequential.items() if of == scheme]
        if reasons:
            found.append(
                f"{len(reasons)} of {sum(one.log.scheme == scheme for one in told)} questions of {name} stopped early, "
                f"so that agreement with others, shift and drift leave them out ({reasons[0]})"
            )
    return found
