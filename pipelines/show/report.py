"""What each verb says when it is done: tables for people, JSON for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.ask.people import Account
from pipelines.ask.pull import Pulled
from pipelines.ask.push import Pushed
from pipelines.collect.add import Added
from pipelines.doctor import Finding
from pipelines.find.run import Tally
from pipelines.release.publish import Published
from pipelines.show.terminal import print_json, print_table, printable, say
from pipelines.status import LostFile, Status
from pipelines.weigh.bridges import Listed, Migrated
from pipelines.weigh.exclusions import Excluded
from schemas.media import Source

SHOWN_FAILURES = 20
SHOWN_REFUSALS = 10


def added(what: Added, source: Source, json: bool) -> None:
    """What `add` took in."""
    if json:
        print_json(what)
        return
    if not what.files:
        print("nothing found: there is no file in what was named")
        return
    dropped = sum(what.dropped.values())
    kept = what.files - dropped - len(what.failed)
    print(
        f"{what.files:,} files: {kept:,} taken in ({what.new:,} new), {dropped:,} dropped, {len(what.failed):,} failed"
    )
    _reasons("dropped", what.dropped)
    for reason in what.failed[:SHOWN_FAILURES]:
        print(f"  failed: {printable(reason)}")
    if len(what.failed) > SHOWN_FAILURES:
        print(f"  failed: and {len(what.failed) - SHOWN_FAILURES:,} more; all of them: emocurate status --files")
    if what.corrected:
        print(f"  {what.corrected:,} files were here already: what is said of them now replaces what was said before")
    if what.unmatched:
        print(
            f"  the metadata table names {len(what.unmatched):,} files that did not come, first {what.unmatched[0]!r}"
        )
    if source.basis == "unknown":
        say("No basis was given: these media can be labelled, never published; say --licence or --basis to change it.")
    say("Next: emocurate run")


def ran(tally: Tally, json: bool) -> None:
    """What `run` found."""
    if json:
        print_json({name: value for name, value in vars(tally).items() if name != "owed"})
        return
    if not tally.total:
        print("nothing to do: every file is up to date")
    else:
        print(
            f"{tally.files:,} files: {tally.clips:,} clips found, {tally.dropped:,} files dropped, "
            f"{tally.failed:,} rows failed"
        )
    if tally.open:
        say(f"{tally.open:,} failures are open; reasons: emocurate status; try again with: emocurate run --retry")
    say("Next: emocurate studio, then emocurate push")


def counted(status: Status, json: bool) -> None:
    """The funnel."""
    if json:
        print_json(status)
        return
    files = status.files
    dropped, failed = sum(files.dropped.values()), sum(files.failed.values())
    rows = [("files", files.total), ("  kept", files.kept), ("  dropped", dropped), ("  failed", failed)]
    rows += [("  waiting for run", files.waiting), ("duplicates among the kept", files.duplicates)]
    print_table("Files", ["", ""], rows)
    _reasons("dropped", files.dropped)
    _reasons("failed", files.failed)
    names = ("found", "good", "asked", "answered", "skipped", "released")
    print_table(
        "Clips", ["", *names], [[f"{media}s", *(getattr(c, n) for n in names)] for media, c in status.clips.items()]
    )
    for media, clips in status.clips.items():
        _reasons(f"{media} below a threshold", clips.below)
        if clips.stay:
            print(f"  {clips.stay:,} {media}s miss a threshold of today and stay, because they were asked about")
    print(f"{status.answers:,} answers by {status.raters:,} raters; releases: {', '.join(status.releases) or 'none'}")
    _reasons("answers left out, outside their scheme", status.refused)
    _reasons("failed rows", status.failures)


def listed(files: Sequence[LostFile], json: bool) -> None:
    """The files that were not kept, each with the reason."""
    if json:
        print_json(files)
    elif files:
        print_table(
            "Files that were not kept", ["file", "state", "reason"], [[f.name, f.state, f.reason] for f in files]
        )
    else:
        print("every file was kept")


def started(accounts: Sequence[Account], json: bool) -> None:
    """Where Label Studio answers and how to log in."""
    if json:
        print_json([vars(account) for account in accounts])
        return
    for account in accounts:
        print(f"address   {account.address}\ne-mail    {account.email}\npassword  {account.password}\n")
    say("It keeps running; stop it with: emocurate studio --stop. Next: emocurate push")


def stopped(was_running: bool, json: bool) -> None:
    """Whether there was a Label Studio to stop."""
    if json:
        print_json({"stopped": was_running})
    else:
        print("Label Studio has stopped" if was_running else "no Label Studio was running")


def pushed(done: Sequence[Pushed], json: bool) -> None:
    """What went to Label Studio."""
    if json:
        print_json(done)
        return
    if not done:
        print("nothing to ask: no clip is good enough yet; see emocurate status")
        return
    rows = [[one.scheme, one.media, one.asked, one.new, f"{one.address}/projects/{one.project}/data"] for one in done]
    print_table("Asked in Label Studio", ["scheme", "media", "asked", "new", "project"], rows)
    if uncut := sum(one.uncut for one in done):
        say(f"{uncut:,} clips could not be cut: their originals cannot be read any more")
    say("Next: people answer; then emocurate pull")


def pulled(done: Sequence[Pulled], json: bool) -> None:
    """What came home."""
    if json:
        print_json(done)
        return
    if not done:
        print("nothing to fetch: nothing has been pushed; start with emocurate push")
        return
    rows = [
        [one.scheme, one.media, f"{one.answers:,} answers from {one.tasks:,} tasks"] for one in done if not one.gone
    ]
    if rows:
        print_table("Pulled", ["scheme", "media", "new, one per question and rater"], rows)
    for one in done:
        _pulled_note(one)
    say("Next: emocurate agree")


def _pulled_note(one: Pulled) -> None:
    """What of one project needs a look."""
    where = f"{one.scheme}, {one.media}"
    if one.gone:
        what = "an earlier project is gone" if one.replaced else "the project is gone from Label Studio"
        then = "" if one.replaced else "; to ask again in a new project: emocurate push"
        print(f"{where}: {what}; its {one.kept:,} answers are kept{then}")
    if one.failed:
        print(f"{where}: failed: {printable(one.failed)}")
    for change in one.changed:
        print(f"{where}: the page in Label Studio is not the one that was pushed: {printable(change)}")
    if one.changed:
        print(f"{where}: to put ours back: emocurate push; to read other words as answers: emocurate scheme migrate")
    for row in one.refused[:SHOWN_REFUSALS]:
        said = f"task {row.task}, {row.question or 'no question'} = {row.value} by {row.rater}"
        print(f"{where}: left out, outside the scheme: {printable(f'{said}: {row.reason}')}")
    if (more := len(one.refused) - SHOWN_REFUSALS) > 0:
        print(f"{where}: left out, outside the scheme: {more:,} more; all of them: emocurate pull --json")


def migrated(done: Migrated, json: bool) -> None:
    """What a bridge between two schemes changes."""
    if json:
        print_json(done)
        return
    if done.old == done.new:
        print(f"{done.old} is read as it is")
        return
    print(
        f"{done.old} is read as {done.new}{'' if done.is_new else ' already'}: {done.answers:,} answers, "
        f"{done.recovered:,} of them were outside {done.old}; {done.dropped:,} dropped by the map"
    )


def schemes(rows: Sequence[Listed], json: bool) -> None:
    """Every scheme with its answers, and what they are read as."""
    if json:
        print_json(rows)
    elif rows:
        columns = ["scheme", "id", "asks", "answers", "left out", "read as"]
        cells = [[row.name, row.id, row.asks, row.answers, row.refused, row.read_as] for row in rows]
        print_table("Schemes", columns, cells)
    else:
        print("nothing has been asked yet; start with emocurate push")


def exported(release: Mapping[str, Any], json: bool) -> None:
    """What a release holds."""
    if json:
        print_json(release)
        return
    state = "written" if release["new"] else "is up to date"
    print(f"release {release['name']} {state}: {release['folder']}")
    rows = [[media, split, n] for media, splits in release["samples"].items() for split, n in splits.items()]
    print_table("Samples", ["media", "split", "n"], rows)
    for obstacle in release["obstacles"]:
        say(f"stands against publishing: {obstacle}")
    if not release["obstacles"]:
        say("Next: emocurate publish USER/NAME; how to load it stands in its README.md")


def published(done: Published, json: bool) -> None:
    """Where a release went."""
    if json:
        print_json(done)
        return
    what = f"{done.added} files added, {done.deleted} deleted" if done.changed else "nothing new"
    print(
        f"{done.address} ({'private' if done.private else 'public'}): {what}; tag {done.tag}, commit {done.commit[:12]}"
    )


def examined(findings: Sequence[Finding], json: bool) -> None:
    """What the doctor found."""
    if json:
        print_json(findings)
        return
    mark = {"good": "ok", "note": "note", "bad": "BAD"}
    print_table("", ["", "what", "found"], [[mark[one.state], one.what, one.found] for one in findings])


def decided(what: Excluded, json: bool) -> None:
    """Whether a rater counts from now on."""
    if json:
        print_json(what)
        return
    state = "is left out" if what.excluded else "counts"
    print(f"{what.rater} {state}{'' if what.new else ' already'}{f': {what.reason}' if what.reason else ''}")


def _reasons(title: str, reasons: Mapping[str, int]) -> None:
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    for reason, count in ordered[:SHOWN_FAILURES]:
        print(f"  {title}: {count:,} x {printable(reason)}")
    if rest := ordered[SHOWN_FAILURES:]:
        print(f"  {title}: {sum(count for _, count in rest):,} more, for {len(rest):,} other reasons")
