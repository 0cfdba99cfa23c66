"""Models that estimate raters' errors and the truth together: Dawid-Skene in both forms, and what all models share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from annotate.answers.votes import Votes
from annotate.arrays import Floats, renumbered

TINY = 1e-10  # the least probability, so that logarithms stay finite


@dataclass(frozen=True, eq=False)
class Posterior:
    """The probability of every category for every item (items by categories), and one number per rater.

    `skill` is the expected share of right answers (Dawid-Skene, one-coin), the probability of not guessing (MACE) or
    the ability on GLAD's open scale, where 0 is guessing and negative is contrary.
    """

    shares: Floats
    skill: Floats
    steps: int


class Answers:
    """Categorical answers of known raters, with the categories somebody gave renumbered.

    A kind of answer is a pair of rater and category: all answers of one kind weigh the same as evidence. `rater`,
    `category` and `times` (how many answers) are of the kinds; `kind`, `label` (the renumbered category) and `cell`
    (the place of item and label in a flattened table of items by categories) are of the answers.
    """

    def __init__(self, votes: Votes) -> None:
        if not votes.is_choice or (len(votes) and not votes.rater_ids):
            raise ValueError("rater models need categories and known raters")
        self.votes = votes
        # no category that nobody gave can be an item's truth
        self.used, self.label = renumbered(votes.codes, len(votes.categories))
        self.shape = (len(votes.item_ids), len(self.used))
        self.cell = votes.items * np.int64(self.shape[1]) + self.label
        answers = votes.raters.astype(np.int64) * self.shape[1] + self.label
        kinds, self.kind = renumbered(answers, len(votes.rater_ids) * self.shape[1])
        self.rater, self.category = np.divmod(kinds, max(self.shape[1], 1))
        self.times = np.bincount(self.kind, minlength=len(kinds)).astype(float)

    @cached_property
    def matrix(self) -> Any:
        """Items by kinds, sparse: one for every answer."""
        shape = (self.shape[0], len(self.times))
        return csr_array((np.ones(len(self.kind)), self.kind, self.votes.starts), shape=shape)

    @cached_property
    def upright(self) -> Any:
        """Kinds by items, sparse."""
        return csr_array(self.matrix.T)

    @property
    def vote_shares(self) -> Floats:
        """The share of the answers to each item that name each category."""
        table = np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)
        return np.asarray(table / self.votes.sizes[:, None])

    def evidence(self, right: Floats, wrong: Floats) -> Floats:
        """The log likelihood of each truth (items by categories), from every kind's if it is right and if wrong."""
        table = np.repeat(wrong[:, None], self.shape[1], axis=1)
        table[np.arange(len(table)), self.category] = right
        return np.asarray(self.matrix @ table)

    def hits(self, shares: Floats) -> Floats:
        """How many answers of each kind are expected to be right."""
        return np.bincount(self.kind, shares.ravel()[self.cell], len(self.times)).astype(float, copy=False)

    def by_rater(self, numbers: Floats) -> Floats:
        """Sums over the kinds of answers of each rater."""
        return np.bincount(self.rater, numbers, len(self.votes.rater_ids)).astype(float, copy=False)

    def skill(self, shares: Floats) -> Floats:
        """The expected share of right answers of each rater."""
        return np.asarray(self.by_rater(self.hits(shares)) / self.by_rater(self.times))

    def posterior(self, shares: Floats, skill: Floats, steps: int) -> Posterior:
        """The result over all categories, with zero for those nobody gave."""
        whole = np.zeros((self.shape[0], len(self.votes.categories)))
        whole[:, self.used] = shares
        return Posterior(whole, skill, steps)


def dawid_skene(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """Dawid & Skene (1979): every rater has a table of confusions; EM from the shares of votes.

    Stops when the bound per answer gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    answers = Answers(votes)

    def fitted(shares: Floats) -> tuple[Floats, float]:
        given = answers.upright @ shares
        logs = np.log(_errors(answers, given))
        return answers.matrix @ logs, float((given * logs).sum())

    return _maximised(answers, fitted, steps, tolerance)


def one_coin(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """One-coin Dawid-Skene (Zhang et al. 2016): every rater is right with one probability, else errs evenly.

    Stops when the bound per answer gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    answers = Answers(votes)
    others = max(answers.shape[1] - 1, 1)

    def fitted(shares: Floats) -> tuple[Floats, float]:
        hits, skill = answers.hits(shares), answers.skill(shares)[answers.rater]
        right = np.log(np.clip(skill, TINY, 1 - TINY))
        wrong = np.log(np.clip((1 - skill) / others, TINY, 1 - TINY))
        return answers.evidence(right, wrong), float(hits @ right + (answers.times - hits) @ wrong)

    return _maximised(answers, fitted, steps, tolerance)


def probabilities(logs: Floats) -> Floats:
    """Rows of probabilities from rows of logarithms."""
    return normalised(logs)[0]


def normalised(logs: Floats) -> tuple[Floats, Floats]:
    """Rows of probabilities from rows of logarithms, and the logarithm of each row's sum."""
    rows, width = logs.shape
    # max and sum along short rows take several times as long
    top = np.maximum.reduceat(logs.ravel(), np.arange(0, rows * width, width))
    likely: Floats = np.exp(logs - top[:, None])
    total = np.einsum("ic->i", likely)
    likely /= total[:, None]
    return likely, top + np.log(total)


def _errors(answers: Answers, given: Floats) -> Floats:
    """The probability of each kind of answer given each truth, from how often it was given."""
    likely: Floats = np.maximum(given, TINY)
    starts = np.flatnonzero(np.diff(answers.rater, prepend=-1))
    likely /= np.add.reduceat(likely, starts)[answers.rater]
    return likely


def _maximised(
    answers: Answers, fitted: Callable[[Floats], tuple[Floats, float]], steps: int, tolerance: float
) -> Posterior:
    """EM from the shares of votes; `fitted` gives, for shares of the truth, the log likelihood of each truth (items by
    categories) under the rater parameters that suit them best, and its expectation.
    """
    shares = answers.vote_shares
    evidence, _ = fitted(shares)
    before, step = -np.inf, 0
    while step < steps:
        step += 1
        shares = probabilities(evidence + np.log(_prior(shares)))
        evidence, expected = fitted(shares)
        bound = expected + _prior_and_entropy(answers, shares)
        if bound - before < tolerance * len(answers.votes):
            break
        before = bound
    return answers.posterior(shares, answers.skill(shares), step)


def _prior(shares: Floats) -> Floats:
    return np.asarray(np.maximum(shares.mean(axis=0), TINY))


def _prior_and_entropy(answers: Answers, shares: Floats) -> float:
    """The rest of the bound; the prior counts once per answer, as in crowd-kit, so that both stop at the same step."""
    likely = np.maximum(shares, TINY)
    prior = (answers.votes.sizes @ shares) @ np.log(_prior(shares))
    return float(prior - (likely * np.log(likely)).sum())
