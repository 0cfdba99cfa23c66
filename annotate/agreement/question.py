"""How far raters agree on one question: every coefficient with its interval, and each category against the others."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from annotate.agreement import coefficients, pairs, reliability
from annotate.agreement.designs import Design, first_answers, recognised
from annotate.agreement.intervals import Interval, estimates
from annotate.agreement.stages import Staged, staged
from annotate.agreement.sums import sums_by
from annotate.agreement.tallies import tally
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from schemas.scheme import Measure

MOST_PAIRS = 2000  # of raters: beyond this Kendall's tau takes minutes
FEW_POINTS = 12  # of a scale: with more, kappas that count only equal answers as agreement say little
RELIABLE = 0.3  # the alpha from which EmoNet-Face HQ's re-analysis calls a category reliable


@dataclass(frozen=True)
class CategoryAgreement:
    """One category against all others: the share of answers that name it, and agreement on whether it applies.

    Raw agreement, alpha and AC1 stand side by side because alpha falls with a rare category even where raters agree.
    """

    category: str
    share: float
    raw: float | None
    alpha: float | None
    ac1: float | None
    alpha_low: float | None = None
    alpha_high: float | None = None

    def reliable(self, at_least: float = RELIABLE) -> bool:
        """Whether alpha is defined and reaches the threshold."""
        return self.alpha is not None and self.alpha >= at_least


@dataclass(frozen=True)
class Agreement:
    """Agreement on one question; None where a coefficient does not apply or is undefined.

    `n_multi` counts items with two or more answers, `n_raters` is 0 where nobody recorded who answered. `fleiss` rests
    on the `fleiss_items` items with exactly `fleiss_size` answers. `ceiling` is the share of answers that equal the
    majority of the others (choices) or the correlation with the mean of the others (scales, with `ceiling_mae`).
    `intervals` hold the 95 % interval of each coefficient by its name. In a sequential design `refused` says why the
    coefficients are missing (or rest on the first answers only) and `staged` what stands in their place.
    """

    measure: Measure
    n_items: int
    n_multi: int
    n_answers: int
    n_raters: int
    raw: float | None = None
    alpha: float | None = None
    ac1: float | None = None
    ac2: float | None = None
    fleiss: float | None = None
    fleiss_size: int = 0
    fleiss_items: int = 0
    cohen: float | None = None
    cohen_quadratic: float | None = None
    spearman: float | None = None
    kendall: float | None = None
    n_pairs: int = 0
    icc: float | None = None
    icc_k: float | None = None
    cronbach: float | None = None
    ceiling: float | None = None
    ceiling_mae: float | None = None
    categories: tuple[CategoryAgreement, ...] = ()
    intervals: dict[str, Interval] = field(default_factory=dict)
    design: Design = field(default_factory=lambda: Design("fixed", ""))
    refused: str | None = None
    staged: Staged | None = None

    def reliable(self, at_least: float = RELIABLE) -> bool:
        """Whether alpha, in a sequential design its estimate, is defined and reaches the threshold."""
        known = self.alpha if self.staged is None else self.staged.alpha
        return known is not None and known >= at_least


def agreement(votes: Votes, *, bootstraps: int = 0, seed: int = 0, design: Design | None = None) -> Agreement:
    """Every coefficient that applies to one question, with intervals over items when `bootstraps` are asked for.

    `design` is what `recognised` made of the protocol; without it the design is read from the answers.
    """
    design = design or recognised(votes)
    summary = Agreement(
        measure=votes.measure,
        n_items=len(votes.item_ids),
        n_multi=int((votes.sizes >= 2).sum()),
        n_answers=len(votes),
        n_raters=len(votes.rater_ids),
        design=design,
        refused=design.refusal,
        staged=staged(votes, design, bootstraps, seed),
    )
    basis = votes if design.kind == "fixed" else first_answers(votes, design)
    return summary if basis is None else _with_coefficients(summary, _Coefficients(basis), bootstraps, seed)


class _Coefficients:
    """All coefficients of some votes as one function of how often each item is drawn."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.tally = tally(votes)
        self.size = coefficients.commonest_size(self.tally)
        self.gather = sums_by(self.tally.pattern, len(self.tally.sizes))
        self.pairs = pairs.rater_pairs(votes)
        self.is_nominal = votes.measure == "nominal"
        self.discrete = votes.is_choice or 0 < len(votes.points) <= FEW_POINTS  # answers can be taken for categories
        self.crossed = reliability.crossed(votes)
        self.variances = reliability.variances(votes)

    @property
    def kendall(self) -> float | None:
        """Kendall's tau-b, without an interval; None for categories without order and for very many pairs of raters."""
        if self.is_nominal or len(self.pairs.raters) > MOST_PAIRS:
            return None
        return coefficients.first_or_none(coefficients.mean_of_defined(pairs.kendall(self.pairs)[None, :], axis=1))

    def statistics(self, items: Floats) -> dict[str, Floats]:
        """Every coefficient by name, from weights of items (replicates by items); a category's are "alpha happy"."""
        items = np.asfortranarray(items)  # all of an item's weights together: whoever wants some wants them all
        weights = np.asarray((self.gather @ items.T).T)
        return self.of_counts(weights) | self.of_categories(weights) | self.of_raters(items)

    def of_counts(self, weights: Floats) -> dict[str, Floats]:
        votes, counted = self.votes, self.tally
        found = {
            "raw": coefficients.raw(counted, weights),
            "alpha": coefficients.alpha(counted, weights, votes.measure),
        }
        if votes.is_choice or votes.points:  # chance agreement depends on the number of points
            found["ac1" if self.is_nominal else "ac2"] = coefficients.gwet(counted, weights, votes.measure)
        if self.discrete:
            found["fleiss"] = coefficients.fleiss(counted, weights, self.size)
        if votes.is_choice:
            return found | {"ceiling": coefficients.ceiling(counted, weights)}
        found["ceiling"], found["ceiling_mae"] = coefficients.ceiling_on_scale(counted, weights)
        return found

    def of_categories(self, weights: Floats) -> dict[str, Floats]:
        if not self.votes.is_choice:
            return {}
        tables = zip(("raw", "alpha", "ac1"), coefficients.per_category(self.tally, weights), strict=True)
        return {
            f"{name} {category}": row
            for name, table in tables
            for category, row in zip(self.votes.categories, table, strict=True)
        }

    def of_raters(self, items: Floats) -> dict[str, Floats]:
        wanted = {"cohen": pairs.cohen} if self.is_nominal or self.discrete else {}
        if not self.is_nominal:
            wanted |= {"cohen_quadratic": pairs.cohen_quadratic, "spearman": pairs.spearman}
            wanted |= {"cronbach": pairs.covariance}
        over_pairs = dict(zip(wanted, pairs.means(self.pairs, items, list(wanted.values())), strict=True))
        found = {name: numbers.mean for name, numbers in over_pairs.items()}
        if self.is_nominal:
            return found
        places, answers = self.crossed
        found["icc"], found["icc_k"] = reliability.icc(answers, items[:, places])
        return found | {"cronbach": reliability.cronbach(self.variances.of(items), over_pairs["cronbach"])}


def _with_coefficients(summary: Agreement, basis: _Coefficients, bootstraps: int, seed: int) -> Agreement:
    votes, items = basis.votes, len(basis.votes.item_ids)
    values, ends = estimates(basis.statistics, np.arange(items), items, bootstraps, seed)
    shares = np.bincount(votes.codes, minlength=len(votes.levels)) / max(len(votes), 1)
    categories = [
        CategoryAgreement(
            category,
            float(share),
            *(values[f"{name} {category}"] for name in ("raw", "alpha", "ac1")),
            *ends.get(f"alpha {category}", (None, None)),
        )
        for category, share in zip(votes.categories, shares, strict=False)  # a scale has levels and no categories
    ]
    figures: dict[str, Any] = {name: value for name, value in values.items() if " " not in name}
    return replace(
        summary,
        fleiss_size=basis.size,
        fleiss_items=int((votes.sizes == basis.size).sum()),
        n_pairs=len(basis.pairs.raters),
        kendall=basis.kendall,
        categories=tuple(categories),
        intervals={name: both for name, both in ends.items() if " " not in name},
        **figures,
    )
