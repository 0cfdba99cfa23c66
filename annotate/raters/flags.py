"""Flags on raters: what is worth a look, with the numbers behind it; none of it is a verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotate.raters.reports import RaterReport
from annotate.raters.shares import Difference, Share


@dataclass(frozen=True)
class Limits:
    """The limits of the flags; the whole interval has to lie beyond a limit, not only the estimate.

    `odd_share` is for asks answered too fast, too slowly, flat or as before; `run_chance` for runs of equal answers;
    `gold` and `consistency` are the least that is expected; `margin` is for leaning, disagreement, drift and anchoring.
    """

    odd_share: float = 0.1
    run_chance: float = 1e-6
    gold: float = 0.7
    consistency: float = 0.6
    margin: float = 0.1


@dataclass(frozen=True)
class Flag:
    """What is flagged about one rater, with the evidence in words and numbers."""

    rater: str
    name: str
    evidence: str


DEFAULT = Limits()


def flags(reports: Sequence[RaterReport], limits: Limits = DEFAULT) -> list[Flag]:
    """All flags of these raters, rater by rater."""
    contrast = _pooled([report.leniency.contrast for report in reports if report.kind == "person"])
    return [
        Flag(report.rater, name, evidence)
        for report in reports
        for name, evidence in (
            *_speed(report, limits),
            *_lines(report, limits),
            *_leniency(report, contrast, limits),
            *_accuracy(report, limits),
            *_changes(report, limits),
        )
    ]


def _speed(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    for name, observed, how in (("fast", report.speed.fast, "too fast"), ("slow", report.speed.slow, "too slowly")):
        if _above(observed, limits.odd_share):
            median = f"the median is {(report.speed.median_ms or 0) / 1000:.1f} s"
            yield name, f"{_text(observed)} of {observed.n:,} asks answered {how}; {median}"


def _lines(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    run = report.lines.run
    if run and run.chance < limits.run_chance:
        yield (
            "run",
            f"{run.length} times {run.answer!r} in a row among {run.of:,} answers to {run.question}; "
            f"probability by chance: {run.chance:.0e}",
        )
    if _above(report.lines.flat, limits.odd_share):
        yield "flat", f"{_text(report.lines.flat)} of {report.lines.flat.n:,} asks have one answer on all scales"
    if _above(report.lines.copied, limits.odd_share):
        yield (
            "copied",
            f"{_text(report.lines.copied)} of {report.lines.copied.n:,} asks are answered as the one before",
        )


def _leniency(report: RaterReport, everybody: Share, limits: Limits) -> Iterator[tuple[str, str]]:
    leniency, yes = report.leniency, report.leniency.contrast
    if everybody.value is not None:
        evidence = (
            f"says yes to {_text(yes)} of {yes.n:,} contrast questions, all raters together to {everybody.value:.1%}"
        )
        if _above(yes, everybody.value * 2):
            yield "lenient", evidence
        elif _below(yes, everybody.value / 2):
            yield "strict", evidence
    if leniency.shift is not None and leniency.low is not None and leniency.high is not None:
        ends = _ends(leniency.low, leniency.high)
        evidence = f"is {leniency.shift:+.1%} of the scale's range from the others on the same items ({ends})"
        if leniency.low > limits.margin:
            yield "high", evidence
        elif leniency.high < -limits.margin:
            yield "low", evidence
    for leaning in leniency.leanings:
        if abs(leaning.difference) - leaning.n**-0.5 > limits.margin:  # half an interval is shorter than that
            more = "more" if leaning.difference > 0 else "less"
            often = f"gives {leaning.category!r} {abs(leaning.difference):.1%} {more} often than the others"
            yield "leaning", f"{often} at the same {leaning.n:,} items ({leaning.question})"


def _accuracy(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    if _below(report.gold, limits.gold):
        yield "gold", f"{_text(report.gold)} right on {report.gold.n:,} gold asks; {limits.gold:.0%} are expected"
    if _below(report.consistency, limits.consistency):
        yield (
            "inconsistent",
            f"{_text(report.consistency)} equal to the rater's own earlier answer ({report.consistency.n:,} repeats)",
        )
    if report.same_items is not None and _below(report.leave_one_out, report.same_items - limits.margin):
        agreement = f"{_text(report.leave_one_out)} agreement with the others ({report.leave_one_out.n:,} asks)"
        yield "disagrees", f"{agreement}; the others reach {report.same_items:.1%} at the same items"


def _changes(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    drift, anchoring = report.drift, report.anchoring
    if drift and drift.high < 0 and drift.difference < -limits.margin / 2:
        yield "drift", f"agreement with the others goes from {_change(drift)} between the first and the last third"
    if anchoring and anchoring.low > 0 and anchoring.difference > limits.margin / 2:
        yield "anchored", f"agreement with the suggestion goes from {_change(anchoring)} when it is shown"


def _change(found: Difference) -> str:
    apart = f"{found.difference:+.1%}, {_ends(found.low, found.high)}; {found.n_before:,} and {found.n_after:,} asks"
    return f"{found.before:.1%} to {found.after:.1%} ({apart})"


def _above(share: Share, limit: float) -> bool:
    return share.low is not None and share.low > limit


def _below(share: Share, limit: float) -> bool:
    return share.high is not None and share.high < limit


def _text(share: Share) -> str:
    return f"{share.value or 0:.1%} ({_ends(share.low or 0, share.high or 0)})"


def _ends(low: float, high: float) -> str:
    return f"95 %: {low:.1%} to {high:.1%}"


def _pooled(shares: Sequence[Share]) -> Share:
    """The share over the observations of several shares."""
    n = sum(share.n for share in shares)
    return Share(sum((share.value or 0) * share.n for share in shares) / n, n) if n else Share(None, 0)
