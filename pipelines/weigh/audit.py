"""`audit`: labels that fight what people say, or each other, duplicates in conflict, and what is covered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from annotate.answers.log import AnswerLog, Flags
from annotate.answers.votes import Votes
from annotate.coverage import UNKNOWN, Coverage, Labelled, coverage
from annotate.label_errors import LEAST, UNLIKELY, Conflict, LabelError, beliefs, conflicts, label_errors
from pipelines.engine.catalog import Catalog
from pipelines.items import Provenance, duplicate_groups, origins
from pipelines.weigh.comparisons import Compared, OddSizes, between_corpora, between_versions, odd_sizes
from pipelines.weigh.corpus_labels import contradictory_requests, corpus_labels, whole_item_labels
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs, file_names, name_of

ROUND = " round "
# People of several names whose voices or faces would be one person's, were they not told, with files of theirs; where
# somebody has corrected who speaks, it is settled.
ALIKE = """
    WITH names AS (SELECT asset, min(name) AS name FROM statements GROUP BY asset)
    SELECT split_part(g.kind, ' ', 1), list(DISTINCT g.why ORDER BY g.why), list(DISTINCT n.name ORDER BY n.name)
    FROM groups g JOIN clips c ON c.id = g.member JOIN names n USING (asset)
    WHERE g.kind IN ('voice alike', 'face alike')
      AND EXISTS (FROM appears a WHERE a.asset = c.asset AND a.person = g.why AND a.how = 'told')
    GROUP BY g.kind, g."group"
    HAVING count(DISTINCT g.why) > 1 ORDER BY ALL"""


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
    """A conflict among duplicates, between rounds of asking about one item, or of a rater about the names of a file."""

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
class Alike:
    """Told people whose voices or faces (`by`) are as alike as one person's: their pseudonyms, and files of theirs."""

    by: str
    people: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """Everything the audit found; `checked` is how many labels of corpora had enough answers to be held against.

    `compared` are sources of labels side by side, `odd_sizes` items with an odd number of answers, `alike` people of
    several names who may be one.
    """

    checked: int
    errors: tuple[Suspect, ...]
    conflicts: tuple[Opposed, ...]
    requested: tuple[Requested, ...]
    coverage: tuple[Coverage, ...]
    compared: tuple[Compared, ...] = ()
    odd_sizes: tuple[OddSizes, ...] = ()
    alike: tuple[Alike, ...] = ()


def audit(home: Path, unlikely: float = UNLIKELY, least: int = 5) -> Audit:
    """Look through all labels; `unlikely` is the chance below which a label is an error, `least` what covers enough."""
    logs, left_out, known = list(answer_logs(home)), excluded(home), origins(home)
    groups, names = duplicate_groups(home), file_names(home)
    corpora = whole_item_labels(logs)
    checked, errors, opposed = 0, list[Suspect](), list[Opposed]()
    called = partial(_called, known)
    compared, odd = list(between_versions(home, [(log, log.counted(left_out)) for log in logs])), list[OddSizes]()
    for log in logs:
        counted = log.counted(left_out)
        people = log.votes(counted)
        for source, labels in corpus_labels(log, corpora, known):
            checked += _checkable(people, labels)
            errors += [_suspect(log, source, known, error) for error in label_errors(people, labels, unlikely)]
        items = zip(log.item_ids, log.wholes, strict=True)
        same = {item: groups[whole] + item.partition(" ")[2] for item, whole in items if whole in groups}
        opposed += [_opposed(log, "duplicates", known, each) for each in conflicts(people, same, unlikely)]
        opposed += [_opposed(log, "rounds", known, each) for each in _between_rounds(log, counted, unlikely)]
        opposed += _between_names(log, left_out, names)
        compared += between_corpora(log, corpora, known, called)
        odd += filter(None, [odd_sizes(log, people, called)])
    return Audit(
        checked,
        tuple(sorted(errors, key=lambda suspect: (suspect.error.chance or 0, suspect.name))),
        tuple(opposed),
        tuple(
            Requested(asset, tuple(spellings.items()))
            for asset, spellings in contradictory_requests(home, [log.question for log in logs])
        ),
        tuple(_coverages(logs, left_out, known, least)),
        tuple(compared),
        tuple(odd),
        tuple(Alike(by, tuple(told), tuple(files)) for by, told, files in Catalog(home).rows(ALIKE)),
    )


def _checkable(people: Votes, labels: Mapping[str, str | float]) -> int:
    sizes = zip(people.item_ids, people.sizes.tolist(), strict=True)
    return sum(item in labels and size >= LEAST for item, size in sizes)


def _between_rounds(log: AnswerLog, counted: Flags, unlikely: float) -> list[Conflict]:
    """Items on which people were sure of one thing in one round, and of another in another."""
    if not (log.rounds > 1).any():
        return []
    width = int(log.rounds.max()) + 1
    keys, items = np.unique(log.items.astype(np.int64) * width + log.rounds, return_inverse=True)
    # an item of its own for each round, so that the latest answer of each round counts
    item_ids = tuple(f"{log.item_ids[key // width]}{ROUND}{key % width}" for key in keys.tolist())
    votes = replace(log, items=items.astype(np.int32), item_ids=item_ids).votes(counted)
    return conflicts(votes, {item: item.rpartition(ROUND)[0] for item in item_ids}, unlikely)


def _between_names(
    log: AnswerLog, left_out: Mapping[str, str], names: Mapping[str, Sequence[str]]
) -> Iterator[Opposed]:
    """Files of several names about which a rater said different things, with both names and both values."""
    rows = np.flatnonzero(log.contradictory)
    for row in rows[np.unique(np.stack([log.series[rows], log.raters[rows]]), axis=1, return_index=True)[1]]:
        rater, item = log.rater_ids[log.raters[row]], log.item_ids[log.items[row]]
        if rater in left_out:
            continue
        same = rows[(log.series[rows] == log.series[row]) & (log.raters[rows] == log.raters[row])]
        same = same[np.argsort(log.repeats[same], kind="stable")]
        called = tuple(_file_name(names[log.wholes[log.items[row]]], int(log.repeats[each])) for each in same)
        says = tuple(log.value(each) for each in same)
        conflict = Conflict(item, (item,) * len(same), says, (1,) * len(same))
        yield Opposed(name_of(log.scheme), log.name, f"names of a file, by {rater}", called, conflict)


def _file_name(names: Sequence[str], repeat: int) -> str:
    return names[repeat] if repeat < len(names) else f"{names[0]} repeat {repeat}"


def _coverages(
    logs: Sequence[AnswerLog], left_out: Mapping[str, str], known: Mapping[str, Provenance], least: int
) -> Iterator[Coverage]:
    """The coverage of every choice among several categories, and of every scheme whose questions are present or not."""
    by_scheme: dict[str, list[AnswerLog]] = {}
    for log in logs:
        by_scheme.setdefault(log.scheme.id, []).append(log)
    for same in by_scheme.values():
        name, asked, present = name_of(same[0].scheme), list[str](), list[Labelled]()
        for log in same:
            counted = log.counted(left_out)
            if len(log.categories) > 2:
                labelled = _labelled(_perceived(log, counted), known)
                yield coverage(f"{name} {log.name}", labelled, log.categories, least)
            elif (found := log.present(counted)) is not None:
                asked.append(log.name)
                present += _labelled(((item, log.name) for item, there in zip(*found, strict=True) if there), known)
        if asked:
            yield coverage(name, present, asked, least)


def _perceived(log: AnswerLog, counted: Flags) -> Iterator[tuple[str, str]]:
    """Every item people answered about, with the category they most likely mean."""
    people = log.votes(counted)
    wholes = dict(zip(log.item_ids, log.wholes, strict=True))
    leads = beliefs(people).posterior.argmax(axis=1) if len(people) else []
    for item, lead in zip(people.item_ids, leads, strict=True):
        yield wholes[item], people.categories[lead]


def _labelled(categories: Iterable[tuple[str, str]], known: Mapping[str, Provenance]) -> list[Labelled]:
    """Items with their categories, and what is known of where they come from."""
    labelled = []
    for item, category in categories:
        origin = known.get(item)
        values = (origin.speaker, origin.language, origin.licence) if origin else (None,) * 3
        labelled.append(Labelled(category, *(value or UNKNOWN for value in values)))
    return labelled


def _suspect(log: AnswerLog, source: str, known: Mapping[str, Provenance], error: LabelError) -> Suspect:
    return Suspect(name_of(log.scheme), log.name, source, _called(known, error.item), error)


def _opposed(log: AnswerLog, among: str, known: Mapping[str, Provenance], conflict: Conflict) -> Opposed:
    names = tuple(_called(known, member) for member in conflict.members)
    return Opposed(name_of(log.scheme), log.name, among, names, conflict)


def _called(known: Mapping[str, Provenance], item: str) -> str:
    """What people call an item; what it was asked for, or in which round, stays behind its name."""
    whole, _, rest = item.partition(" ")
    return f"{known[whole].name if whole in known else whole} {rest}".strip()
