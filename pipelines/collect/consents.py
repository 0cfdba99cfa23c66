"""`rights consent`: a table of what people consented to, checked whole before a row of it counts."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.pseudonyms import Pseudonyms, naming
from pipelines.engine.tombstones import tombstones_in
from pipelines.tables.staged import open_rows
from schemas.errors import BadInput, nearest
from schemas.licences import doubt, spdx
from schemas.people import SCOPES, STATES, Consent, ConsentScope

REQUIRED = ("person",)
OPTIONAL = (
    "scopes", "state", "given_on", "expires_on", "keep_until", "licence", "text_version", "text", "of_age", "guardian",
    "evidence",
)  # fmt: skip
DAYS = ("given_on", "expires_on", "keep_until")
FIRST_DAY = "1900-01-01"  # nobody who consented before it can be asked
ALIASES = {
    "subject": "person",
    "speaker": "person",
    "contributor": "person",
    "name": "person",
    "scope": "scopes",
    "license": "licence",
}
ALIASES |= {"date": "given_on", "expires": "expires_on", "expiry": "expires_on", "version": "text_version"}
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
# Everybody who is said to be heard or seen, or to have contributed.
PEOPLE = "SELECT DISTINCT person FROM appears WHERE clip IS NULL"


@dataclass(frozen=True)
class Consented:
    """What a table of consents changed: records that are new, people who withdrew, and its columns nobody reads.

    `outdated` are consents that do not count, since their person withdrew after them.
    """

    records: int
    new: int
    withdrawn: int
    unused: tuple[str, ...]
    outdated: int = 0


def bring_consents(here: Collection, table: Path, coming: Sequence[str] = ()) -> Consented:
    """Add the consents of a table; what stands already as a person's last word is not said again.

    `coming` are the names of people whose media come in next.
    Raises BadInput, before anything is written, for a person nobody has heard of, a scope or state nobody knows, a
    person named twice, a day that is none, and a consent to publish that grants no licence.
    """
    with Catalog(here.home).open() as connection:
        known = {person for (person,) in connection.execute(PEOPLE).fetchall()} | set(map(here.people.of, coming))
        forgotten, said_at = tombstones_in(connection), now()
    consents: dict[str, Consent] = {}
    rows_of = open_rows(table, lambda names: _columns(table, names).values())
    with naming(here.home, here.people, "rights consent"), rows_of as rows:
        columns = _columns(table, rows.columns)
        for line, row in rows.rows:
            cells = {ours: cell for ours, theirs in columns.items() if (cell := (row[theirs] or "").strip())}
            where = f"{table}, line {line}"
            cells["text"] = _text(where, table, cells.get("text")) or ""
            consent = consent_from(where, cells, here.people, said_at)
            name = cells["person"]
            consent = replace(consent, person=name) if name in known else consent  # a pseudonym, as we print it
            if consent.person in consents:
                raise BadInput(f"{where}: {name!r} is named on an earlier line too; keep one line a person")
            if forgotten.holds("person", consent.person):
                raise BadInput(f"{where}: {name!r} was withdrawn from this collection (forget); take out the line")
            if consent.person not in known:
                raise BadInput(
                    f"{where}: nobody called {name!r} is heard or seen here; say who is with the column speaker or "
                    f"contributor of: emocurate add … --metadata TABLE"
                )
            consents[consent.person] = consent
        unused = tuple(name for name in rows.columns if name not in columns.values())
        return _added(here.home, list(consents.values()), unused)


def consents_said(home: Path) -> list[Consent]:
    """All records of consent that a collection has, oldest first."""
    columns = ", ".join(vars(Consent("", (), "")))
    rows = Catalog(home).rows(f"SELECT {columns} FROM consents ORDER BY said_at, id")
    return [Consent(row[0], tuple(row[1]), *row[2:]) for row in rows]


def _added(home: Path, consents: Sequence[Consent], unused: tuple[str, ...]) -> Consented:
    said: dict[str, list[Consent]] = {}
    for one in consents_said(home):
        said.setdefault(one.person, []).append(one)
    counting = [one for one in consents if not is_outdated(one, said.get(one.person, ()))]
    new = [one for one in counting if one.person not in said or not is_same(said[one.person][-1], one)]
    Catalog(home).add(new)
    withdrawn = sum(one.state == "withdrawn" for one in new)
    return Consented(len(consents), len(new), withdrawn, unused, len(consents) - len(counting))


def is_outdated(consent: Consent, before: Sequence[Consent]) -> bool:
    """Whether its person withdrew after it: it is of no later day, or undated and the same as what was said before."""
    if consent.state == "withdrawn" or not before or before[-1].state == "given":
        return False
    if consent.given_on:
        return consent.given_on <= day_of(before[-1])
    return any(is_same(one, consent) for one in before)


def day_of(consent: Consent) -> str:
    """The day a consent or a withdrawal is of: the one that is told, else the one on which it was recorded."""
    return consent.given_on or consent.said_at[:10]


def is_same(said: Consent, consent: Consent) -> bool:
    """Whether two records say the same, at whatever time."""
    return replace(said, said_at="") == replace(consent, said_at="")


def _columns(table: Path, names: Sequence[str]) -> dict[str, str]:
    """The table's column for each of ours that it has; raises BadInput for one that is missing."""
    theirs = {ALIASES.get(name.casefold(), name.casefold()): name for name in reversed(names)}
    if missing := [name for name in REQUIRED if name not in theirs]:
        raise BadInput(f"{table} has no column {missing[0]!r}; it has {', '.join(names)}")
    return {ours: theirs[ours] for ours in (*REQUIRED, *OPTIONAL) if ours in theirs}


def consent_from(where: str, cells: Mapping[str, str], people: Pseudonyms, said_at: str) -> Consent:
    """The consent that cells of ours describe; `text` is the SHA-256 of the words. Raises BadInput, naming `where`."""
    if "person" not in cells:
        raise BadInput(f"{where}: no person is named")
    state = cells.get("state", "given").casefold()
    if state not in STATES:
        raise BadInput(f"{where}: state {state!r} is not one we know; {nearest(state, STATES)}")
    if state == "given" and "scopes" not in cells:
        raise BadInput(f"{where}: no scope is given; name in the column scopes what is allowed: {', '.join(SCOPES)}")
    scopes = _scopes(where, cells.get("scopes", ""))
    if state == "given" and "publish" in scopes and "licence" not in cells:
        raise BadInput(
            f"{where}: consent to publish grants no licence; name it in the column licence, such as CC-BY-4.0, or take "
            "publish out of the scopes"
        )
    if (licence := cells.get("licence")) and (hint := doubt(licence)):
        raise BadInput(f"{where}: licence {licence!r}: {hint}")
    _check_days(where, cells, said_at)
    guardian = cells.get("guardian")
    of_age = _of_age(where, cells.get("of_age"))
    if of_age is False and not guardian:
        raise BadInput(f"{where}: who is not of age needs a guardian who consents: name one in the column guardian")
    return Consent(
        person=people.of(cells["person"]),
        scopes=scopes,
        said_at=said_at,
        state="withdrawn" if state == "withdrawn" else "given",
        given_on=cells.get("given_on"),
        expires_on=cells.get("expires_on"),
        keep_until=cells.get("keep_until"),
        licence=spdx(licence) if licence else None,
        text_version=cells.get("text_version"),
        text_sha256=cells.get("text") or None,
        of_age=of_age,
        guardian=people.of(guardian) if guardian else None,
        evidence=cells.get("evidence"),
    )


def _scopes(where: str, cell: str) -> tuple[ConsentScope, ...]:
    words = [word.casefold() for word in listed(cell, r"[\s,;|]+")]
    if wrong := [word for word in words if word not in SCOPES]:
        raise BadInput(f"{where}: scope {wrong[0]!r} is not one we know; {nearest(wrong[0], SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in words)


def listed(cell: str, between: str) -> list[str]:
    """The words of a cell: a list as JSON writes it, else what stands between matches of a pattern."""
    try:
        words = json.loads(cell) if cell.startswith("[") else re.split(between, cell)
    except ValueError:
        words = re.split(between, cell)
    return [plain for word in words if (plain := str(word).strip())]


def _check_days(where: str, cells: Mapping[str, str], said_at: str) -> None:
    """Raises BadInput for a day that is none, or that cannot be the one that is meant."""
    for column in DAYS:
        if not _is_day(cells.get(column)):
            raise BadInput(f"{where}: {column} {cells[column]!r} is no day; expected one such as 2027-03-31")
    given_on, today = cells.get("given_on"), date.fromisoformat(said_at[:10])
    # where the sun rises first it is a day later than by UTC
    if given_on and not FIRST_DAY <= given_on <= (today + timedelta(1)).isoformat():
        raise BadInput(f"{where}: given_on {given_on!r} cannot be the day; expected one from {FIRST_DAY} to {today}")
    for column in ("expires_on", "keep_until") if cells.get("state", "given").casefold() == "given" else ():
        if given_on and (last := cells.get(column)) and last < given_on:
            raise BadInput(f"{where}: {column} {last!r} is before the day of the consent itself, {given_on}")


def _is_day(cell: str | None) -> bool:
    try:
        return cell is None or date.fromisoformat(cell).isoformat() == cell  # not 20270331, nor 2027-W13-3
    except ValueError:
        return False


def _of_age(where: str, cell: str | None) -> bool | None:
    if cell is None:
        return None
    if cell.casefold() not in (*YES, *NO):
        raise BadInput(f"{where}: of_age {cell!r}; expected yes or no")
    return cell.casefold() in YES


def _text(where: str, table: Path, cell: str | None) -> str | None:
    """The SHA-256 of the words that were put to people: of the file that is named, or as it is given."""
    if cell is None or SHA256.fullmatch(cell):
        return cell.lower() if cell else None
    try:
        return hashlib.sha256((table.parent / cell).read_bytes()).hexdigest()
    except OSError:
        raise BadInput(f"{where}: text {cell!r} is neither a SHA-256 nor a file beside the table") from None
