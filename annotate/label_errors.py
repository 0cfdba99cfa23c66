"""Given labels that people's answers contradict, and duplicates that people answered in opposite ways."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from annotate.answers.votes import Votes
from annotate.arrays import Floats
from annotate.consensus.outcome import pair_agreement
from annotate.consensus.rater_models import probabilities

UNLIKELY = 0.05  # posterior probability of a given label below which it is reported as an error
DEVIATIONS = 3.0  # standard errors between a label and the mean of the answers, or between two means
SURE, UNSURE = 0.99, 1e-6  # the highest accuracy assumed of people, and the least above guessing
LEAST = 2  # answers of people to an item before anything is concluded from them


@dataclass(frozen=True)
class LabelError:
    """A given label that the answers of n people speak against, with what they say instead.

    `share_given` and `share` are the shares of answers for the given label and for what people say, `chance` is the
    probability that the given label is right all the same (choices), `off` the z-score of the label against the
    mean of the answers (scales).
    """

    item: str
    given: str | float
    people: str | float
    n: int
    share_given: float | None = None
    share: float | None = None
    chance: float | None = None
    off: float | None = None


@dataclass(frozen=True)
class Conflict:
    """Duplicates, or rounds of asking about one item, on which people are sure of opposite things."""

    group: str
    members: tuple[str, ...]
    says: tuple[str | float, ...]
    n: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Beliefs:
    """The posterior of every item given people's answers: a probability per category, or a mean.

    `deviation` is the pooled deviation of answers to the same item (scales).
    """

    votes: Votes
    shares: Floats
    posterior: Floats
    mean: Floats
    deviation: float


def beliefs(votes: Votes) -> Beliefs:
    """The posterior of every item, where every answer is right with one and the same probability.

    That probability a follows from raw agreement p among K categories, p = a^2 + (1 - a)^2 / (K - 1), errors falling
    on all others alike; by Bayes' rule with the shares of all answers as the prior. On scales: means and deviations.
    """
    counts, width = votes.counts, len(votes.categories)
    n = votes.sizes.astype(np.float64)
    if not votes.is_choice:
        mean = np.bincount(votes.items, votes.values, len(n)) / np.maximum(n, 1)
        spread = ((votes.values - mean[votes.items]) ** 2).sum()
        free = np.maximum(n - 1, 0).sum()
        return Beliefs(votes, np.zeros((len(n), 0)), np.zeros((len(n), 0)), mean, float(np.sqrt(spread / max(free, 1))))
    table = np.zeros((len(n), width))
    table[counts.rows, counts.levels] = counts.counts
    agreed = pair_agreement(votes)
    right = _accuracy(agreed[np.isfinite(agreed)], width)
    prior = (table.sum(axis=0) + 1) / (table.sum() + width)
    logs = table * (np.log(right) - np.log((1 - right) / max(width - 1, 1))) + np.log(prior)
    shares = table / np.maximum(n, 1)[:, None]
    return Beliefs(votes, shares, probabilities(logs), np.zeros(0), 0.0)


def label_errors(votes: Votes, given: Mapping[str, str | float], unlikely: float = UNLIKELY) -> list[LabelError]:
    """The given labels that people's answers make unlikely, the least likely first; `votes` are of people only.

    On scales those that lie three deviations or more from the mean of the answers.
    """
    known = beliefs(votes)
    found = _of_choices(known, given, unlikely) if votes.is_choice else _of_scales(known, given)
    return sorted(found, key=lambda error: (error.chance or 0, -abs(error.off or 0), error.item))


def conflicts(votes: Votes, groups: Mapping[str, str], unlikely: float = UNLIKELY) -> list[Conflict]:
    """The groups (item to group) in which people are sure of different answers, in order of the group."""
    known = beliefs(votes)
    members: dict[str, list[int]] = {}
    for place, item in enumerate(votes.item_ids):
        if item in groups and votes.sizes[place] >= LEAST:
            members.setdefault(groups[item], []).append(place)
    found = []
    for group, places in sorted(members.items()):
        opposed = [place for place in places if _sure(known, place, unlikely)] if votes.is_choice else places
        if _opposed(known, opposed):
            names = tuple(votes.item_ids[place] for place in opposed)
            says = tuple(_said(known, place) for place in opposed)
            found.append(Conflict(group, names, says, tuple(int(votes.sizes[place]) for place in opposed)))
    return found


def _of_choices(known: Beliefs, given: Mapping[str, str | float], unlikely: float) -> Iterator[LabelError]:
    votes = known.votes
    codes = {category: code for code, category in enumerate(votes.categories)}
    for place, item in enumerate(votes.item_ids):
        label = given.get(item)
        n = int(votes.sizes[place])
        if label not in codes or n < LEAST:
            continue
        own, lead = codes[str(label)], int(known.posterior[place].argmax())
        chance = float(known.posterior[place, own])
        if own != lead and chance < unlikely:
            shares = known.shares[place]
            people = votes.categories[lead]
            yield LabelError(item, str(label), people, n, float(shares[own]), float(shares[lead]), chance)


def _of_scales(known: Beliefs, given: Mapping[str, str | float]) -> Iterator[LabelError]:
    votes = known.votes
    for place, item in enumerate(votes.item_ids):
        label, n = given.get(item), int(votes.sizes[place])
        if isinstance(label, str) or label is None or n < LEAST or known.deviation == 0:
            continue
        off = (label - known.mean[place]) / (known.deviation * (1 + 1 / n) ** 0.5)
        if abs(off) >= DEVIATIONS:
            yield LabelError(item, label, float(known.mean[place]), n, off=float(off))


def _accuracy(agreed: Floats, width: int) -> float:
    """The probability that an answer is right, from the agreement of pairs of answers on each item."""
    if not len(agreed) or width < 2:
        return SURE
    over: float = max(0.0, (width - 1) * (width * float(agreed.mean()) - 1)) ** 0.5
    return min(SURE, max(1 / width + UNSURE, (1 + over) / width))


def _sure(known: Beliefs, place: int, unlikely: float) -> bool:
    return bool(known.posterior[place].max() > 1 - unlikely)


def _said(known: Beliefs, place: int) -> str | float:
    if known.votes.is_choice:
        lead = int(known.posterior[place].argmax())
        return known.votes.categories[lead]
    return float(known.mean[place])


def _opposed(known: Beliefs, places: list[int]) -> bool:
    """Whether items say different things; on a scale, whether two means lie three standard errors apart."""
    if known.votes.is_choice:
        return len({_said(known, place) for place in places}) > 1
    if len(places) < 2 or known.deviation == 0:
        return False
    low, high = min(places, key=lambda one: known.mean[one]), max(places, key=lambda one: known.mean[one])
    error = known.deviation * float(sum(1 / known.votes.sizes[one] for one in (low, high))) ** 0.5
    return bool(known.mean[high] - known.mean[low] >= DEVIATIONS * error)
