"""Verbs on clips that raters turned down: `flagged list`, `keep` and `reject`."""

from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, find
from pipelines.show.terminal import shown

flagged = typer.Typer(help="Clips that raters turned down, kept out of releases.", no_args_is_help=True)
Clips = Annotated[list[str], typer.Argument(help="Ids of clips, as `flagged list` shows them.")]
Reason = Annotated[str, typer.Option(help="Why, for those who come after you.")]


@flagged.command("list")
def flagged_list(home: Home = HERE, json: Json = False) -> None:
    """Show what raters flag, and what was decided about it; what is undecided is in no new release."""
    from pipelines.show.flagged import flags
    from pipelines.weigh.flagged import flagged as look

    shown(look(find(home).home), json, flags)


@flagged.command("keep")
def flagged_keep(clips: Clips, reason: Reason, home: Home = HERE, json: Json = False) -> None:
    """Let clips into releases though raters flag them; a flag given later asks again."""
    from pipelines.show.flagged import decided
    from pipelines.weigh.flagged import decide

    shown(decide(find(home).home, clips, reason, keep=True), json, decided)


@flagged.command("reject")
def flagged_reject(clips: Clips, reason: Reason, home: Home = HERE, json: Json = False) -> None:
    """Keep clips out of every new release, flagged or not; `flagged keep` undoes it."""
    from pipelines.show.flagged import decided
    from pipelines.weigh.flagged import decide

    shown(decide(find(home).home, clips, reason, keep=False), json, decided)
