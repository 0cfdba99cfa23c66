"""Collections in which asking stopped early: which questions it was, and what was never meant to be followed up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from annotate.agreement.designs import recognised
from annotate.answers.log import AnswerLog, pooled
from annotate.answers.votes import Votes
from annotate.raters.leave_one_out import never_followed


def stopped_early(logs: Sequence[AnswerLog]) -> dict[tuple[str, str], str]:
    """The questions (by the key of their logs) whose asking stopped early, each with what shows it.

    Rare answers can hide the rule in a single question; so what holds for one holds for all questions of its scheme
    that take the same answers.
    """
    shown: dict[tuple[str, tuple[str, ...], tuple[float, ...]], str] = {}
    for log in logs:
        design = recognised(log.votes(log.counted()), log.scheme.protocol)
        if design.kind == "sequential":
            shown.setdefault(_answered_alike(log), f"{log.name}: {design.reason}")
    return {log.key: shown[_answered_alike(log)] for log in logs if _answered_alike(log) in shown}


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


def marked(logs: Sequence[AnswerLog]) -> list[AnswerLog]:
    """The logs with answers to contrast questions marked, where nothing in the collection says which they are."""
    known = named(logs)
    contrasts = unmarked_contrasts(known, stopped_early(known))
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


def _answered_alike(log: AnswerLog) -> tuple[str, tuple[str, ...], tuple[float, ...]]:
    return log.scheme.id, log.categories, log.points


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
