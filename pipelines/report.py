"""What each verb says when it is done: tables for people, JSON for programs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.terminal import print_json, print_table, say

if TYPE_CHECKING:
    from pipelines.add import Added
    from pipelines.answers.exclusions import Excluded
    from pipelines.answers.weigh import Agreed
    from pipelines.doctor import Finding
    from pipelines.labelling.people import Account
    from pipelines.labelling.pull import Pulled
    from pipelines.labelling.push import Pushed
    from pipelines.release.publish import Published
    from pipelines.run import Tally
    from pipelines.status import Status
    from schemas.media import Source

SHOWN_FAILURES = 20


def added(what: "Added", source: "Source", json: bool) -> None:
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
        print(f"  failed: {reason}")
    if what.unmatched:
        print(
            f"  the metadata table names {len(what.unmatched):,} files that did not come, first {what.unmatched[0]!r}"
        )
    if source.basis == "unknown":
        say("No basis was given: these media can be labelled, never published; say --licence or --basis to change it.")
    say("Next: emocurate run")


def ran(tally: "Tally", json: bool) -> None:
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


def counted(status: "Status", json: bool) -> None:
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
    print(f"{status.answers:,} answers by {status.raters:,} raters; releases: {', '.join(status.releases) or 'none'}")
    _reasons("failed rows", status.failures)


def started(accounts: "Sequence[Account]", json: bool) -> None:
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


def pushed(done: "Sequence[Pushed]", json: bool) -> None:
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


def pulled(done: "Sequence[Pulled]", json: bool) -> None:
    """What came home."""
    if json:
        print_json(done)
        return
    if not done:
        print("nothing to fetch: nothing has been pushed; start with emocurate push")
        return
    rows = [[one.scheme, one.media, one.tasks, one.answers] for one in done]
    print_table("Pulled", ["scheme", "media", "tasks looked at", "new answers"], rows)
    if unreadable := sum(one.unreadable for one in done):
        say(f"{unreadable:,} annotations hold values outside their scheme and were left out")
    say("Next: emocurate agree")


def agreed(found: "Sequence[Agreed]", json: bool, categories: bool = False) -> None:
    """How far raters agree."""
    if json:
        print_json(found)
        return
    if not found:
        print("no answers yet; fetch them with emocurate pull")
        return
    columns = ["scheme", "media", "question", "measure", "items", "answers", "raw", "alpha", "95 %", "AC", "ceiling"]
    legend = {
        "raw": "share of rater pairs that agree",
        "alpha": "Krippendorff's: 1 is perfect, 0 is what chance gives",
        "AC": "Gwet's AC1 or AC2, which hold where one category is rare",
        "ceiling": "how well one rater predicts the others",
    }
    print_table("Agreement", columns, [_agreement_row(one) for one in found], legend)
    if any(one.found.staged for one in found):
        print("*: estimated stage by stage, because asking stopped early")
    _refusals(found)
    if categories:
        rows = [
            [
                one.question,
                each.category,
                each.share,
                each.raw,
                each.alpha,
                each.ac1,
                "yes" if each.category in one.reliable_categories else "no",
            ]
            for one in found
            for each in one.found.categories
        ]
        print_table("Categories", ["question", "category", "share", "raw", "alpha", "AC1", "reliable"], rows)
    say("Next: emocurate export")


def _agreement_row(one: "Agreed") -> list[Any]:
    found, staged = one.found, one.found.staged
    ends = (staged or found).intervals.get("alpha")
    interval = f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else None
    chance_corrected = found.ac1 if found.ac1 is not None else found.ac2
    figures: list[Any] = [found.raw, found.alpha, interval, chance_corrected, found.ceiling]
    if staged:
        figures = [*(_starred(value) for value in (staged.raw, staged.alpha)), interval, _starred(staged.ac1), None]
    return [one.scheme, one.media, one.question, found.measure, found.n_items, found.n_answers, *figures]


def _starred(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}*"


def _refusals(found: "Sequence[Agreed]") -> None:
    """Why there is no plain alpha, and where the estimates in its place may not hold: once a scheme."""
    told: dict[str, list[str]] = {}
    doubts: dict[str, list[str]] = {}
    for one in found:
        if one.found.refused:
            told.setdefault(one.scheme, []).append(one.found.refused)
        if one.found.staged and one.found.staged.doubt:
            doubts.setdefault(one.found.staged.doubt, []).append(one.question)
    for scheme, reasons in told.items():
        say(f"No plain alpha for {len(reasons):,} questions of {scheme}: {reasons[0]}")
    for doubt, questions in doubts.items():
        more = f" and {len(questions) - 1:,} more" if len(questions) > 1 else ""
        say(f"Doubtful for {questions[0]}{more}: {doubt}")


def exported(release: "Mapping[str, Any]", json: bool) -> None:
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


def published(done: "Published", json: bool) -> None:
    """Where a release went."""
    if json:
        print_json(done)
        return
    what = f"{done.added} files added, {done.deleted} deleted" if done.changed else "nothing new"
    print(
        f"{done.address} ({'private' if done.private else 'public'}): {what}; tag {done.tag}, commit {done.commit[:12]}"
    )


def examined(findings: "Sequence[Finding]", json: bool) -> None:
    """What the doctor found."""
    if json:
        print_json(findings)
        return
    mark = {"good": "ok", "note": "note", "bad": "BAD"}
    print_table("", ["", "what", "found"], [[mark[one.state], one.what, one.found] for one in findings])


def decided(what: "Excluded", json: bool) -> None:
    """Whether a rater counts from now on."""
    if json:
        print_json(what)
        return
    state = "is left out" if what.excluded else "counts"
    print(f"{what.rater} {state}{'' if what.new else ' already'}{f': {what.reason}' if what.reason else ''}")


def _reasons(title: str, reasons: "Mapping[str, int]") -> None:
    for reason, count in sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:SHOWN_FAILURES]:
        print(f"  {title}: {count:,} x {reason}")
