"""`rights show` and `rights check`: what may be done with a file and why, and whose consent has lapsed."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.errors import BadInput, nearest

# Files by name, the end of it after a slash or id; by the id of a clip; by the pseudonym of somebody in them.
MEANT = """
    SELECT DISTINCT asset FROM statements WHERE name = $words OR ends_with(name, '/' || $words) OR asset = $words
    UNION SELECT asset FROM clips WHERE id = $words UNION SELECT asset FROM appears WHERE person IN ($words, $person)"""
VERDICTS = """
    SELECT r.asset, n.name, r.basis, r.licence, r.conflict, r.lapsed, r.may_annotate, r.may_release, r.may_publish
    FROM rights r JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n USING (asset)
    WHERE r.asset IN (SELECT unnest(?::VARCHAR[])) ORDER BY n.name"""
TERMS = """
    SELECT layer, basis, licence, scopes, address, attribution, evidence FROM rights_in_force WHERE asset = ?
    ORDER BY layer, licence, id"""
PEOPLE = """
    SELECT a.person, a.how, c.scopes, c.lapsed, c.given_on, c.expires_on, c.licence, c.text_version, c.text_sha256,
           c.guardian, c.evidence
    FROM appears a LEFT JOIN consents_in_force c USING (person) WHERE a.asset = ? AND a.clip IS NULL ORDER BY ALL"""
LAPSED = """
    SELECT c.person, c.lapsed, c.expires_on, count(DISTINCT a.asset),
           coalesce(list(DISTINCT r.name ORDER BY r.name) FILTER (WHERE r.name IS NOT NULL), [])
    FROM consents_in_force c JOIN (FROM appears WHERE clip IS NULL) a USING (person)
    LEFT JOIN clips k ON k.asset = a.asset
    LEFT JOIN released d ON d.clip = k.id LEFT JOIN releases r ON r.id = d.release
    WHERE c.lapsed IS NOT NULL OR c.keep_until::DATE < (now() AT TIME ZONE 'UTC')::DATE GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class Terms:
    """What one source grants for one layer of a file, and where that can be read."""

    layer: str
    basis: str
    licence: str | None
    scopes: tuple[str, ...]
    address: str | None
    attribution: str | None
    evidence: str | None


@dataclass(frozen=True)
class InFile:
    """Somebody in a file, how that is known, and what they allow today; scopes are None where there is no record."""

    person: str
    how: str
    scopes: tuple[str, ...] | None
    lapsed: str | None
    given_on: str | None
    expires_on: str | None
    licence: str | None
    text_version: str | None
    text_sha256: str | None
    guardian: str | None
    evidence: str | None


@dataclass(frozen=True)
class Verdict:
    """What may be done with a file, with all that decides it."""

    asset: str
    name: str
    basis: str
    licence: str | None
    conflict: bool
    lapsed: str | None
    may_annotate: bool
    may_release: bool
    may_publish: bool
    terms: tuple[Terms, ...]
    people: tuple[InFile, ...]


@dataclass(frozen=True)
class Lapsed:
    """A person whose consent was withdrawn or has expired, or whose media are kept too long; where they still are."""

    person: str
    why: str
    expires_on: str | None
    files: int
    releases: tuple[str, ...]


def show(home: Path, words: str, people: Pseudonyms) -> list[Verdict]:
    """The verdicts on a file, on the file of a clip, or on every file a person is in; raises BadInput for none."""
    catalog = Catalog(home)
    assets = [asset for (asset,) in catalog.rows(MEANT, {"words": words, "person": people.of(words)})]
    if not assets:
        names = [name for (name,) in catalog.rows("SELECT DISTINCT name FROM statements ORDER BY 1 LIMIT 100000")]
        raise BadInput(f"no file, clip or person {words!r} is in this collection; {nearest(words, names)}")
    return [_verdict(catalog, row) for row in catalog.rows(VERDICTS, [assets])]


def check(here: Collection) -> list[Lapsed]:
    """Everybody whose consent was withdrawn or has expired, or whose media were to be deleted by now."""
    return [
        Lapsed(person, why or "kept too long", expires_on, files, tuple(releases))
        for person, why, expires_on, files, releases in Catalog(here.home).rows(LAPSED)
    ]


def _verdict(catalog: Catalog, row: tuple[Any, ...]) -> Verdict:
    terms = tuple(
        Terms(layer, basis, licence, tuple(scopes or ()), *rest)
        for layer, basis, licence, scopes, *rest in catalog.rows(TERMS, [row[0]])
    )
    people = tuple(
        InFile(person, how, None if scopes is None else tuple(scopes), *rest)
        for person, how, scopes, *rest in catalog.rows(PEOPLE, [row[0]])
    )
    names = [column.name for column in fields(Verdict)]
    return Verdict(**dict(zip(names, (*row, terms, people), strict=True)))
