"""GLAD: raters differ in ability, items in difficulty."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import minimize

from annotate.answers.votes import Votes
from annotate.arrays import Floats, Ints
from annotate.consensus.rater_models import Answers, Posterior, probabilities

SEARCH = 25  # conjugate gradient steps in one M-step
SEARCH_TOLERANCE = 1e-2
CACHED = 40_000  # answers worked on at a time, few enough for a processor's cache
FACTORS = 512  # numbers from 1 to 2 that can be multiplied without overflow


def glad(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """GLAD (Whitehill et al. 2009) by EM: the logit of a right answer is ability times exp(log easiness).

    Normal(1, 1) priors on abilities and log easiness, equally likely categories. Stops when the expected log
    likelihood per answer and category gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    answers = Answers(votes)
    model = _Model(answers)
    point = np.ones(len(votes.rater_ids) + answers.shape[0])
    shares, before, step = model.expect(point), -np.inf, 0
    while step < steps:
        step += 1
        shares = model.expect(point)
        options = {"maxiter": SEARCH}
        found = minimize(model.loss_and_slope, point, method="CG", jac=True, tol=SEARCH_TOLERANCE, options=options)
        point, now = np.asarray(found.x), -float(found.fun) / (len(votes) * answers.shape[1])
        if now - before < tolerance:
            break
        before = now
    return answers.posterior(shares, point[: len(votes.rater_ids)], step)


@dataclass(eq=False)
class _Block:
    """Some items with equally many answers; tables are answers by items, so that one row of easiness suits all."""

    items: Ints
    raters: Ints
    labels: Ints
    hit: Floats  # how likely each answer is right, less one half


class _Model:
    """A point holds the abilities of all raters, then the log easiness of all items."""

    def __init__(self, answers: Answers) -> None:
        self.shape, self.count = answers.shape, len(answers.votes.rater_ids)
        self.blocks = tuple(_blocks(answers))
        self.others = float(np.log(max(answers.shape[1] - 1, 1)))
        self.fixed = 0.0  # the part of the loss that no point changes

    def expect(self, point: Floats) -> Floats:
        """The probability of every truth (items by categories), by which each answer's chance to be right is set.

        An answer is as likely as a wrong one whatever the truth, but for a factor exp(logit) * (categories - 1) if the
        truth is what it names.
        """
        shares, easiness = np.empty(self.shape), np.exp(point[self.count :])
        answers, right = 0, 0.0
        for block in self.blocks:
            gain = point[block.raters] * easiness[block.items] + self.others
            cell = np.arange(len(block.items)) * self.shape[1] + block.labels
            evidence = np.bincount(cell.ravel(), gain.ravel(), len(block.items) * self.shape[1])
            found = probabilities(evidence.reshape(-1, self.shape[1]).astype(float, copy=False))
            shares[block.items], hit = found, found.ravel()[cell]
            block.hit = hit - 0.5
            answers, right = answers + hit.size, right + float(hit.sum())
        self.fixed = answers * float(np.log(2)) + (answers - right) * self.others
        self.fixed += len(point) * float(np.log(2 * np.pi)) / 2
        return shares

    def loss_and_slope(self, point: Floats) -> tuple[float, Floats]:
        """The negative expected log likelihood with its priors, and its gradient.

        With half = logit / 2 an answer is right with probability (1 + tanh(half)) / 2, and its expected log likelihood
        2 (hit - 1/2) half - |half| + log((1 + |tanh(half)|) / 2) needs no exponential beside that tanh.
        """
        slope, easiness = point - 1, np.exp(point[self.count :])
        loss = self.fixed + float(np.einsum("p,p", slope, slope)) / 2
        for block in self.blocks:
            ability, easy = point[block.raters], easiness[block.items]
            half = ability * (easy / 2)
            knowing = np.tanh(half)
            loss += float(np.abs(half).sum() - 2 * np.einsum("ai,ai", block.hit, half)) - _sum_of_logs(np.abs(knowing))
            gain = block.hit - knowing / 2
            slope[: self.count] -= np.bincount(block.raters.ravel(), (gain * easy).ravel(), self.count)
            slope[self.count + block.items] -= easy * (gain * ability).sum(axis=0)
        return loss, slope.view(_on_one_thread())


def _blocks(answers: Answers) -> Iterator[_Block]:
    """All items, those with equally many answers together."""
    sizes, raters = answers.votes.sizes, answers.votes.raters.astype(np.intp)
    starts = np.cumsum(sizes) - sizes  # answers stand in order of item
    for size in np.unique(sizes):
        alike = np.flatnonzero(sizes == size)
        for items in np.array_split(alike, -(-len(alike) * size // CACHED)):
            rows = starts[items] + np.arange(size)[:, None]
            yield _Block(items, raters[rows], answers.label[rows], np.zeros(rows.shape))


@cache
def _on_one_thread() -> type[np.ndarray[Any, np.dtype[np.float64]]]:
    """Arrays whose dot products BLAS does not deal out to threads.

    The search needs hundreds. Where the cores are busy, threads wait for each other longer than all the rest takes, and
    their number would decide on the last digits of the sums, which a search that stops early magnifies.
    """

    class OnOneThread(np.ndarray[Any, np.dtype[np.float64]]):
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
            if function is np.dot:
                return np.einsum("p,p", *(np.asarray(side) for side in args))
            return super().__array_function__(function, types, args, kwargs)

    return OnOneThread


def _sum_of_logs(shares: Floats) -> float:
    """The sum of log(1 + share) over a table of shares: rows are multiplied first, since logarithms are slow."""
    parts = range(0, len(shares), FACTORS)
    return float(sum(np.log((1 + shares[first : first + FACTORS]).prod(axis=0)).sum() for first in parts))
