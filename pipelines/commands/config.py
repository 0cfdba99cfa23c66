"""Verbs on settings: `config get` and `config set`."""

from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, find
from pipelines.show.terminal import shown

config = typer.Typer(help="Settings of the collection, as emocurate.toml has them.", no_args_is_help=True)


@config.command("get")
def config_get(
    key: Annotated[str | None, typer.Argument(help="Such as voice.min_ms, or a section; all else.")] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show settings with their values and defaults."""
    from pipelines.configuration import settings_of
    from pipelines.show.settings import settings

    shown(settings_of(find(home).home, key), json, settings)


@config.command("set")
def config_set(
    key: Annotated[str, typer.Argument(help="A setting such as voice.min_ms.")],
    value: Annotated[str, typer.Argument(help="A number, a word, or words with commas between them.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Change one setting; nothing is computed again but what depends on it."""
    from pipelines.configuration import change
    from pipelines.show.settings import changed

    shown(change(find(home).home, key, value), json, changed)
