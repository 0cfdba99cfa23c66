"""Flags that several verbs share, each with its type and its help."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.show.terminal import say

if TYPE_CHECKING:  # what only a verb needs is loaded by that verb
    from pipelines.collection import Collection

Home = Annotated[Path, typer.Option("--home", envvar="EMOCURATE_HOME", help="The folder of the collection.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Basis = Annotated[str | None, typer.Option(help="consent, licence, public-domain, synthetic, tdm or unknown.")]
Licence = Annotated[str | None, typer.Option("--licence", "--license", help="An SPDX name such as CC-BY-4.0.")]
Attribution = Annotated[str | None, typer.Option(help="Whom the licence asks to name.")]
Texts = list[str] | None
Licences = Annotated[Texts, typer.Option("--licence", "--license", help="SPDX: CC-BY-4.0; of a layer: text=CC0-1.0.")]
Scope = Annotated[Texts, typer.Option(help="What was consented to: annotate, train, publish, identify.")]
AllowHost = Annotated[Texts, typer.Option(help="A host that may be asked though it is on no public address.")]
Rate = Annotated[float | None, typer.Option(min=0.001, help="At most so many requests a second to one host.")]
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


def find(home: Path) -> "Collection":
    """The collection in a folder; raises BadSetting where there is none."""
    from pipelines import collection

    return collection.find(home)


def remind(here: "Collection") -> None:
    """Say which settings of a collection have no effect, where nobody would see it in what comes out."""
    from schemas.idle import idle

    for why in idle(here.settings).values():
        say(why)


def leave(failed: bool) -> None:
    """End with status 1 where something failed, so that a script sees it."""
    if failed:
        raise typer.Exit(1)
