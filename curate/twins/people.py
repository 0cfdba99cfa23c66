"""Vectors of voices or faces joined into people: average linkage, with what is known of who is and is not the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.twins.joins import components

Floats = NDArray[np.float32]
UNKNOWN = -1
ROWS = 2_000  # of similarities held at a time
MANY = 20_000  # vectors from which on those that are all but the same are joined first
NEVER = np.float32(-2)


@dataclass(frozen=True)
class Rates:
    """How often a grouping is wrong, by pairs of told people: `missed` of `same` are apart, `mixed` of `other` one."""

    missed: int
    same: int
    mixed: int
    other: int


def people(
    vectors: Floats, least: float, told: NDArray[np.int64] | None = None, apart: Iterable[tuple[int, int]] = ()
) -> NDArray[np.int64]:
    """The number of the person of each vector, (n,), from 0 in the order of first appearance.

    `vectors` (n, dimensions) have length 1. Two groups are joined while the mean cosine of their pairs
    is at least `least`, the closest first (average linkage, by reciprocal nearest neighbours: Murtagh 1983,
    doi:10.1093/comjnl/26.4.354). Vectors with one number in `told` are one person, with different ones never;
    UNKNOWN says nothing. Pairs in `apart` are two people, such as faces in one picture or turns that overlap.
    """
    told = np.full(len(vectors), UNKNOWN, np.int64) if told is None else np.asarray(told, np.int64)
    pairs = [(int(one), int(other)) for one, other in apart]
    start = _joined_before(vectors, least, told, pairs)
    grouping = _Grouping.of(vectors, start, told, pairs)
    return _in_order(grouping.linked(least)[start])


def rates(groups: NDArray[np.int64], told: NDArray[np.int64]) -> Rates:
    """The pairs of told people that a grouping gets wrong; vectors whose person is UNKNOWN do not count."""
    known = told != UNKNOWN
    both = np.unique(np.stack([told[known], groups[known]]), axis=1, return_counts=True)[1]
    same, one = (_pairs(np.unique(part[known], return_counts=True)[1]) for part in (told, groups))
    right, total = _pairs(both), _pairs(np.array([known.sum()]))
    return Rates(same - right, same, one - right, total - same)


def _pairs(counts: NDArray[Any]) -> int:
    return int((counts * (counts - 1) // 2).sum())


def _joined_before(
    vectors: Floats, least: float, told: NDArray[np.int64], pairs: list[tuple[int, int]]
) -> NDArray[np.int64]:
    """Where linking starts: told people are one; of many vectors those all but the same too, if nothing is known."""
    firsts: dict[int, int] = {}
    links = [(firsts.setdefault(who, row), row) for row, who in enumerate(told.tolist()) if who != UNKNOWN]
    if len(vectors) > MANY:
        free = told == UNKNOWN
        free[[row for pair in pairs for row in pair]] = False
        links += _leaders(vectors, np.flatnonzero(free), least + (1 - least) / 3)
    return components(len(vectors), [one for one, _ in links], [other for _, other in links]).astype(np.int64)


def _leaders(vectors: Floats, rows: NDArray[np.int64], near: float) -> list[tuple[int, int]]:
    """Each row with the first one before it that is this near, if there is one."""
    leaders: NDArray[np.int64] = np.empty(0, np.int64)
    links = list[tuple[int, int]]()
    for at in range(0, len(rows), ROWS):
        some = rows[at : at + ROWS]
        waiting = np.ones(len(some), bool)
        if len(leaders):
            similar = vectors[some] @ vectors[leaders].T
            best = similar.argmax(axis=1)
            waiting = similar[np.arange(len(some)), best] < near
            links += zip(leaders[best[~waiting]].tolist(), some[~waiting].tolist(), strict=True)
        some = some[waiting]
        within = vectors[some] @ vectors[some].T >= near
        taken = np.zeros(len(some), bool)
        new = []
        for place in range(len(some)):
            if not taken[place]:
                mine = within[place] & ~taken
                taken |= mine
                new.append(int(some[place]))
                links += [(new[-1], int(row)) for row in some[mine] if row != new[-1]]
        leaders = np.concatenate([leaders, np.array(new, np.int64)])
    return links


@dataclass(eq=False)
class _Grouping:
    """Groups by the sums of their vectors: the mean cosine of two groups is that of their means, unscaled."""

    means: Floats
    sizes: NDArray[np.float32]
    told: NDArray[np.int64]
    apart: dict[int, set[int]]

    @classmethod
    def of(
        cls, vectors: Floats, start: NDArray[np.int64], told: NDArray[np.int64], pairs: list[tuple[int, int]]
    ) -> "_Grouping":
        count = int(start.max(initial=-1)) + 1
        means = np.zeros((count, vectors.shape[1]), np.float32)
        np.add.at(means, start, vectors)
        sizes = np.bincount(start, minlength=count).astype(np.float32)
        who = np.full(count, UNKNOWN, np.int64)
        who[start[told != UNKNOWN]] = told[told != UNKNOWN]
        apart: dict[int, set[int]] = defaultdict(set)
        for one, other in pairs:
            if start[one] != start[other]:
                apart[int(start[one])].add(int(start[other]))
                apart[int(start[other])].add(int(start[one]))
        return cls(means / np.maximum(sizes, 1)[:, None], sizes, who, apart)

    def linked(self, least: float) -> NDArray[np.int64]:
        """The group that each group ends in."""
        count = len(self.means)
        ends = np.arange(count)
        best, similarity = np.full(count, -1, np.int64), np.full(count, NEVER, np.float32)
        alive = np.ones(count, bool)
        stale = alive.copy()
        while stale.any():
            self._look(np.flatnonzero(stale), alive, best, similarity)
            here = np.flatnonzero(alive & (similarity >= least))
            mutual = here[(best[best[here]] == here) & (here < best[here])]
            stale = np.zeros(count, bool)
            for one, other in zip(mutual.tolist(), best[mutual].tolist(), strict=True):
                self._join(one, other)
                alive[other], ends[other] = False, one
                stale[one] = True
            gone = ~alive | stale
            stale |= alive & (best >= 0) & gone[best]
        while (ends != ends[ends]).any():
            ends = ends[ends]
        return ends

    def _look(self, rows: NDArray[np.int64], alive: NDArray[np.bool_], best: Any, similarity: Any) -> None:
        """The most similar group of each of these rows that it may be joined with."""
        columns = np.flatnonzero(alive)
        place = np.full(len(alive), -1, np.int64)
        place[columns] = np.arange(len(columns))
        for at in range(0, len(rows), ROWS):
            some = rows[at : at + ROWS]
            similar = self.means[some] @ self.means[columns].T
            similar[np.arange(len(some)), place[some]] = NEVER
            known = np.flatnonzero(self.told[some] != UNKNOWN)
            others = self.told[columns]
            for row in known:
                similar[row, (others != UNKNOWN) & (others != self.told[some[row]])] = NEVER
            for row, group in enumerate(some.tolist()):
                if self.apart.get(group):
                    similar[row, place[list(self.apart[group])]] = NEVER
            best[some] = columns[similar.argmax(axis=1)] if len(columns) else -1
            similarity[some] = similar.max(axis=1, initial=NEVER)

    def _join(self, one: int, other: int) -> None:
        total = self.sizes[one] + self.sizes[other]
        self.means[one] = (self.means[one] * self.sizes[one] + self.means[other] * self.sizes[other]) / total
        self.sizes[one] = total
        self.told[one] = max(self.told[one], self.told[other])
        for third in self.apart.pop(other, set()):
            self.apart[third].discard(other)
            self.apart[third].add(one)
            self.apart[one].add(third)


def _in_order(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups numbered in the order of their first member."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]
