"""What `studio`, `push` and `pull` say when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import print_table, printable, say

if TYPE_CHECKING:  # `studio` needs nothing of what `push` loads
    from collections.abc import Sequence

    from pipelines.ask.people import Account, Stopped
    from pipelines.ask.pull import Pulled
    from pipelines.ask.push import Pushed

SHOWN_REFUSALS = 10


def started(accounts: Sequence[Account]) -> None:
    """Where Label Studio answers and how to log in."""
    for account in accounts:
        print(f"address   {account.address}\ne-mail    {account.email}\npassword  {account.password}\n")
    say("It keeps running; stop it with: emocurate studio --stop. Next: emocurate push")


def stopped(result: Stopped) -> None:
    """Whether there was a Label Studio to stop."""
    print("Label Studio has stopped" if result.stopped else "no Label Studio was running")


def pushed(projects: Sequence[Pushed]) -> None:
    """What went to Label Studio."""
    if not projects:
        print("nothing to ask: no clip is good enough yet and has a consent to annotate; see emocurate status")
        return
    rows = [[p.scheme, p.media, p.asked, p.new, f"{p.address}/projects/{p.project}/data"] for p in projects]
    print_table("Asked in Label Studio", ["scheme", "media", "asked", "new", "project"], rows)
    if uncut := sum(project.uncut for project in projects):
        say(f"{uncut:,} clips could not be cut: their originals changed or cannot be read; see emocurate status")
    if withheld := sum(project.withheld for project in projects):
        say(f"{withheld:,} clips were not sent: their consent does not include annotate")
    say("Next: people answer; then emocurate pull")


def pulled(projects: Sequence[Pulled]) -> None:
    """What came home, and what of each project needs a look."""
    if not projects:
        print("nothing to fetch: nothing has been pushed; start with emocurate push")
        return
    rows = [[p.scheme, p.media, f"{p.answers:,} answers from {p.tasks:,} tasks"] for p in projects if not p.gone]
    if rows:
        print_table("Pulled", ["scheme", "media", "new, one per question and rater"], rows)
    for project in projects:
        _note(project)
    say("Next: emocurate agree")


def _note(project: Pulled) -> None:
    where = f"{project.scheme}, {project.media}"
    if project.gone:
        what = "an earlier project is gone" if project.replaced else "the project is gone from Label Studio"
        then = "" if project.replaced else "; to ask again in a new project: emocurate push"
        print(f"{where}: {what}; its {project.kept:,} answers are kept{then}")
    if project.failed:
        print(f"{where}: failed: {printable(project.failed)}")
    for change in project.changed:
        print(f"{where}: the page in Label Studio is not the one that was pushed: {printable(change)}")
    if project.changed:
        print(f"{where}: to put ours back: emocurate push; to read other words as answers: emocurate scheme migrate")
    for row in project.refused[:SHOWN_REFUSALS]:
        said = f"task {row.task}, {row.question or 'no question'} = {row.value} by {row.rater}"
        print(f"{where}: left out, outside the scheme: {printable(f'{said}: {row.reason}')}")
    if (more := len(project.refused) - SHOWN_REFUSALS) > 0:
        print(f"{where}: left out, outside the scheme: {more:,} more; all of them: emocurate pull --json")
