"""What `rights` says when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.show.terminal import amount, printable, say

if TYPE_CHECKING:  # what consents are needs nothing of what asks the net
    from pipelines.collect.consents import Consented
    from pipelines.collect.recheck import Checked
    from pipelines.collect.rights import Allowed, Resolved
    from pipelines.collect.rotation import KeyChain
    from pipelines.collect.verdicts import Copy, InFile, Lapsed, LastFetch, Narrowed, Verdict

NAMED = 10


def resolved(done: Resolved) -> None:
    """Which terms hold for a file, in place of which."""
    before = ", ".join(licence or basis for basis, licence in done.before) or "nothing"
    state = f"{before} → {done.licence or done.basis}" if done.new else f"{done.licence or done.basis} holds already"
    print(f"{printable(done.name)} ({done.layer}): {state}")
    say("Next: emocurate export")


def allowed(done: Allowed) -> None:
    """That a file is no copy of what was forgotten."""
    print(f"{printable(done.name)}: {'is no copy; its rights stay as they are' if done.new else 'was taken for none'}")


def consented(done: Consented) -> None:
    """What a table of consents changed."""
    print(f"{done.records:,} records: {done.new:,} new, {done.withdrawn:,} of them withdrawals")
    if done.outdated:
        print(
            f"  {done.outdated:,} do not count: their people withdrew since; where somebody consented anew, say on "
            "which day, in the column given_on"
        )
    if done.unused:
        print(f"  columns not used: {', '.join(map(printable, done.unused))}")
    say("Next: emocurate rights check")


def keys(chain: KeyChain) -> None:
    """Where the keys of pseudonyms are, and what follows from a new one."""
    print(f"{printable(str(chain.file))}: {chain.keys:,} {'key' if chain.keys == 1 else 'keys'}")
    if chain.rotated:
        print(
            "  a key was added: who is known, or forgotten, keeps the pseudonym; who comes now gets one by the new key"
        )
    if chain.begun:
        print("  begun anew: who is here keeps a pseudonym that no name leads to any more (rights show FILE names it);")
        print("  who comes again is somebody new, and may be somebody who was forgotten")
    if chain.rotated or chain.begun:
        print("  copy the file to every machine that works on this collection, and to your backup")


def verdicts(files: list[Verdict]) -> None:
    """What may be done with files, and why."""
    for file in files:
        may = {"raters": file.may_annotate, "release": file.may_release, "publish": file.may_publish}
        may |= {"train": file.may_train, "identify": file.may_identify}
        verdict = ", ".join(f"{what} {'yes' if allowed else 'no'}" for what, allowed in may.items())
        print(f"{printable(file.name)}: {verdict}")
        forms = {"internal": file.against_internal, "labels-only": file.against_labels, "media": file.against_media}
        for form, against in forms.items():
            print(f"  {form}: {f'no, {printable(against)}' if against else 'yes'}")
        if file.conflict:
            print("  its sources contradict each other: withheld from releases until emocurate rights resolve")
        for terms in file.terms:
            scopes = f" for {', '.join(terms.scopes)}" if terms.scopes else ""
            where = ", ".join(printable(one) for one in (terms.address, terms.attribution, terms.evidence) if one)
            print(f"  {terms.layer}: {terms.licence or terms.basis}{scopes}{f' ({where})' if where else ''}")
        for fetch in file.fetches:
            print(f"  {_fetched(fetch)}")
        for person in file.people:
            print(f"  {person.person} ({person.how}): {_allowed(person)}")


def _fetched(fetch: LastFetch) -> str:
    """How an address was last fetched."""
    way = "" if fetch.final_url == fetch.url else f", which led to {printable(fetch.final_url)}"
    ends = {"unchanged": "unchanged", "fetched": "fetched"}
    end = ends.get(fetch.outcome) or f"{fetch.outcome}: {printable(fetch.reason or '')}"
    noted = f"; noted: {printable('; '.join(fetch.optouts))}" if fetch.optouts else ""
    return f"{printable(fetch.url)}{way}: {end} on {fetch.fetched_at[:10]}{noted}"


def _allowed(person: InFile) -> str:
    if person.scopes is None:
        return "no consent is recorded"
    until = f" until {person.expires_on}" if person.expires_on else ""
    said = person.lapsed or f"{', '.join(person.scopes) or 'nothing'}{until}"
    text = f", text {printable(person.text_version)}" if person.text_version else ""
    return f"{said}{text}{f' ({printable(person.evidence)})' if person.evidence else ''}"


def checks(done: Checked, closed: int = 0, reason: str | None = None) -> None:
    """What a check of rights found, with open tasks that were closed, or why they were not."""
    if done.looked:
        ends = ", ".join(f"{count:,} {end}" for end, count in sorted(done.looked.ends.items())) or "none"
        print(f"addresses that were looked at again: {ends}")
        for url in done.looked.other_licences[:NAMED]:
            print(f"  {printable(url)}: its page states another licence now; see: emocurate rights show")
        for url in done.looked.no_longer[:NAMED]:
            print(f"  {printable(url)}: its page states no licence any more; what was granted stays granted")
    if done.opted_out:
        print(f"{amount(len(done.opted_out), 'file')} whose site has opted out: no longer asked about or released")
        for file in done.opted_out[:NAMED]:
            print(f"  {printable(file.url)}: {printable(file.why)}")
    if done.expired:
        print(f"{amount(len(done.expired), 'file')} of a crawl removed: nobody was asked about them in crawl.keep_days")
        for file in done.expired[:NAMED]:
            print(f"  {printable(file.url)}: {file.why}")
    for place in done.remaining:
        print(f"  still out of reach: {printable(place)}")
    _copies(done.copies)
    _narrowed(done.narrowed)
    lapsed(done.lapsed, closed, reason)


def _copies(files: list[Copy]) -> None:
    if files:
        print(f"{amount(len(files), 'file')} taken for copies of what was forgotten: neither asked about nor released")
    for file in files[:NAMED]:
        print(f"  {printable(file.name)}: {file.why}")
    if len(files) > NAMED:
        print(f"  and {len(files) - NAMED:,} more; all of them: --json")
    if files:
        say("Next: listen or look; then emocurate forget FILE, or rights resolve FILE --no-copy --evidence TEXT")


def _narrowed(people: list[Narrowed]) -> None:
    for one in people:
        held = f"{amount(one.files, 'file')} in {', '.join(map(printable, one.releases))}"
        print(f"{one.person}: no longer allows {' and '.join(one.scopes)}; {held}, which cannot be published as before")
    if people:
        say("Next: emocurate export, for a release that holds only what they still allow")


def lapsed(people: list[Lapsed], closed: int = 0, reason: str | None = None) -> None:
    """Whose consent has lapsed, and where they still are; open tasks that were closed, or why they were not."""
    if closed:
        print(f"{amount(closed, 'open task')} closed in Label Studio")
    if reason:
        say(f"open tasks stay until the next push: {reason}")
    if not people:
        print("no consent was withdrawn or is over")
        return
    for one in people:
        since = {"expired": one.expires_on, "kept too long": one.keep_until}.get(one.why)
        held = f"; still in {', '.join(map(printable, one.releases))}" if one.releases else ""
        over = f" (last day {since})" if since else ""
        print(f"{one.person}: {one.why}{over}; {one.files:,} files are neither asked about nor released{held}")
        if one.must_go:
            print(f"  these were to be deleted after {one.keep_until}: emocurate forget {one.person}")
    say("Next: emocurate forget PERSON, for those who are to go for good")
