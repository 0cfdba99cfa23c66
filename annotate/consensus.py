"""What the answers amount to: one value per item by a named, versioned method, with its distribution."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from annotate.votes import Counts, Votes
from schemas.answers import Label
from schemas.errors import BadSetting, nearest
from schemas.ids import short_id
from schemas.scheme import Question

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int32]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

NOTHING = -1  # the code of "no category"
EQUAL = 1e-9  # shares closer than this are a tie
Ties = Literal["shown", "first", "frequent"]


@dataclass(frozen=True, eq=False)
class Consensus:
    """The outcome for all items as arrays; `labels` turns it into rows.

    `winner` holds positions in `names` (NOTHING: none) for choices, `value` the numbers (NaN: none) for scales.
    `shares` is the distribution over `names`, row by row without zeros, and `lead` marks its entries that share the
    first place. `deviation` and `agreement` are NaN where undefined.
    """

    method: str
    item_ids: tuple[str, ...]
    n: "NDArray[np.int64]"
    names: tuple[str, ...]
    shares: Counts
    lead: "Flags"
    agreement: "Floats"
    winner: "Codes | None" = None
    value: "Floats | None" = None
    deviation: "Floats | None" = None

    def labels(self, scheme: str, question: str) -> Iterator[Label]:
        """One Label per item, in order of item."""
        values: list[Any] = self._values()
        deviations = _or_none(self.deviation, len(values))
        agreements = _or_none(self.agreement, len(values))
        names = [self.names[level] for level in self.shares.levels]
        shares, lead, starts = self.shares.counts.tolist(), self.lead.tolist(), self.shares.starts.tolist()
        sizes = self.n.tolist()
        for place, item in enumerate(self.item_ids):
            entries = slice(starts[place], starts[place + 1])
            leaders = [name for name, leads in zip(names[entries], lead[entries], strict=True) if leads]
            tied = tuple(leaders) if self.winner is not None and values[place] is None and len(leaders) > 1 else ()
            spread = tuple(zip(names[entries], shares[entries], strict=True))
            yield Label(
                item,
                scheme,
                question,
                self.method,
                sizes[place],
                values[place],
                tied,
                spread,
                deviations[place],
                agreements[place],
            )

    def _values(self) -> list[Any]:
        if self.winner is None:
            return _or_none(self.value, len(self.item_ids))
        return [None if code == NOTHING else self.names[code] for code in self.winner.tolist()]


def consensus(votes: Votes, method: str, **parameters: Any) -> Consensus:
    """The consensus by a method's name and parameters; raises BadSetting for what the method does not know or suit."""
    from annotate.methods import CHOICE, METHODS, SCALE

    if method not in METHODS:
        raise BadSetting(f"no consensus method {method!r}; {nearest(method, METHODS)}")
    suited = CHOICE if votes.is_choice else SCALE
    if method not in suited:
        kind = "a choice" if votes.is_choice else "a scale"
        raise BadSetting(f"the question is {kind}; method {method!r} is for the other kind, take {', '.join(suited)}")
    known = list(inspect.signature(METHODS[method]).parameters)[1:]
    for name in parameters:
        if name not in known:
            raise BadSetting(f"method {method!r} has no parameter {name!r}; {nearest(name, known)}")
    try:
        return METHODS[method](votes, **parameters)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"method {method!r} cannot be used here: {error}") from error


def usual_method(question: Question) -> str | None:
    """The method a question gets unless another is asked for: none for texts and questions with several answers."""
    return {"choice": "majority", "scale": "mean"}.get(question.type)
