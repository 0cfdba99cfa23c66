"""What `studio`, `push` and `pull` say when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import print_table, say

if TYPE_CHECKING:  # `studio` needs nothing of what `push` loads
    from collections.abc import Sequence

    from pipelines.ask.people import Account, Stopped
    from pipelines.ask.pull import Pulled
    from pipelines.ask.push import Pushed


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
        print("nothing to ask: no clip is good enough yet; see emocurate status")
        return
    rows = [[p.scheme, p.media, p.asked, p.new, f"{p.address}/projects/{p.project}/data"] for p in projects]
    print_table("Asked in Label Studio", ["scheme", "media", "asked", "new", "project"], rows)
    if uncut := sum(project.uncut for project in projects):
        say(f"{uncut:,} clips could not be cut: their originals changed or cannot be read; see emocurate status")
    say("Next: people answer; then emocurate pull")


def pulled(projects: Sequence[Pulled]) -> None:
    """What came home."""
    if not projects:
        print("nothing to fetch: nothing has been pushed; start with emocurate push")
        return
    rows = [[p.scheme, p.media, f"{p.answers:,} answers from {p.tasks:,} tasks"] for p in projects]
    print_table("Pulled", ["scheme", "media", "new, one per question and rater"], rows)
    if unreadable := sum(project.unreadable for project in projects):
        say(f"{unreadable:,} annotations hold values outside their scheme and were left out")
    say("Next: emocurate agree")
