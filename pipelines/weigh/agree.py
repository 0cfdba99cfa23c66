"""`agree` and `labels`: the answers that count, weighed into agreement per question and labels per item."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from annotate.agreement.designs import recognised
from annotate.agreement.question import RELIABLE, Agreement, agreement
from annotate.answers.votes import Votes
from annotate.consensus.methods import Spelled, spelled, suited
from pipelines.engine.catalog import Catalog
from pipelines.weigh.asked import media_of, name_of, schemes
from pipelines.weigh.exclusions import EXCLUDED, excluded
from pipelines.weigh.questions import PEOPLE, Answered, answered, by_medium, is_unsigned
from pipelines.weigh.sequential import marked
from schemas.answers import Label, RaterKind
from schemas.errors import BadSetting
from schemas.release import AgreementFigure, SampleAnswer, SampleLabel
from schemas.scheme import Media, Question
from schemas.settings import Settings

# Every answer that holds, skips too, with who gave it; for the release.
HELD = f"""
    SELECT i.ref AS clip, a.scheme, a.question, a.rater, r.kind, a.state, a.value, a.updated_at, a.duration_ms
    FROM read_answers a JOIN items i ON i.id = a.item JOIN raters r ON r.id = a.rater
    WHERE a.state <> 'withdrawn' AND i.kind = 'clip' AND a.rater NOT IN ({EXCLUDED}) ORDER BY ALL"""


LABELS = pa.schema(
    [("item", pa.string()), ("scheme", pa.string()), ("question", pa.string()), ("method", pa.string()),
     ("n", pa.int64()), ("value_category", pa.string()), ("value_number", pa.float64()), ("confidence", pa.float64()),
     ("tied", pa.list_(pa.string())), ("names", pa.list_(pa.string())), ("shares", pa.list_(pa.float64())),
     ("deviation", pa.float64()), ("agreement", pa.float64())]
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pile:
    """The answers that count to one question about voices, faces, or items without media."""

    about: Answered
    media: Media | Literal["items"]
    votes: Votes
    left_out: Mapping[str, str]
    kinds: Sequence[RaterKind]

    @property
    def scheme(self) -> str:
        """The name of the scheme with its version."""
        return name_of(self.about.scheme)

    @property
    def followed(self) -> Votes:
        """The answers without those to contrast questions, which are never followed up."""
        return self.about.kept(~self.about.log.contrast).votes(self.left_out, self.kinds)

    @cached_property
    def items(self) -> dict[str, tuple[str, str]]:
        """By item of the votes: the id of the item asked about, and the category it was asked about alone, or ''."""
        parted = {item: item.partition(" ") for item in self.votes.item_ids}
        return {item: (whole, target) for item, (whole, _, target) in parted.items()}


@dataclass(frozen=True)
class Agreed:
    """How far raters agree on one question about one kind of media.

    `reliable` says whether alpha reaches the gate of the settings and nothing makes it doubtful, `reliable_categories`
    which categories' do. `contrasts` are answers left out because asking that stops early never follows them up.
    """

    scheme: str
    media: Media | Literal["items"]
    question: str
    reliable: bool
    reliable_categories: tuple[str, ...]
    contrasts: int
    found: Agreement


def piles(
    home: Path, kinds: Sequence[RaterKind] = PEOPLE, scheme: str | None = None, only: Collection[str] | None = None
) -> Iterator[Pile]:
    """What raters of these kinds answered, question by question and medium by medium, without those left out.

    `scheme` is the id of the one that is wanted, `only` the raters; all of them otherwise.
    """
    left_out, media = excluded(home), media_of(home)
    if only is not None:
        left_out |= {rater: "" for (rater,) in Catalog(home).rows("SELECT id FROM raters") if rater not in only}
    told = [one for one in answered(home) if scheme in (None, one.scheme.id)]
    for one in marked(told):
        for medium, part in by_medium(one, media):
            votes = part.votes(left_out, kinds)
            if any(map(is_unsigned, votes.rater_ids)):
                votes = votes.unsigned()  # places in a count are nobody: no rater can be trusted more than another
            if len(votes):
                yield Pile(part, medium or "items", votes, left_out, kinds)  # type: ignore[arg-type]


def agreements(
    home: Path, bootstraps: int = 0, kinds: Sequence[RaterKind] = PEOPLE, gate: float = RELIABLE
) -> list[Agreed]:
    """How far raters agree on each question; where asking stopped early, what stands in the place of alpha."""
    return [agreed(pile, bootstraps, gate) for pile in piles(home, kinds)]


def agreed(pile: Pile, bootstraps: int = 0, gate: float = RELIABLE) -> Agreed:
    """How far raters agree on one question; contrast questions are left out where they would bend the estimate."""
    some, protocol = pile.votes, pile.about.scheme.protocol
    design = recognised(some, protocol)
    if design.kind == "sequential" and pile.about.log.contrast.any():
        some = pile.followed
        design = recognised(some, protocol)
    told = agreement(some, bootstraps=bootstraps, design=design)
    sure = tuple(one.category for one in told.categories if one.reliable(gate))
    reliable = told.reliable(gate) and not (told.staged and told.staged.doubt)
    left_out = len(pile.votes) - len(some)
    return Agreed(pile.scheme, pile.media, pile.about.name, reliable, sure, left_out, told)


def figures(home: Path) -> list[AgreementFigure]:
    """The same for the card of a release."""
    return [
        AgreementFigure(
            media=one.media,
            scheme=one.scheme,
            question=one.question,
            measure=one.found.measure,
            items=one.found.n_items,
            answers=one.found.n_answers,
            raw=one.found.raw,
            alpha=one.found.alpha,
        )
        for one in agreements(home)
        if one.media != "items"
    ]


def methods(settings: Settings) -> list[Spelled]:
    """The consensus methods of a collection, in order; raises BadSetting."""
    return [spelled(text) for text in settings.labels.methods]


def labels(home: Path, methods: Sequence[Spelled]) -> dict[str, list[SampleLabel]]:
    """The labels of every item somebody answered about, by its id; one a question and method."""
    found: dict[str, list[SampleLabel]] = defaultdict(list)
    for pile in piles(home):
        for item, label in drawn(pile, methods):
            found[item].append(_sample_label(label, pile.scheme))
    return found


def label_tables(
    home: Path, methods: Sequence[Spelled], kinds: Sequence[RaterKind], only: Collection[str] | None = None
) -> Iterator[pa.Table]:
    """The labels of every item raters of these kinds answered about, question by question, as tables with its id."""
    for pile in piles(home, kinds, only=only):
        rows = [{"item": item, **vars(_sample_label(label, pile.scheme))} for item, label in drawn(pile, methods)]
        if rows:
            yield pa.Table.from_pylist(rows, LABELS)


def drawn(pile: Pile, methods: Sequence[Spelled]) -> Iterator[tuple[str, Label]]:
    """Every label the methods that suit a question draw from its answers, with the id of its item.

    Raises BadSetting for a method that cannot be used here.
    """
    for method in suited(methods, pile.votes):
        try:
            found = method.of(pile.votes, pile.about.truths())
        except BadSetting as error:
            raise BadSetting(f"{pile.scheme}, question {pile.about.name}: {error}") from None
        for label in found.labels(pile.about.scheme.id, pile.about.name):
            item, target = pile.items[label.item]
            named = label if not target else replace(label, question=f"{label.question}:{target}")
            yield item, named


def answers(home: Path) -> dict[str, list[SampleAnswer]]:
    """Every answer that holds, by clip, in the columns of a release."""
    asked = {scheme.id: scheme for scheme in schemes(home)}
    found: dict[str, list[SampleAnswer]] = defaultdict(list)
    for clip, scheme_id, question, rater, kind, state, value, updated_at, duration_ms in Catalog(home).rows(HELD):
        scheme = asked[scheme_id]
        when = {"updated_at": updated_at, "duration_ms": duration_ms}
        plain = SampleAnswer(name_of(scheme), question, rater, kind, state, **when)
        found[clip].append(plain if value is None else _typed(plain, scheme.question(question), json.loads(value)))
    return found


def _sample_label(label: Label, scheme: str) -> SampleLabel:
    category = label.value if isinstance(label.value, str) else None
    return SampleLabel(
        scheme=scheme,
        question=label.question,
        method=label.method,
        n=label.n,
        value_category=category,
        value_number=float(label.value) if isinstance(label.value, int | float) else None,
        confidence=_rounded(label.confidence),
        tied=label.tied,
        names=tuple(name for name, _ in label.distribution),
        shares=tuple(round(share, 6) for _, share in label.distribution),
        deviation=_rounded(label.deviation),
        agreement=_rounded(label.agreement),
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 6)


def _typed(plain: SampleAnswer, question: Question, value: Any) -> SampleAnswer:
    columns: Mapping[str, str] = {"choice": "category", "choices": "categories", "scale": "number", "text": "text"}
    told: Any = {"choices": tuple, "scale": float}.get(question.type, str)(value)
    return replace(plain, **{columns[question.type]: told})
