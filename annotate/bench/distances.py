"""How far predicted soft labels lie from the shares of human answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import rel_entr

from annotate.agreement.coefficients import ratio
from annotate.agreement.sums import sums_by
from annotate.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Distances:
    """The distances between soft labels, one row per prediction; the figure is their mean."""

    rows: Ints
    distances: Mapping[str, Floats]

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """The mean of every distance over the items as drawn."""
        weighed = weights[:, : len(self._by_item)] @ self._by_item
        return {name: ratio(weighed[:, place], weighed[:, -1]) for place, name in enumerate(self.distances)}

    @cached_property
    def _by_item(self) -> Floats:
        """Every distance, and the number of rows, summed over each item."""
        columns = np.stack([*self.distances.values(), np.ones(len(self.rows))], axis=1)
        return np.asarray(sums_by(self.rows, int(self.rows.max(initial=-1)) + 1) @ columns)


def distances(reference: Floats, prediction: Floats, points: Floats | None = None) -> dict[str, Floats]:
    """The distance between soft labels, row by row (rows by categories, each row sums to one).

    js: Jensen-Shannon distance with base 2, from 0 to 1. emd: earth mover's distance in units of `points`, or with
    every move at cost 1 (half the sum of differences) for categories without order. cosine: 1 - cosine similarity.
    cross_entropy: in nats, with predictions no smaller than the machine's epsilon.
    """
    middle = (reference + prediction) / 2
    nats = (rel_entr(reference, middle) + rel_entr(prediction, middle)).sum(axis=1) / 2
    if points is None:
        moved = abs(reference - prediction).sum(axis=1) / 2
    else:
        ahead = np.cumsum(reference - prediction, axis=1)[:, :-1]
        moved = (abs(ahead) * np.diff(points)).sum(axis=1)
    lengths = np.sqrt((reference**2).sum(axis=1) * (prediction**2).sum(axis=1))
    return {
        "js": np.sqrt(np.maximum(nats, 0) / np.log(2)),
        "emd": moved,
        "cosine": 1 - ratio((reference * prediction).sum(axis=1), lengths),
        "cross_entropy": cross_entropy(reference, prediction),
    }


def cross_entropy(reference: Floats, prediction: Floats) -> Floats:
    """Cross-entropy in nats, row by row, with predictions no smaller than the machine's epsilon."""
    return np.asarray(-(reference * np.log(np.clip(prediction, np.finfo(np.float64).eps, 1))).sum(axis=1))
