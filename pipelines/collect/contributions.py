"""What an inbox holds comes in: consents first, then media, then the inbox is emptied of what is safely here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.collect.add import WITHDRAWN, Added, Intake, Taken, take_in
from pipelines.collect.codes import Code, given_codes, new_codes
from pipelines.collect.consents import consents_said, day_of, is_outdated, is_same
from pipelines.collect.inbox import Contribution, Inbox, read_inbox
from pipelines.collect.offers import Offer
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.pseudonyms import naming
from pipelines.engine.tombstones import tombstones
from schemas.people import Consent

CODE_OF_SEVERAL = "its code_sha256 is that of another person too, so neither could withdraw by it; each needs a code"
WITHDREW = "its subject has withdrawn consent on {}, not before the day of this record"
STAYS = "it came in, but cannot be removed from here: {}; remove it, or mend that and type the same again"
OTHERWISE = "another record of this subject of the same day says otherwise; one of them needs a later day"


@dataclass
class InboxAdded:
    """What an inbox brought: media, how many records of consent are new, and codes that were minted here.

    `taken` files were taken in and are out of the inbox; `left` stay there, by name with the reason.
    """

    added: Added
    consents: int = 0
    taken: int = 0
    left: dict[str, str] = field(default_factory=dict)
    codes: tuple[Code, ...] = ()


def add_inbox(here: Collection, intake: Intake, folder: Path, report: Callable[[Added], None]) -> InboxAdded:
    """Take in what is whole in an inbox; killed anywhere, or typed twice, nothing comes in twice.

    A file leaves the inbox once its bytes and its consent are in the collection. Raises BadInput for no folder, Busy
    while `forget` or another key is at work: nobody is forgotten or renamed between a consent, its media and its code.
    """
    with naming(here.home, here.people, "add"):
        return _added(here, intake, read_inbox(folder, here.people), report)


def _added(here: Collection, intake: Intake, inbox: Inbox, report: Callable[[Added], None]) -> InboxAdded:
    consents = _judged(here, inbox)
    Catalog(here.home).add(consents)
    ends: dict[str, Taken | None] = {}
    added = take_in(intake, _offers(inbox), report, lambda offer, taken: ends.update({offer.name: taken}))
    done = InboxAdded(added, len(consents), left=inbox.left)
    came = [one for one in inbox.contributions if _is_in(ends[one.media.name], one, done)]
    given_codes(here, [(one.subject, one.code_sha256) for one in came if one.code_sha256])
    done.codes = new_codes(here, list(dict.fromkeys(one.subject for one in came)))
    for one in came:
        try:
            one.media.unlink()
            one.record.unlink()
        except OSError as error:  # codes are shown once: nothing may keep them from it
            done.left[one.media.name] = STAYS.format(error.strerror or error)
        else:
            done.taken += 1
    return done


def _offers(inbox: Inbox) -> Iterator[Offer]:
    for one in inbox.contributions:
        yield Offer(one.media.name, lambda path=one.media: path.open("rb"), row=one.row)  # type: ignore[misc]


def _is_in(taken: Taken | None, one: Contribution, done: InboxAdded) -> bool:
    """Whether the bytes that the record speaks of are in the collection; what is not stays in the inbox."""
    if taken is None:
        done.left[one.media.name] = WITHDRAWN
    elif taken.receipt.state != "done":
        done.left[one.media.name] = taken.receipt.reason or taken.receipt.state
    elif not one.sha256.startswith(taken.receipt.row):
        done.left[one.media.name] = "was written to while it was read"
    else:
        return True
    return False


def _judged(here: Collection, inbox: Inbox) -> list[Consent]:
    """The consents that are new, oldest first; whose consent cannot count is taken out of the inbox's contributions."""
    said: dict[str, list[Consent]] = {}
    for one in consents_said(here.home):
        said.setdefault(one.person, []).append(one)
    forgotten, new, shared = tombstones(here.home), [], _shared_codes(here, inbox)
    allowed: list[Contribution] = []
    for each in sorted(inbox.contributions, key=lambda one: (one.consent.given_on or "", one.media.name)):
        before = said.setdefault(each.consent.person, [])
        reason = _against(each.consent, before) or shared.get(each.code_sha256 or "")
        if forgotten.holds("person", each.consent.person):
            reason = WITHDRAWN
        if reason:
            inbox.left[each.media.name] = reason
            continue
        allowed.append(each)
        if not _is_said(each.consent, before) and day_of(each.consent) > max(map(day_of, before), default=""):
            new.append(replace(each.consent, said_at=now()))  # in this order, whichever was read first
            before.append(new[-1])
    inbox.contributions = sorted(allowed, key=lambda one: one.media.name)
    return new


def _shared_codes(here: Collection, inbox: Inbox) -> dict[str, str]:
    """Codes that several people have, here or in the inbox, with the reason: nobody could withdraw by one."""
    people: dict[str, set[str]] = {}
    rows = Catalog(here.home).rows("SELECT code_sha256, person FROM withdrawal_codes")
    for code, person in [*rows, *((one.code_sha256, one.consent.person) for one in inbox.contributions)]:
        people.setdefault(code or "", set()).add(person)
    return {code: CODE_OF_SEVERAL for code, whose in people.items() if code and len(whose) > 1}


def _against(consent: Consent, before: Sequence[Consent]) -> str | None:
    """Why a consent cannot count beside what its subject said before; an older one is settled by the newer."""
    if is_outdated(consent, before):
        return WITHDREW.format(day_of(before[-1]))
    same_day = [one for one in before if day_of(one) == day_of(consent)]
    return OTHERWISE if same_day and not _is_said(consent, before) else None


def _is_said(consent: Consent, before: Sequence[Consent]) -> bool:
    return any(is_same(one, consent) for one in before)
