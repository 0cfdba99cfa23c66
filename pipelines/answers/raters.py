"""`raters report`: what is known of every rater, and what of it is worth a look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from annotate.agreement.designs import recognised
from annotate.raters.answer_log import AnswerLog
from annotate.raters.flags import Flag, Limits, flags
from annotate.raters.peers import never_followed
from annotate.raters.reports import RaterReport, Standing, rater_reports
from annotate.votes import votes
from pipelines.answers.answered import Answered, answered, is_unsigned
from pipelines.answers.asked import name_of
from pipelines.answers.exclusions import excluded
from pipelines.engine.catalog import Catalog
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
    everything = answered(home)
    told = [one for one in map(_signed, everything) if len(one.log.items)]
    sequential = stopped_early(told)
    contrasts = asked_contrasts(told, sequential)
    kinds = told[0].kinds if told else {}
    standing = Standing(kinds, excluded(home), frozenset(sequential), fast_ms, slow_ms)
    found = rater_reports([_with_contrasts(one, contrasts) for one in told], standing)
    skipped = dict(Catalog(home).rows(f"{SKIPPED} ORDER BY rater"))
    cautions = [*_unsigned(everything), *_cautions(told, sequential, contrasts)]
    return Raters(tuple(found), tuple(flags(found, limits or Limits())), skipped, tuple(cautions))


def stopped_early(told: Sequence[Answered]) -> dict[tuple[str, str], str]:
    """The questions (scheme, question) whose asking stopped early, each with what shows it.

    Rare answers can hide the rule in a single question; so what holds for one holds for all questions of its scheme
    that take the same answers.
    """
    shown: dict[tuple[str, tuple[str, ...], tuple[float, ...]], str] = {}
    for one in told:
        design = recognised(one.votes({}), one.scheme.protocol)
        if design.kind == "sequential":
            shown.setdefault((one.log.scheme, one.log.categories, one.log.points), f"{one.name}: {design.reason}")
    return {
        (one.log.scheme, one.name): shown[key]
        for one in told
        if (key := (one.log.scheme, one.log.categories, one.log.points)) in shown
    }


def asked_contrasts(told: Sequence[Answered], sequential: Mapping[tuple[str, str], str]) -> dict[str, set[str]]:
    """Per scheme that stops early the raters who were only asked what is never followed up: contrast questions.

    Only where no ask says itself that it is one.
    """
    import numpy as np

    schemes: dict[str, list[AnswerLog]] = {}
    for one in told:
        if (one.log.scheme, one.name) in sequential and len(one.log.categories) == 2:
            schemes.setdefault(one.log.scheme, []).append(one.log)
    found = {}
    for scheme, logs in schemes.items():
        if any(log.contrast.any() for log in logs):
            continue
        rows = [(log, log.latest) for log in logs]
        items = np.concatenate(
            [np.char.add(f"{place} ", log.items[some].astype(str)) for place, (log, some) in enumerate(rows)]
        )
        raters = np.concatenate([np.array(log.rater_ids)[log.raters[some]] for log, some in rows])
        yes = np.concatenate([log.yes[some] == 1 for log, some in rows])
        together = votes(items, raters, np.where(yes, "yes", "no"), ("no", "yes"))
        found[scheme] = set(never_followed(together, together.values == 1))
    return {scheme: raters for scheme, raters in found.items() if raters}


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
    print_table("Signs", columns, rows)


def _signed(one: Answered) -> Answered:
    """The answers that somebody in particular gave."""
    import numpy as np

    signed = np.array([not is_unsigned(rater) for rater in one.log.rater_ids], np.bool_)
    return one.kept(signed[one.log.raters])


def _with_contrasts(one: Answered, contrasts: Mapping[str, set[str]]) -> AnswerLog:
    import numpy as np

    known = contrasts.get(one.log.scheme, set())
    codes = [code for code, rater in enumerate(one.log.rater_ids) if rater in known]
    return replace(one.log, contrast=one.log.contrast | np.isin(one.log.raters, codes))


def _unsigned(told: Sequence[Answered]) -> Iterator[str]:
    names = sorted({rater.rpartition("/")[0] for one in told[:1] for rater in one.log.rater_ids if is_unsigned(rater)})
    if names:
        yield f"nobody signed the votes of {', '.join(names)}: there is no rater to report on"


def _cautions(
    told: Sequence[Answered], sequential: Mapping[tuple[str, str], str], contrasts: Mapping[str, set[str]]
) -> Iterator[str]:
    for scheme, name in {one.log.scheme: name_of(one.scheme) for one in told}.items():
        if reasons := [reason for (of, _), reason in sequential.items() if of == scheme]:
            yield (
                f"{len(reasons)} of {sum(one.log.scheme == scheme for one in told)} questions of {name} stopped early, "
                f"so that agreement with others, shift and drift leave them out ({reasons[0]})"
            )
        if raters := contrasts.get(scheme):
            yield (
                f"what {', '.join(sorted(raters))} were asked in {name} was never followed up, even after a yes; it is "
                "taken for contrast questions, though nothing in the collection calls it so"
            )
