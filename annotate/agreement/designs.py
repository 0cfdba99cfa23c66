"""Recognises sequential designs, in which earlier answers decide whether another rater is asked; there plain
coefficients of agreement are meaningless.

Two rules are known. "stop": a further answer is asked only while every answer so far let the asking go on ("yes",
anything but the lowest point). Two answers to one item then exist only where the first was "yes", and disagreement that
starts with "no" is never seen: among 39,998 questions of EmoNet-Face Binary plain alpha is -0.16. "agree": a third
answer is asked only where the first two differ; it mostly sides with one of them, and plain alpha comes out too high.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Literal

import numpy as np

from annotate.answers.votes import Votes
from annotate.arrays import Flags, Ints
from schemas.scheme import Protocol

CHANCE = 10  # counter-examples that chance would have to hide before their absence proves a rule
TOLERANCE = 0.02  # share of them that may occur: slips, answers that crossed

Kind = Literal["fixed", "sequential"]


@dataclass(frozen=True)
class Design:
    """How the answers came about: `first` answers are asked in any case, then `rule` says when the asking ends.

    Under "stop" it ends with the answer `stop` (whose level is `level`), under "agree" where the first answers agree.
    A sequential design without a rule is one that was declared and that the answers do not show.
    """

    kind: Kind
    reason: str
    first: int = 0
    rule: Literal["stop", "agree"] | None = None
    stop: str | float | None = None
    level: int | None = None
    declared: bool = False

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
    declared: Kind | None = "sequential" if protocol is not None and protocol.design == "sequential" else None
    return recognised_together([votes], declared)[0]


def recognised_together(questions: Iterable[Votes], declared: Kind | None = None) -> list[Design]:
    """The designs of questions that were asked alike: those of one scheme that take the same answers.

    Their evidence is added up, since rare answers, or few items, hide the rule in a single question. A question that
    speaks against a rule by itself has no part in it.
    """
    rules = [_rules(votes) for votes in questions]
    if declared == "fixed":
        return [Design("fixed", "it was declared that nothing depended on earlier answers", declared=True)] * len(rules)
    designs: dict[int, Design] = {}
    while left := {place: own for place, own in enumerate(rules) if own and place not in designs}:
        shared = _shared(left, declared is not None)
        if shared is None:
            break
        rule, places = shared
        for place in places:
            stop = left[place].get(rule.key, rule).stop
            designs[place] = _sequential(replace(rule, stop=stop), declared is not None, len(places))
    if declared:
        rest = Design("sequential", "the protocol says that asking stops early", declared=True)
    else:
        rest = Design("fixed", "nothing shows that asking depended on earlier answers")
    return [designs.get(place, rest) for place in range(len(rules))]


def first_answers(votes: Votes, design: Design) -> Votes | None:
    """The answers asked in any case, a fixed design of their own; None where they are one or cannot be told apart."""
    if design.first < 2 or votes.order is None:
        return None
    return votes.kept(_places(votes) < design.first)


def contradicting(votes: Votes, design: Design) -> Flags:
    """Items that were asked on although the design says that asking should have ended."""
    asked_on = votes.sizes > design.first
    if design.rule == "agree":
        return asked_on & _agreeing(votes)
    return asked_on & _stopped_before(votes, design.level or 0)


@dataclass(frozen=True)
class _Rule:
    """A rule with the items that break it, and those that would by chance; `stop` is what `level` stands for."""

    first: int
    broken: int
    expected: float
    level: int | None = None
    stop: str | float | None = None

    @property
    def key(self) -> tuple[int, int | None]:
        return self.first, self.level

    @property
    def holds(self) -> bool:
        return self.expected >= CHANCE and self.broken <= TOLERANCE * self.expected

    @property
    def is_refuted(self) -> bool:
        """Whether there is enough to go by, and chance explains it better than slips do (counts as Poisson's)."""
        enough = max(self.expected, self.broken) >= CHANCE
        return enough and self.broken * -log(TOLERANCE) > self.expected * (1 - TOLERANCE)


_Rules = dict[tuple[int, int | None], _Rule]


def _rules(votes: Votes) -> _Rules:
    """Every rule that the answers to a question may have been collected by; none without answers."""
    if not len(votes):
        return {}
    rules = [rule for level in _stops(votes) for rule in _stop_rules(votes, level)]
    return {rule.key: rule for rule in [*rules, _agree_rule(votes)]}


def _shared(rules: Mapping[int, _Rules], declared: bool) -> tuple[_Rule, list[int]] | None:
    """A rule by which questions were asked, with the evidence of all, and their places; None where none holds."""
    shared: dict[tuple[int, int | None], tuple[_Rule, list[int]]] = {}
    for key in {key: None for own in rules.values() for key in own}:
        places = [place for place, own in rules.items() if key not in own or not own[key].is_refuted]
        known = [rules[place][key] for place in places if key in rules[place]]
        broken, expected = sum(rule.broken for rule in known), sum(rule.expected for rule in known)
        shared[key] = _Rule(key[0], broken, expected, key[1], known[0].stop if known else None), places
    stopping = [both for both in shared.values() if both[0].level is not None]
    for some in (stopping, [both for both in shared.values() if both[0].level is None]):
        if holding := [both for both in some if both[0].holds]:
            return min(holding, key=lambda both: (both[0].first, -both[0].expected))
    if declared and (possible := [both for both in stopping if both[1]]):
        return min(possible, key=lambda both: (both[0].broken - both[0].expected, both[0].first))
    return None


def _stop_rules(votes: Votes, level: int) -> Iterator[_Rule]:
    """The rule that asking ends with `level`, for any number of first answers."""
    largest = int(votes.sizes.max(initial=0))
    name: str | float = votes.categories[level] if votes.is_choice else float(votes.levels[level])
    entries = np.flatnonzero(votes.counts.levels == level)
    items, stopped, broken = (
        np.bincount(votes.sizes[some], minlength=largest + 1)
        for some in (slice(None), votes.counts.rows[entries], _stopped_before(votes, level))
    )
    sizes = np.arange(1, largest + 1)
    share = float(votes.counts.counts[entries].sum() / len(votes))
    chance = 1 - (1 - share) ** (sizes - 1)
    if votes.order is None:
        chance = 1 - (1 - share) ** sizes - sizes * share * (1 - share) ** (sizes - 1)
    for first in range(1, largest):
        expected = float((items[first + 1 :] * chance[first:]).sum())
        seen = stopped[: first + 1].any()
        yield _Rule(first, int(broken[first + 1 :].sum()), expected if seen else 0.0, level, name)


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
        stopped[counts.rows[(counts.levels == level) & (counts.counts >= 2)]] = True
    else:
        stopped[votes.items[(votes.codes == level) & (_places(votes) < votes.sizes[votes.items] - 1)]] = True
    return stopped


def _agreeing(votes: Votes) -> Flags:
    """Items whose first two answers are the same, or all of them where nobody knows which came first."""
    if votes.order is None:
        return np.asarray(np.diff(votes.counts.starts) == 1)
    early = _places(votes) < 2
    high, low = np.full(len(votes.item_ids), -1), np.full(len(votes.item_ids), len(votes.levels))
    np.maximum.at(high, votes.items[early], votes.codes[early])
    np.minimum.at(low, votes.items[early], votes.codes[early])
    return np.asarray(high == low)


def _sequential(rule: _Rule, declared: bool, questions: int) -> Design:
    source = "the protocol says" if declared else "the pattern of answers shows"
    over = f" over {questions:,} questions" if questions > 1 else ""
    seen = f"({rule.broken:,} exceptions{over} where chance would make {rule.expected:,.0f})"
    if rule.level is None:
        reason = f"{source} that a third answer is asked only where two differ {seen}"
        return Design("sequential", reason, 2, "agree", declared=declared)
    count = "the first answer" if rule.first == 1 else f"the first {rule.first} answers"
    reason = f"{source} that after {count} asking stops at {rule.stop!r} {seen}"
    return Design("sequential", reason, rule.first, "stop", rule.stop, rule.level, declared)


def _stops(votes: Votes) -> list[int]:
    """The answers that may end the asking: any category of a choice, the lowest point of a scale."""
    if not len(votes):
        return []
    return list(range(len(votes.levels))) if votes.measure == "nominal" else [0]


def _places(votes: Votes) -> Ints:
    """How many answers came before each answer to the same item."""
    rows = np.lexsort((votes.order, votes.items)) if votes.order is not None else np.arange(len(votes))
    starts = np.cumsum(votes.sizes) - votes.sizes
    places = np.empty(len(votes), np.int64)
    places[rows] = np.arange(len(votes)) - starts[votes.items[rows]]
    return places
