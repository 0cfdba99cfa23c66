"""How far raters agree on one question: every coefficient, its interval, and what each category is worth."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from annotate.agreement import coefficients, pairs, ranks, reliability
from annotate.agreement.designs import Design, first_answers, recognised
from annotate.agreement.intervals import intervals
from annotate.agreement.stages import Staged, staged
from annotate.agreement.tallies import Tally, tally
from annotate.answers.votes import Votes
from annotate.arrays import Floats
from schemas.scheme import Measure

MOST_PAIRS = 2000  # of raters whose Kendall correlations are worth the wait
FEW_POINTS = 12  # up to which plain kappas of a scale mean something
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
    """Agreement on one question; None where a coefficient does not apply or is undefined, negative where it is.

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
    alpha_low: float | None = None
    alpha_high: float | None = None
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
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    design: Design = field(default_factory=lambda: Design("fixed", ""))
    refused: str | None = None
    staged: Staged | None = None

    def reliable(self, at_least: float = RELIABLE) -> bool:
        """Whether alpha, or what a sequential design lets us know of it, is defined and reaches the threshold."""
        known = self.alpha if self.staged is None else self.staged.alpha
        return known is not None and known >= at_least


def agreement(votes: Votes, *, bootstraps: int = 0, seed: int = 0, design: Design | None = None) -> Agreement:
    """Everything known about the agreement on one question, with intervals over items when `bootstraps` are asked for.

    `design` is what `recognised` made of the protocol; without it the design is read from the answers.
    """
    design = design or recognised(votes)
    basis = votes if design.kind == "fixed" else first_answers(votes, design)
    found = _Coefficients(basis) if basis is not None else None
    point = found.point if found else {}
    ends = found.intervals(bootstraps, seed) if found and bootstraps else {}
    low, high = ends.get("alpha", (None, None))
    return Agreement(
        measure=votes.measure,
        n_items=len(votes.item_ids),
        n_multi=int((votes.sizes >= 2).sum()),
        n_answers=len(votes),
        n_raters=len(votes.rater_ids),
        alpha_low=low,
        alpha_high=high,
        fleiss_size=found.size if found else 0,
        fleiss_items=found.items_of_size if found else 0,
        n_pairs=len(found.pairs.raters) if found else 0,
        kendall=found.kendall if found else None,
        categories=_categories(found, point, ends) if found else (),
        intervals={name: both for name, both in ends.items() if " " not in name},
        design=design,
        refused=design.refusal,
        staged=staged(votes, design, bootstraps, seed),
        **{name: value for name, value in point.items() if " " not in name},
    )


def raw_agreement(votes: Votes) -> float | None:
    """The mean share of agreeing pairs of answers over items with two or more; None without such items."""
    return _of_counts(votes, coefficients.raw)


def krippendorff_alpha(votes: Votes, measure: Measure | None = None) -> float | None:
    """Krippendorff's alpha for the votes' measure or another; None where no answers differ or none can be paired."""
    wanted = measure or votes.measure
    return _of_counts(votes, lambda table, weights: coefficients.alpha(table, weights, wanted))


def gwet_ac(votes: Votes) -> float | None:
    """Gwet's AC1 for a nominal question, AC2 with quadratic weights for others.

    None with fewer than two levels, and for a scale whose points nobody declared: chance depends on their number.
    """
    if not votes.is_choice and not votes.points:
        return None
    return _of_counts(votes, lambda table, weights: coefficients.gwet(table, weights, votes.measure))


def fleiss_kappa(votes: Votes) -> float | None:
    """Fleiss' kappa over the items with the commonest number of answers; None where all of them are the same."""
    return _of_counts(
        votes, lambda table, weights: coefficients.fleiss(table, weights, coefficients.commonest_size(table))
    )


def cohen_kappa(votes: Votes) -> float | None:
    """The mean of Cohen's kappa over pairs of raters who share two items or more; None where none is defined."""
    return _of_pairs(votes, pairs.cohen)


def cohen_kappa_quadratic(votes: Votes) -> float | None:
    """The mean of Cohen's kappa with quadratic weights over pairs of raters; None where none is defined."""
    return _of_pairs(votes, pairs.cohen_quadratic)


def spearman(votes: Votes) -> float | None:
    """The mean of Spearman's rank correlation over pairs of raters; None where none is defined."""
    return _of_pairs(votes, ranks.spearman)


def kendall(votes: Votes) -> float | None:
    """The mean of Kendall's tau-b over pairs of raters; None where none is defined."""
    return _number(pairs.pair_mean(ranks.kendall(pairs.rater_pairs(votes))[:, None]))


def intraclass(votes: Votes) -> tuple[float | None, float | None]:
    """ICC(2,1) and ICC(2,k) over items that every rater answered; None with fewer than two, or without variance."""
    items, answers = reliability.crossed(votes)
    single, mean = reliability.icc(answers, np.ones((1, len(items))))
    return _number(single), _number(mean)


def cronbach_alpha(votes: Votes) -> float | None:
    """Cronbach's alpha with raters as parts; None unless every two raters share two items."""
    once = np.ones((1, len(votes.item_ids)))
    (covariance,) = pairs.means(pairs.rater_pairs(votes), once, [pairs.covariance])
    return _number(reliability.cronbach(reliability.variances(votes).of(once), covariance))


def human_ceiling(votes: Votes) -> float | None:
    """How well one rater predicts the others: share of hits on their majority, or correlation with their mean."""
    if votes.is_choice:
        return _of_counts(votes, coefficients.ceiling)
    return _of_counts(votes, lambda table, weights: coefficients.ceiling_on_scale(table, weights)[0])


class _Coefficients:
    """All coefficients of some votes as one function of how often each item is drawn."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.tally = tally(votes)
        self.size = coefficients.commonest_size(self.tally)
        self.items_of_size = int((votes.sizes == self.size).sum())
        self.gather = pairs.sums_by(self.tally.pattern, len(self.tally.sizes))
        self.pairs = pairs.rater_pairs(votes)
        ordered = votes.measure != "nominal"
        self.discrete = votes.is_choice or 0 < len(votes.points) <= FEW_POINTS  # answers can be taken for categories
        self.crossed = reliability.crossed(votes) if ordered else None
        self.own = reliability.variances(votes) if ordered else None
        once = self.statistics(np.ones((1, len(votes.item_ids))))
        self.point = {name: _number(numbers) for name, numbers in once.items()}

    @property
    def kendall(self) -> float | None:
        """Kendall's tau-b, without an interval; None for categories without order and for very many pairs of raters."""
        if self.votes.measure == "nominal" or len(self.pairs.raters) > MOST_PAIRS:
            return None
        return _number(pairs.pair_mean(ranks.kendall(self.pairs)[:, None]))

    def intervals(self, bootstraps: int, seed: int) -> dict[str, tuple[float, float]]:
        items = len(self.votes.item_ids)
        return intervals(self.statistics, np.arange(items), items, bootstraps, seed)

    def statistics(self, items: Floats) -> dict[str, Floats]:
        """Every coefficient by name, from weights of items (replicates by items); a category's are "alpha happy"."""
        items = np.asfortranarray(items)  # all of an item's weights together: whoever wants some wants them all
        weights: Floats = (self.gather @ items.T).T
        return self.of_counts(weights) | self.of_categories(weights) | self.of_raters(items)

    def of_counts(self, weights: Floats) -> dict[str, Floats]:
        measure = self.votes.measure
        found = {
            "raw": coefficients.raw(self.tally, weights),
            "alpha": coefficients.alpha(self.tally, weights, measure),
        }
        if self.votes.is_choice or self.votes.points:
            chosen = "ac1" if measure == "nominal" else "ac2"
            found[chosen] = coefficients.gwet(self.tally, weights, measure)
        if self.discrete:
            found["fleiss"] = coefficients.fleiss(self.tally, weights, self.size)
        if self.votes.is_choice:
            return found | {"ceiling": coefficients.ceiling(self.tally, weights)}
        found["ceiling"], found["ceiling_mae"] = coefficients.ceiling_on_scale(self.tally, weights)
        return found

    def of_categories(self, weights: Floats) -> dict[str, Floats]:
        if not self.votes.is_choice:
            return {}
        found = dict(zip(("raw", "alpha", "ac1"), coefficients.per_category(self.tally, weights), strict=True))
        return {
            f"{name} {category}": rows[level]
            for level, category in enumerate(self.votes.categories)
            for name, rows in found.items()
        }

    def of_raters(self, items: Floats) -> dict[str, Floats]:
        if self.crossed is None or self.own is None:
            (cohen,) = pairs.means(self.pairs, items, [pairs.cohen])
            return {"cohen": cohen.mean}
        wanted = {"cohen_quadratic": pairs.cohen_quadratic, "spearman": ranks.spearman, "cronbach": pairs.covariance}
        wanted |= {"cohen": pairs.cohen} if self.discrete else {}
        found = dict(zip(wanted, pairs.means(self.pairs, items, list(wanted.values())), strict=True))
        cronbach = reliability.cronbach(self.own.of(items), found.pop("cronbach"))
        places, answers = self.crossed
        single, mean = reliability.icc(answers, items[:, places])
        return {name: one.mean for name, one in found.items()} | {"icc": single, "icc_k": mean, "cronbach": cronbach}


def _categories(
    found: _Coefficients, point: dict[str, float | None], ends: dict[str, tuple[float, float]]
) -> tuple[CategoryAgreement, ...]:
    votes = found.votes
    shares = [float((votes.codes == code).sum()) / max(len(votes), 1) for code in range(len(votes.categories))]
    return tuple(
        CategoryAgreement(
            category,
            share,
            *(point[f"{name} {category}"] for name in ("raw", "alpha", "ac1")),
            *ends.get(f"alpha {category}", (None, None)),
        )
        for category, share in zip(votes.categories, shares, strict=True)
    )


def _of_counts(votes: Votes, coefficient: Callable[[Tally, Floats], Floats]) -> float | None:
    table = tally(votes)
    return _number(coefficient(table, table.times))


def _of_pairs(votes: Votes, coefficient: pairs.Coefficient) -> float | None:
    once = np.ones((1, len(votes.item_ids)))
    return _number(pairs.means(pairs.rater_pairs(votes), once, [coefficient])[0].mean)


def _number(numbers: Floats) -> float | None:
    return float(numbers[0]) if np.isfinite(numbers[0]) else None
