"""A benchmark as frozen data: items, what people answered, and the references drawn from their answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from annotate.agreement.designs import recognised
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from schemas.answers import Label
from schemas.errors import BadSetting
from schemas.ids import content_id
from schemas.scheme import Measure, Question, Scheme

DIGITS = 9  # of a reference: more would be rounding, which differs between machines


@dataclass(frozen=True)
class Task:
    """One thing to predict: a category among `categories`, or a number between `low` and `high`.

    `points` are the numbers a scale offered to people. `low` and `high` are the units models answer and errors are told
    in; people answered from `lowest` to `highest`, and their answers are mapped linearly (0, 1, 2 as 0, 5, 10).
    `refused` says why there is no human ceiling and no kappa with single raters.
    """

    name: str
    measure: Measure
    categories: tuple[str, ...] = ()
    points: tuple[float, ...] = ()
    lowest: float = 0
    highest: float = 1
    low: float = 0
    high: float = 1
    refused: str | None = None

    @property
    def is_choice(self) -> bool:
        """Whether a category is to be predicted."""
        return bool(self.categories)

    def reported(self, answers: Floats) -> Floats:
        """Answers of people in the units of the benchmark."""
        return self.low + (answers - self.lowest) * ((self.high - self.low) / (self.highest - self.lowest))

    @property
    def kind(self) -> tuple[Any, ...]:
        """What two tasks must share to be scored together."""
        return self.categories, self.points, self.low, self.high


@dataclass(frozen=True)
class Reference:
    """What people said of one item: the hard label, the soft label and every answer behind them.

    `category` or `number` is the hard label; of several leading categories `category` is None and `tied` names them.
    `shares` belong to `names` (categories, or points that were given). `raters` are numbers that mean the same person
    throughout the benchmark, empty where nobody recorded them.
    """

    item: str
    task: str
    category: str | None = None
    number: float | None = None
    tied: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    raters: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """Everything a model is compared with; frozen, and named by its content.

    `method` is how hard labels were drawn, `licence` that of the labels, `media_licences` count the items under each.
    `frozen` is the id of one that was read.
    """

    name: str
    scheme: Scheme
    tasks: tuple[Task, ...]
    references: tuple[Reference, ...]
    method: str
    split: str | None = None
    licence: str | None = None
    media_licences: Mapping[str, int] = field(default_factory=dict)
    frozen: str | None = None

    @property
    def id(self) -> str:
        """The hash of its content as it was frozen."""
        return self.frozen or identity(self.content, [vars(reference) for reference in self.references])

    @property
    def content(self) -> dict[str, Any]:
        """Everything but the references, as it is written down."""
        return {
            "name": self.name,
            "scheme": asdict(self.scheme),
            "tasks": [asdict(task) for task in self.tasks],
            "method": self.method,
            "split": self.split,
            "licence": self.licence,
            "media_licences": dict(self.media_licences),
        }

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Every item, sorted; figures draw them again for their intervals."""
        return tuple(sorted({reference.item for reference in self.references}))

    def question(self, task: Task) -> Question:
        """The question of the scheme behind a task."""
        return self.scheme.question(task.name.partition(":")[0])


def identity(content: Mapping[str, Any], references: Sequence[Mapping[str, Any]]) -> str:
    """The id of a benchmark from what is written down of it, whatever the software that reads it knows besides."""
    return content_id("benchmark", content=dict(content), references=list(references))


def task_of(scheme: Scheme, name: str, votes: Votes, reported: tuple[float, float] | None = None) -> Task:
    """The task a question makes; `reported` are the units of a scale if not its own ends.

    A question with several choices makes one yes/no task per category, named "question:category". Raises BadSetting
    for units that are no range or belong to a choice.
    """
    question = scheme.question(name.partition(":")[0])
    design = recognised(votes, scheme.protocol)
    if votes.is_choice:
        if reported:
            raise BadSetting(f"--scale is for numbers, and {question.name!r} is a choice among categories")
        return Task(name, votes.measure, votes.categories, refused=design.refusal)
    scale = question.scale
    if scale is None:
        raise BadSetting(f"question {question.name!r} has no scale and no categories; it cannot be scored")
    low, high = reported or (scale.minimum, scale.maximum)
    if not low < high:
        raise BadSetting(f"--scale {low:g}:{high:g} is no range; give the lowest and the highest number, such as 0:10")
    return Task(
        name, votes.measure, (), votes.points, scale.minimum, scale.maximum, float(low), float(high), design.refusal
    )


def references(
    task: Task, votes: Votes, raters: Mapping[str, int], labels: Iterable[Label] = ()
) -> tuple[Reference, ...]:
    """The references of a task, sorted by item: majority or mean of the answers, or the label given for the item.

    `raters` are the numbers of raters in the benchmark. Shares always are those of the answers.
    """
    chosen = {label.item: label for label in labels}
    made = []
    ends = votes.sizes.cumsum().tolist()
    for item, begin, end in zip(votes.item_ids, [0, *ends[:-1]], ends, strict=True):
        names = [votes.rater_ids[code] for code in votes.raters[begin:end]] if votes.rater_ids else []
        levels = votes.levels[votes.codes[begin:end]].tolist()
        drawn = _choice(task, item, levels) if task.is_choice else _scale(task, item, levels)
        made.append(_replaced(drawn, chosen.get(item), tuple(raters[name] for name in names)))
    return tuple(sorted(made, key=lambda reference: reference.item))


def _choice(task: Task, item: str, codes: Sequence[float]) -> Reference:
    given = [task.categories[int(code)] for code in codes]
    counts = {name: given.count(name) for name in task.categories if name in given}
    best = max(counts.values())
    leaders = tuple(name for name, count in counts.items() if count == best)
    shares = tuple(round(count / len(given), DIGITS) for count in counts.values())
    return Reference(
        item,
        task.name,
        category=leaders[0] if len(leaders) == 1 else None,
        tied=leaders if len(leaders) > 1 else (),
        names=tuple(counts),
        shares=shares,
        categories=tuple(given),
    )


def _scale(task: Task, item: str, numbers: Sequence[float]) -> Reference:
    levels = sorted(set(numbers))
    return Reference(
        item,
        task.name,
        number=round(sum(numbers) / len(numbers), DIGITS),
        names=tuple(f"{level:.12g}" for level in levels),
        shares=tuple(round(numbers.count(level) / len(numbers), DIGITS) for level in levels),
        numbers=tuple(numbers),
    )


def _replaced(one: Reference, label: Label | None, people: tuple[int, ...]) -> Reference:
    """The reference with the raters' numbers and, where one is given, the label in place of its hard one."""
    if label is None:
        return replace(one, raters=people)
    return replace(
        one,
        raters=people,
        category=label.value if isinstance(label.value, str) else None,
        number=round(float(label.value), DIGITS) if isinstance(label.value, int | float) else None,
        tied=tuple(label.tied) if label.value is None else (),
    )
