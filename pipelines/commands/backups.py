"""`backup` and `restore`: a whole collection in another folder, and back."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, find, leave
from pipelines.show.terminal import progress, shown


def backup(
    place: Annotated[Path, typer.Argument(metavar="DEST", help="The folder of the backup, best on another disk.")],
    home: Home = HERE,
    verify: Annotated[bool, typer.Option("--verify", help="Hash what it holds, and replace what is damaged.")] = False,
    json: Json = False,
) -> None:
    """Copy the whole collection, with our Label Studio's answers, while people rate; then only what is new.

    The collection knows the folder from then on, and `forget` reaches it. Keys of pseudonyms are never in it.
    """
    from pipelines.backup.backup import backup as copy
    from pipelines.show.backups import backed_up

    with progress("backup", "files") as show:
        done = copy(find(home), place, verify, lambda count: show(count, None, ""))
    shown(done, json, backed_up)
    leave(bool(done.failed))


def restore(
    place: Annotated[Path, typer.Argument(metavar="FROM", help="The folder of a backup.")],
    home: Annotated[
        Path | None, typer.Argument(metavar="[HOME]", help="A new folder; by default named as it was, in this one.")
    ] = None,
    except_damaged: Annotated[
        bool, typer.Option("--except-damaged", help="All but what is damaged, instead of nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Restore a collection from its backup; who was forgotten since then stays out."""
    from pipelines.backup.restore import restore as bring_back
    from pipelines.show.backups import restored

    with progress("restore", "files") as show:
        done = bring_back(place, home, except_damaged, lambda count, total: show(count, total, ""))
    shown(done, json, restored)
    leave(bool(done.damaged))
