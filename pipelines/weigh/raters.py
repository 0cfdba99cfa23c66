"""`raters report`: what is known of every rater, and what of it is worth a look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotate.answers.log import AnswerLog
from annotate.raters.flags import Flag, Limits, flags
from annotate.raters.reports import RaterReport, Standing, rater_reports
from pipelines.engine.catalog import Catalog
from pipelines.show.terminal import print_json, print_table, say
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs, name_of
from pipelines.weigh.sequential import named, stopped_early, unmarked_contrasts, with_contrasts

# How often each rater skipped an ask, or a question of it.
SKIPPED = "SELECT rater, count(DISTINCT ask) FROM latest_answers WHERE state = 'skipped' GROUP BY rater"


SIGNS = {
    "yes": "share of answers that say it is there",
    "yes to contrast": "the same of contrast questions, where it should not be",
    "shift": "mean distance to the others at the same items, in lengths of the scale; below 0 is lower",
    "too fast": "share of answers far quicker than is usual here, or than --fast-ms",
    "too slow": "share of answers far slower than is usual here, or than --slow-ms",
    "longest run": "the least likely run of equal answers",
    "flat": "share of sheets with one answer to everything",
    "copied": "share of sheets like the one before",
    "drift": "agreement with the others at the end less that at the beginning",
    "anchoring": "how much more often the answer is the one that was suggested",
}


@dataclass(frozen=True)
class Raters:
    """What is known of all raters; `cautions` say what could not be compared and why."""

    reports: tuple[RaterReport, ...]
    flags: tuple[Flag, ...]
    skipped: dict[str, int]
    cautions: tuple[str, ...]


def raters(home: Path, limits: Limits | None = None, fast_ms: float = 0, slow_ms: float = 0) -> Raters:
    """A report on every rater who has answered; `fast_ms` and `slow_ms` are limits of durations, 0 for those found."""
    everything = list(answer_logs(home))
    logs = named(everything)
    sequential = stopped_early(logs)
    contrasts = unmarked_contrasts(logs, sequential)
    kinds = dict(zip(logs[0].rater_ids, logs[0].rater_kinds, strict=True)) if logs else {}
    standing = Standing(kinds, excluded(home), frozenset(sequential), fast_ms, slow_ms)
    reports = rater_reports([with_contrasts(log, contrasts) for log in logs], standing)
    skipped = dict(Catalog(home).rows(f"{SKIPPED} ORDER BY rater"))
    cautions = [*_anonymous(everything), *_cautions(logs, sequential, contrasts)]
    return Raters(tuple(reports), tuple(flags(reports, limits or Limits())), skipped, tuple(cautions))


def show(found: Raters, json: bool) -> None:
    """The report as tables, or as JSON with every figure and interval."""
    if json:
        print_json(found)
        return
    if found.reports:
        _show_raters(found)
        _show_signs(found)
    elif not found.cautions:
        print("no answers yet; fetch them with emocurate pull, or bring a table with emocurate answers import")
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
            report.excluded or None,
        ]
        for report in found.reports
    ]
    legend = {
        "agrees": "share of answers like the consensus of the others",
        "others": "what the others reach at the same items",
        "gold": "share of gold asks answered right",
        "repeats": "share of repeated asks answered as before",
    }
    print_table("Raters", columns, rows, legend)


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
    print_table("Signs", columns, rows, SIGNS)


def _anonymous(logs: Sequence[AnswerLog]) -> Iterator[str]:
    names = {log.rater_ids[code].rpartition("/")[0] for log in logs[:1] for code in np.flatnonzero(log.anonymous)}
    if names:
        yield f"the votes of {', '.join(sorted(names))} are anonymous: there is no rater to report on"


def _cautions(
    logs: Sequence[AnswerLog], sequential: Mapping[tuple[str, str], str], contrasts: Mapping[str, set[str]]
) -> Iterator[str]:
    for scheme, name in {log.scheme.id: name_of(log.scheme) for log in logs}.items():
        if reasons := [reason for (of, _), reason in sequential.items() if of == scheme]:
            yield (
                f"{len(reasons)} of {sum(log.scheme.id == scheme for log in logs)} questions of {name} stopped early, "
                f"so that agreement with others, shift and drift leave them out ({reasons[0]})"
            )
        if raters := contrasts.get(scheme):
            yield (
                f"what {', '.join(sorted(raters))} were asked in {name} was never followed up, even after a yes; it is "
                "taken for contrast questions, though nothing in the collection calls it so"
            )
