"""Collections in which asking stopped early: which questions it was, and what was never meant to be followed up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotate.agreement.designs import Design, Kind, recognised_together
from annotate.answers.log import AnswerLog, pooled
from annotate.answers.votes import Votes
from annotate.raters.leave_one_out import never_followed
from pipelines.engine.catalog import Catalog, now
from schemas.answers import Decision
from schemas.scheme import Scheme

DESIGN = "design"  # what a decision about a scheme is about


def declare(home: Path, schemes: Sequence[Scheme], kind: Kind) -> None:
    """Keep what somebody says of the design of some schemes; the answers stay as they are."""
    known, at = declared(home), now()
    Catalog(home).add([Decision(each.id, DESIGN, kind, at) for each in schemes if known.get(each.id) != kind])


def declared(home: Path) -> dict[str, Kind]:
    """The designs of schemes (by their ids) that somebody declared; of several decisions the latest counts."""
    query = """SELECT subject, arg_max(reason, "at") FROM decisions WHERE what = ? GROUP BY subject ORDER BY subject"""
    return dict(Catalog(home).rows(query, [DESIGN]))


def designs(logs: Sequence[AnswerLog], votes: Callable[[int], Votes], known: Mapping[str, Kind]) -> list[Design]:
    """The design of every question, from the answers to all questions of its scheme that take the same answers.

    `votes` gives those of the log at a place, on contrast questions too: nothing stops more often. `known` are the
    designs that were declared, by the id of the scheme.
    """
    alike: dict[tuple[str, tuple[str, ...], tuple[float, ...]], list[int]] = {}
    for place, log in enumerate(logs):
        alike.setdefault((log.scheme.id, log.categories, log.points), []).append(place)
    found: dict[int, Design] = {}
    for places in alike.values():
        scheme = logs[places[0]].scheme
        protocol: Kind | None = "sequential" if scheme.protocol.design == "sequential" else None
        asked = (votes(place) for place in places)
        found |= zip(places, recognised_together(asked, known.get(scheme.id, protocol)), strict=True)
    return [found[place] for place in range(len(logs))]


def stopped_early(logs: Sequence[AnswerLog], known: Mapping[str, Kind]) -> dict[tuple[str, str], str]:
    """The questions (by the key of their logs) whose asking stopped early, each with what shows it.

    `known` are the designs that were declared.
    """
    found = designs(logs, lambda place: logs[place].votes(logs[place].counted()), known)
    return {log.key: design.reason for log, design in zip(logs, found, strict=True) if design.kind == "sequential"}


def unmarked_contrasts(logs: Sequence[AnswerLog], sequential: Mapping[tuple[str, str], str]) -> dict[str, set[str]]:
    """Per scheme that stops early the raters who were only asked what is never followed up: contrast questions.

    Only where no ask says itself that it is one.
    """
    by_scheme: dict[str, list[AnswerLog]] = {}
    for log in logs:
        if log.key in sequential and len(log.categories) == 2:
            by_scheme.setdefault(log.scheme.id, []).append(log)
    raters = {
        scheme: set(never_followed(votes := _yes_votes(same), votes.values == 1))
        for scheme, same in by_scheme.items()
        if not any(log.contrast.any() for log in same)
    }
    return {scheme: names for scheme, names in raters.items() if names}


def marked(logs: Sequence[AnswerLog], known: Mapping[str, Kind]) -> list[AnswerLog]:
    """The logs with answers to contrast questions marked, where nothing in the collection says which they are."""
    of_somebody = named([log for log in logs if len(log.categories) == 2])  # contrast questions ask for yes or no
    contrasts = unmarked_contrasts(of_somebody, stopped_early(of_somebody, known))
    return [with_contrasts(log, contrasts) for log in logs]


def with_contrasts(log: AnswerLog, contrasts: Mapping[str, set[str]]) -> AnswerLog:
    """The log with the answers of raters who were only asked contrast questions marked as such."""
    known = contrasts.get(log.scheme.id, set())
    codes = [code for code, rater in enumerate(log.rater_ids) if rater in known]
    return replace(log, contrast=log.contrast | np.isin(log.raters, codes)) if codes else log


def named(logs: Sequence[AnswerLog]) -> list[AnswerLog]:
    """What is left of the logs without anonymous votes, where anything is."""
    kept = [log.kept(~log.anonymous[log.raters]) for log in logs]
    return [log for log in kept if len(log)]


def _yes_votes(logs: Sequence[AnswerLog]) -> Votes:
    """The yes and no to everything that was asked in several logs, as votes on one question."""
    pool = pooled([log.kept(np.isin(np.arange(len(log)), log.latest)) for log in logs])
    items, codes = np.unique(pool.items, return_inverse=True)
    return Votes(
        items=codes.astype(np.int32),
        raters=pool.raters.astype(np.int32),
        values=(pool.yes == 1).astype(np.int32),
        item_ids=tuple(map(str, items.tolist())),
        rater_ids=logs[0].rater_ids,
        categories=("no", "yes"),
        measure="nominal",
    )
