"""`raters report`: what is known of every rater, and what of it is worth a look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.raters.flags import Flag, Limits, flags
from annotate.raters.reports import RaterReport, Standing, rater_reports
from pipelines.engine.catalog import Catalog
from pipelines.weigh.asked import name_of
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import Answered, answered, is_unsigned
from pipelines.weigh.sequential import asked_contrasts, signed, stopped_early, with_contrasts

# How often each rater skipped an ask, or a question of it.
SKIPPED = "SELECT rater, count(DISTINCT ask) FROM latest_answers WHERE state = 'skipped' GROUP BY rater"


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
    told = [one for one in map(signed, everything) if len(one.log.items)]
    sequential = stopped_early(told)
    contrasts = asked_contrasts(told, sequential)
    kinds = told[0].kinds if told else {}
    standing = Standing(kinds, excluded(home), frozenset(sequential), fast_ms, slow_ms)
    found = rater_reports([with_contrasts(one, contrasts).log for one in told], standing)
    skipped = dict(Catalog(home).rows(f"{SKIPPED} ORDER BY rater"))
    cautions = [*_unsigned(everything), *_cautions(told, sequential, contrasts)]
    return Raters(tuple(found), tuple(flags(found, limits or Limits())), skipped, tuple(cautions))


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
