"""`add DIR --consent TABLE`: media of sessions and paper forms come in with who is in them and what they allow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pipelines.collect.add import Added, Intake, take_in
from pipelines.collect.codes import Code, new_codes
from pipelines.collect.consents import Consented, bring_consents, listed
from pipelines.collect.metadata import Metadata
from pipelines.collect.offers import Offer, Offers
from pipelines.collection import Collection
from pipelines.engine.pseudonyms import naming
from pipelines.tables.staged import open_rows
from schemas.errors import BadInput

MEDIA_COLUMNS = ("media", "files", "file", "path")
PERSON_COLUMNS = ("person", "subject", "speaker", "contributor", "name")
UNCOVERED = "no consent in {} covers it"


@dataclass(frozen=True)
class SessionAdded:
    """What sessions brought: media, consents, and the code with which each new person can withdraw, shown once.

    `without_media` are patterns of the table that no file fits.
    """

    added: Added
    consented: Consented
    codes: tuple[Code, ...]
    without_media: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Which media each person's form covers, as a column of the table says: names and patterns of files, by person."""

    table: Path
    patterns: Mapping[str, tuple[str, ...]]
    column: str

    def person(self, name: str) -> str | None:
        """Who is in a file; raises BadInput where the forms of two people cover it."""
        people = [who for who, patterns in self.patterns.items() if any(_covers(one, name) for one in patterns)]
        if len(people) > 1:
            raise BadInput(
                f"{self.table}: {name!r} is covered by the forms of {' and '.join(map(repr, people[:2]))}; a file has "
                "one speaker: cut it, or add it with --metadata and rights consent"
            )
        return people[0] if people else None


def add_sessions(
    here: Collection, intake: Intake, paths: Sequence[Path], table: Path, report: Callable[[Added], None]
) -> SessionAdded:
    """Record the consents, take in what the forms cover, and drop the rest with the reason.

    Raises BadInput, before a byte is read, for a table that is none, Busy while `forget` or another key is at work;
    no medium comes in before its consent is there.
    """
    with naming(here.home, here.people, "add"):
        return _added(
            here, intake, Offers(paths, intake.home, table, intake.open_documents, intake.follow_links), table, report
        )


def _added(
    here: Collection, intake: Intake, offers: Offers, table: Path, report: Callable[[Added], None]
) -> SessionAdded:
    covered = coverage(table)
    consented = bring_consents(here, table, coming=tuple(covered.patterns))
    consented = replace(consented, unused=tuple(one for one in consented.unused if one != covered.column))
    used: set[str] = set()
    added = take_in(intake, _covered(offers, covered, intake.metadata, used), report)
    patterns = [pattern for of in covered.patterns.values() for pattern in of]
    return SessionAdded(
        added, consented, new_codes(here, list(covered.patterns)), tuple(one for one in patterns if one not in used)
    )


def coverage(table: Path) -> Coverage:
    """Which files a table of consents covers; raises BadInput where it does not say it."""
    with open_rows(table, list) as rows:
        names = {name.casefold(): name for name in rows.columns}
        media = next((names[name] for name in MEDIA_COLUMNS if name in names), None)
        person = next((names[name] for name in PERSON_COLUMNS if name in names), None)
        if media is None or person is None:
            missing = "media (files, folders/ or patterns*, apart by ;)" if media is None else "person"
            raise BadInput(f"{table} has no column {missing}; it has {', '.join(rows.columns)}")
        patterns: dict[str, tuple[str, ...]] = {}
        for line, row in rows.rows:
            who, told = (row[person] or "").strip(), (row[media] or "").strip()
            if not who or not told:
                raise BadInput(f"{table}, line {line}: {person if not who else media!r} is empty")
            given = tuple(one.removeprefix("./") for one in listed(told, ";"))
            patterns[who] = (*patterns.get(who, ()), *given)
    return Coverage(table, patterns, media)


def _covered(offers: Offers, covered: Coverage, told: Metadata, used: set[str]) -> Iterator[Offer]:
    """The offers with who is in them; one that no form covers is refused, and its bytes are not kept."""
    for offer in offers:
        person = covered.person(offer.name)
        if person is None:
            yield replace(offer, refusal=offer.refusal or UNCOVERED.format(covered.table.name), row={})
            continue
        used.update(one for one in covered.patterns[person] if _covers(one, offer.name))
        yield replace(offer, row={**told.of(offer.name, offer.path), "speaker": person})


def _covers(pattern: str, name: str) -> bool:
    """Whether a form's file, folder/ or pattern* means a file."""
    whole = f"{pattern}*" if pattern.endswith("/") else pattern
    return fnmatchcase(name, whole) or PurePosixPath(name).is_relative_to(PurePosixPath(pattern))
