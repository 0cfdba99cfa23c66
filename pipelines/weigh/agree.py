"""`agree` and the answers of a release: the votes that count, weighed into agreement per question."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from annotate.agreement.designs import recognised
from annotate.agreement.question import RELIABLE, Agreement, agreement
from annotate.answers.log import PEOPLE, AnswerLog, Flags
from annotate.consensus.methods import Spelled, spelled
from pipelines.engine.catalog import Catalog
from pipelines.weigh.exclusions import EXCLUDED
from pipelines.weigh.outcomes import label_batches
from pipelines.weigh.questions import CURRENT, name_of, parts, schemes, weighable
from schemas.answers import RaterKind
from schemas.release import AgreementFigure, SampleAnswer, SampleLabel
from schemas.scheme import Media, Question
from schemas.settings import Settings

# Every answer that holds, skips too, with who gave it; for the release.
HELD = f"""
    SELECT i.ref AS clip, a.scheme, a.question, a.rater, r.kind, a.state, a.value, a.updated_at, a.duration_ms
    FROM {CURRENT} a JOIN items i ON i.id = a.item JOIN raters r ON r.id = a.rater
    WHERE a.state <> 'withdrawn' AND i.kind = 'clip' AND a.rater NOT IN ({EXCLUDED}) ORDER BY ALL"""


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


def agreements(
    home: Path, bootstraps: int = 0, kinds: Sequence[RaterKind] = PEOPLE, gate: float = RELIABLE
) -> list[Agreed]:
    """How far raters agree on each question; where asking stopped early, what stands in the place of alpha."""
    return [agreed(log, counted, bootstraps, gate) for log, counted in parts(home, kinds)]


def agreed(log: AnswerLog, counted: Flags, bootstraps: int = 0, gate: float = RELIABLE) -> Agreed:
    """How far the raters marked agree on a question about one modality.

    Contrast questions, which are never followed up, are left out where they would bend the estimate.
    """
    votes, protocol, left_out = weighable(log, counted), log.scheme.protocol, 0
    design = recognised(votes, protocol)
    if design.kind == "sequential" and log.contrast.any():
        followed = log.kept(~log.contrast).votes(counted)
        left_out, votes = len(votes) - len(followed), followed
        design = recognised(votes, protocol)
    found = agreement(votes, bootstraps=bootstraps, design=design)
    reliable = found.reliable(gate) and not (found.staged and found.staged.doubt)
    sure = tuple(each.category for each in found.categories if each.reliable(gate))
    modality: Any = log.modalities[0] or "items"
    return Agreed(name_of(log.scheme), modality, log.name, reliable, sure, left_out, found)


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
    by_item: dict[str, list[SampleLabel]] = defaultdict(list)
    for batch in label_batches(home, methods):
        for row in batch.to_pylist():
            by_item[row["item"]].append(_sample_label(row))
    return by_item


def answers(home: Path) -> dict[str, list[SampleAnswer]]:
    """Every answer that holds, by clip, in the columns of a release."""
    asked = {scheme.id: scheme for scheme in schemes(home)}
    by_clip: dict[str, list[SampleAnswer]] = defaultdict(list)
    for clip, scheme_id, question, rater, kind, state, value, updated_at, duration_ms in Catalog(home).rows(HELD):
        scheme = asked[scheme_id]
        when = {"updated_at": updated_at, "duration_ms": duration_ms}
        plain = SampleAnswer(name_of(scheme), question, rater, kind, state, **when)
        by_clip[clip].append(plain if value is None else _typed(plain, scheme.question(question), json.loads(value)))
    return by_clip


def _sample_label(row: Mapping[str, Any]) -> SampleLabel:
    return SampleLabel(
        scheme=row["scheme"],
        question=row["question"],
        method=row["method"],
        n=row["n"],
        value_category=row["category"],
        value_number=row["number"],
        confidence=_rounded(row["confidence"]),
        tied=tuple(row["tied"]),
        names=tuple(row["names"]),
        shares=tuple(round(share, 6) for share in row["shares"]),
        deviation=_rounded(row["deviation"]),
        agreement=_rounded(row["agreement"]),
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 6)


def _typed(plain: SampleAnswer, question: Question, value: Any) -> SampleAnswer:
    columns: Mapping[str, str] = {"choice": "category", "choices": "categories", "scale": "number", "text": "text"}
    typed: Any = {"choices": tuple, "scale": float}.get(question.type, str)(value)
    return replace(plain, **{columns[question.type]: typed})
