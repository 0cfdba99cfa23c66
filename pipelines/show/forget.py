"""What `forget` says when it is done."""

from pipelines.forget.forget import Forgotten
from pipelines.forget.verify import Verified
from pipelines.show.terminal import SHOWN_FAILURES, printable, say


def forgotten(done: Forgotten) -> None:
    """What went, or would go, and what is out of reach."""
    if done.before:
        print(f"{printable(done.words)}: forgotten already; nothing of it is here, and a report of it cannot be made")
        _backups(done)
        return
    verb = "would go" if done.dry_run else "gone"
    known = f" ({done.person})" if done.person and done.person != done.words else ""
    print(f"{done.kind} {printable(done.words)}{known}: {len(done.files):,} files {verb}")
    for name in done.files[:SHOWN_FAILURES]:
        print(f"  {printable(name)}")
    if len(done.files) > SHOWN_FAILURES:
        print(f"  and {len(done.files) - SHOWN_FAILURES:,} more; all of them: --json")
    rows = ", ".join(f"{count:,} {name}" for name, count in done.rows.items() if count)
    print(f"  rows: {rows or 'none'}")
    if done.unlinked:
        print(f"  {done.unlinked:,} answers stay, under a name that leads to nobody")
    if done.tasks:
        print(f"  {'up to ' if done.dry_run else ''}{done.tasks:,} tasks in Label Studio")
    if done.shared:
        print(f"  {done.shared:,} files stay: they came from other sources too, and stand on their terms")
    for follows in done.releases:
        left = f"{follows.left:,} samples stay" if follows.left else "nothing is left of it: the folder goes"
        print(f"  release {follows.name}: {follows.removed:,} samples, {follows.shards:,} shards made anew; {left}")
    for asset in done.alike[:SHOWN_FAILURES]:
        print(f"  {asset} stays, and sounds or looks much like what went: where it is a copy, forget it too")
    _backups(done)
    if done.report:
        print(done.report if "\n" in done.report else f"  report for the person: {printable(done.report)}")
    _next(done)


def _backups(done: Forgotten) -> None:
    """Which backups follow, and what is out of reach."""
    for place in done.backups:
        print(f"  backup {printable(place)}: follows")
    for what in done.remaining:
        print(f"  out of reach: {printable(what)}")


def _next(done: Forgotten) -> None:
    """What else there is to know and to do."""
    if done.dry_run:
        say("Nothing was changed; without --dry-run it goes for good")
    else:
        say("Out of reach: copies and downloads nobody told us of, and blocks of the disk until they are written over")
        for repo in done.published:
            say(
                f"Next: emocurate publish {printable(repo)}, which holds what went (first with --dry-run: what stands "
                "against it); with --purge older states go too"
            )
        if not done.published and any(follows.left for follows in done.releases):
            say("Next: emocurate publish, for every release that was published before")


def verified(done: Verified) -> None:
    """Where something of it still stands."""
    print(
        f"{done.searched:,} files searched for {printable(done.words)!r} and its pseudonym: {len(done.found):,} hold it"
    )
    for name in done.found:
        print(f"  {printable(name)}")
