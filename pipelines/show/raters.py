"""What `raters report`, `exclude`, `include` and `notice` say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import print_table, say

if TYPE_CHECKING:  # `raters exclude` needs nothing of what the report loads
    from annotate.raters.reports import RaterReport
    from pipelines.release.notices import Notice
    from pipelines.weigh.exclusions import Excluded
    from pipelines.weigh.raters import Raters

RATERS = ("rater", "kind", "answers", "asks", "skipped", "agrees", "others", "gold", "repeats", "median s", "out")
FIGURES = {
    "agrees": "agreement with the leave-one-out consensus of the others",
    "others": "agreement of the other raters with theirs, on the same items",
    "gold": "share of gold asks answered right",
    "repeats": "share of repeated asks answered as before",
}
SIGNS = {
    "yes": "share of answers that say it is there",
    "yes to contrast": "the same of contrast questions, where it should not be",
    "shift": "mean signed difference from the other raters on the same items, as a share of the scale's range",
    "too fast": "share of answers far quicker than is usual here, or than --fast-ms",
    "too slow": "share of answers far slower than is usual here, or than --slow-ms",
    "longest run": "the least likely run of equal answers",
    "flat": "straight-lining: share of asks with the same answer on every scale",
    "copied": "share of asks answered just like the one before",
    "drift": "change in agreement with the others from the beginning to the end",
    "anchoring": "how much more often the answer is the one that was suggested",
}


def reported(raters: Raters) -> None:
    """What is known of every rater, and what of it is worth a look."""
    if raters.reports:
        rows = [_figures(report, raters.skipped.get(report.rater, 0)) for report in raters.reports]
        print_table("Raters", RATERS, rows, FIGURES)
        print_table("Signs", ["rater", *SIGNS], [_signs(report) for report in raters.reports], SIGNS)
    elif not raters.cautions:
        print("no answers yet; fetch them with emocurate pull, or bring a table with emocurate answers import")
    if raters.reasons:
        say("Skipped because: " + ", ".join(f"{reason} {count:,}" for reason, count in raters.reasons.items()))
    for caution in raters.cautions:
        say(f"mind: {caution}")
    if raters.flags:
        rows = [[flag.rater, flag.name, flag.evidence] for flag in raters.flags]
        print_table("Worth a look", ["rater", "what", "evidence"], rows)
        say("None of this is a verdict. To leave a rater out: emocurate raters exclude RATER --reason …")


def decided(decision: Excluded) -> None:
    """Whether a rater counts from now on."""
    state = "is left out" if decision.excluded else "counts"
    reason = f": {decision.reason}" if decision.reason else ""
    print(f"{decision.rater} {state}{'' if decision.new else ' already'}{reason}")


def noticed(notice: Notice) -> None:
    """What is recorded of a notice to raters."""
    print(f"{notice.file}, SHA-256 {notice.sha256[:16]}…: recorded on {notice.recorded_on}; single answers may leave")


def _figures(report: RaterReport, skipped: int) -> list[str | float | None]:
    median_ms = report.speed.median_ms
    return [
        report.rater,
        report.kind,
        report.answers,
        report.asks,
        skipped,
        report.leave_one_out.value,
        report.same_items,
        report.gold.value,
        report.consistency.value,
        None if median_ms is None else median_ms / 1000,
        report.excluded or None,
    ]


def _signs(report: RaterReport) -> list[str | float | None]:
    lenient, lines = report.leniency, report.lines
    return [
        report.rater,
        lenient.yes.value,
        lenient.contrast.value,
        lenient.shift,
        report.speed.fast.value,
        report.speed.slow.value,
        f"{lines.run.length} x {lines.run.answer}" if lines.run else None,
        lines.flat.value,
        lines.copied.value,
        *(change.difference if change else None for change in (report.drift, report.anchoring)),
    ]
