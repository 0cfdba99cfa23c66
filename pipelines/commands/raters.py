"""Verbs on the people who answer: `raters report`, `exclude`, `include` and `notice`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, find, finite
from pipelines.show.terminal import shown
from schemas.errors import BadUsage

raters = typer.Typer(help="What is known of the people who answer.", no_args_is_help=True)


@raters.command("report")
def raters_report(
    home: Home = HERE,
    fast_ms: Annotated[
        float,
        typer.Option(min=0, callback=finite, help="Answers quicker than this are too fast; 0: found."),
    ] = 0,
    slow_ms: Annotated[
        float, typer.Option(min=0, callback=finite, help="Answers slower than this are too slow; 0: found.")
    ] = 0,
    json: Json = False,
) -> None:
    """What is known of every rater, and what of it is worth a look; decisions are yours."""
    from pipelines.show.raters import reported
    from pipelines.weigh.raters import raters as look

    if 0 < slow_ms <= fast_ms:
        raise BadUsage(f"--fast-ms = {fast_ms:g} is not below --slow-ms = {slow_ms:g}; an answer would be both")
    shown(look(find(home).home, fast_ms=fast_ms, slow_ms=slow_ms), json, reported)


@raters.command("exclude")
def raters_exclude(
    rater: Annotated[str, typer.Argument(help="The pseudonym `raters report` shows, or the name.")],
    reason: Annotated[str, typer.Option(help="Why, for those who come after you.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Leave a rater out of agreement, labels and exports; the answers stay, and `include` undoes it."""
    from pipelines.show.raters import decided
    from pipelines.weigh.exclusions import exclude

    here = find(home)
    shown(exclude(here.home, rater, reason, here.people), json, decided)


@raters.command("include")
def raters_include(
    rater: Annotated[str, typer.Argument(help="The pseudonym or name of a rater who was left out.")],
    reason: Annotated[str | None, typer.Option(help="Why, for those who come after you.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Take a rater in again."""
    from pipelines.show.raters import decided
    from pipelines.weigh.exclusions import include

    here = find(home)
    shown(include(here.home, rater, reason, here.people), json, decided)


@raters.command("notice")
def raters_notice(
    file: Annotated[Path, typer.Argument(help="A file with what raters were told of their answers, or agreed to.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Record what raters were told: without it `publish` lets no single answers of people out."""
    from pipelines.release.notices import record_notice
    from pipelines.show.raters import noticed

    shown(record_notice(find(home).home, file), json, noticed)
