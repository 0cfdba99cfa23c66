"""Sources of labels side by side: versions of one table, corpora with each other, corpora with the names of files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from annotate.agreement.notes import usual_size
from annotate.answers.log import AnswerLog, Flags
from annotate.answers.votes import Votes
from annotate.comparison import Comparison, comparison, leading
from pipelines.engine.catalog import Catalog
from pipelines.items import Provenance
from pipelines.weigh.corpus_labels import ItemLabels, corpus_labels
from pipelines.weigh.questions import name_of

KEYS = "SELECT id, split_part(ref, '/', 1), substr(ref, strpos(ref, '/') + 1) FROM items WHERE kind = 'key'"


@dataclass(frozen=True)
class Compared:
    """Two sources of labels on one question; of people's answers what most say, or their mean."""

    question: str
    one: str
    other: str
    found: Comparison


@dataclass(frozen=True)
class OddSizes:
    """The items that have another number of answers than nine of ten items of a question, each with its number."""

    scheme: str
    question: str
    usual: int
    items: tuple[tuple[str, int], ...]


def between_corpora(
    log: AnswerLog,
    corpora: Mapping[str, Mapping[str, str]],
    known: Mapping[str, Provenance],
    called: Callable[[str], str],
) -> Iterator[Compared]:
    """What corpora say of the same items, and what was requested of these (in the names of files, or in a table)."""
    labels: dict[str, ItemLabels] = {}
    for source, of_source in corpus_labels(log, corpora, known):
        labels.setdefault(source, {}).update({called(item): label for item, label in of_source.items()})
    question = f"{name_of(log.scheme)} {log.name}"
    yield from _pairs(question, labels)


def between_versions(home: Path, parts: Sequence[tuple[AnswerLog, Flags]]) -> Iterator[Compared]:
    """What people say of items of one name in several tables: versions of one table, imported as different corpora."""
    keys = {item: (corpus, key) for item, corpus, key in Catalog(home).rows(f"{KEYS} ORDER BY id")}
    if len({corpus for corpus, _ in keys.values()}) < 2:
        return
    by_question: dict[tuple[str, bool], dict[str, ItemLabels]] = {}
    for log, counted in parts:
        wholes = dict(zip(log.item_ids, log.wholes, strict=True))
        sources = by_question.setdefault((log.name, bool(log.categories)), {})
        for item, label in leading(log.votes(counted)).items():
            if wholes[item] in keys:
                corpus, key = keys[wholes[item]]
                sources.setdefault(corpus, {})[key + item.removeprefix(wholes[item])] = label
    for (question, _), sources in by_question.items():
        yield from _pairs(question, sources)


def odd_sizes(log: AnswerLog, people: Votes, called: Callable[[str], str]) -> OddSizes | None:
    """The items of a question with an odd number of answers; None where there is no usual one, or none has another."""
    usual = usual_size(people)
    sizes = zip(people.item_ids, people.sizes.tolist(), strict=True)
    odd = tuple((called(item), size) for item, size in sizes if size != usual) if usual else ()
    return OddSizes(name_of(log.scheme), log.name, usual, odd) if usual and odd else None


def _pairs(question: str, labels: Mapping[str, ItemLabels]) -> Iterator[Compared]:
    for one, other in combinations(sorted(labels), 2):
        if found := comparison(labels[one], labels[other]):
            yield Compared(question, one, other, found)
