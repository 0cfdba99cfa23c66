"""Scores on situational-judgement tests beside human norms, chance and position, and how the items worked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotate.agreement.coefficients import ratio
from annotate.agreement.intervals import intervals
from annotate.arrays import Floats
from annotate.bench.situations import JudgementTest, Norms, Situation


@dataclass(frozen=True)
class PartScore:
    """The mean points of one responder on one part of a test, over the items answered, beside people and baselines.

    `z` is how many standard deviations of people it lies above their mean. `constant` is the best that choosing by
    position alone could reach, `random` what chance gives.
    """

    part: str
    items: int
    answered: int
    score: float | None
    low: float | None
    high: float | None
    human: float | None
    human_sd: float | None
    human_n: int | None
    z: float | None
    constant: float
    random: float


@dataclass(frozen=True)
class ItemStatistics:
    """How an item worked over many responders: mean points and correlation with the points on the other items."""

    item: str
    n: int
    p_value: float | None
    item_rest: float | None


def score(test: JudgementTest, points: Mapping[str, float], bootstraps: int = 1000, seed: int = 0) -> list[PartScore]:
    """The score of one responder on every part, from points by item id; the interval draws items again."""
    return [_part_score(test, part, items, points, bootstraps, seed) for part, items in test.parts.items()]


def chance(items: Sequence[Situation]) -> float:
    """The expected mean points when as many options as allowed are chosen at random."""
    return sum(_worth(item) * (item.most if item.scoring == "set_match" else 1) for item in items) / len(items)


def by_position(items: Sequence[Situation]) -> float:
    """The best mean points for choosing the same positions everywhere, whatever is asked."""
    longest = max(len(item.options) for item in items)
    totals = [sum(_at(item, place) for item in items) for place in range(longest)]
    order = sorted(range(longest), key=lambda place: -totals[place])
    got = 0.0
    for item in items:
        places = [place for place in order if place < len(item.options)][: item.most]
        got += sum(_at(item, place) for place in places)
    return got / len(items)


def item_statistics(test: JudgementTest, points: Sequence[Mapping[str, float]]) -> list[ItemStatistics]:
    """For each item its mean points and its Pearson correlation with the mean points on the others, per responder."""
    table = _table(test, points)
    answered = np.isfinite(table)
    filled = np.where(answered, table, 0)
    rest = ratio(filled.sum(axis=1, keepdims=True) - filled, (answered.sum(axis=1, keepdims=True) - answered) * 1.0)
    found = []
    for place, item in enumerate(test.items):
        both = answered[:, place] & np.isfinite(rest[:, place])
        column = table[answered[:, place], place]
        correlation = _correlation(table[both, place], rest[both, place])
        found.append(ItemStatistics(item.id, len(column), float(column.mean()) if len(column) else None, correlation))
    return found


def cronbach(test: JudgementTest, points: Sequence[Mapping[str, float]]) -> float | None:
    """Cronbach's alpha with items as parts, over responders who answered every item; None with fewer than two."""
    table = _table(test, points)
    whole = table[np.isfinite(table).all(axis=1)]
    if len(whole) < 2 or whole.shape[1] < 2 or not (total := whole.sum(axis=1).var(ddof=1)) > 0:
        return None
    parts = whole.shape[1]
    return float(parts / (parts - 1) * (1 - whole.var(axis=0, ddof=1).sum() / total))


def _part_score(
    test: JudgementTest, part: str, items: Sequence[Situation], points: Mapping[str, float], bootstraps: int, seed: int
) -> PartScore:
    got = [points[item.id] for item in items if item.id in points]
    mean = sum(got) / len(got) if got else None
    low, high = _interval(np.asarray(got), bootstraps, seed)
    norms = test.norms.get(part) or _item_norms(items)
    above = (mean - norms.mean) / norms.sd if mean is not None and norms.mean is not None and norms.sd else None
    return PartScore(
        part=part,
        items=len(items),
        answered=len(got),
        score=mean,
        low=low,
        high=high,
        human=norms.mean,
        human_sd=norms.sd,
        human_n=norms.n,
        z=above,
        constant=by_position(items),
        random=chance(items),
    )


def _interval(points: Floats, bootstraps: int, seed: int) -> tuple[float | None, float | None]:
    def statistics(weights: Floats) -> dict[str, Floats]:
        return {"score": ratio(weights @ points, weights.sum(axis=1))}

    ends = intervals(statistics, np.arange(len(points)), len(points), bootstraps, seed) if bootstraps else {}
    return ends.get("score", (None, None))


def _item_norms(items: Sequence[Situation]) -> Norms:
    """The mean of people on these items, where every one of them has a norm; the smallest number of people."""
    known = [item.norms.p_value if item.norms.p_value is not None else item.norms.mean for item in items]
    some = [value for value in known if value is not None]
    if len(some) < len(items):
        return Norms()
    people = [item.norms.n for item in items if item.norms.n is not None]
    return Norms(mean=sum(some) / len(some), n=min(people) if people else None)


def _worth(item: Situation) -> float:
    """What one option chosen at random adds."""
    return sum(_at(item, place) for place in range(len(item.options))) / len(item.options)


def _at(item: Situation, place: int) -> float:
    """What choosing the option at a place adds."""
    if place >= len(item.options):
        return 0.0
    key = item.options[place].key
    return float(key > 0) / sum(option.key > 0 for option in item.options) if item.scoring == "set_match" else key


def _table(test: JudgementTest, points: Sequence[Mapping[str, float]]) -> Floats:
    rows = [[one.get(item.id, np.nan) for item in test.items] for one in points]
    return np.asarray(rows, np.float64).reshape(len(points), len(test.items))


def _correlation(one: Floats, other: Floats) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
