"""What `studio`, `push` and `pull` say when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import print_table, printable, say

if TYPE_CHECKING:  # `studio` needs nothing of what `push` loads
    from collections.abc import Sequence

    from pipelines.ask.people import Account, Stopped
    from pipelines.ask.pull import Pulled
    from pipelines.ask.sending import Pushed

SHOWN_REFUSALS = 10
SHOWN_NUMBERS = 10


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
    drawn = {project.scheme: project.selected for project in projects if project.selected}
    for scheme, chosen in drawn.items():  # of all its media
        print(
            f"{scheme}: of {chosen.good:,} {chosen.among} clips {chosen.matching:,} fit, {chosen.drawn:,} are drawn, "
            f"each with its probability as {chosen.named}"
        )
    for project in projects:
        _pushed_note(project)
    if withheld := sum(project.withheld for project in projects):
        say(f"{withheld:,} clips were not sent: their consent does not include annotate or is over, or they are barred")
    say("Next: people answer; then emocurate pull")


def _pushed_note(project: Pushed) -> None:
    where = f"{project.scheme}, {project.media}"
    if project.answered:
        print(
            f"{where}: {project.answered:,} were answered and have no task any more; ask again: emocurate push --again"
        )
    if project.deleted:
        print(f"{where}: {project.deleted:,} tasks were there twice; the copies nobody had begun are deleted")
    if project.folded:
        print(f"{where}: {project.folded:,} were answered in several tasks; pull reads them as one")
    if project.emptied:
        print(f"{where}: an empty project with our mark is deleted: {_listed(project.emptied)}")
    if project.projects:
        print(
            f"{where}: also in project {_listed(project.projects)}, where somebody answered; pull reads it, nothing "
            f"is sent there. Send people to project {project.project}"
        )
    for change in project.changed:
        print(f"{where}: the page in Label Studio keeps what somebody answered there: {printable(change)}")
    if project.restored:
        print(f"{where}: {project.restored.restored:,} answers of raters were put back")
        if project.restored.left:
            print(f"{where}: {project.restored.left:,} could not be: their raters have no account there, or no task")


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - SHOWN_NUMBERS:,} more" if len(numbers) > SHOWN_NUMBERS else ""
    return ", ".join(map(str, numbers[:SHOWN_NUMBERS])) + more


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


def _sides(project: Pulled, where: str) -> None:
    """What Label Studio and this collection do not have in common."""
    if project.gone_tasks:
        what = "kept: Label Studio was restored" if project.restored else f"{project.withdrawn:,} answers withdrawn"
        print(f"{where}: {project.gone_tasks:,} tasks are gone; {what}")
    elif project.withdrawn:
        print(f"{where}: {project.withdrawn:,} earlier answers are taken back or replaced there; withdrawn here")
    if project.restored:
        print(f"{where}: Label Studio's database is older than the last pull; what it lacks is kept here as given")
    if project.lost:
        print(
            f"{where}: {project.lost:,} answers are here and not there any more; "
            "to put them back: emocurate push --restore"
        )
    if project.there != project.here:
        print(
            f"{where}: Label Studio counts {project.there:,} annotations and {project.here:,} were read; what came "
            "meanwhile comes with the next pull, and emocurate pull --all looks at everything"
        )
    if project.doubled:
        print(f"{where}: {project.doubled:,} were asked in several tasks, and are read as one; mend it: emocurate push")
    if project.projects:
        print(f"{where}: several projects carry our mark, and all are read: {_listed(project.projects)}")
    if project.foreign:
        print(f"{where}: tasks that are not ours are left out: {_listed(project.foreign)}")
    if project.edited:
        print(
            f"{where}: {project.edited:,} answers were written by another account than their rater's; they are marked"
        )


def _note(project: Pulled) -> None:
    where = f"{project.scheme}, {project.media}"
    if project.gone:
        what = "an earlier project is gone" if project.replaced else "the project is gone from Label Studio"
        then = "" if project.replaced else "; the rest is asked in a new project by: emocurate push"
        print(f"{where}: {what}; its {project.kept:,} answers are kept{then}")
    if project.failed:
        print(f"{where}: failed: {printable(project.failed)}")
    _sides(project, where)
    for change in project.changed:
        print(f"{where}: the page in Label Studio is not the one that was pushed: {printable(change)}")
    if project.changed:
        print(f"{where}: to put ours back: emocurate push; to read other words as answers: emocurate scheme migrate")
    for row in project.refused[:SHOWN_REFUSALS]:
        said = f"task {row.task}, {row.question or 'no question'} = {row.value} by {row.rater}"
        print(f"{where}: left out, outside the scheme: {printable(f'{said}: {row.reason}')}")
    if (more := len(project.refused) - SHOWN_REFUSALS) > 0:
        print(f"{where}: left out, outside the scheme: {more:,} more; all of them: emocurate pull --json")
