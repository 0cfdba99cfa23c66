"""What `rights` says when it is done."""

from pipelines.collect.consents import Consented
from pipelines.collect.rights import Resolved
from pipelines.collect.verdicts import InFile, Lapsed, Verdict
from pipelines.show.terminal import amount, printable, say


def resolved(done: Resolved) -> None:
    """Which terms hold for a file, in place of which."""
    before = ", ".join(licence or basis for basis, licence in done.before) or "nothing"
    state = f"{before} → {done.licence or done.basis}" if done.new else f"{done.licence or done.basis} holds already"
    print(f"{printable(done.name)} ({done.layer}): {state}")
    say("Next: emocurate export")


def consented(done: Consented) -> None:
    """What a table of consents changed."""
    print(f"{done.records:,} records: {done.new:,} new, {done.withdrawn:,} of them withdrawals")
    if done.unused:
        print(f"  columns not used: {', '.join(map(printable, done.unused))}")
    say("Next: emocurate rights check")


def verdicts(files: list[Verdict]) -> None:
    """What may be done with files, and why."""
    for file in files:
        may = {"raters": file.may_annotate, "release": file.may_release, "publish": file.may_publish}
        verdict = ", ".join(f"{what} {'yes' if allowed else 'no'}" for what, allowed in may.items())
        print(f"{printable(file.name)}: {verdict}")
        if file.conflict:
            print("  its sources contradict each other: withheld from releases until emocurate rights resolve")
        for terms in file.terms:
            scopes = f" for {', '.join(terms.scopes)}" if terms.scopes else ""
            where = ", ".join(printable(one) for one in (terms.address, terms.attribution, terms.evidence) if one)
            print(f"  {terms.layer}: {terms.licence or terms.basis}{scopes}{f' ({where})' if where else ''}")
        for person in file.people:
            print(f"  {person.person} ({person.how}): {_allowed(person)}")


def _allowed(person: InFile) -> str:
    if person.scopes is None:
        return "no consent is recorded"
    until = f" until {person.expires_on}" if person.expires_on else ""
    said = person.lapsed or f"{', '.join(person.scopes) or 'nothing'}{until}"
    text = f", text {printable(person.text_version)}" if person.text_version else ""
    return f"{said}{text}{f' ({printable(person.evidence)})' if person.evidence else ''}"


def lapsed(people: list[Lapsed], closed: int = 0, reason: str | None = None) -> None:
    """Whose consent has lapsed, and where they still are; open tasks that were closed, or why they were not."""
    if closed:
        print(f"{amount(closed, 'open task')} closed in Label Studio")
    if reason:
        say(f"open tasks stay until the next push: {reason}")
    if not people:
        print("no consent was withdrawn or has expired")
        return
    for one in people:
        since = f" on {one.expires_on}" if one.why == "expired" else ""
        held = f"; still in {', '.join(map(printable, one.releases))}" if one.releases else ""
        print(f"{one.person}: {one.why}{since}; {one.files:,} files are neither asked about nor released{held}")
    say("Next: emocurate forget PERSON, for those who are to go for good")
