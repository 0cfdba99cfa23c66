"""Who can be trusted and what is true, estimated together from categorical answers: Dawid-Skene, one-coin, MACE, GLAD."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from annotate.votes import Votes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TINY = 1e-10  # the least probability, so that logarithms stay finite


@dataclass(frozen=True, eq=False)
class Posterior:
    """The probability of every category for every item (items by categories), and one number per rater.

    `skill` is the expected share of right answers (Dawid-Skene, one-coin), the probability of not guessing (MACE) or
    the ability on GLAD's open scale, where 0 is guessing and negative is contrary.
    """

    shares: "Floats"
    skill: "Floats"
    steps: int


@dataclass(frozen=True, eq=False)
class Answers:
    """The categories that were given, renumbered, and the sums all models need."""

    votes: Votes

    @cached_property
    def used(self) -> "Ints":
        """Categories somebody gave; the others can be no item's truth."""
        import numpy as np

        return np.unique(self.votes.codes)

    @cached_property
    def label(self) -> "Ints":
        """The renumbered category of every answer."""
        import numpy as np

        return np.searchsorted(self.used, self.votes.codes)

    @cached_property
    def cell(self) -> "Ints":
        """The place of every answer's item and category in the flattened table of shares."""
        return self.votes.items.astype("int64") * len(self.used) + self.label

    @property
    def shape(self) -> tuple[int, int]:
        """Items by categories given."""
        return len(self.votes.item_ids), len(self.used)

    def by_item(self, numbers: "Floats") -> "Floats":
        """Sums over the answers to each item."""
        import numpy as np

        return np.bincount(self.votes.items, numbers, self.shape[0])

    def by_rater(self, numbers: "Floats") -> "Floats":
        """Sums over the answers of each rater."""
        import numpy as np

        return np.bincount(self.votes.raters, numbers, len(self.votes.rater_ids))

    @cached_property
    def vote_shares(self) -> "Floats":
        """The share of the answers to each item that name each category."""
        import numpy as np

        table = np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)
        return table / self.votes.sizes[:, None]

    def evidence(self, right: "Floats", wrong: "Floats") -> "Floats":
        """The log likelihood of each truth (items by categories), from every answer's if it is right and if wrong."""
        import numpy as np

        gained = np.bincount(self.cell, right - wrong, self.shape[0] * self.shape[1]).reshape(self.shape)
        return gained + self.by_item(wrong)[:, None]

    def hits(self, shares: "Floats") -> "Floats":
        """The expected share of right answers of each rater."""
        import numpy as np

        return self.by_rater(shares.ravel()[self.cell]) / np.bincount(self.votes.raters)

    def posterior(self, shares: "Floats", skill: "Floats", steps: int) -> Posterior:
        """The result over all categories, with zero for those nobody gave."""
        import numpy as np

        whole = np.zeros((self.shape[0], len(self.votes.categories)))
        whole[:, self.used] = shares
        return Posterior(whole, skill, steps)


def dawid_skene(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """Dawid & Skene (1979): every rater has a table of confusions; EM from the shares of votes.

    Stops when the bound per answer gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    import numpy as np

    answers = _answers(votes)
    table = _Confusions(answers)
    shares = answers.vote_shares
    errors = table.estimated(table.given(shares))
    before, step = -np.inf, 0
    while step < steps:
        step += 1
        shares = _normalised(table.matrix @ np.log(errors) + np.log(_prior(shares)))
        given = table.given(shares)
        errors = table.estimated(given)
        now = float((given * np.log(errors)).sum()) + _prior_and_entropy(answers, shares)
        if (now - before) / len(votes) < tolerance:
            break
        before = now
    return answers.posterior(shares, answers.hits(shares), step)


def one_coin(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """One-coin Dawid-Skene (Zhang et al. 2016): every rater is right with one probability, else errs evenly.

    Stops when the bound per answer gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    import numpy as np

    answers = _answers(votes)
    others = max(answers.shape[1] - 1, 1)
    shares = answers.vote_shares
    skill = answers.hits(shares)
    before, step = -np.inf, 0
    while step < steps:
        step += 1
        shares = _normalised(answers.evidence(*_coin(answers, skill, others)) + np.log(_prior(shares)))
        skill = answers.hits(shares)
        right, wrong = _coin(answers, skill, others)
        hit = shares.ravel()[answers.cell]
        now = float((hit * right + (1 - hit) * wrong).sum()) + _prior_and_entropy(answers, shares)
        if (now - before) / len(votes) < tolerance:
            break
        before = now
    return answers.posterior(shares, skill, step)


def mace(votes: Votes, steps: int = 50, restarts: int = 10, seed: int = 0) -> Posterior:
    """MACE (Hovy et al. 2013): a rater either knows the answer or guesses from a habit; variational EM.

    Beta(0.5, 0.5) on knowing, Dirichlet(10) on habits. Each restart starts at random with the next seed and runs a
    fifth of the steps; the likeliest goes on to the end. Raises ValueError for scales and unknown raters.
    """
    answers = _answers(votes)
    first = steps if restarts == 1 else max(1, steps // 5)
    runs = [_Mace(answers, seed + restart).advanced(first) for restart in range(restarts)]
    best = max(runs, key=lambda run: run.likelihood).advanced(steps - first)
    return answers.posterior(best.shares, best.knows[:, 1] / best.knows.sum(axis=1), steps)


def glad(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """GLAD (Whitehill et al. 2009): raters differ in ability, items in difficulty; EM with conjugate gradients.

    Normal(1, 1) priors on abilities and on log easiness. Raises ValueError for scales and unknown raters.
    """
    import numpy as np
    from scipy.optimize import minimize

    answers = _answers(votes)
    model = _Glad(answers)
    point = np.ones(len(votes.rater_ids) + answers.shape[0])
    before, step = -np.inf, 0
    shares = model.shares(point)
    while step < steps:
        step += 1
        shares = model.shares(point)
        hit = shares.ravel()[answers.cell]
        found = minimize(model.loss, point, (hit,), "CG", model.slope, tol=1e-2, options={"maxiter": 25})
        point, now = found.x, -float(found.fun) / (len(votes) * answers.shape[1])
        if now - before < tolerance:
            break
        before = now
    return answers.posterior(shares, point[: len(votes.rater_ids)], step)


def confusions(votes: Votes, posterior: Posterior) -> "Floats":
    """How often each rater gives which category for which truth: raters by truths by answers, rows sum to one.

    A truth the rater never met has a row of NaN.
    """
    import numpy as np

    width = len(votes.categories)
    table = np.zeros((len(votes.rater_ids) * width, width))
    np.add.at(table, votes.raters.astype(np.int64) * width + votes.codes, posterior.shares[votes.items])
    met = table.reshape(-1, width, width).transpose(0, 2, 1)
    total = met.sum(axis=2, keepdims=True)
    return np.divide(met, total, out=np.full(met.shape, np.nan), where=total > 0)


class _Confusions:
    """Dawid-Skene's tables, with a row for every pair of rater and category that occurs."""

    def __init__(self, answers: Answers) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        keys = answers.votes.raters.astype(np.int64) * answers.shape[1] + answers.label
        rows, row = np.unique(keys, return_inverse=True)
        self.rater = rows // answers.shape[1]
        self.matrix: Any = csr_array((np.ones(len(row)), (answers.votes.items, row)), (answers.shape[0], len(rows)))
        self.upright: Any = csr_array(self.matrix.T)

    def given(self, shares: "Floats") -> "Floats":
        """How often each rater gave each category, split by the shares of the truth."""
        given: Floats = self.upright @ shares
        return given

    def estimated(self, given: "Floats") -> "Floats":
        """The probability of a rater's answer given each truth."""
        import numpy as np

        likely = np.maximum(given, TINY)
        starts = np.flatnonzero(np.diff(self.rater, prepend=-1))
        return likely / np.add.reduceat(likely, starts)[self.rater]


class _Mace:
    """One run: `knows` holds the weights of guessing and knowing per rater, `habits` those of guesses."""

    def __init__(self, answers: Answers, seed: int) -> None:
        import numpy as np

        self.answers = answers
        raters = len(answers.votes.rater_ids)
        self.knows = np.random.RandomState(seed).uniform(1, 2.5, (raters, 2))
        self.habits = np.random.RandomState(seed).uniform(1, 2.5, (raters, answers.shape[1]))
        self.knows /= self.knows.sum(axis=1, keepdims=True)
        self.habits /= self.habits.sum(axis=1, keepdims=True)
        self.expect()

    def advanced(self, steps: int) -> "_Mace":
        """The same run, so many steps later."""
        for _ in range(steps):
            self.maximise()
            self.expect()
        return self

    def expect(self) -> None:
        """The shares of the truth and what they say of every rater."""
        import numpy as np

        answers, raters = self.answers, self.answers.votes.raters
        guess = self.knows[raters, 0] * self.habits[raters, answers.label]
        both = guess + self.knows[raters, 1]
        evidence = answers.evidence(np.log(both), np.log(guess))
        self.shares = _normalised(evidence)
        top = evidence.max(axis=1)
        self.likelihood = float((top + np.log(np.exp(evidence - top[:, None]).mean(axis=1))).sum())
        hit = self.shares.ravel()[answers.cell]
        guessed = 1 - hit + hit * guess / both
        width = answers.shape[1]
        keys = raters.astype(np.int64) * width + answers.label
        self.guesses = np.bincount(keys, guessed, len(self.knows) * width).reshape(-1, width)
        self.known = np.stack([self.guesses.sum(axis=1), answers.by_rater(hit * (1 - guess / both))], axis=1)

    def maximise(self) -> None:
        """The variational step: exponentials of expected logarithms under the priors."""
        self.knows = _expected(self.known + 0.5)
        self.habits = _expected(self.guesses + 10)


class _Glad:
    """The logit of a right answer is the rater's ability times the exponential of the item's log easiness."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.raters = len(answers.votes.rater_ids)
        self.others = max(answers.shape[1] - 1, 1)

    def logs(self, point: "Floats") -> tuple["Floats", "Floats"]:
        """Per answer: the logarithm of the probability of being right, and of one particular wrong answer."""
        import numpy as np

        ability, easiness = self.parts(point)
        logit = ability * np.exp(easiness)
        return -np.logaddexp(0, -logit), -np.logaddexp(0, logit) - np.log(self.others)

    def parts(self, point: "Floats") -> tuple["Floats", "Floats"]:
        """Ability and log easiness, per answer."""
        votes = self.answers.votes
        return point[: self.raters][votes.raters], point[self.raters :][votes.items]

    def shares(self, point: "Floats") -> "Floats":
        """The truth given abilities and difficulties, all categories being equally likely beforehand."""
        return _normalised(self.answers.evidence(*self.logs(point)))

    def loss(self, point: "Floats", hit: "Floats") -> float:
        """The negative expected log likelihood with its priors."""
        import numpy as np

        right, wrong = self.logs(point)
        prior = ((point - 1) ** 2).sum() / 2 + len(point) * np.log(2 * np.pi) / 2
        return float(prior - (hit * right + (1 - hit) * wrong).sum())

    def slope(self, point: "Floats", hit: "Floats") -> "Floats":
        """The gradient of the loss."""
        import numpy as np

        ability, easiness = self.parts(point)
        gain = (hit - 1 / (1 + np.exp(-ability * np.exp(easiness)))) * np.exp(easiness)
        pull = np.concatenate([self.answers.by_rater(gain), self.answers.by_item(gain * ability)])
        return point - 1 - pull


def _answers(votes: Votes) -> Answers:
    if not votes.is_choice or (len(votes) and not votes.rater_ids):
        raise ValueError("rater models need categories and known raters")
    return Answers(votes)


def _coin(answers: Answers, skill: "Floats", others: int) -> tuple["Floats", "Floats"]:
    """Per answer: the logarithm of the probability of being right, and of one particular wrong answer."""
    import numpy as np

    right = np.log(np.clip(skill, TINY, 1 - TINY))
    wrong = np.log(np.clip((1 - skill) / others, TINY, 1 - TINY))
    return right[answers.votes.raters], wrong[answers.votes.raters]


def _prior(shares: "Floats") -> "Floats":
    import numpy as np

    return np.maximum(shares.mean(axis=0), TINY)


def _prior_and_entropy(answers: Answers, shares: "Floats") -> float:
    """What the bound has beside the answers; the prior counts once per answer, as in crowd-kit, to stop when it stops."""
    import numpy as np

    likely = np.maximum(shares, TINY)
    prior = (answers.votes.sizes @ shares) @ np.log(_prior(shares))
    return float(prior - (likely * np.log(likely)).sum())


def _expected(counts: "Floats") -> "Floats":
    import numpy as np
    from scipy.special import digamma

    return np.exp(digamma(counts) - digamma(counts.sum(axis=1, keepdims=True)))


def _normalised(logs: "Floats") -> "Floats":
    """Rows of probabilities from rows of logarithms."""
    import numpy as np

    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
