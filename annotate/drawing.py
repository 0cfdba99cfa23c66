"""Things drawn at random with a seed, evenly over what they are, each with the probability of its selection."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.errors import BadSetting

Thing = Mapping[str, Any]


@dataclass(frozen=True)
class Draw:
    """What is drawn: at most so many `per` value of a column, as many of each value of `balance`, `limit` in all.

    Without a limit, `balance` draws as many of every value as there are of the rarest. What has no value in a column is
    a group of its own there.
    """

    per: tuple[tuple[str, int], ...] = ()
    balance: str | None = None
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for column, count in self.per:
            if count < 1:
                raise BadSetting(f"--per {column}={count}; expected at least 1 of each")
        if self.limit is not None and self.limit < 1:
            raise BadSetting(f"--limit {self.limit}; expected at least 1")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it looks at."""
        return tuple(dict.fromkeys([*(column for column, _ in self.per), *([self.balance] if self.balance else [])]))


def drawn(things: Mapping[str, Thing], draw: Draw) -> dict[str, float]:
    """The ids of what is drawn, with the probability of each; the same things, draw and seed give the same.

    Every step draws without replacement and with equal chances within its groups. A thing's probability is the product
    of its steps, of the later ones given the earlier ones: divide by it to estimate totals (Särndal, Swensson and
    Wretman 1992, 9.3: two-phase sampling). What comes first of a group depends on the seed and the id alone, so that
    things which come later move few others.
    """
    left = dict.fromkeys(things, 1.0)
    for step, (column, count) in enumerate(draw.per):
        groups = _groups(left, things, column)
        left = _step(left, groups, dict.fromkeys(groups, count), f"{draw.seed} {step}")
    if draw.balance or draw.limit is not None:
        groups = _groups(left, things, draw.balance) if draw.balance else {None: list(left)}
        left = _step(left, groups, _quotas(groups, draw.limit), f"{draw.seed} last")
    return left


def _groups(left: Mapping[str, float], things: Mapping[str, Thing], column: str) -> dict[Any, list[str]]:
    groups: dict[Any, list[str]] = {}
    for name in left:
        groups.setdefault(things[name].get(column), []).append(name)
    return groups


def _step(
    left: Mapping[str, float], groups: Mapping[Any, Sequence[str]], quotas: Mapping[Any, int], seed: str
) -> dict[str, float]:
    """Draw so many of every group."""
    chosen: dict[str, float] = {}
    for value, names in groups.items():
        quota = min(quotas[value], len(names))
        for name in sorted(names, key=lambda name: _chance(seed, name))[:quota]:
            chosen[name] = left[name] * quota / len(names)
    return chosen


def _quotas(groups: Mapping[Any, Sequence[str]], limit: int | None) -> dict[Any, int]:
    """As many of each group as of every other, and of a group that is too small all of it."""
    if limit is None:
        fewest = min((len(names) for names in groups.values()), default=0)
        return dict.fromkeys(groups, fewest)
    quotas, left = {}, limit
    for place, (value, names) in enumerate(sorted(groups.items(), key=lambda group: (len(group[1]), str(group[0])))):
        quotas[value] = min(len(names), left // (len(groups) - place))
        left -= quotas[value]
    return quotas


def _chance(seed: str, name: str) -> bytes:
    """A number of a thing, as good as drawn by chance."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()
