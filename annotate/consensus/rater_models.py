"""Who can be trusted and what is true, estimated together: Dawid-Skene in both forms, and what its relatives share."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from annotate.answers.votes import Votes
from annotate.arrays import Floats, Ints

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


@dataclass(frozen=True, eq=False)
class Answers:
    """Categorical answers of known raters, with the categories somebody gave renumbered.

    A kind of answer is a pair of rater and category: all answers of one kind weigh the same as evidence.
    """

    votes: Votes

    def __post_init__(self) -> None:
        if not self.votes.is_choice or (len(self.votes) and not self.votes.rater_ids):
            raise ValueError("rater models need categories and known raters")

    @cached_property
    def used(self) -> Ints:
        """The categories somebody gave; no other can be an item's truth."""
        return np.unique(self.votes.codes).astype(np.int64)

    @cached_property
    def label(self) -> Ints:
        """The renumbered category of every answer."""
        return np.searchsorted(self.used, self.votes.codes)

    @cached_property
    def kinds(self) -> Ints:
        """Rater times categories plus category, for every kind of answer, ascending."""
        return self._kinds[0]

    @cached_property
    def kind(self) -> Ints:
        """The kind of every answer."""
        return self._kinds[1]

    @cached_property
    def _kinds(self) -> tuple[Ints, Ints]:
        keys = self.votes.raters.astype(np.int64) * self.shape[1] + self.label
        kinds, kind = np.unique(keys, return_inverse=True)
        return kinds, kind

    @cached_property
    def rater(self) -> Ints:
        """The rater of every kind."""
        return self.kinds // self.shape[1]

    @cached_property
    def category(self) -> Ints:
        """The renumbered category of every kind."""
        return self.kinds % self.shape[1]

    @cached_property
    def matrix(self) -> Any:
        """Items by kinds, sparse: one for every answer."""
        shape = (self.shape[0], len(self.kinds))
        return csr_array((np.ones(len(self.kind)), (self.votes.items, self.kind)), shape=shape)

    @cached_property
    def upright(self) -> Any:
        """Kinds by items, sparse."""
        return csr_array(self.matrix.T)

    @property
    def shape(self) -> tuple[int, int]:
        """Items by categories given."""
        return len(self.votes.item_ids), len(self.used)

    @cached_property
    def cell(self) -> Ints:
        """The place of every answer's item and category in the flattened table of shares."""
        return self.votes.items * self.shape[1] + self.label

    @cached_property
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
        return np.bincount(self.kind, shares.ravel()[self.cell], len(self.kinds)).astype(float, copy=False)

    @cached_property
    def times(self) -> Floats:
        """How many answers are of each kind."""
        return np.bincount(self.kind, minlength=len(self.kinds)).astype(float)

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
    shares = answers.vote_shares
    errors = _errors(answers, answers.upright @ shares)
    before, step = -np.inf, 0
    while step < steps:
        step += 1
        shares = probabilities(answers.matrix @ np.log(errors) + np.log(_prior(shares)))
        given = answers.upright @ shares
        errors = _errors(answers, given)
        now = float((given * np.log(errors)).sum()) + _prior_and_entropy(answers, shares)
        if now - before < tolerance * len(votes):
            break
        before = now
    return answers.posterior(shares, answers.skill(shares), step)


def one_coin(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """One-coin Dawid-Skene (Zhang et al. 2016): every rater is right with one probability, else errs evenly.

    Stops when the bound per answer gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    answers = Answers(votes)
    shares = answers.vote_shares
    right, wrong = _coin(answers, shares)
    before, step = -np.inf, 0
    while step < steps:
        step += 1
        shares = probabilities(answers.evidence(right, wrong) + np.log(_prior(shares)))
        right, wrong = _coin(answers, shares)
        hits = answers.hits(shares)
        now = float(hits @ right + (answers.times - hits) @ wrong) + _prior_and_entropy(answers, shares)
        if now - before < tolerance * len(votes):
            break
        before = now
    return answers.posterior(shares, answers.skill(shares), step)


def confusions(votes: Votes, posterior: Posterior) -> Floats:
    """How often each rater gives which category for which truth: raters by truths by answers, rows sum to one.

    A truth the rater never met has a row of NaN.
    """
    answers, width = Answers(votes), len(votes.categories)
    met = np.zeros((len(votes.rater_ids), width, width))
    met[answers.rater, :, answers.used[answers.category]] = answers.upright @ posterior.shares
    total = np.broadcast_to(met.sum(axis=2, keepdims=True), met.shape)
    tables = np.full(met.shape, np.nan)
    np.divide(met, total, out=tables, where=total > 0)
    return tables


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


def _coin(answers: Answers, shares: Floats) -> tuple[Floats, Floats]:
    """Per kind: the logarithm of the probability of being right, and of one particular wrong answer."""
    skill, others = answers.skill(shares)[answers.rater], max(answers.shape[1] - 1, 1)
    return np.log(np.clip(skill, TINY, 1 - TINY)), np.log(np.clip((1 - skill) / others, TINY, 1 - TINY))


def _prior(shares: Floats) -> Floats:
    return np.asarray(np.maximum(shares.mean(axis=0), TINY))


def _prior_and_entropy(answers: Answers, shares: Floats) -> float:
    """The rest of the bound; the prior counts once per answer, as in crowd-kit, so that both stop at the same step."""
    likely = np.maximum(shares, TINY)
    prior = (answers.votes.sizes @ shares) @ np.log(_prior(shares))
    return float(prior - (likely * np.log(likely)).sum())
