"""MACE: a rater either knows the answer or guesses by a strategy of their own."""

import numpy as np
from scipy.special import digamma

from annotate.answers.votes import Votes
from annotate.arrays import Floats
from annotate.consensus.rater_models import Answers, Posterior, normalised

KNOWING = 0.5  # both parameters of the Beta prior on knowing
STRATEGY = 10  # of the Dirichlet prior on guessing strategies
SETTLED = 1e-12  # change of the log likelihood per answer; probabilities then stand to six digits or more
NOISE = 1.5  # random starts are drawn from 1 to 1 + NOISE, then normalised


def mace(votes: Votes, steps: int = 50, restarts: int = 10, seed: int = 0) -> Posterior:
    """MACE (Hovy et al. 2013) by variational EM.

    Each restart starts at random with the next seed and runs a tenth of the steps; the likeliest goes on until nothing
    moves, or to the end. Raises ValueError for scales and unknown raters.
    """
    answers = Answers(votes)
    first = steps if restarts == 1 else max(1, steps // 10)
    best = _Run(answers, seed).advanced(first)
    for restart in range(1, restarts):
        run = _Run(answers, seed + restart).advanced(first)
        best = run if run.likelihood > best.likelihood else best
    best.advanced(steps - best.steps)
    return answers.posterior(best.shares, best.knows[:, 1] / best.knows.sum(axis=1), best.steps)


class _Run:
    """`knows` holds the weights of guessing and knowing (raters by 2), `strategies` of each guess (by categories)."""

    def __init__(self, answers: Answers, seed: int) -> None:
        self.answers = answers
        raters = len(answers.votes.rater_ids)
        # the old generator, freshly seeded for both tables: the start crowd-kit takes
        self.knows = np.random.RandomState(seed).uniform(1, 1 + NOISE, (raters, 2))
        self.strategies = np.random.RandomState(seed).uniform(1, 1 + NOISE, (raters, answers.shape[1]))
        self.knows /= self.knows.sum(axis=1, keepdims=True)
        self.strategies /= self.strategies.sum(axis=1, keepdims=True)
        self.steps, self.settled = 0, False
        self.expect()

    def advanced(self, steps: int) -> "_Run":
        """The same run, so many steps later, or earlier where nothing moves any more."""
        end = self.steps + steps
        while self.steps < end and not self.settled:
            before = self.likelihood
            self.knows = _expected(self.known + KNOWING)
            self.strategies = _expected(self.guesses + STRATEGY)
            self.expect()
            self.steps += 1
            self.settled = abs(self.likelihood - before) < SETTLED * len(self.answers.votes)
        return self

    def expect(self) -> None:
        """The shares of the truth, and how often each rater is expected to have known and to have guessed what."""
        answers = self.answers
        guess = self.knows[answers.rater, 0] * self.strategies[answers.rater, answers.category]
        both = guess + self.knows[answers.rater, 1]
        self.shares, logs = normalised(answers.evidence(np.log(both), np.log(guess)))
        self.likelihood = float(logs.sum())
        known = answers.hits(self.shares) * (1 - guess / both)
        self.guesses = np.zeros_like(self.strategies)
        self.guesses[answers.rater, answers.category] = answers.times - known
        self.known = np.stack([self.guesses.sum(axis=1), answers.by_rater(known)], axis=1)


def _expected(counts: Floats) -> Floats:
    """Exponentials of the expected logarithms of a Dirichlet with these counts."""
    return np.asarray(np.exp(digamma(counts) - digamma(counts.sum(axis=1, keepdims=True))))
