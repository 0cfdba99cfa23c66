"""GLAD: raters differ in ability, items in difficulty."""

from typing import TYPE_CHECKING

from annotate.consensus.rater_models import Answers, Posterior, probabilities
from annotate.votes import Votes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEARCH = 25  # conjugate gradient steps in one M-step
SEARCH_TOLERANCE = 1e-2


def glad(votes: Votes, steps: int = 100, tolerance: float = 1e-5) -> Posterior:
    """GLAD (Whitehill et al. 2009) by EM: the logit of a right answer is ability times exp(log easiness).

    Normal(1, 1) priors on abilities and log easiness, equally likely categories. Stops when the expected log
    likelihood per answer and category gains less than `tolerance`. Raises ValueError for scales and unknown raters.
    """
    import numpy as np
    from scipy.optimize import minimize

    answers = Answers(votes)
    model = _Model(answers)
    point = np.ones(len(votes.rater_ids) + answers.shape[0])
    shares, before, step = model.shares(point), -np.inf, 0
    while step < steps:
        step += 1
        shares = model.shares(point)
        hit = shares.ravel()[answers.cell]
        options = {"maxiter": SEARCH}
        found = minimize(model.loss_and_slope, point, hit, "CG", jac=True, tol=SEARCH_TOLERANCE, options=options)
        point, now = found.x, -float(found.fun) / (len(votes) * answers.shape[1])
        if now - before < tolerance:
            break
        before = now
    return answers.posterior(shares, point[: len(votes.rater_ids)], step)


class _Model:
    """A point holds the abilities of all raters, then the log easiness of all items."""

    def __init__(self, answers: Answers) -> None:
        import numpy as np

        self.answers = answers
        self.raters, self.sizes = answers.votes.raters, answers.votes.sizes
        self.starts = np.cumsum(self.sizes) - self.sizes  # answers stand in order of item
        self.count = len(answers.votes.rater_ids)
        self.others = float(np.log(max(answers.shape[1] - 1, 1)))

    def logits(self, point: "Floats") -> tuple["Floats", "Floats", "Floats"]:
        """Per answer: ability, easiness, and their product."""
        import numpy as np

        ability = point[: self.count][self.raters]
        easiness = np.repeat(np.exp(point[self.count :]), self.sizes)
        return ability, easiness, ability * easiness

    def shares(self, point: "Floats") -> "Floats":
        """The probability of every truth (items by categories)."""
        import numpy as np

        answers, logit = self.answers, self.logits(point)[2]
        gained = np.bincount(answers.cell, logit + self.others, answers.shape[0] * answers.shape[1])
        wrong = np.add.reduceat(-np.logaddexp(0, logit) - self.others, self.starts)
        return probabilities((gained.reshape(answers.shape) + wrong[:, None]).astype(float, copy=False))

    def loss_and_slope(self, point: "Floats", hit: "Floats") -> tuple[float, "Floats"]:
        """The negative expected log likelihood with its priors, and its gradient; `hit`: how likely an answer is right.

        The logarithm of a wrong answer's probability is that of a right one's less the logit.
        """
        import numpy as np

        ability, easiness, logit = self.logits(point)
        small = np.exp(-np.abs(logit))
        right = np.where(logit >= 0, 1, small) / (1 + small)
        likelihood = np.minimum(logit, 0).sum() - _sum_of_logs(1 + small) - logit.sum() + hit @ logit
        likelihood -= self.others * (len(hit) - hit.sum())
        prior = ((point - 1) ** 2).sum() / 2 + len(point) * np.log(2 * np.pi) / 2
        gain = (hit - right) * easiness
        by_rater = np.bincount(self.raters, gain, self.count)
        by_item = np.add.reduceat(gain * ability, self.starts)
        return float(prior - likelihood), point - 1 - np.concatenate([by_rater, by_item])


def _sum_of_logs(factors: "Floats") -> float:
    """The sum of the logarithms of numbers from 1 to 2, by way of products of 512 of them, which do not overflow."""
    import numpy as np

    return float(np.log(np.multiply.reduceat(factors, np.arange(0, len(factors), 512))).sum())
