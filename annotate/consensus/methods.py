"""The consensus methods by name."""

import inspect
from collections.abc import Callable
from typing import Any

from annotate.consensus import averages, choices, ferplus
from annotate.consensus.outcome import Consensus
from annotate.votes import Votes
from schemas.errors import BadSetting, nearest
from schemas.scheme import Question

Method = Callable[..., Consensus]

CHOICE: dict[str, Method] = {
    "majority": choices.majority,
    "strict": choices.strict,
    "threshold": choices.threshold,
    "soft": choices.soft,
    "gold": choices.gold_weighted,
    "ferplus-majority": ferplus.ferplus_majority,
    "ferplus-probability": ferplus.ferplus_probability,
    "ferplus-multi-target": ferplus.ferplus_multi_target,
    "dawid-skene": choices.from_dawid_skene,
    "one-coin": choices.from_one_coin,
    "mace": choices.from_mace,
    "glad": choices.from_glad,
}
SCALE: dict[str, Method] = {
    "mean": averages.mean,
    "median": averages.median,
    "trimmed": averages.trimmed,
    "ewe": averages.ewe,
}
METHODS: dict[str, Method] = {**CHOICE, **SCALE}


def consensus(votes: Votes, method: str, **parameters: Any) -> Consensus:
    """The consensus by a method's name and parameters; raises BadSetting for what the method does not know or suit."""
    if method not in METHODS:
        raise BadSetting(f"no consensus method {method!r}; {nearest(method, METHODS)}")
    suited = CHOICE if votes.is_choice else SCALE
    if method not in suited and len(votes):
        kind = "a choice" if votes.is_choice else "a scale"
        raise BadSetting(f"method {method!r} does not suit {kind}; take one of {', '.join(suited)}")
    known = list(inspect.signature(METHODS[method]).parameters)[1:]
    for name in parameters:
        if name not in known:
            raise BadSetting(f"method {method!r} has no parameter {name!r}; {nearest(name, known)}")
    try:
        return METHODS[method](votes, **parameters)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"method {method!r} cannot be used here: {error}") from error


def usual_method(question: Question) -> str | None:
    """The method a question gets unless another is asked for; None for texts and for several categories at once."""
    return {"choice": "majority", "scale": "mean"}.get(question.type)
