"""What stands beside coefficients: why one is missing, what was drawn again for intervals, when to read with care."""

from collections.abc import Mapping

import numpy as np

from annotate.answers.votes import Votes

FEW_RATERS = 10  # below this an interval over items says nothing about other raters
FEW_ITEMS = 30  # with several answers: below this the bootstrap's interval covers clearly less often than it says
FEW_OTHERS = 20  # items with an answer beside the commonest one: the same where answers are skewed
USUAL = 0.9  # the share of items with one number of answers from which another number is worth a look
BANDS = ((0.800, "≥ .800"), (0.667, "tentative"))  # Krippendorff (2004), chapter 11
LOWEST_BAND, TOO_FEW = "< .667", "too few"

OF_CHOICES = ("ac1", "hit_rate")
OF_NUMBERS = (
    *("ac2", "cohen_quadratic", "spearman", "kendall", "icc", "icc_k", "cronbach"),
    *("rest_correlation", "rest_mae"),
)
OF_POINTS = ("ac2", "fleiss", "cohen")
OF_RATERS = ("cohen", "cohen_quadratic", "spearman", "kendall", "icc", "icc_k", "cronbach")
COEFFICIENTS = ("raw", "alpha", "fleiss", "reliability", *OF_CHOICES, *OF_NUMBERS, "cohen")


def band(alpha: float | None, items: int) -> str | None:
    """Krippendorff's own bands (2004, chapter 11): from .800 on to be relied on, from .667 on tentative conclusions.

    Where fewer than thirty `items` have several answers there is none ("too few"); None without alpha.
    """
    if alpha is None:
        return None
    return TOO_FEW if items < FEW_ITEMS else next((name for least, name in BANDS if alpha >= least), LOWEST_BAND)


def resampled(raters: int, replicates: int) -> str:
    """What was drawn again for an interval, and whom it therefore holds for."""
    drawn = f"items drawn again {replicates:,} times, each with all its answers"
    if 0 < raters < FEW_RATERS:
        return f"{drawn}; with {raters} raters it holds for these raters, not for others like them"
    return drawn


def cautions(votes: Votes, drawn: bool) -> tuple[str, ...]:
    """What to keep in mind of the coefficients of some votes, whose intervals may have been `drawn`."""
    items, others = int((votes.sizes >= 2).sum()), _others(votes)
    notes = list(few(items, drawn))
    if not notes and votes.is_choice and 0 < others < FEW_OTHERS:
        notes = [f"fewer than {FEW_OTHERS} items have an answer beside the commonest one: {_moving(drawn)}"]
    if (usual := usual_size(votes)) and (odd := int((votes.sizes != usual).sum())):
        have = "has" if odd == 1 else "have"
        notes += [f"{odd:,} of {len(votes.sizes):,} items {have} another number of answers than {usual}; see audit"]
    return tuple(notes)


def few(items: int, drawn: bool) -> tuple[str, ...]:
    """What to keep in mind where so few items have several answers; nothing where they are enough."""
    return (f"fewer than {FEW_ITEMS} items have several answers: {_moving(drawn)}",) if 0 < items < FEW_ITEMS else ()


def _moving(drawn: bool) -> str:
    interval = "a 95 % interval covers the truth clearly less often than it says"
    return interval if drawn else "figures move a lot by chance"


def usual_size(votes: Votes) -> int | None:
    """The number of answers, two or more, that nine of ten items have; None where there is no such number."""
    counts = np.bincount(votes.sizes) if len(votes) else np.zeros(1, np.int64)
    size = int(counts.argmax())
    return size if size >= 2 and counts[size] >= USUAL * counts.sum() else None


def _others(votes: Votes) -> int:
    """How many items have an answer that is not the commonest of all."""
    commonest = int(np.bincount(votes.codes, minlength=1).argmax())
    return len(np.unique(votes.items[votes.codes != commonest]))


def blanks(votes: Votes, values: Mapping[str, float | None], pairs: int, complete: int) -> dict[str, str]:
    """Why each coefficient that is missing in `values` is; `pairs` of raters met, on `complete` items all of them."""
    missing = [name for name in COEFFICIENTS if values.get(name) is None]
    return {name: _reason(name, votes, pairs, complete) for name in missing}


def _reason(name: str, votes: Votes, pairs: int, complete: int) -> str:
    """The first thing that stands against a coefficient."""
    against = (
        (not len(votes), "nobody answered"),
        (name in OF_NUMBERS and votes.measure == "nominal", "for numbers and ordered answers, not for categories"),
        (name == "ac1" and votes.measure != "nominal", "AC2 stands in its place where answers have an order"),
        (name in OF_CHOICES and not votes.is_choice, "for choices, not for scales"),
        (name in ("rest_correlation", "rest_mae") and votes.is_choice, "for scales, not for choices"),
        (name in OF_POINTS and not votes.is_choice and not votes.points, "the points of the scale are not known"),
        (not (votes.sizes >= 2).any(), "no item has two answers"),
        (name in OF_RATERS and not votes.rater_ids, "nobody recorded who answered"),
        (name in OF_RATERS and not pairs, "no two raters share two items"),
        (name in ("icc", "icc_k") and complete < 2, f"every rater answered {complete} of the items; two are needed"),
        (len(np.unique(votes.codes)) < 2, "all answers are the same"),
        (name in ("fleiss", "cohen") and not votes.is_choice, "counts equal answers only: too many points for that"),
        (name == "kendall", "too many pairs of raters"),
        (name == "cronbach", "some two raters share fewer than two items"),
    )
    return next((reason for holds, reason in against if holds), "nothing varies where several answered")
