"""`raters report`: what is known of every rater, and what of it is worth a look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from annotate.answers.log import AnswerLog
from annotate.raters.flags import Flag, Limits, flags
from annotate.raters.reports import RaterReport, Standing, rater_reports
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs, name_of
from pipelines.weigh.sequential import declared, named, stopped_early, unmarked_contrasts, with_contrasts

# How often each rater skipped an ask, or a question of it.
SKIPPED = "SELECT rater, count(DISTINCT ask) FROM latest_answers WHERE state = 'skipped' GROUP BY rater"
# The reasons that were given for skipping, the most frequent first.
REASONS = """SELECT value ->> '$' AS reason, count(*) AS n FROM latest_answers
             WHERE state = 'skipped' AND value IS NOT NULL GROUP BY ALL ORDER BY n DESC, reason"""


@dataclass(frozen=True)
class Raters:
    """What is known of all raters; `cautions` say what could not be compared and why.

    `skipped` counts the asks each rater skipped, `reasons` why they were skipped where somebody said so.
    """

    reports: tuple[RaterReport, ...]
    flags: tuple[Flag, ...]
    skipped: dict[str, int]
    cautions: tuple[str, ...]
    reasons: dict[str, int] = field(default_factory=dict)


def raters(home: Path, limits: Limits | None = None, fast_ms: float = 0, slow_ms: float = 0) -> Raters:
    """A report on every rater who has answered; `fast_ms` and `slow_ms` are limits of durations, 0 for those found."""
    everything = list(answer_logs(home))
    logs = named(everything)
    sequential = stopped_early(logs, declared(home))
    contrasts = unmarked_contrasts(logs, sequential)
    kinds = dict(zip(logs[0].rater_ids, logs[0].rater_kinds, strict=True)) if logs else {}
    standing = Standing(kinds, excluded(home), frozenset(sequential), fast_ms, slow_ms)
    reports = rater_reports([with_contrasts(log, contrasts) for log in logs], standing)
    skipped = dict(Catalog(home).rows(f"{SKIPPED} ORDER BY rater"))
    cautions = [*_anonymous(everything), *_cautions(logs, sequential, contrasts)]
    reasons = dict(Catalog(home).rows(REASONS))
    return Raters(tuple(reports), tuple(flags(reports, limits or Limits())), skipped, tuple(cautions), reasons)


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
