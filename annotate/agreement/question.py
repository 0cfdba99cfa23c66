"""How far raters agree on one question: every coefficient with its interval, and each category against the others."""

from collections.abc import Iterator, Mapping
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
REPLICATES = 1000  # behind an interval nobody chose the number for
SAMPLE = 20_000  # patterns beyond which such an interval is drawn from so many items and narrowed to all


@dataclass(frozen=True)
class CategoryAgreement:
    """One category against all others: the share of answers that name it, and agreement on whether it applies.

    Raw agreement, alpha and AC1 stand side by side because alpha falls with a rare category even where raters agree.
    `again` is how often another rater names the category where one has: the human ceiling of single answers.
    """

    category: str
    share: float
    raw: float | None
    alpha: float | None
    ac1: float | None
    alpha_low: float | None = None
    alpha_high: float | None = None
    again: float | None = None
    again_low: float | None = None
    again_high: float | None = None


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
    return _with_coefficients(summary, basis, bootstraps, seed)


class _Counted:
    """The coefficients that rest on counts of answers alone, as one function of how often each pattern is drawn."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.tally = tally(votes)
        self.size = coefficients.commonest_size(self.tally)
        self.is_nominal = votes.measure == "nominal"

    @cached_property
    def k(self) -> float:
        """How many answers an item has: their harmonic mean, since the error of a mean goes with 1 / n."""
        return float(1 / np.mean(1 / self.votes.sizes)) if len(self.votes) else 0.0

    def statistics(self, weights: Floats) -> dict[str, Floats]:
        """All of them by name, from weights of patterns (replicates by patterns); a category's are "alpha happy"."""
        return self.of_question(weights) | self.of_categories(weights)

    def estimates(self, bootstraps: int | None, seed: int) -> tuple[dict[str, float | None], dict[str, Interval]]:
        """Values and intervals; of very many patterns the intervals are those of fewer items, narrowed to all of them.

        An interval is as wide as one over the root of the number of items.
        """
        items, patterns = len(self.votes.item_ids), len(self.tally.sizes)
        drawn = REPLICATES if bootstraps is None else bootstraps
        if bootstraps is not None or patterns <= SAMPLE:
            return estimates(self.statistics, self.tally.pattern, patterns, drawn, seed)
        values, _ = estimates(self.statistics, self.tally.pattern, patterns, 0, seed)
        some = np.zeros(items, np.bool_)
        some[np.random.default_rng(seed).choice(items, SAMPLE, replace=False)] = True
        center, ends = _Counted(self.votes.kept(some[self.votes.items])).estimates(drawn, seed)
        narrower = (SAMPLE / items) ** 0.5
        return values, {
            name: (value + narrower * (low - middle), value + narrower * (high - middle))
            for name, (low, high) in ends.items()
            if (value := values[name]) is not None and (middle := center[name]) is not None
        }

    def of_question(self, weights: Floats) -> dict[str, Floats]:
        votes, counted = self.votes, self.tally
        found = {
            "raw": coefficients.raw(counted, weights),
            "alpha": coefficients.alpha(counted, weights, votes.measure),
        }
        if votes.is_choice or votes.points:  # chance agreement depends on the number of points
            found["ac1" if self.is_nominal else "ac2"] = coefficients.gwet(counted, weights, votes.measure)
        if _is_discrete(votes):
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
        of_all = (*coefficients.per_category(self.tally, weights), coefficients.named_again(self.tally, weights))
        tables = zip(("raw", "alpha", "ac1", "again"), of_all, strict=True)
        return {
            f"{name} {category}": row
            for name, table in tables
            for category, row in zip(self.votes.categories, table, strict=True)
        }


class _Rated:
    """The coefficients that need to know who answered, as one function of how often each item is drawn."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.pairs = pairs.rater_pairs(votes)
        self.is_nominal = votes.measure == "nominal"
        self.crossed = reliability.crossed(votes)
        self.variances = reliability.variances(votes)

    @property
    def kendall(self) -> float | None:
        """Kendall's tau-b, without an interval; None for categories without order and for very many pairs of raters."""
        if self.is_nominal or len(self.pairs.raters) > MOST_PAIRS:
            return None
        return coefficients.first_or_none(coefficients.mean_of_defined(pairs.kendall(self.pairs)[None, :], axis=1))

    def estimates(self, bootstraps: int, seed: int) -> tuple[dict[str, float | None], dict[str, Interval]]:
        """Values, and intervals over items drawn again."""
        items = len(self.votes.item_ids)
        return estimates(self.statistics, np.arange(items), items, bootstraps, seed)

    def statistics(self, items: Floats) -> dict[str, Floats]:
        """All of them by name, from weights of items (replicates by items)."""
        items = np.asfortranarray(items)  # all of an item's weights together: whoever wants some wants them all
        wanted = {"cohen": pairs.cohen} if self.is_nominal or _is_discrete(self.votes) else {}
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


def _is_discrete(votes: Votes) -> bool:
    """Whether answers can be taken for categories."""
    return votes.is_choice or 0 < len(votes.points) <= FEW_POINTS


def stepped_up(single: Floats, k: float) -> Floats:
    """The reliability of the mean of k answers from that of one (Spearman 1910, Brown 1910); 0 where none is."""
    return np.where(np.isnan(single), np.nan, np.where(single > 0, k * single / (1 + (k - 1) * abs(single)), 0.0))


def _with_coefficients(summary: Agreement, votes: Votes, bootstraps: int | None, seed: int) -> Agreement:
    counted, rated = _Counted(votes), _Rated(votes)
    values, ends = counted.estimates(bootstraps, seed)
    of_raters, their_ends = rated.estimates(bootstraps or 0, seed)
    figures: dict[str, Any] = {name: value for name, value in (values | of_raters).items() if " " not in name}
    figures["kendall"] = rated.kendall
    met, complete = len(rated.pairs.raters), len(rated.crossed[0])
    drawn = resampled(len(votes.rater_ids), REPLICATES if bootstraps is None else bootstraps) if ends else None
    return replace(
        summary,
        fleiss_size=counted.size,
        fleiss_items=int((votes.sizes == counted.size).sum()),
        complete_items=complete,
        n_pairs=met,
        categories=tuple(_categories(votes, values, ends)),
        intervals={name: both for name, both in (ends | their_ends).items() if " " not in name},
        reliability_k=counted.k,
        resampled=drawn,
        blanks=blanks(votes, figures, met, complete),
        cautions=cautions(votes, bool(ends)),
        **figures,
    )


def _categories(
    votes: Votes, values: Mapping[str, float | None], ends: Mapping[str, Interval]
) -> Iterator[CategoryAgreement]:
    shares = np.bincount(votes.codes, minlength=len(votes.levels)) / max(len(votes), 1)
    for category, share in zip(votes.categories, shares, strict=False):  # a scale has levels and no categories
        figures = (values[f"{name} {category}"] for name in ("raw", "alpha", "ac1"))
        alpha, again = (ends.get(f"{name} {category}", (None, None)) for name in ("alpha", "again"))
        ceiling = (values[f"again {category}"], *again)
        yield CategoryAgreement(category, float(share), *figures, *alpha, *ceiling)
