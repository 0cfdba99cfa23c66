"""What the flags of `push` say is to be asked anew: what `next` proposes, a selection, or every good clip."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.commands.flags import pairs
from pipelines.commands.options import unused
from schemas.errors import BadSetting, BadUsage

if TYPE_CHECKING:
    from annotate.sampling import Plan
    from pipelines.ask.selection import Selection

SELECTING = ("where", "per", "balance", "limit")


def plan_from(typed: Mapping[str, Any]) -> "Plan | Selection | None":
    """The plan or selection that was typed; None where every good clip is meant. Raises BadSetting."""
    from annotate.drawing import Draw
    from annotate.sampling import Plan
    from pipelines.ask.selection import Selection

    given = [name for name in SELECTING if typed[name]]
    if typed["dropped"] and (typed["next_"] or typed["limit"]):
        raise BadUsage("--dropped says how many are drawn of those below a threshold; leave out --next and --limit")
    if not any(typed[name] for name in ("next_", "dropped", *SELECTING[1:])):
        unused(
            "is of what is drawn; that is with --next, --per, --balance, --limit, --dropped", seed=typed["seed"] or None
        )
    if given and typed["next_"]:
        raise BadUsage(f"--next and --{given[0]} both say what is asked; give one of them")
    if typed["next_"]:
        share = Plan.random_share if typed["random_share"] is None else typed["random_share"]
        return Plan(n=typed["next_"], random_share=share, seed=typed["seed"])
    unused("is the share of --next; say how many that draws", random_share=typed["random_share"])
    if not given and not typed["dropped"]:
        return None
    per = tuple((column, _count(column, text)) for column, text in pairs(typed["per"] or [], "COLUMN=N").items())
    draw = Draw(per, typed["balance"], typed["limit"] or typed["dropped"], typed["seed"])
    return Selection(typed["where"], draw, dropped=bool(typed["dropped"]))


def _count(column: str, text: str) -> int:
    if not text.strip().isdigit():
        raise BadSetting(f"--per {column}={text}; expected a number, such as --per speaker=5")
    return int(text)
