"""Verbs on what media may be used for: `rights resolve`, `consent`, `show`, `check` and `keys`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import (
    HERE,
    AllowHost,
    Attribution,
    Basis,
    Home,
    Json,
    Licence,
    Rate,
    Scope,
    find,
    leave,
    unused,
)
from pipelines.commands.ways import net_to_ask
from pipelines.show.terminal import progress, say, shown

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
    layer: Annotated[
        str | None, typer.Option(help="recording, performance, text or generator; the recording else.")
    ] = None,
    no_copy: Annotated[bool, typer.Option("--no-copy", help="It is no copy of what was forgotten; no more.")] = False,
    json: Json = False,
) -> None:
    """Settle which of several sources holds for a file, or that it is no copy of what was forgotten."""
    from pipelines.collect.rights import allow, resolve
    from pipelines.collect.sources import check_scopes, source_from
    from pipelines.show.rights import allowed, resolved

    if no_copy:
        why = "says what holds for the rights, and --no-copy settles nothing else; type them in calls of their own"
        unused(why, basis=basis, licence=licence, attribution=attribution, scope=scope, layer=layer)
        shown(allow(find(home).home, file, evidence), json, allowed)
        return
    source = source_from(basis, licence, None, scope or [], attribution, evidence=evidence, layer=layer or "recording")
    check_scopes(source)
    shown(resolve(find(home).home, file, source), json, resolved)


@rights.command("consent")
def rights_consent(
    table: Annotated[Path, typer.Argument(help="A table with the columns person and scopes, of any form.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Record what people consented to, or withdrew; who withdraws is neither asked about nor released any more.

    Columns: person, scopes (annotate, train, publish, identify), and where known state (given or withdrawn), licence,
    given_on, expires_on, keep_until, text (a file or its SHA-256), text_version, of_age, guardian, evidence.
    """
    from pipelines.collect.consents import bring_consents
    from pipelines.show.rights import consented

    shown(bring_consents(find(home), table), json, consented)


@rights.command("show")
def rights_show(
    subject: Annotated[str, typer.Argument(help="A file, the id of a clip, or a person.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say what may be done with a file, and on whose word."""
    from pipelines.collect.verdicts import show
    from pipelines.show.rights import verdicts

    here = find(home)
    shown(show(here.home, subject, here.people, here.settings.publish), json, verdicts)


@rights.command("check")
def rights_check(
    home: Home = HERE,
    online: Annotated[bool, typer.Option("--online", help="Look again at every address.")] = False,
    allow_host: AllowHost = None,
    rate: Rate = None,
    json: Json = False,
) -> None:
    """List whose consent was withdrawn, has expired or was narrowed, and where they still are; their open tasks close.

    Media from the net are listed whose site has opted out since. Those of a crawl that nobody was asked about within
    crawl.keep_days have expired: they are removed, and end as dropped.
    """
    from pipelines.ask.withhold import withhold_where_possible
    from pipelines.collect.recheck import checked
    from pipelines.forget.expire import expire
    from pipelines.show.rights import checks

    here = find(home)
    with progress("rights check", "addresses") as show:
        net = net_to_ask(allow_host, rate, online=online)
        done, gone = checked(here, net, lambda seen: show(seen, None, "")), expire(here, say)
    done = replace(done, expired=gone.files, remaining=gone.remaining)
    closed, reason = withhold_where_possible(here)
    shown(done, json, partial(checks, closed=closed, reason=reason))
    leave(bool(done.lapsed or done.narrowed or done.opted_out or done.copies))


@rights.command("keys")
def rights_keys(
    home: Home = HERE,
    rotate: Annotated[bool, typer.Option("--rotate", help="Add a key; people who come from now on get it.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="Begin with a new key: the file is lost for good.")] = False,
    json: Json = False,
) -> None:
    """Say where the keys of pseudonyms lie, or add one; whoever is known, or forgotten, keeps the older one."""
    from pipelines.collect import rotation
    from pipelines.show.rights import keys

    if lost:
        unused("adds a key to a file that --lost says is gone; give one of them", rotate=rotate)
    act = rotation.begin_anew if lost else rotation.rotate if rotate else rotation.key_chain
    shown(act(find(home)), json, keys)
