"""`agree`: the answers are weighed into agreement per question and labels per clip."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from annotate.agreement.designs import recognised
from annotate.agreement.question import Agreement, agreement
from annotate.consensus.methods import consensus
from annotate.votes import Votes, votes, votes_per_category
from pipelines.answers.exclusions import EXCLUDED, PEOPLE
from pipelines.engine.catalog import Catalog
from schemas.answers import Label
from schemas.release import AgreementFigure, SampleAnswer, SampleLabel
from schemas.scheme import Media, Question, Scheme, scheme_from_dict

if TYPE_CHECKING:
    import pyarrow as pa

# The latest answer of each rater to each question about each clip, over all rounds and repeats.
GIVEN = f"""
    SELECT i.ref, k.scheme, a.question, a.rater, a.value, a.updated_at,
           CASE WHEN c.kind IS NULL THEN 'items' WHEN c.kind = 'face' THEN 'face' ELSE 'voice' END AS media
    FROM current_answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item LEFT JOIN clips c ON c.id = i.ref
    WHERE a.state = 'given' AND a.rater NOT IN ({EXCLUDED}) AND {PEOPLE}
    QUALIFY row_number() OVER (PARTITION BY i.id, k.scheme, a.question, a.rater ORDER BY a.updated_at DESC, a.id) = 1
    ORDER BY ALL"""

# Every answer that holds, skips too, with who gave it; for the release.
HELD = f"""
    SELECT i.ref AS clip, k.scheme, a.question, a.rater, r.kind, a.state, a.value, a.updated_at, a.duration_ms
    FROM current_answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item JOIN raters r ON r.id = a.rater
    WHERE a.state <> 'withdrawn' AND i.kind = 'clip' AND a.rater NOT IN ({EXCLUDED}) ORDER BY ALL"""


@dataclass(frozen=True)
class Pile:
    """All answers to one question about voices, faces, or items without media."""

    scheme: Scheme
    question: Question
    media: Media | Literal["items"]
    items: list[str]
    raters: list[str]
    values: list[Any]

    def votes(self) -> dict[str, Votes]:
        """The answers as votes, by the name they are reported under; several choices are one vote a category."""
        question = self.question
        if question.type == "choices":
            names = [category.name for category in question.categories]
            apart = votes_per_category(self.items, self.raters, self.values, names)
            return {f"{question.name}:{category}": some for category, some in apart.items()}
        offered = question.scale.points if question.scale else [category.name for category in question.categories]
        return {question.name: votes(self.items, self.raters, self.values, offered, question.measure)}


@dataclass(frozen=True)
class Agreed:
    """How far raters agree on one question about one kind of media."""

    scheme: str
    media: Media | Literal["items"]
    question: str
    found: Agreement


def schemes(home: Path) -> list[Scheme]:
    """Every scheme that was ever asked about, as it was then."""
    return [
        scheme_from_dict(json.loads(body))
        for (body,) in Catalog(home).rows("SELECT body FROM schemes ORDER BY name, id")
    ]


def agreements(home: Path, bootstraps: int = 0) -> list[Agreed]:
    """How far raters agree on each question; where asking stopped early, what stands in the place of alpha."""
    return [
        Agreed(name_of(pile.scheme), pile.media, question, agreement(some, bootstraps=bootstraps, design=design))
        for pile in _piles(home)
        for question, some in pile.votes().items()
        for design in [recognised(some, pile.scheme.protocol)]
    ]


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


def name_of(scheme: Scheme) -> str:
    """How a scheme is named in reports and releases."""
    return f"{scheme.name}-{scheme.version}"


def labels(home: Path) -> dict[str, list[SampleLabel]]:
    """The labels of every item somebody answered about, by what it refers to."""
    found: dict[str, list[SampleLabel]] = defaultdict(list)
    for pile in _piles(home):
        name = name_of(pile.scheme)
        for question, some in pile.votes().items():
            drawn = consensus(some, "majority" if some.is_choice else "mean")
            for label in drawn.labels(pile.scheme.id, question):
                found[label.item].append(_sample_label(label, name))
    return found


def answers(home: Path) -> dict[str, list[SampleAnswer]]:
    """Every answer that holds, by clip, in the columns of a release."""
    asked = {scheme.id: scheme for scheme in schemes(home)}
    found: dict[str, list[SampleAnswer]] = defaultdict(list)
    for clip, scheme_id, question, rater, kind, state, value, updated_at, duration_ms in Catalog(home).rows(HELD):
        scheme = asked[scheme_id]
        plain = SampleAnswer(
            f"{scheme.name}-{scheme.version}",
            question,
            rater,
            kind,
            state,
            updated_at=updated_at,
            duration_ms=duration_ms,
        )
        found[clip].append(plain if value is None else _typed(plain, scheme.question(question), json.loads(value)))
    return found


def _piles(home: Path) -> Iterator[Pile]:
    table = Catalog(home).table(GIVEN)
    for scheme in schemes(home):
        for question in scheme.questions:
            for media in (*scheme.media, "items"):
                if question.type != "text":
                    yield from _pile(table, scheme, question, media)


def _pile(table: "pa.Table", scheme: Scheme, question: Question, media: Any) -> Iterator[Pile]:
    import pyarrow.compute as pc

    wanted = {"scheme": scheme.id, "question": question.name, "media": media}
    for column, value in wanted.items():
        table = table.filter(pc.equal(table[column], value))
    if table.num_rows:
        items, raters = table["ref"].to_pylist(), table["rater"].to_pylist()
        yield Pile(scheme, question, media, items, raters, [json.loads(value) for value in table["value"].to_pylist()])


def _sample_label(label: Label, scheme: str) -> SampleLabel:
    category = label.value if isinstance(label.value, str) else None
    return SampleLabel(
        scheme=scheme,
        question=label.question,
        method=label.method,
        n=label.n,
        value_category=category,
        value_number=float(label.value) if isinstance(label.value, int | float) else None,
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
