"""Recognises sequential designs, in which earlier answers decide whether another rater is asked; there plain
coefficients of agreement are meaningless.

Two rules are known. "stop": a further answer is asked only while every answer so far let the asking go on ("yes",
anything but the lowest point). Two answers to one item then exist only where the first was "yes", and disagreement that
starts with "no" is never seen: among 39,998 questions of EmoNet-Face Binary plain alpha is -0.16. "agree": a third
answer is asked only where the first two differ; it mostly sides with one of them, and plain alpha comes out too high.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from annotate.answers.votes import Votes
from annotate.arrays import Flags
from schemas.scheme import Protocol

CHANCE = 10  # counter-examples that chance would have to hide before their absence proves a rule
TOLERANCE = 0.02  # share of them that may occur: slips, answers that crossed


@dataclass(frozen=True)
class Design:
    """How the answers came about: `first` answers are asked in any case, then `rule` says when the asking ends.

    Under "stop" it ends with the answer `stop` (whose level is `level`), under "agree" where the first answers agree.
    A sequential design without a rule is one that was declared and that the answers do not show.
    """

    kind: Literal["fixed", "sequential"]
    reason: str
    first: int = 0
    rule: Literal["stop", "agree"] | None = None
    stop: str | float | None = None
    level: int | None = None

    @property
    def refusal(self) -> str | None:
        """Why plain coefficients would mislead here; None where they do not."""
        if self.kind == "fixed":
            return None
        return f"{self.reason}; plain coefficients would measure the stopping rule, not agreement"


def recognised(votes: Votes, protocol: Protocol | None = None) -> Design:
    """The design the protocol declares or, failing that, the one the pattern of answers gives away.

    A rule is inferred when counter-examples to it (an item asked on that should not have been) are as good as absent
    though independent answers would have produced at least ten; raters who agree would produce more still.
    """
    declared = protocol is not None and protocol.design == "sequential"
    rules = [rule for level in _stops(votes) for rule in _stop_rules(votes, level)]
    for some in (rules, [_agree_rule(votes)]):
        holding = [rule for rule in some if rule.expected >= CHANCE and rule.broken <= TOLERANCE * rule.expected]
        if holding:
            return _sequential(votes, min(holding, key=lambda rule: (rule.first, -rule.expected)), declared)
    if declared and rules:
        return _sequential(votes, min(rules, key=lambda rule: (rule.broken - rule.expected, rule.first)), declared)
    if declared:
        return Design("sequential", "the protocol says that asking stops early")
    return Design("fixed", "nothing shows that asking depended on earlier answers")


def first_answers(votes: Votes, design: Design) -> Votes | None:
    """The answers asked in any case, a fixed design of their own; None where they are one or cannot be told apart."""
    if design.first < 2 or votes.order is None:
        return None
    return votes.kept(votes.places < design.first)


def contradicting(votes: Votes, design: Design) -> Flags:
    """Items that were asked on although the design says that asking should have ended."""
    asked_on = votes.sizes > design.first
    if design.rule == "agree":
        return asked_on & _agreeing(votes)
    return asked_on & _stopped_before(votes, design.level or 0)


@dataclass(frozen=True)
class _Rule:
    """A rule with the items that break it, and those that would by chance."""

    first: int
    broken: int
    expected: float
    level: int | None = None


def _stop_rules(votes: Votes, level: int) -> Iterator[_Rule]:
    """The rule that asking ends with `level`, for any number of first answers."""
    largest = int(votes.sizes.max(initial=0))
    stops = votes.counts.levels == level
    items, stopped, broken = (
        np.bincount(votes.sizes[some], minlength=largest + 1)
        for some in (votes.sizes > 0, votes.counts.rows[stops], _stopped_before(votes, level))
    )
    sizes = np.arange(1, largest + 1)
    share = float(votes.counts.counts[stops].sum() / len(votes))
    chance = 1 - (1 - share) ** (sizes - 1)
    if votes.order is None:
        chance = 1 - (1 - share) ** sizes - sizes * share * (1 - share) ** (sizes - 1)
    for first in range(1, largest):
        expected = float((items[first + 1 :] * chance[first:]).sum())
        seen = stopped[: first + 1].any()
        yield _Rule(first, int(broken[first + 1 :].sum()), expected if seen else 0.0, level)


def _agree_rule(votes: Votes) -> _Rule:
    """The rule that a third answer is asked only where two differ."""
    asked_on = votes.sizes > 2
    shares = np.bincount(votes.codes, minlength=len(votes.levels)) / max(len(votes), 1)
    times = np.bincount(votes.sizes[asked_on])
    equal = [2] * len(times) if votes.order is not None else range(len(times))
    chance = sum(float((shares**size).sum()) * count for size, count in zip(equal, times, strict=True))
    broken = int((asked_on & _agreeing(votes)).sum())
    return _Rule(2, broken, float(chance) if (votes.sizes == 2).any() else 0.0)


def _stopped_before(votes: Votes, level: int) -> Flags:
    """Items with an answer that should have been the last and was not: two stops, or one known to stand earlier."""
    stopped = np.zeros(len(votes.item_ids), np.bool_)
    if votes.order is None:
        counts = votes.counts
        stopped[counts.rows[(counts.levels == level) & (counts.counts > 1)]] = True
    else:
        stopped[votes.items[(votes.codes == level) & (votes.places < votes.sizes[votes.items] - 1)]] = True
    return stopped


def _agreeing(votes: Votes) -> Flags:
    """Items whose first two answers are the same, or all of them where nobody knows which came first."""
    if votes.order is None:
        return np.asarray(np.diff(votes.counts.starts) == 1)
    early = votes.places < 2
    high, low = np.full(len(votes.item_ids), -1), np.full(len(votes.item_ids), len(votes.levels))
    np.maximum.at(high, votes.items[early], votes.codes[early])
    np.minimum.at(low, votes.items[early], votes.codes[early])
    return np.asarray(high == low)


def _sequential(votes: Votes, rule: _Rule, declared: bool) -> Design:
    source = "the protocol says" if declared else "the pattern of answers shows"
    seen = f"({rule.broken:,} exceptions where chance would make {rule.expected:,.0f})"
    if rule.level is None:
        return Design("sequential", f"{source} that a third answer is asked only where two differ {seen}", 2, "agree")
    stop: str | float = votes.categories[rule.level] if votes.is_choice else float(votes.levels[rule.level])
    count = "the first answer" if rule.first == 1 else f"the first {rule.first} answers"
    reason = f"{source} that after {count} asking stops at {stop!r} {seen}"
    return Design("sequential", reason, rule.first, "stop", stop, rule.level)


def _stops(votes: Votes) -> list[int]:
    """The answers that may end the asking: any category of a choice, the lowest point of a scale."""
    if not len(votes):
        return []
    return list(range(len(votes.levels))) if votes.measure == "nominal" else [0]
