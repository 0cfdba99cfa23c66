"""`agree` and the card's figures: agreement per question over the votes that count."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from annotate.agreement.designs import recognised
from annotate.agreement.question import RELIABLE, Agreement, agreement
from annotate.answers.log import PEOPLE, AnswerLog, Flags
from annotate.consensus.methods import MethodSpec, method_spec
from pipelines.weigh.questions import name_of, parts, weighable
from schemas.answers import RaterKind
from schemas.release import AgreementFigure
from schemas.scheme import Media
from schemas.settings import Settings


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


def methods(settings: Settings) -> list[MethodSpec]:
    """The consensus methods of a collection, in order; raises BadSetting."""
    return [method_spec(text) for text in settings.labels.methods]
