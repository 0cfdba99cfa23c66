"""Verbs on releases that are written: `release list`, `show` and `diff`; and what `export` does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import HERE, Form, Home, Json, find
from pipelines.show.terminal import shown

if TYPE_CHECKING:
    from pipelines.release.exported import Exported
    from pipelines.release.forms import Formed
    from pipelines.release.order import Export

release = typer.Typer(help="Releases that are written: what they hold, and how they differ.", no_args_is_help=True)


@release.command("list")
def release_list(home: Home = HERE, json: Json = False) -> None:
    """Show every release: when it was made, how many samples it has, and where it was published."""
    from pipelines.release.listing import releases
    from pipelines.show.releases import listed

    shown(releases(find(home).home), json, listed)


@release.command("show")
def release_show(
    name: Annotated[str | None, typer.Argument(help="Which one; the latest by default.")] = None,
    home: Home = HERE,
    methods: Annotated[
        bool, typer.Option("--methods", help="The section of a paper instead, in Markdown; --json has every number.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what a release holds: samples by split, labels, licences; --json has the hash of every file."""
    from pipelines.release import listing
    from pipelines.release import methods as writing
    from pipelines.show.releases import holding, section

    if methods:
        shown(writing.methods(find(home), name), json, section)
    else:
        shown(listing.show(find(home).home, name), json, holding)


@release.command("diff")
def release_diff(
    first: Annotated[str, typer.Argument(help="The earlier release, such as v1.")],
    second: Annotated[str, typer.Argument(help="The later one, such as v2.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show what came, left, moved to another split, or has another label or licence; --json names the clips."""
    from pipelines.release.listing import diff
    from pipelines.show.releases import differences

    shown(diff(find(home).home, first, second), json, differences)


def written(order: "Export", name: str | None) -> "Exported":
    """The release that an export comes to; the libraries that write are loaded where something is to be written."""
    from pipelines.release.exported import up_to_date

    if done := up_to_date(order, name):
        return done
    from pipelines.release.export import export

    return export(order, name)


def in_form(done: "Exported", form: Form) -> "Formed":
    """Write a release in another form, too."""
    from pipelines.engine.lease import lease
    from pipelines.mirror import FORMS, mirror
    from pipelines.release import forms

    folder = Path(done.folder)
    home = folder.parents[1]
    with lease(home, "export"):
        made = forms.formed(home, done.name, folder, form)
        mirror(home, (FORMS,))
    return made
