"""`rights show` and `rights check`: what may be done with a file and why, and whose consent has lapsed."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.errors import BadInput, nearest
from schemas.sections import PublishSettings

# Files by name, the end of it after a slash or id; by the id of a clip; by the pseudonym of somebody in them.
MEANT = """
    SELECT DISTINCT asset FROM statements WHERE name = $words OR ends_with(name, '/' || $words) OR asset = $words
    UNION SELECT asset FROM clips WHERE id = $words UNION SELECT asset FROM appears WHERE person IN ($words, $person)"""
VERDICTS = """
    SELECT r.asset, n.name, r.basis, r.licence, r.conflict, r.lapsed, r.may_annotate, r.may_release, r.may_publish,
           r.may_train, r.may_identify,
           f.against_internal, f.against_labels, f.against_media
    FROM rights r JOIN forms f USING (asset)
    JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n USING (asset)
    WHERE r.asset IN (SELECT unnest(?::VARCHAR[])) ORDER BY n.name"""
TERMS = """
    SELECT layer, basis, licence, scopes, address, attribution, evidence FROM rights_in_force WHERE asset = ?
    ORDER BY layer, licence, id"""
PEOPLE = """
    SELECT a.person, a.how, c.scopes, c.lapsed, c.given_on, c.expires_on, c.licence, c.text_version, c.text_sha256,
           c.guardian, c.evidence
    FROM appears a LEFT JOIN consents_in_force c USING (person) WHERE a.asset = ? AND a.clip IS NULL ORDER BY ALL"""
FETCHES = """
    SELECT optouts, url, outcome, reason, final_url, fetched_at, status, sha256 FROM fetches WHERE asset = ?
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, id DESC) = 1 ORDER BY url"""
WEB = """
    SELECT o.asset, min(f.url), o.reason FROM opted_out o JOIN fetches f USING (asset) SEMI JOIN assets a
    ON a.id = o.asset GROUP BY ALL ORDER BY 2"""
UNREVIEWED = """
    SELECT asset, url, 'fetched on ' || fetched_at[:10] FROM unreviewed
    WHERE $days > 0 AND fetched_at::TIMESTAMP < (now() AT TIME ZONE 'UTC') - to_days($days::INTEGER) ORDER BY url"""
LAPSED = """
    SELECT c.person, c.lapsed, c.expires_on, c.keep_until,
           coalesce(c.keep_until::DATE < (now() AT TIME ZONE 'UTC')::DATE, false), count(DISTINCT a.asset),
           coalesce(list(DISTINCT r.name ORDER BY r.name) FILTER (WHERE r.name IS NOT NULL), [])
    FROM consents_in_force c JOIN (FROM appears WHERE clip IS NULL) a USING (person)
    LEFT JOIN clips k ON k.asset = a.asset
    LEFT JOIN released d ON d.clip = k.id LEFT JOIN releases r ON r.id = d.release
    WHERE c.lapsed IS NOT NULL GROUP BY ALL ORDER BY ALL"""
# Who took scopes back since the newest release, or one that is published, was made, and is in it.
NARROWED = """
    WITH said AS (SELECT person, said_at, state, scopes, unnest(['publish', 'train']) AS scope FROM consents),
    allowed AS (SELECT person, scope, max(said_at) AS last FROM said
                WHERE state = 'given' AND list_contains(scopes, scope) GROUP BY ALL),
    back AS (SELECT l.person, l.scope, min(n.said_at)::TIMESTAMP AS since
             FROM allowed l JOIN consents_in_force c USING (person)
             JOIN consents n ON n.person = l.person AND n.said_at > l.last
             WHERE c.lapsed IS NULL AND NOT list_contains(c.scopes, l.scope) GROUP BY ALL),
    outside AS (SELECT id, name, added_at FROM releases WHERE coalesce(body ->> '$.internal', 'false') <> 'true'
                QUALIFY row_number() OVER (ORDER BY added_at DESC, name DESC) = 1 OR name IN (
                    SELECT value::JSON ->> '$.release' FROM facts WHERE starts_with(name, 'published in ')))
    SELECT b.person, list(DISTINCT b.scope ORDER BY b.scope), count(DISTINCT a.asset), list(DISTINCT r.name)
    FROM back b JOIN (FROM appears WHERE clip IS NULL) a USING (person) JOIN clips k ON k.asset = a.asset
    JOIN released d ON d.clip = k.id JOIN outside r ON r.id = d.release AND r.added_at < b.since
    GROUP BY b.person ORDER BY b.person"""

COPIES = """
    SELECT r.asset, min(s.name), r.reason FROM returned r JOIN statements s USING (asset) GROUP BY ALL ORDER BY 2"""


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
class LastFetch:
    """How an address of a file was fetched when it was last looked at, and what was against it, counted or not."""

    optouts: tuple[str, ...]
    url: str
    outcome: str
    reason: str | None
    final_url: str
    fetched_at: str
    status: int | None
    sha256: str | None


@dataclass(frozen=True)
class WebFile:
    """A file from the net of which something is to be known."""

    asset: str
    url: str
    why: str


@dataclass(frozen=True)
class Copy:
    """A file that sounds or looks like what was forgotten."""

    asset: str
    name: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """What may be done with a file, with all that decides it.

    `against_…` say what stands against each form: within the collection, as labels alone, as media; None: nothing.
    """

    asset: str
    name: str
    basis: str
    licence: str | None
    conflict: bool
    lapsed: str | None
    may_annotate: bool
    may_release: bool
    may_publish: bool
    may_train: bool
    may_identify: bool
    against_internal: str | None
    against_labels: str | None
    against_media: str | None
    terms: tuple[Terms, ...]
    people: tuple[InFile, ...]
    fetches: tuple[LastFetch, ...] = ()


@dataclass(frozen=True)
class Lapsed:
    """A person whose consent was withdrawn or has expired, or whose media are kept too long; where they still are.

    `must_go` says that the media were to be deleted by now: `forget` does it.
    """

    person: str
    why: str
    expires_on: str | None
    keep_until: str | None
    must_go: bool
    files: int
    releases: tuple[str, ...]


@dataclass(frozen=True)
class Narrowed:
    """A person who took scopes back and allows others still; in how many files of which releases they are."""

    person: str
    scopes: tuple[str, ...]
    files: int
    releases: tuple[str, ...]


def show(home: Path, words: str, people: Pseudonyms, publish: PublishSettings) -> list[Verdict]:
    """The verdicts on a file, on the file of a clip, or on every file a person is in; raises BadInput for none."""
    catalog = Catalog(home)
    assets = [asset for (asset,) in catalog.rows(MEANT, {"words": words, "person": people.of(words)})]
    if not assets:
        names = [name for (name,) in catalog.rows("SELECT DISTINCT name FROM statements ORDER BY 1 LIMIT 100000")]
        raise BadInput(f"no file, clip or person {words!r} is in this collection; {nearest(words, names)}")
    # one visit each, however many files: others come in between
    return [_allowed(_verdict(catalog, row), publish) for row in catalog.rows(VERDICTS, [assets])]


def _allowed(verdict: Verdict, publish: PublishSettings) -> Verdict:
    """With what the settings say: which licences may leave, and whether labels may without their media."""
    allowed = {licence.casefold() for licence in publish.licences}
    labels, media = verdict.against_labels, verdict.against_media
    if verdict.licence and verdict.licence.casefold() not in allowed:
        media = media or f"{verdict.licence} is not among publish.licences"
    if media and not publish.labels_only:
        labels = labels or "publish.labels_only is false"
    return replace(verdict, against_labels=labels, against_media=media)


def lost(here: Collection) -> list[WebFile]:
    """Files whose sites have opted out since they were fetched."""
    return [WebFile(*row) for row in Catalog(here.home).rows(WEB)]


def copies(here: Collection) -> list[Copy]:
    """Files that came in after what they are copies of was forgotten."""
    return [Copy(*row) for row in Catalog(here.home).rows(COPIES)]


def unreviewed(here: Collection) -> list[WebFile]:
    """Files of a crawl that are to be gone by now: nobody was asked about them within `crawl.keep_days`."""
    return [WebFile(*row) for row in Catalog(here.home).rows(UNREVIEWED, {"days": here.settings.crawl.keep_days})]


def check(here: Collection) -> list[Lapsed]:
    """Everybody whose consent was withdrawn or has expired, or whose media were to be deleted by now."""
    return [
        Lapsed(person, why, expires_on, keep_until, over, files, tuple(releases))
        for person, why, expires_on, keep_until, over, files, releases in Catalog(here.home).rows(LAPSED)
    ]


def narrowed(here: Collection) -> list[Narrowed]:
    """Who no longer allows what the newest release, or a published one, was made for, and is in it."""
    return [
        Narrowed(person, tuple(scopes), files, tuple(releases))
        for person, scopes, files, releases in Catalog(here.home).rows(NARROWED)
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
    fetches = tuple(LastFetch(tuple(optouts or ()), *seen) for optouts, *seen in catalog.rows(FETCHES, [row[0]]))
    names = [column.name for column in fields(Verdict)]
    return Verdict(**dict(zip(names, (*row, terms, people, fetches), strict=True)))
