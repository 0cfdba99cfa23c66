"""What is worth a look about a rater, with the numbers that say so; none of it is a verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotate.raters.reports import RaterReport
from annotate.raters.shares import Difference, Share


@dataclass(frozen=True)
class Limits:
    """From where something is worth a look; an interval has to lie beyond the limit, not only the figure.

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
    """One thing about one rater and its evidence in words and numbers."""

    rater: str
    name: str
    evidence: str


DEFAULT = Limits()


def flags(reports: Sequence[RaterReport], limits: Limits = DEFAULT) -> list[Flag]:
    """Everything worth a look about some raters, by rater."""
    contrast = _together([report.leniency.contrast for report in reports if report.kind == "person"])
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
    for name, some, how in (("fast", report.speed.fast, "too fast"), ("slow", report.speed.slow, "too slowly")):
        if _above(some, limits.odd_share):
            median = f"the median is {(report.speed.median_ms or 0) / 1000:.1f} s"
            yield name, f"{_told(some)} of {some.n:,} asks answered {how}; {median}"


def _lines(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    run = report.lines.run
    if run and run.chance < limits.run_chance:
        yield (
            "run",
            f"{run.length} times {run.answer!r} in a row among {run.of:,} answers to {run.question}; "
            f"in random order that has a chance of {run.chance:.0e}",
        )
    if _above(report.lines.flat, limits.odd_share):
        yield "flat", f"{_told(report.lines.flat)} of {report.lines.flat.n:,} asks have one answer on all scales"
    if _above(report.lines.copied, limits.odd_share):
        yield "copied", f"{_told(report.lines.copied)} of {report.lines.copied.n:,} asks are answered as the one before"


def _leniency(report: RaterReport, everybody: Share, limits: Limits) -> Iterator[tuple[str, str]]:
    found, mine = report.leniency, report.leniency.contrast
    if mine.value is not None and everybody.value is not None and mine.low is not None and mine.high is not None:
        told = (
            f"says yes to {_told(mine)} of {mine.n:,} contrast questions, all raters together to {everybody.value:.1%}"
        )
        if mine.low > everybody.value * 2:
            yield "lenient", told
        elif mine.high < everybody.value / 2:
            yield "strict", told
    if found.shift is not None and found.low is not None and found.high is not None:
        ends = _ends(found.low, found.high)
        told = f"answers {found.shift:+.1%} of the scale from the others at the same items ({ends})"
        if found.low > limits.margin:
            yield "high", told
        elif found.high < -limits.margin:
            yield "low", told
    for leaning in found.leanings:
        if abs(leaning.difference) - leaning.n**-0.5 > limits.margin:  # half an interval is shorter than that
            more = "more" if leaning.difference > 0 else "less"
            told = f"gives {leaning.category!r} {abs(leaning.difference):.1%} {more} often than the others"
            yield "leaning", f"{told} at the same {leaning.n:,} items ({leaning.question})"


def _accuracy(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    if _below(report.gold, limits.gold):
        yield "gold", f"{_told(report.gold)} right on {report.gold.n:,} gold asks; {limits.gold:.0%} are expected"
    if _below(report.consistency, limits.consistency):
        yield (
            "inconsistent",
            f"{_told(report.consistency)} equal to the own answer before ({report.consistency.n:,} repeats)",
        )
    if report.same_items is not None and _below(report.peers, report.same_items - limits.margin):
        told = f"{_told(report.peers)} agreement with the others ({report.peers.n:,} asks)"
        yield "disagrees", f"{told}; the others reach {report.same_items:.1%} at the same items"


def _changes(report: RaterReport, limits: Limits) -> Iterator[tuple[str, str]]:
    drift, anchoring = report.drift, report.anchoring
    if drift and drift.high < 0 and drift.difference < -limits.margin / 2:
        yield "drift", f"agreement with the others goes from {_change(drift)} between the first and the last third"
    if anchoring and anchoring.low > 0 and anchoring.difference > limits.margin / 2:
        yield "anchored", f"agreement with the suggestion goes from {_change(anchoring)} when it is shown"


def _change(found: Difference) -> str:
    apart = f"{found.difference:+.1%}, {_ends(found.low, found.high)}; {found.n_before:,} and {found.n_after:,} asks"
    return f"{found.before:.1%} to {found.after:.1%} ({apart})"


def _above(some: Share, limit: float) -> bool:
    return some.low is not None and some.low > limit


def _below(some: Share, limit: float) -> bool:
    return some.high is not None and some.high < limit


def _told(some: Share) -> str:
    return f"{some.value or 0:.1%} ({_ends(some.low or 0, some.high or 0)})"


def _ends(low: float, high: float) -> str:
    return f"95 %: {low:.1%} to {high:.1%}"


def _together(shares: Sequence[Share]) -> Share:
    """The share over all observations of some shares."""
    n = sum(one.n for one in shares)
    return Share(sum((one.value or 0) * one.n for one in shares) / n, n) if n else Share(None, 0)
