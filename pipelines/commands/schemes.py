"""Verbs on what was asked: `scheme migrate` and `scheme list`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, find
from pipelines.show.terminal import shown

scheme = typer.Typer(help="Schemes: what was asked, and what it is read as.", no_args_is_help=True)


@scheme.command("migrate")
def scheme_migrate(
    old: Annotated[str, typer.Argument(help="The scheme that was asked: its name, name-version, id or TOML file.")],
    new: Annotated[str, typer.Argument(help="What its answers are read as; the same one ends that.")],
    map_: Annotated[Path | None, typer.Option("--map", help="A TOML file of what has another name.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Read the answers to one scheme as answers to its successor; the answers themselves stay as they are.

    In the map, fear = "anxiety" in the table of a question reads one category as another, fear = "" drops it, and
    feeling = "emotion" in the table questions renames a question; what has the same name needs no line.
    """
    from pipelines.show.schemes import migrated
    from pipelines.weigh import bridges

    shown(bridges.migrate(find(home).home, old, new, map_), json, migrated)


@scheme.command("list")
def scheme_list(home: Home = HERE, json: Json = False) -> None:
    """Show every scheme that was asked, how many answers it has, and what they are read as."""
    from pipelines.show.schemes import schemes
    from pipelines.weigh import bridges

    shown(bridges.listed(find(home).home), json, schemes)
