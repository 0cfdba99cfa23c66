"""How far raters agree on one question: every coefficient with its interval, and each category against the others."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from annotate.agreement import coefficients, pairs, reliability
from annotate.agreement.designs import Design, first_answers, recognised
from annotate.agreement.intervals import Interval, estimates
from annotate.agreement.notes import COEFFICIENTS, blanks, cautions, few, resampled
from annotate.agreement.stages import Staged, staged
from annotate.agreement.tallies import tally
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from schemas.scheme import Measure

MOST_PAIRS = 2000  # of raters: beyond this Kendall's tau takes minutes
FEW_POINTS = 12  # of a scale: with more, kappas that count only equal answers as agreement say little
REPLICATES, LEAST_REPLICATES = 1000, 200  # behind an interval nobody chose the number for
DRAWN = 200_000_000  # patterns drawn for such an interval, beyond which there are fewer replicates


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


@dataclass(frozen=True)
class Agreement:
    """Agreement on one question; None where a coefficient does not apply or is undefined.

    `n_multi` counts items with two or more answers, `n_raters` is 0 where nobody recorded who answered. `fleiss` rests
    on the `fleiss_items` items with exactly `fleiss_size` answers, the ICCs on the `complete_items` that every rater
    answered. `hit_rate` is the share of answers that equal the majority of the others (choices), `rest_correlation`
    the correlation of an answer with the mean of the others (scales, with the mean absolute error, `rest_mae`).

    `reliability` is that of what is shipped, the mean of the answers to an item (of choices: the shares of votes):
    alpha (of a scale the interval one) stepped up by Spearman and Brown to `reliability_k` answers, the harmonic mean
    of what items have; 0 where alpha is not above 0.

    `intervals` hold the 95 % interval of a coefficient by its name, `resampled` says what was drawn again for them.
    `blanks` say why a coefficient is missing, `cautions` what to keep in mind of those that are there. In a sequential
    design `refused` says why the coefficients are missing (or rest on the first answers only) and `staged` what stands
    in their place.
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
    complete_items: int = 0
    hit_rate: float | None = None
    rest_correlation: float | None = None
    rest_mae: float | None = None
    reliability: float | None = None
    reliability_k: float | None = None
    categories: tuple[CategoryAgreement, ...] = ()
    intervals: dict[str, Interval] = field(default_factory=dict)
    design: Design = field(default_factory=lambda: Design("fixed", ""))
    refused: str | None = None
    staged: Staged | None = None
    resampled: str | None = None
    blanks: dict[str, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


def agreement(votes: Votes, *, bootstraps: int | None = None, seed: int = 0, design: Design | None = None) -> Agreement:
    """Every coefficient that applies to one question, with intervals over items drawn again.

    `bootstraps` None gives intervals to what rests on counts of answers, which are as good as free; a number gives them
    to all coefficients, 0 to none. `design` is what `recognised` made of the protocol; without it the design is read
    from the answers.
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
    )
    basis = votes if design.kind == "fixed" else first_answers(votes, design)
    if design.kind == "sequential":
        replicates = REPLICATES if bootstraps is None else bootstraps
        estimated = staged(votes, design, replicates, seed)
        drawn = resampled(len(votes.rater_ids), replicates) if estimated and replicates else None
        blank = dict.fromkeys(COEFFICIENTS, design.refusal or "")
        careful = few(summary.n_multi, drawn is not None)
        summary = replace(summary, staged=estimated, resampled=drawn, blanks=blank, cautions=careful)
    if basis is None:
        return summary
    return _with_coefficients(summary, _Coefficients(basis), bootstraps, seed)


class _Coefficients:
    """All coefficients of some votes as one function of how often each item is drawn."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.tally = tally(votes)
        self.size = coefficients.commonest_size(self.tally)
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

    @cached_property
    def k(self) -> float:
        """How many answers an item has: their harmonic mean, since the error of a mean goes with 1 / n."""
        return float(1 / np.mean(1 / self.votes.sizes)) if len(self.votes) else 0.0

    def counted(self, weights: Floats) -> dict[str, Floats]:
        """What rests on counts alone, from weights of patterns (replicates by patterns); "alpha happy": a category."""
        return self.of_counts(weights) | self.of_categories(weights)

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
            found["hit_rate"] = coefficients.ceiling(counted, weights)
            return found | {"reliability": stepped_up(found["alpha"], self.k)}
        found["rest_correlation"], found["rest_mae"] = coefficients.ceiling_on_scale(counted, weights)
        is_interval = votes.measure == "interval"
        single = found["alpha"] if is_interval else coefficients.alpha(counted, weights, "interval")
        return found | {"reliability": stepped_up(single, self.k)}

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
        """What needs to know who answered, from weights of items (replicates by items)."""
        items = np.asfortranarray(items)  # all of an item's weights together: whoever wants some wants them all
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


def stepped_up(single: Floats, k: float) -> Floats:
    """The reliability of the mean of k answers from that of one (Spearman 1910, Brown 1910); 0 where none is."""
    return np.where(np.isnan(single), np.nan, np.where(single > 0, k * single / (1 + (k - 1) * abs(single)), 0.0))


def _with_coefficients(summary: Agreement, basis: _Coefficients, bootstraps: int | None, seed: int) -> Agreement:
    votes, items, patterns = basis.votes, len(basis.votes.item_ids), len(basis.tally.sizes)
    replicates = (
        int(np.clip(DRAWN / max(patterns, 1), LEAST_REPLICATES, REPLICATES)) if bootstraps is None else bootstraps
    )
    values, ends = estimates(basis.counted, basis.tally.pattern, patterns, replicates, seed)
    of_raters = estimates(basis.of_raters, np.arange(items), items, bootstraps or 0, seed)
    values, ends = values | of_raters[0], ends | of_raters[1]
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
    figures["kendall"] = basis.kendall
    pairs_met, complete = len(basis.pairs.raters), len(basis.crossed[0])
    return replace(
        summary,
        fleiss_size=basis.size,
        fleiss_items=int((votes.sizes == basis.size).sum()),
        complete_items=complete,
        n_pairs=pairs_met,
        categories=tuple(categories),
        intervals={name: both for name, both in ends.items() if " " not in name},
        reliability_k=basis.k,
        resampled=resampled(len(votes.rater_ids), replicates) if ends else None,
        blanks=blanks(votes, figures, pairs_met, complete),
        cautions=cautions(votes, bool(ends)),
        **figures,
    )
