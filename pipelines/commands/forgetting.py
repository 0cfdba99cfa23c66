"""`forget`: a person, a source or a file is taken out of everything."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import HERE, Home, Json, Kind, find, leave, unused
from pipelines.show.terminal import say, shown


def forget(
    subject: Annotated[
        str, typer.Argument(help="A file, `folder/` or pattern*; a speaker, contributor, source, rater.")
    ],
    home: Home = HERE,
    kind: Annotated[Kind | None, typer.Option("--as", help="What is meant, where it could be several things.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Several files are meant, for good.")] = False,
    delete_answers: Annotated[bool, typer.Option("--delete-answers", help="Of a rater: not only the name.")] = False,
    may_return: Annotated[bool, typer.Option("--may-return", help="Undo a wrong add: it may be added again.")] = False,
    keep_studio: Annotated[bool, typer.Option("--keep-studio", help="Leave Label Studio as it is.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="A file for the person: what was held and removed; - prints it.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Search every file here for the words, raw.")] = False,
    json: Json = False,
) -> None:
    """Take a person, a source or a file out: media, clips, answers, tasks, and every release that holds them.

    The report is written by the call that removes: what was removed is not kept, so it cannot be made later. The same
    bytes do not come in again; a re-encoded picture or sound does, and the next run bars what it takes for a copy.
    """
    from pipelines.forget import forget as forgetting
    from pipelines.forget import verify as verifying
    from pipelines.show.forget import forgotten, verified

    if verify:
        given = {"as": kind, "dry_run": dry_run, "yes": yes, "delete_answers": delete_answers, "report": report}
        unused("says how to forget; --verify only searches", **given, may_return=may_return, keep_studio=keep_studio)
    here = find(home)
    if verify:
        seen = verifying.verify(here, subject)
        shown(seen, json, verified)
        leave(bool(seen.found))
        return
    how = forgetting.How(yes, delete_answers, may_return, dry_run, keep_studio, report)
    shown(forgetting.forget(here, subject, kind, how, say), json, forgotten)
