"""What `init`, `add` and `run` say when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.rights import consented
from pipelines.show.terminal import SHOWN_FAILURES, amount, print_reasons, print_table, printable, say

if TYPE_CHECKING:  # a run needs nothing of what `add` loads
    from collections.abc import Sequence

    from pipelines.collect.add import Added
    from pipelines.collect.codes import Code
    from pipelines.collect.contributions import InboxAdded
    from pipelines.collect.sessions import SessionAdded
    from pipelines.collection import Collection
    from pipelines.find.run import Tally

MEGABYTE = 1_000_000


def begun(collection: Collection, was_there: bool, typed: Sequence[str] = ()) -> None:
    """Where a collection is, and whether it was there before; `typed` are the settings that were typed for it."""
    state = "was there already; its settings are as they were" if was_there else "is new; its settings are"
    say(f"Collection {collection.settings.name!r} in {collection.home.resolve()} {state} in emocurate.toml.")
    if was_there and typed:
        say(f"What was typed is not used; change it with: emocurate config set {typed[0]} VALUE")
    say("Next: emocurate add FOLDER --licence CC-BY-4.0")


def added(intake: Added, mend: str = "say --licence or --basis") -> None:
    """What `add` took in, and what is said of it; `mend` is how a basis is said of it."""
    if not intake.files:
        print("nothing found: there is no file in what was named")
        return
    dropped, failed = sum(intake.dropped.values()), len(intake.failed)
    files, new = amount(intake.files, "file"), f"{intake.new:,} new"
    print(f"{files}: {intake.kept:,} taken in ({new}), {dropped:,} dropped, {failed:,} failed")
    print_reasons("dropped", intake.dropped)
    for reason in intake.failed[:SHOWN_FAILURES]:
        print(f"  failed: {printable(reason)}")
    if failed > SHOWN_FAILURES:
        print(f"  failed: and {failed - SHOWN_FAILURES:,} more; all of them: emocurate status --files")
    for change in intake.corrections[:SHOWN_FAILURES]:
        print(printable(f"  {change.name}: {change.what} {change.old} → {change.new or 'not known'}"))
    if len(intake.corrections) > SHOWN_FAILURES:
        print(f"  and {len(intake.corrections) - SHOWN_FAILURES:,} more corrections; all of them: --json")
    if intake.conflicts:
        print(
            f"  {amount(len(intake.conflicts), 'file')} with sources that contradict each other, first "
            f"{printable(intake.conflicts[0])!r}: withheld from releases until you say who granted what: "
            "emocurate rights resolve FILE --licence X --evidence … [--layer L]"
        )
    _transcripts(intake)
    _tables(intake)
    if count := intake.unlicensed:
        say(f"{amount(count, 'file')} without a basis: to be labelled, never published; {mend}")
    if intake.kept:
        say("Next: emocurate run")


def _transcripts(intake: Added) -> None:
    """What came from transcripts, and what of them did not."""
    if intake.transcripts:
        segments = amount(intake.segments, "new segment")
        print(f"  {amount(intake.transcripts, 'transcript')} beside the media or in their folder: {segments}")
    for note in intake.notes[:SHOWN_FAILURES]:
        print(f"  transcript {printable(note)}")
    if len(intake.notes) > SHOWN_FAILURES:
        print(f"  and {len(intake.notes) - SHOWN_FAILURES:,} more about transcripts; all of them: --json")


def _tables(intake: Added) -> None:
    """What does not fit between the media and tables about them."""
    for table in intake.tables[:SHOWN_FAILURES]:
        print(printable(f"  not read, though it looks like a table about the media: {table}; say --metadata {table}"))
    if missing := intake.unmatched:
        meant = f"; is it {printable(intake.nearest)!r}?" if intake.nearest else ""
        print(
            f"  the metadata table names {amount(len(missing), 'file')} that did not come, first {missing[0]!r}{meant}"
        )


def under_way(tally: Tally, at_work: str) -> tuple[int, int, str]:
    """How far a run is, in MB done and to do, with the rest in words: files differ a thousandfold in what they take."""
    total = -(-tally.total_bytes // MEGABYTE)
    done = total if tally.files == tally.total else tally.bytes // MEGABYTE
    note = f"{tally.files:,} of {tally.total:,} files, {tally.clips:,} clips"
    return done, total, f"{note}, {printable(at_work)}" if at_work else note


def ran(tally: Tally) -> None:
    """What `run` found."""
    if not tally.total and not tally.failed:
        print("nothing to do: every file is up to date")
    else:
        ends = [amount(tally.clips, "clip") + " found"]
        ends += [f"{count:,} {end}" for end, count in (("dropped", tally.dropped), ("failed", tally.failed)) if count]
        print(f"{amount(tally.files, 'file')}: {', '.join(ends)}")
    if tally.open:
        earlier = ", those of earlier runs among them" if tally.open > tally.failed else ""
        say(f"{tally.open:,} failed{earlier}; reasons: emocurate status; try again with: emocurate run --retry")
    if tally.copies:
        print(f"  {amount(tally.copies, 'file')} barred as copies of what was forgotten: emocurate rights check")
    if tally.to_ask == 0:
        say("nothing to push: there is no good clip that nobody was asked about; what became of all: emocurate status")
    else:
        say("Next: emocurate studio, then emocurate push")


def sessions_added(sessions: SessionAdded) -> None:
    """What sessions brought, and the codes, which nobody can look up again."""
    added(sessions.added)
    consented(sessions.consented)
    for pattern in sessions.without_media:
        print(printable(f"  no file came that the form's {pattern!r} means"))
    _codes(sessions.codes)


def inbox_added(inbox: InboxAdded) -> None:
    """What an inbox brought, and what has to stay in it."""
    if inbox.added.files:
        added(inbox.added)
    print(f"{amount(inbox.taken, 'file')} out of the inbox, {inbox.consents:,} new records of consent")
    for name, reason in list(inbox.left.items())[:SHOWN_FAILURES]:
        print(printable(f"  left there: {name}: {reason}"))
    if (more := len(inbox.left) - SHOWN_FAILURES) > 0:
        print(f"  left there: and {more:,} more; all of them: --json")
    _codes(inbox.codes)


def _codes(codes: Sequence[Code]) -> None:
    if codes:
        print_table("Codes to withdraw with, shown this once", ["person", "code"], [[c.name, c.code] for c in codes])
        say("Give each person their code: emocurate forget CODE takes them out; only hashes of the codes are kept.")
