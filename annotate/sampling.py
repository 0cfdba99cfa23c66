"""What to ask next: a part drawn by chance alone, the rest where an answer tells most, with known probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from annotate.answers.votes import Votes
from annotate.arrays import Floats, Ints
from annotate.consensus.outcome import pair_agreement
from annotate.label_errors import beliefs
from schemas.errors import BadSetting

Why = Literal["uncertainty", "disagreement", "coverage"]
WHYS: tuple[Why, ...] = ("uncertainty", "disagreement", "coverage")
TINY = 1e-12
FLOOR = 0.01  # weight of an item that nothing speaks for: everything keeps a chance of being asked


@dataclass(frozen=True)
class Candidate:
    """An item that could be asked about, with three numbers between 0 and 1 that say how much an answer would tell.

    `uncertainty`: entropy of its posterior as a share of the entropy of equal chances. `disagreement`: share of pairs
    of answers that differ. `coverage`: how rare its category, speaker or language is among what has been answered.
    """

    item: str
    uncertainty: float
    disagreement: float
    coverage: float


@dataclass(frozen=True)
class Proposal(Candidate):
    """An item to ask about next: its strongest reason (None: chance alone), and its inclusion probability.

    In the part `random` every candidate has the same probability, so its answers estimate the whole without bias; in
    the part `targeted` the probability is that of the draw among the candidates the random part left.
    """

    part: Literal["random", "targeted"]
    probability: float
    why: Why | None


@dataclass(frozen=True)
class Plan:
    """How many items are wanted, which share is drawn by chance alone, and how much each reason weighs."""

    n: int = 50
    random_share: float = 0.2
    seed: int = 0
    uncertainty: float = 1.0
    disagreement: float = 1.0
    coverage: float = 1.0


def proposals(candidates: Sequence[Candidate], plan: Plan) -> list[Proposal]:
    """What to ask next, the random part first; the same candidates, plan and seed give the same proposals.

    Raises BadSetting for a random share outside ]0, 1]: without a part drawn by chance alone agreement and class
    shares could never be estimated without bias again.
    """
    _check(plan)
    known = sorted(candidates, key=lambda candidate: candidate.item)
    if not known:
        return []
    draw = np.random.default_rng(plan.seed)
    n = min(plan.n, len(known))
    by_chance = min(n, max(1, round(plan.random_share * n)))
    first = np.sort(draw.choice(len(known), by_chance, replace=False))
    rest = np.setdiff1d(np.arange(len(known)), first)
    probability = inclusion(np.array([weight(known[row], plan) for row in rest]), n - by_chance)
    second = systematic(probability, draw)
    random = [_proposal(known[row], "random", by_chance / len(known), plan) for row in first]
    targeted = [_proposal(known[rest[row]], "targeted", float(probability[row]), plan) for row in second]
    return random + sorted(targeted, key=lambda proposal: (-proposal.probability, proposal.item))


def weight(candidate: Candidate, plan: Plan) -> float:
    """How much speaks for a candidate, never nothing."""
    return FLOOR + sum(_strength(candidate, plan).values())


def inclusion(weights: Floats, n: int) -> Floats:
    """The probability of each of n things to be drawn, in proportion to its weight and never above 1."""
    if n >= len(weights):
        return np.ones(len(weights))
    certain = np.zeros(len(weights), np.bool_)
    while True:
        left = n - int(certain.sum())
        found = np.where(certain, 1.0, left * weights / max(weights[~certain].sum(), 1e-300))
        more = found > 1
        if not more.any():
            return found
        certain |= more


def systematic(probability: Floats, draw: Generator) -> Ints:
    """A draw that chooses everything with exactly its probability, and always as many as the probabilities add up to.

    Systematic sampling (Madow 1949) over a random order: one random start, then equal steps along the summed
    probabilities.
    """
    order = draw.permutation(len(probability))
    sums = np.cumsum(probability[order])
    n = round(float(sums[-1])) if len(sums) else 0
    marks = draw.random() + np.arange(n)
    places = np.searchsorted(sums * (n / sums[-1]) if n else sums, marks, side="right")
    return np.sort(order[np.minimum(places, len(order) - 1)])


def uncertainty(votes: Votes) -> Floats:
    """How much is still open about each answered item, between 0 and 1.

    For choices the entropy of what people's answers make likely, as a share of that of ignorance; for scales the
    deviation that is left of what items differ by (a normal prior and normal errors).
    """
    known, n = beliefs(votes), votes.sizes
    if votes.is_choice:
        likely = np.maximum(known.posterior, TINY)
        return np.asarray(-(likely * np.log(likely)).sum(axis=1) / np.log(max(likely.shape[1], 2)))
    error = known.deviation**2 if (n > 1).any() else known.mean.var() / 2
    between = max(float(known.mean.var()) - error * float((1 / n).mean()), TINY)
    return np.asarray(np.sqrt(error / (error + n * between)) if error > 0 else np.zeros(len(n)))


def disagreement(votes: Votes, reach: float = 1.0) -> Floats:
    """The share of pairs of answers to each item that differ; on scales how far two lie apart in lengths of the scale.

    The root mean square of distances for scales; 0 for items with one answer.
    """
    if votes.is_choice:
        return np.nan_to_num(1 - pair_agreement(votes))
    n, values = votes.sizes.astype(np.float64), votes.values - votes.levels.mean()
    sums, squares = (np.bincount(votes.items, column, len(n)) for column in (values, values**2))
    return np.asarray(np.sqrt(np.maximum(2 * (n * squares - sums**2) / np.maximum(n * (n - 1), 1), 0)) / reach)


def rarity(counts: dict[str, int], value: str | None) -> float:
    """How far something lags behind the commonest of its kind: 0 for that one (or an unknown), 1 for what is absent."""
    highest = max(counts.values(), default=0)
    return 0.0 if value is None or not highest else 1 - counts.get(value, 0) / highest


def _check(plan: Plan) -> None:
    if not 0 < plan.random_share <= 1:
        raise BadSetting(
            f"the random share is {plan.random_share:g}; expected more than 0 and at most 1, such as 0.2: "
            "only answers to things drawn by chance say how the whole stands"
        )
    if plan.n < 1:
        raise BadSetting(f"{plan.n} things to ask next; expected at least 1")
    if min(plan.uncertainty, plan.disagreement, plan.coverage) < 0:
        raise BadSetting("a reason cannot weigh less than nothing; expected weights of 0 or more")


def _strength(candidate: Candidate, plan: Plan) -> dict[Why, float]:
    return {why: getattr(plan, why) * getattr(candidate, why) for why in WHYS}


def _proposal(candidate: Candidate, part: Literal["random", "targeted"], probability: float, plan: Plan) -> Proposal:
    strength = _strength(candidate, plan)
    strongest = max(WHYS, key=lambda why: strength[why])
    why = strongest if part == "targeted" and strength[strongest] > 0 else None
    return Proposal(**vars(candidate), part=part, probability=probability, why=why)
