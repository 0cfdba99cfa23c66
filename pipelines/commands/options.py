"""Flags that several verbs share, each with its type and its help; and what is refused of what was typed."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from pipelines.show.terminal import say
from schemas.errors import BadUsage

if TYPE_CHECKING:  # what only a verb needs is loaded by that verb
    from pipelines.collection import Collection

Home = Annotated[Path, typer.Option("--home", envvar="EMOCURATE_HOME", help="The folder of the collection.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Basis = Annotated[str | None, typer.Option(help="consent, licence, public-domain, synthetic, tdm or unknown.")]
Licence = Annotated[str | None, typer.Option("--licence", "--license", help="An SPDX name such as CC-BY-4.0.")]
Attribution = Annotated[str | None, typer.Option(help="Whom the licence asks to name.")]
Texts = list[str] | None


def finite(number: float | None) -> float | None:
    """The number that was typed; raises BadParameter for nan and for what is infinite."""
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number} is no number to count with")
    return number


Rate = Annotated[
    float | None, typer.Option(min=0.001, callback=finite, help="At most so many requests a second to one host.")
]
Seed = Annotated[int, typer.Option(min=0, help="The seed of what is drawn: another one draws others.")]
Licences = Annotated[Texts, typer.Option("--licence", "--license", help="SPDX: CC-BY-4.0; of a layer: text=CC0-1.0.")]
Scope = Annotated[Texts, typer.Option(help="What was consented to: annotate, train, publish, identify.")]
AllowHost = Annotated[Texts, typer.Option(help="A host that may be asked though it is on no public address.")]
Retry = Annotated[bool, typer.Option("--retry", help="Ask again for what a site had not or did not let us have.")]
HERE = Path()
Media = Literal["voice", "face", "moment"]
Who = Literal["person", "model", "corpus"]
Kind = Literal["file", "speaker", "contributor", "person", "source", "rater"]
ONLY_PEOPLE = ["person"]
Design = Literal["fixed", "sequential"]
Form = Literal["parquet", "audformat", "csv", "jsonl"]
Bootstraps = Annotated[
    int | None, typer.Option(min=0, help="Resamples behind intervals, then of all coefficients; 0 for no interval.")
]
By = Annotated[list[str], typer.Option(help="Whose answers count: person, model, corpus; people's by default.")]


class Verbs(TyperGroup):
    """All verbs: none takes an empty word, such as a variable of a shell that is not set."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left to read of the words; raises BadParameter for an empty one that is no value of a setting."""
        empty = [at for at, word in enumerate(args) if not word or (word.startswith("--") and word.endswith("="))]
        if args[:2] == ["config", "set"]:  # its value may be empty, what its options say may not
            empty = [at for at in empty if args[at] or args[at - 1].startswith("--")]
        if empty:
            after = args[empty[0]].rstrip("=") or " ".join(args[: empty[0]])
            raise typer.BadParameter(f"after {after!r} nothing is given; leave it out, or say a value", ctx)
        return super().parse_args(ctx, args)


def unused(why: str, **flags: object) -> None:
    """Refuse flags that nothing would use, by their names with `_` for `-`; raises BadUsage for the first given.

    Not given are None, False and an empty list; a zero was typed.
    """
    if given := [name for name, value in flags.items() if value is not None and value is not False and value != []]:
        raise BadUsage(f"--{given[0].strip('_').replace('_', '-')} {why}")


def find(home: Path) -> "Collection":
    """The collection in a folder; raises BadSetting where there is none."""
    from pipelines import collection

    return collection.find(home)


def reminded(home: Path) -> "Collection":
    """The collection in a folder; says which settings have no effect, where nobody would see it in what comes out."""
    from schemas.idle import idle

    here = find(home)
    for why in idle(here.settings).values():
        say(why)
    return here


def leave(failed: bool) -> None:
    """End with status 1 where something failed, so that a script sees it."""
    if failed:
        raise typer.Exit(1)
