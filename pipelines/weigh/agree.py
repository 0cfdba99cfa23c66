"""`agree` and the card's figures: agreement per question over the votes that count."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from annotate.agreement.designs import Design, Kind
from annotate.agreement.notes import band
from annotate.agreement.question import Agreement, CategoryAgreement, agreement
from annotate.answers.log import PEOPLE, AnswerLog, Flags
from annotate.answers.votes import Votes
from annotate.consensus.specs import MethodSpec, method_spec
from pipelines.weigh.questions import chosen_scheme, name_of, parts, schemes, weighable
from pipelines.weigh.sequential import declare, declared, designs
from schemas.answers import RaterKind
from schemas.errors import BadSetting
from schemas.release import AgreementFigure, CategoryFigure
from schemas.scheme import Media
from schemas.settings import FILE_NAME, Settings


@dataclass(frozen=True)
class Agreed:
    """How far raters agree on one question about one kind of media.

    `band` is Krippendorff's for alpha (in a sequential design for its estimate). `contrasts` are answers left out
    because asking that stops early never follows them up.
    """

    scheme: str
    media: Media | Literal["items"]
    question: str
    family: str | None
    band: str | None
    contrasts: int
    found: Agreement


def agreements(
    home: Path,
    bootstraps: int | None = None,
    kinds: Sequence[RaterKind] = PEOPLE,
    scheme: str | None = None,
    design: Kind | None = None,
) -> list[Agreed]:
    """How far raters agree on each question; where asking stopped early, what stands in the place of alpha.

    `scheme` names the one that is wanted, all of them otherwise; their `design` is declared first where it is given.
    Raises BadSetting for a scheme nobody was asked about.
    """
    wanted = [chosen_scheme(home, scheme)] if scheme else schemes(home)
    if design:
        declare(home, wanted, design)
    counting = list(parts(home, kinds, wanted[0].id if scheme else None))
    votes = [weighable(*part) for part in counting]
    asked = designs([log for log, _ in counting], votes.__getitem__, declared(home))
    rows = zip(counting, votes, asked, strict=True)
    return [agreed(log, counted, some, known, bootstraps) for (log, counted), some, known in rows]


def agreed(log: AnswerLog, counted: Flags, votes: Votes, design: Design, bootstraps: int | None = None) -> Agreed:
    """How far the raters marked agree on a question about one modality, by their votes and how these were asked for.

    Contrast questions, which are never followed up, are left out where they would bend the estimate.
    """
    left_out = 0
    if design.kind == "sequential" and log.contrast.any():
        followed = log.kept(~log.contrast).votes(counted)
        left_out, votes = len(votes) - len(followed), followed
    found = agreement(votes, bootstraps=bootstraps, design=design)
    alpha = found.staged.alpha if found.staged else found.alpha
    modality: Any = log.modalities[0] or "items"
    level = band(alpha, found.n_multi)
    return Agreed(name_of(log.scheme), modality, log.name, log.question.family, level, left_out, found)


def figures(home: Path) -> list[AgreementFigure]:
    """The same for the card of a release, six digits of every number."""
    return [_figure(each.media, each) for each in agreements(home) if each.media != "items"]


def _figure(media: Media, one: Agreed) -> AgreementFigure:
    found = one.found
    ceiling = found.hit_rate if found.hit_rate is not None else found.rest_correlation
    alpha = found.staged.alpha if found.staged else found.alpha
    low, high = found.intervals.get("alpha", (None, None))
    return AgreementFigure(
        media=media,
        scheme=one.scheme,
        question=one.question,
        measure=found.measure,
        items=found.n_items,
        answers=found.n_answers,
        raw=_digits(found.raw),
        alpha=_digits(alpha),
        low=_digits(low),
        high=_digits(high),
        band=one.band,
        several=found.n_multi,
        raters=found.n_raters,
        reliability=_digits(found.reliability),
        reliability_k=_digits(found.reliability_k),
        ceiling=_digits(ceiling),
        refused=found.refused,
        categories=tuple(
            CategoryFigure(each.category, *map(_digits, (each.share, each.alpha, each.again, *_ends(each))))
            for each in found.categories
        ),
    )


def _ends(of: CategoryAgreement) -> tuple[float | None, float | None]:
    return of.again_low, of.again_high


def _digits(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def methods(settings: Settings) -> list[MethodSpec]:
    """The consensus methods of a collection, in order; raises BadSetting."""
    if not settings.labels.methods:
        raise BadSetting(f'{FILE_NAME}: labels.methods is empty; name at least one, such as ["majority", "mean"]')
    return [method_spec(text) for text in settings.labels.methods]
