"""Recognises collections that stop asking early, and says what can be known of agreement in them.

In a sequential design a further answer is asked only while every answer so far let the asking go on ("yes", anything
but the lowest point). Two answers to one item then exist only where the first was "yes", so disagreement that starts
with "no" is never seen and plain coefficients are meaningless: among 39,998 questions of EmoNet-Face Binary plain alpha
is -0.16.

What is estimable. Let p be the probability that a rater drawn at random goes on at an item, and raters be exchangeable:
who comes first has nothing to do with the item. With m1 = E[p] and m2 = E[p^2], the first answers of all items give m1,
and the second answers give P(second goes on | first did) = q2 = m2 / m1. So two raters who both answer every item would
both go on with m2 = m1 q2, differ with 2 (m1 - m2), and

    raw agreement = 1 - 2 m1 (1 - q2),   alpha = 1 - (m1 - m2) / (m1 (1 - m1)) = (q2 - m1) / (1 - m1),

the intraclass kappa of go-on against stop, to which Krippendorff's alpha tends in a fixed design. It needs, beside
exchangeable raters, that whether the follow-up came does not depend on the item once the first answer was to go on;
mixing in questions that are never followed up (contrast questions) breaks this. Where the first two or more answers
are always asked, they are a fixed design by themselves. Nothing here recovers the agreement on values beyond go-on
against stop, except from those first answers when their order is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from annotate.coefficients import Tally, alpha, gwet, ratio, raw, tally_of
from annotate.intervals import intervals
from annotate.votes import Votes
from schemas.scheme import Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CHANCE = 10  # counter-examples that chance would have to hide before their absence proves a rule
TOLERANCE = 0.02  # share of them that may occur: slips, answers that crossed
DOUBT = 3  # standard errors


@dataclass(frozen=True)
class Design:
    """How the answers came about: `first` answers are asked in any case, `stop` is the answer that ends the asking."""

    kind: Literal["fixed", "sequential"]
    reason: str
    first: int = 0
    stop: str | float | None = None
    level: int | None = None

    @property
    def refusal(self) -> str | None:
        """Why plain coefficients would mislead here; None where they do not."""
        if self.kind == "fixed":
            return None
        return f"{self.reason}; plain coefficients would measure the stopping rule, not agreement"


@dataclass(frozen=True)
class Stage:
    """At one place of the sequence: items asked, items that went on, and their share with its 95 % interval."""

    place: int
    asked: int
    went_on: int
    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Staged:
    """What a sequential design tells of agreement; raw, alpha and ac1 are for two raters who both answer every item.

    `patterns` are (answers, answers that went on, items); `broken` items contradict the rule and are left out;
    `doubt` says why the estimates may not hold here.
    """

    stages: tuple[Stage, ...]
    patterns: tuple[tuple[int, int, int], ...]
    broken: int
    raw: float | None
    alpha: float | None
    ac1: float | None
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    doubt: str | None = None


def recognised(votes: Votes, protocol: Protocol | None = None) -> Design:
    """The design the protocol declares or, failing that, the one the pattern of answers gives away.

    A rule is inferred when counter-examples to it (an item asked on after a stop) are as good as absent though chance
    alone would have produced at least ten.
    """
    declared = protocol is not None and protocol.design == "sequential"
    rules = [rule for level in _stops(votes) for rule in _rules(votes, level)]
    holding = [rule for rule in rules if rule.expected >= CHANCE and rule.broken <= TOLERANCE * rule.expected]
    if holding:
        best = min(holding, key=lambda rule: (rule.first, -rule.expected))
        return _sequential(votes, best, declared)
    if declared and rules:
        best = min(rules, key=lambda rule: (rule.broken - rule.expected, rule.first))
        return _sequential(votes, best, declared)
    if declared:
        return Design("sequential", "the protocol says that asking stops early")
    return Design("fixed", "nothing shows that asking depended on earlier answers")


def staged(votes: Votes, design: Design, bootstraps: int = 0, seed: int = 0) -> Staged | None:
    """Stage by stage agreement of a sequential design, with intervals clustered by item; None for other designs."""
    import numpy as np

    if design.kind != "sequential" or design.level is None:
        return None
    stops = np.bincount(votes.items, votes.codes == design.level, len(votes.item_ids))
    sound = ~(_contradicts(votes, design.level) & (votes.sizes > design.first))
    table = np.stack([votes.sizes, stops.astype(np.int64)], axis=1)[sound]
    kinds, kind = np.unique(table, axis=0, return_inverse=True)
    kind = kind.ravel()
    times = np.bincount(kind, minlength=len(kinds)).astype(np.float64)[None, :]
    sizes, ended = kinds[:, 0], kinds[:, 1]

    def statistics(weights: "Floats") -> dict[str, "Floats"]:
        return _statistics(sizes, ended, design.first, weights)

    point = {name: _number(numbers) for name, numbers in statistics(times).items()}
    ends = intervals(statistics, kind, len(kinds), bootstraps, seed) if bootstraps else {}
    stages = tuple(_stage(place, sizes, ended, times, ends) for place in range(design.first, _largest(votes) + 1))
    return Staged(
        stages=stages,
        patterns=tuple((int(m), int(m - z), int(n)) for (m, z), n in zip(kinds, times[0], strict=True)),
        broken=int((~sound).sum()),
        raw=point["raw"],
        alpha=point["alpha"],
        ac1=point["ac1"],
        intervals={name: ends[name] for name in ("raw", "alpha", "ac1") if name in ends},
        doubt=_doubt(stages),
    )


def first_answers(votes: Votes, design: Design) -> Votes | None:
    """The answers asked in any case, a fixed design of their own; None where they are one or cannot be told apart."""
    if design.first < 2 or votes.order is None:
        return None
    return votes.kept(_places(votes) < design.first)


@dataclass(frozen=True)
class _Rule:
    level: int
    first: int
    broken: int
    expected: float


def _rules(votes: Votes, level: int) -> Iterator[_Rule]:
    """How often "go on after so many answers unless one is `level`" is broken, and would be by chance, for any number.

    Chance means answers that are independent of each other; raters who agree would break the rule more often still.
    """
    import numpy as np

    largest = _largest(votes)
    stop = votes.codes == level
    ended = np.bincount(votes.items, stop, len(votes.item_ids)) > 0
    items, stopped, broken = (
        np.bincount(votes.sizes[some], minlength=largest + 1)
        for some in (votes.sizes > 0, ended, _contradicts(votes, level))
    )
    sizes = np.arange(1, largest + 1)
    share = float(stop.mean())
    chance = 1 - (1 - share) ** (sizes - 1)
    if votes.order is None:
        chance = 1 - (1 - share) ** sizes - sizes * share * (1 - share) ** (sizes - 1)
    for first in range(1, largest):
        expected = float((items[first + 1 :] * chance[first:]).sum())
        yield _Rule(level, first, int(broken[first + 1 :].sum()), expected if stopped[: first + 1].any() else 0.0)


def _contradicts(votes: Votes, level: int) -> "NDArray[np.bool_]":
    """Items that were asked on after a stop: two stops, or one that is known not to be the last answer."""
    import numpy as np

    stop = votes.codes == level
    if votes.order is not None:
        stop = stop & (_places(votes) < votes.sizes[votes.items] - 1)
    stops = np.bincount(votes.items, stop, len(votes.item_ids))
    return np.asarray(stops >= (1 if votes.order is not None else 2))


def _statistics(sizes: "Ints", ended: "Ints", first: int, weights: "Floats") -> dict[str, "Floats"]:
    """Shares that went on at each place, and raw agreement, alpha and AC1 of two raters who both answer every item."""
    found = {}
    for place in range(first, int(sizes.max(initial=0)) + 1):
        asked, went_on = _asked(sizes, ended, place)
        found[f"stage {place}"] = ratio(weights @ went_on, weights @ asked)
    if first >= 2:
        block = _first_block(sizes, ended, first)
        return found | {"raw": raw(block, weights), "alpha": alpha(block, weights, "nominal")} | _ac1(block, weights)
    once, again = found["stage 1"], found["stage 2"]
    agreed, chance = 1 - 2 * once * (1 - again), 2 * once * (1 - once)
    return found | {
        "raw": agreed,
        "alpha": ratio(again - once, 1 - once),
        "ac1": ratio(agreed - chance, 1 - chance),
    }


def _ac1(block: Tally, weights: "Floats") -> dict[str, "Floats"]:
    return {"ac1": gwet(block, weights, "nominal")}


def _asked(sizes: "Ints", ended: "Ints", place: int) -> tuple["Floats", "Floats"]:
    """For each pattern: was it asked up to this place, and had nobody stopped it by then (ones and zeros)."""
    asked = sizes >= place
    went_on = asked & ((sizes > place) | (ended == 0))
    return asked.astype(float), went_on.astype(float)


def _first_block(sizes: "Ints", ended: "Ints", first: int) -> Tally:
    """The answers asked in any case: whoever was asked beyond them had nothing but answers that went on."""
    import numpy as np

    stops = np.where(sizes > first, 0, ended)
    rows = np.stack([stops, np.minimum(sizes, first) - stops], axis=1)
    return tally_of(rows, np.arange(len(rows)))


def _stage(place: int, sizes: "Ints", ended: "Ints", times: "Floats", ends: dict[str, tuple[float, float]]) -> Stage:
    asked, went_on = (int((times @ column)[0]) for column in _asked(sizes, ended, place))
    low, high = ends.get(f"stage {place}", (None, None))
    return Stage(place, asked, went_on, went_on / asked if asked else None, low, high)


def _doubt(stages: tuple[Stage, ...]) -> str | None:
    """With exchangeable raters those asked later can only go on more often; the opposite refutes the assumption."""
    for before, after in pairwise(stages):
        if before.share is None or after.share is None:
            continue
        error = sum(one.share * (1 - one.share) / one.asked for one in (before, after) if one.share is not None) ** 0.5
        if before.share - after.share > DOUBT * error:
            return (
                f"at place {after.place} fewer go on ({after.share:.3f}) than at place {before.place} "
                f"({before.share:.3f}): raters or follow-ups were not chosen by chance"
            )
    return None


def _sequential(votes: Votes, rule: _Rule, declared: bool) -> Design:
    stop: str | float = votes.categories[rule.level] if votes.is_choice else float(votes.levels[rule.level])
    source = "the protocol says" if declared else "the pattern of answers shows"
    count = "the first answer" if rule.first == 1 else f"the first {rule.first} answers"
    seen = f"{rule.broken:,} exceptions where chance would make {rule.expected:,.0f}"
    reason = f"{source} that after {count} asking stops at {stop!r} ({seen})"
    return Design("sequential", reason, rule.first, stop, rule.level)


def _stops(votes: Votes) -> list[int]:
    """The answers that may end the asking: any category of a choice, the lowest point of a scale."""
    if not len(votes):
        return []
    return list(range(len(votes.levels))) if votes.measure == "nominal" else [0]


def _largest(votes: Votes) -> int:
    return int(votes.sizes.max(initial=0))


def _places(votes: Votes) -> "Ints":
    """How many answers came before each answer to the same item."""
    import numpy as np

    rows = np.lexsort((votes.order, votes.items)) if votes.order is not None else np.arange(len(votes))
    starts = np.concatenate([[0], np.cumsum(votes.sizes)])[:-1]
    places = np.empty(len(votes), np.int64)
    places[rows] = np.arange(len(votes)) - starts[votes.items[rows]]
    return places


def _number(numbers: "Floats") -> float | None:
    import numpy as np

    return float(numbers[0]) if np.isfinite(numbers[0]) else None
