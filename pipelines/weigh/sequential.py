"""Collections in which asking stopped early: which questions it was, and what was never meant to be followed up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from annotate.agreement.designs import recognised
from annotate.answers.log import AnswerLog
from annotate.answers.votes import votes
from annotate.raters.peers import never_followed
from pipelines.weigh.questions import Answered, is_unsigned


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


def marked(told: Sequence[Answered]) -> list[Answered]:
    """The answers with those to contrast questions marked, where nothing in the collection says which they are."""
    known = [one for one in map(signed, told) if len(one.log.items)]
    contrasts = asked_contrasts(known, stopped_early(known))
    return [with_contrasts(one, contrasts) for one in told]


def with_contrasts(one: Answered, contrasts: Mapping[str, set[str]]) -> Answered:
    """The answers with those of the raters who were only asked contrast questions marked as such."""
    known = contrasts.get(one.log.scheme, set())
    codes = [code for code, rater in enumerate(one.log.rater_ids) if rater in known]
    if not codes:
        return one
    return replace(one, log=replace(one.log, contrast=one.log.contrast | np.isin(one.log.raters, codes)))


def signed(one: Answered) -> Answered:
    """The answers that somebody in particular gave."""
    signed = np.array([not is_unsigned(rater) for rater in one.log.rater_ids], np.bool_)
    return one.kept(signed[one.log.raters])
