"""Verbs on what media may be used for: `rights resolve`."""

from typing import Annotated

import typer

from pipelines.commands.options import HERE, Attribution, Basis, Home, Json, Licence, Scope, find
from pipelines.show.terminal import shown

rights = typer.Typer(help="On what basis media may be used.", no_args_is_help=True)


@rights.command("resolve")
def rights_resolve(
    file: Annotated[str, typer.Argument(help="The name or id of a file whose sources contradict each other.")],
    evidence: Annotated[str, typer.Option(help="Who granted it, when, and where that can be read.")],
    home: Home = HERE,
    basis: Basis = None,
    licence: Licence = None,
    attribution: Attribution = None,
    scope: Scope = None,
    layer: Annotated[str, typer.Option(help="recording, performance, text or generator.")] = "recording",
    json: Json = False,
) -> None:
    """Settle which of several sources holds for a file; it leaves in releases again."""
    from pipelines.collect.rights import resolve
    from pipelines.collect.sources import source_from
    from pipelines.show.rights import resolved

    source = source_from(basis, licence, None, scope or [], attribution, evidence=evidence, layer=layer)
    shown(resolve(find(home).home, file, source), json, resolved)
