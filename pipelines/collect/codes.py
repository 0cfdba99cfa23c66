"""Codes with which people can withdraw: shown once, kept as hashes, and never told which of them is whose."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, insert
from schemas.errors import BadInput

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another
# Between dashes of any kind, so that no name has it; or without any.
FORM = re.compile(rf"W([\W_]+[{LETTERS}]{{4}}){{4}}", re.IGNORECASE)
UNDASHED = re.compile(rf"W[{LETTERS}]{{16}}", re.IGNORECASE)
OF_CODE = """
    SELECT DISTINCT person FROM withdrawal_codes WHERE code_sha256 IN (SELECT unnest($hashes::VARCHAR[]))
    ORDER BY person"""


@dataclass(frozen=True)
class Code:
    """The code of one person, by the name the table has for them."""

    name: str
    code: str


def new_codes(here: Collection, names: Sequence[str]) -> tuple[Code, ...]:
    """A code for everybody who has none yet; only its hash stays here, so nobody can look it up again."""
    known = {person for (person,) in Catalog(here.home).rows("SELECT person FROM withdrawal_codes")}
    people = {here.people.of(name): name for name in names}
    made = {person: Code(name, _code()) for person, name in people.items() if person not in known}
    with Catalog(here.home).open() as connection:
        rows = {"person": list(made), "code_sha256": [_hash(one.code) for one in made.values()]}
        insert(connection, "withdrawal_codes", rows)
    return tuple(made.values())


def given_codes(here: Collection, codes: Sequence[tuple[str, str]]) -> None:
    """Keep the hashes of codes that people were given elsewhere, as (name, SHA-256)."""
    with Catalog(here.home).open() as connection:
        rows = {"person": [here.people.of(name) for name, _ in codes], "code_sha256": [code for _, code in codes]}
        insert(connection, "withdrawal_codes", rows)


def person_of(catalog: Catalog, words: str) -> str | None:
    """The pseudonym of the person whose code this is; None for words that are no code of anybody here.

    A page may show codes of any form, and a record may claim any words for one: what has the form of ours is a code
    first of all, everything else only where it means nothing else. Raises BadInput where it is the code of several
    people, as tables that were brought together by hand may have it.
    """
    rows = catalog.rows(OF_CODE, {"hashes": [_hash(spelling) for spelling in _spellings(words)]})
    if len(rows) > 1:
        people = ", ".join(person for (person,) in rows)
        raise BadInput(f"this code is that of {len(rows)} people here: {people}; give the name or pseudonym of the one")
    return str(rows[0][0]) if rows else None


def _code() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(("W", *groups))


def is_code(words: str) -> bool:
    """Whether words have the form of a code of ours, as people type it: with dashes of any kind, or with a digit."""
    plain = words.strip()
    return FORM.fullmatch(plain) is not None or (UNDASHED.fullmatch(plain) is not None and not plain.isalpha())


def plain_code(words: str) -> str:
    """A code as it was shown, of whichever dashes it is typed with."""
    letters = re.sub(r"[\W_]", "", words.upper())
    return "-".join((letters[:1], *(letters[at : at + 4] for at in range(1, len(letters), 4))))


def _spellings(words: str) -> set[str]:
    """What somebody may have typed a code for: as it stands, in capitals, or one of ours with other dashes or none."""
    plain = words.strip()
    return {plain, plain.upper(), plain_code(plain)}


def _hash(code: str) -> str:
    """The hash of a code; its 78 bits are drawn by chance, so that nobody can guess through a list."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
