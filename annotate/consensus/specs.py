"""The consensus methods by name, and method specs such as `majority`, `threshold(m=2,n=3)`, `ewe`."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotate.answers.votes import Votes
from annotate.consensus import averages, choices, ferplus
from annotate.consensus.glad import glad
from annotate.consensus.mace import mace
from annotate.consensus.outcome import Consensus
from annotate.consensus.rater_models import dawid_skene, one_coin
from schemas.errors import BadSetting, nearest

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
    "dawid-skene": choices.by_model("dawid-skene@1", dawid_skene),
    "one-coin": choices.by_model("one-coin@1", one_coin),
    "mace": choices.by_model("mace@1", mace),
    "glad": choices.by_model("glad@1", glad),
}
SCALE: dict[str, Method] = {
    "mean": averages.mean,
    "median": averages.median,
    "trimmed": averages.trimmed,
    "ewe": averages.ewe,
}
METHODS: dict[str, Method] = {**CHOICE, **SCALE}
NEED_RATERS = ("gold", "dawid-skene", "one-coin", "mace", "glad", "ewe")
_SPEC = re.compile(r"(?P<name>[a-z][a-z-]*)(@\d+)?(\((?P<settings>[^()]*)\))?")


@dataclass(frozen=True)
class MethodSpec:
    """A method with its parameters, as `method_spec` reads it from a setting or a flag."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def of(self, votes: Votes, gold: Mapping[str, str] | None = None) -> Consensus:
        """The consensus of these votes; `gold` is the true category of items, where known. Raises BadSetting."""
        given = {"gold": gold or {}} if self.name == "gold" else {}
        return consensus(votes, self.name, **given, **self.parameters)


def method_spec(text: str) -> MethodSpec:
    """The method a text names as labels do, such as `threshold(m=2,n=3)`; raises BadSetting."""
    match = _SPEC.fullmatch(text.strip())
    if not match:
        raise BadSetting(
            f"{text!r} is no consensus method; expected a name or NAME(parameter=value), such as threshold(m=2,n=3)"
        )
    name = match["name"]
    if name not in METHODS:
        raise BadSetting(f"no consensus method {name!r}; {nearest(name, METHODS)}")
    parameters: dict[str, Any] = {}
    for part in filter(None, (match["settings"] or "").split(",")):
        key, equals, value = (one.strip() for one in part.partition("="))
        if not equals:
            raise BadSetting(f"{part!r} in {text!r}; expected parameter=value")
        parameters[key] = _value(value)
    _check_parameters(name, parameters)
    for key, value in parameters.items():
        _check_value(name, key, value)
    return MethodSpec(name, parameters)


def suited(methods: Sequence[MethodSpec], votes: Votes) -> list[MethodSpec]:
    """The methods that suit such votes, in order; where none does, the usual one.

    Where nobody knows who answered, methods that trust one rater more than another give way to those that do not; with
    none beside them they stay, to say what they lack when they are used.
    """
    mine = CHOICE if votes.is_choice else SCALE
    fitting = [one for one in methods if one.name in mine]
    plain = [one for one in fitting if votes.rater_ids or one.name not in NEED_RATERS]
    return plain or fitting or [MethodSpec("majority" if votes.is_choice else "mean")]


def consensus(votes: Votes, method: str, **parameters: Any) -> Consensus:
    """The consensus by a method's name and parameters; raises BadSetting for what the method does not know or suit."""
    if method not in METHODS:
        raise BadSetting(f"no consensus method {method!r}; {nearest(method, METHODS)}")
    suited = CHOICE if votes.is_choice else SCALE
    if method not in suited and len(votes):
        kind = "a choice" if votes.is_choice else "a scale"
        raise BadSetting(f"method {method!r} does not suit {kind}; take one of {', '.join(suited)}")
    _check_parameters(method, parameters)
    try:
        return METHODS[method](votes, **parameters)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"method {method!r} cannot be used here: {error}") from error


def _check_value(method: str, name: str, value: Any) -> None:
    """Raise BadSetting for a typed value that is of another kind than the parameter."""
    wanted = inspect.signature(METHODS[method]).parameters[name].annotation
    if name == "gold":
        raise BadSetting("method 'gold' takes its truth from gold asks and the corpora that answer them; give none")
    least = 0 if name == "seed" else 1
    if wanted is int and not (isinstance(value, int) and value >= least):
        raise BadSetting(f"method {method!r}: {name} = {value}; expected a whole number from {least} up")
    if wanted is float and not (isinstance(value, int | float) and value >= 0):
        raise BadSetting(f"method {method!r}: {name} = {value}; expected a number from 0 up")
    if wanted not in (int, float) and not isinstance(value, str):
        raise BadSetting(f"method {method!r}: {name} = {value}; expected a word")


def _check_parameters(method: str, parameters: dict[str, Any]) -> None:
    known = list(inspect.signature(METHODS[method]).parameters)[1:]
    for name in parameters:
        if name not in known:
            hint = nearest(name, known) if known else "it has none"
            raise BadSetting(f"method {method!r} has no parameter {name!r}; {hint}")


def _value(text: str) -> int | float | str:
    """A parameter as it is typed: a number where it is one."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text.strip("'\"")
