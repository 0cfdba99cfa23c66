"""Which flat columns a release has: one set for each question that has labels, named so that no two clash."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from annotate.consensus.specs import MethodSpec
from pipelines.weigh.questions import name_of
from schemas.layout import CLIP_FIELDS, LABELS, ORIGIN_FIELDS, SHARD, FlatLabel
from schemas.modality import ModalityName
from schemas.sample import LabelledBy
from schemas.scheme import Question, Scheme

ACTED = "acted_"  # of questions whose answers are names of files: `_intended` says so
SUFFIX: dict[LabelledBy, str] = {"person": "", "model": "_model", "corpus": "_corpus", "intended": "_intended"}
MOST_POINTS = 101  # of a scale whose histogram is a column
_TAKEN = {field.name for field in (*CLIP_FIELDS, *ORIGIN_FIELDS, LABELS, SHARD)} | {
    "quality",
    "answers",
    "audio",
    "image",
}

# What the samples of a modality are labelled with.
KINDS = """
    SELECT DISTINCT l.scheme, l.question, l.method, l."by", l.value_number IS NOT NULL
    FROM labels l WHERE l.clip IN (SELECT key FROM samples_{name} UNION SELECT key FROM bare_{name}) ORDER BY ALL"""


@dataclass(frozen=True)
class _Asked:
    """What labels are about: a question of a scheme and whose answers."""

    scheme: str
    question: str
    by: LabelledBy


def flat_labels(
    connection: DuckDBPyConnection, name: ModalityName, asked: Sequence[Scheme], methods: Sequence[MethodSpec]
) -> tuple[FlatLabel, ...]:
    """The flat columns of a modality's samples; of several methods that of the settings' first that suits counts."""
    order = {method.name: place for place, method in enumerate(methods)}
    chosen: dict[_Asked, tuple[int, str]] = {}
    for scheme, question, method, by, _ in connection.execute(KINDS.format(name=name)).fetchall():
        rank = (order.get(re.split(r"[@(]", method, maxsplit=1)[0], len(order)), method)
        one = _Asked(scheme, question, by)
        chosen[one] = min(chosen.get(one, rank), rank)
    questions = [(name_of(scheme), question) for scheme in asked for question in scheme.questions]
    return apart(_merged(_flat(one, method, questions) for one, (_, method) in chosen.items()))


def apart(labels: Iterable[FlatLabel]) -> tuple[FlatLabel, ...]:
    """The labels with columns of their own: before those that clash stands the scheme, with its version if need be."""
    named = sorted(labels, key=lambda label: (label.scheme, label.question))
    for prefix in (lambda scheme: _plain(scheme.rpartition("-")[0] or scheme), _plain):
        taken = Counter(name for label in named for name in {field.name.casefold() for field in label.fields})
        named = [
            replace(label, column=f"{prefix(label.scheme)}_{_column(label.question)}")
            if _clashes(label, taken)
            else label
            for label in named
        ]
    return tuple(sorted(named, key=lambda label: label.column))


def _clashes(label: FlatLabel, taken: Mapping[str, int]) -> bool:
    names = {field.name.casefold() for field in label.fields}
    return any(taken[name] > 1 or name in _TAKEN for name in names)


def _flat(asked: _Asked, method: str, questions: Sequence[tuple[str, Question]]) -> FlatLabel:
    """The columns of one label; each category of a choice of several gives the same ones."""
    suffix = SUFFIX[asked.by]
    base, *_ = asked.question.removesuffix(suffix).partition(":")
    names = (base, f"{ACTED}{base}")
    question = next(question for scheme, question in questions if scheme == asked.scheme and question.name in names)
    name = f"{base}:{suffix}" if question.type == "choices" else asked.question
    return FlatLabel(_column(name), asked.scheme, name, method, asked.by, question.type, tuple(_values(question)))


def _merged(labels: Iterable[FlatLabel]) -> Iterator[FlatLabel]:
    """Each column once, a choice of several by one method for all its categories."""
    first: dict[tuple[str, str], FlatLabel] = {}
    for label in labels:
        known = first.setdefault((label.scheme, label.question), label)
        if label.method < known.method:
            first[label.scheme, label.question] = label
    yield from first.values()


def _values(question: Question) -> Iterator[str]:
    if question.scale is None:
        yield from (category.name for category in question.categories)
    elif len(question.scale.points) <= MOST_POINTS:
        yield from (f"{point:g}" for point in question.scale.points)


def _column(question: str) -> str:
    """A column for a question: its name, the target after it, letters, digits and _ only."""
    return _plain(question.replace(":_", "_").rstrip(":"))


def _plain(text: str) -> str:
    return re.sub(r"\W", "_", text, flags=re.ASCII)
