"""What stands beside every model: people against each other, the best constant answer, and answers at random."""

import math
from collections.abc import Iterator

import numpy as np

from annotate.agreement.designs import first_answers, recognised
from annotate.agreement.pairs import rater_pairs
from annotate.answers.votes import Votes
from annotate.arrays import Floats, Ints
from annotate.bench.distances import Distances, cross_entropy, distances
from annotate.bench.metrics import Judged, Numbers, PairKappa
from annotate.bench.sheets import Answers, Predicted, Sheet, hard_pairs
from schemas.scheme import Protocol

HALVES = 20  # ways of parting the raters of an item in two
HALF_AN_ANSWER = 0.5  # added to each category before the logarithm is taken (Krichevsky & Trofimov 1981)


def countable(votes: Votes, protocol: Protocol) -> Votes | None:
    """The answers a human ceiling may rest on: all in a fixed design, those asked in any case in a sequential one."""
    design = recognised(votes, protocol)
    return votes if design.kind == "fixed" else first_answers(votes, design)


def ceiling(sheet: Sheet, votes: Votes, seed: int) -> list[Judged]:
    """People judged as if they were models: each rater against the majority or mean of the others, ties split.

    Soft labels of one half of an item's raters are compared with those of the other half; for cross-entropy half an
    answer is added to each category. Kappa is the mean over pairs of raters.
    """
    answers = _answers(sheet, votes)
    several = _sizes(answers)[answers.place] >= 2
    answers = Answers(answers.rows[several], answers.raters[several], answers.values[several], answers.place[several])
    if not len(answers.rows):
        return []
    found: list[Judged] = [_one_against_others(sheet, answers)]
    if len(sheet.names):
        found += _halves(sheet, answers, seed)
    if votes.rater_ids and len((two := rater_pairs(votes)).raters):
        found.append(PairKappa(two, _places(sheet, votes), votes.is_choice))
    return found


def constants(sheet: Sheet) -> dict[str, Predicted]:
    """The best constant answers by what they are best at: the median for absolute errors, mean or mode for the rest."""
    shares = np.broadcast_to(np.nanmean(sheet.soft, axis=0), sheet.soft.shape) if _has_soft(sheet) else None
    if sheet.task.is_choice:
        mode = int(sheet.hard.sum(axis=0).argmax())
        return {"": Predicted(codes=np.full(len(sheet), mode), shares=shares)}
    known = sheet.numbers[np.isfinite(sheet.numbers)]
    middle, mean = (np.full(len(sheet), of(known) if len(known) else np.nan) for of in (np.median, np.mean))
    return {"": Predicted(numbers=mean, shares=shares), "mae": Predicted(numbers=middle)}


def at_random(sheet: Sheet, draws: int, seed: int) -> Iterator[Predicted]:
    """Answers drawn uniformly from the categories or from the points of the scale; the soft label is flat."""
    draw = np.random.default_rng(seed)
    flat = np.full(sheet.soft.shape, 1 / max(len(sheet.names), 1)) if _has_soft(sheet) else None
    points = sheet.spacing if sheet.spacing is not None else np.zeros(0)
    for place in range(draws):
        shares = flat if place == 0 else None  # it never differs
        if sheet.task.is_choice:
            yield Predicted(codes=draw.integers(len(sheet.task.categories), size=len(sheet)), shares=shares)
        elif len(points):
            yield Predicted(numbers=draw.choice(points, len(sheet)), shares=shares)
        else:
            yield Predicted(numbers=draw.uniform(sheet.task.low, sheet.task.high, len(sheet)))


def _has_soft(sheet: Sheet) -> bool:
    return bool(len(sheet.names) and np.isfinite(sheet.soft).any())


def _places(sheet: Sheet, votes: Votes) -> Ints:
    """The item of the benchmark each item of the votes is."""
    known = {one.item: int(row) for one, row in zip(sheet.references, sheet.rows, strict=True)}
    return np.asarray([known[item] for item in votes.item_ids], np.int64)


def _answers(sheet: Sheet, votes: Votes) -> Answers:
    rows = _places(sheet, votes)[votes.items]
    values = votes.levels[votes.codes]
    told = values if sheet.task.is_choice else sheet.task.reported(values)
    return Answers(rows, votes.raters.astype(np.int64), told, votes.items.astype(np.int64))


def _sizes(answers: Answers) -> Ints:
    return np.bincount(answers.place)


def _one_against_others(sheet: Sheet, answers: Answers) -> Judged:
    """Every answer as a prediction of what the other answers to the same item amount to."""
    if not sheet.task.is_choice:
        sums = np.bincount(answers.place, answers.values)[answers.place]
        others = (sums - answers.values) / (_sizes(answers)[answers.place] - 1)
        return Numbers(answers.rows, others, answers.values)
    codes = answers.values.astype(np.int64)
    shape = (int(answers.place.max()) + 1, len(sheet.task.categories))
    cell = np.ravel_multi_index((answers.place, codes), shape)
    others = np.bincount(cell, minlength=math.prod(shape)).astype(float).reshape(shape)[answers.place]
    others[np.arange(len(codes)), codes] -= 1
    leads = (others == others.max(axis=1, keepdims=True)).astype(float)
    return hard_pairs(answers.rows, leads / leads.sum(axis=1, keepdims=True), codes)


def _halves(sheet: Sheet, answers: Answers, seed: int) -> list[Judged]:
    """The distances between the soft labels of two random halves of each item's raters, over several such halves."""
    column = _columns(sheet, answers)
    if column is None:
        return []
    draw = np.random.default_rng(seed)
    used, place = np.unique(answers.place, return_inverse=True)
    sizes = np.bincount(place)
    starts = np.cumsum(sizes) - sizes
    rows = np.empty(len(used), np.int64)
    rows[place] = answers.rows
    found: list[dict[str, Floats]] = []
    for _ in range(HALVES):
        order = np.lexsort((draw.random(len(place)), place))
        first = np.empty(len(place), np.bool_)
        first[order] = (np.arange(len(place)) - starts[place[order]]) < (sizes // 2)[place[order]]
        shape = (2, len(used), len(sheet.names))
        cell = np.ravel_multi_index((first.astype(np.int64), place, column), shape)
        counts = np.bincount(cell, minlength=math.prod(shape)).reshape(shape)
        found.append(_apart(counts[0], counts[1], sheet.spacing))
    mean = {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}
    return [Distances(rows, mean)]


def _apart(reference: Ints, prediction: Ints, spacing: Floats | None) -> dict[str, Floats]:
    whole = reference / reference.sum(axis=1, keepdims=True)
    smoothed = prediction + HALF_AN_ANSWER
    apart = distances(whole, prediction / prediction.sum(axis=1, keepdims=True), spacing)
    return apart | {"cross_entropy": cross_entropy(whole, smoothed / smoothed.sum(axis=1, keepdims=True))}


def _columns(sheet: Sheet, answers: Answers) -> Ints | None:
    """The column of a soft label each answer belongs to; None where answers lie between the points."""
    if sheet.spacing is None:
        return answers.values.astype(np.int64)
    column = np.searchsorted(sheet.spacing, answers.values)
    column = np.minimum(column, len(sheet.spacing) - 1)
    return column if bool((sheet.spacing[column] == answers.values).all()) else None
