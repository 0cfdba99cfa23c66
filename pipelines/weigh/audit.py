"""`audit`: labels that fight what people say, duplicates in conflict, and what is covered and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotate.answers.votes import Votes, votes
from annotate.coverage import Coverage
from annotate.label_errors import LEAST, UNLIKELY, Conflict, LabelError, conflicts, label_errors
from pipelines.items import Whence, duplicate_groups, origins
from pipelines.weigh.asked import name_of
from pipelines.weigh.corpus_labels import contradictions, given_labels, said_elsewhere, value_of
from pipelines.weigh.covered import coverages
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import Answered, answered

ROUND = " round "


@dataclass(frozen=True)
class Suspect:
    """A label error with its scheme, its question, whose label it is, and what the item is called."""

    scheme: str
    question: str
    source: str
    name: str
    error: LabelError


@dataclass(frozen=True)
class Opposed:
    """A conflict among duplicates, or between rounds of asking about one item."""

    scheme: str
    question: str
    among: str
    names: tuple[str, ...]
    conflict: Conflict


@dataclass(frozen=True)
class Requested:
    """One asset that arrived with different requested emotions: each spelling, and where it was said."""

    asset: str
    spellings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Audit:
    """Everything the audit found; `checked` is how many given labels had enough answers to be held against."""

    checked: int
    errors: tuple[Suspect, ...]
    conflicts: tuple[Opposed, ...]
    requested: tuple[Requested, ...]
    coverage: tuple[Coverage, ...]


def audit(home: Path, unlikely: float = UNLIKELY, least: int = 5) -> Audit:
    """Look through all labels; `unlikely` is the chance below which a label is an error, `least` what covers enough."""
    told, left_out, whence, groups = answered(home), excluded(home), origins(home), duplicate_groups(home)
    corpora = said_elsewhere(told)
    checked, errors, opposed = 0, list[Suspect](), list[Opposed]()
    for one in told:
        people = one.votes(left_out)
        for source, given in given_labels(one, corpora, whence):
            checked += _checkable(people, given)
            errors += [_suspect(one, source, whence, found) for found in label_errors(people, given, unlikely)]
        things = zip(one.log.item_ids, one.wholes, strict=True)
        same = {item: groups[whole] + item.partition(" ")[2] for item, whole in things if whole in groups}
        opposed += [_opposed(one, "duplicates", whence, found) for found in conflicts(people, same, unlikely)]
        opposed += [_opposed(one, "rounds", whence, found) for found in _between_rounds(one, left_out, unlikely)]
    return Audit(
        checked,
        tuple(sorted(errors, key=lambda suspect: (suspect.error.chance or 0, suspect.name))),
        tuple(opposed),
        tuple(
            Requested(asset, tuple(spellings.items()))
            for asset, spellings in contradictions(home, [one.question for one in told])
        ),
        tuple(coverages(told, left_out, whence, least)),
    )


def _checkable(people: Votes, given: Mapping[str, str | float]) -> int:
    sizes = zip(people.item_ids, people.sizes.tolist(), strict=True)
    return sum(item in given and size >= LEAST for item, size in sizes)


def _between_rounds(one: Answered, left_out: Mapping[str, str], unlikely: float) -> list[Conflict]:
    """Items on which people were sure of one thing in one round, and of another in another."""
    log, people = one.log, one.people(left_out)
    if not (one.rounds > 1).any():
        return []
    rows = np.lexsort((log.times_us, log.raters, one.rounds, log.items))
    rows = rows[people[log.raters[rows]]]
    key = np.stack([log.items[rows], one.rounds[rows], log.raters[rows]])
    last = rows[np.append((key[:, 1:] != key[:, :-1]).any(axis=0), True)] if len(rows) else rows
    items = [f"{log.item_ids[log.items[row]]}{ROUND}{one.rounds[row]}" for row in last]
    values = [value_of(one, float(log.values[row])) for row in last]
    raters = [log.rater_ids[log.raters[row]] for row in last]
    some = votes(items, raters, values, log.categories or log.points or None, log.measure)
    return conflicts(some, {item: item.rpartition(ROUND)[0] for item in items}, unlikely)


def _suspect(one: Answered, source: str, whence: Mapping[str, Whence], error: LabelError) -> Suspect:
    return Suspect(_scheme(one), one.name, source, _called(whence, error.item), error)


def _opposed(one: Answered, among: str, whence: Mapping[str, Whence], found: Conflict) -> Opposed:
    return Opposed(_scheme(one), one.name, among, tuple(_called(whence, member) for member in found.members), found)


def _called(whence: Mapping[str, Whence], item: str) -> str:
    """What people call an item; what it was asked for, or in which round, stays behind its name."""
    whole, _, rest = item.partition(" ")
    return f"{whence[whole].name if whole in whence else whole} {rest}".strip()


def _scheme(one: Answered) -> str:
    return name_of(one.scheme)
