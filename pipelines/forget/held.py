"""What is held of a subject before it goes, for the report to the person: files, consents, what was made and asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from pipelines.imports.commit import NO_TIME

HELD_FILES = """
    SELECT n.name, a.kind, a.size, strftime(v.came, '%Y-%m-%d'), v.terms
    FROM gone_assets g LEFT JOIN assets a ON a.id = g.id
    JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n ON n.asset = g.id
    JOIN (SELECT r.asset, min(r.added_at) AS came,
                 string_agg(DISTINCT concat_ws(', ', o.address, o.basis, o.licence), '; ') AS terms
          FROM arrivals r JOIN sources o ON o.id = r.source GROUP BY r.asset) v ON v.asset = g.id
    ORDER BY n.name, g.id"""
SAID = """
    SELECT count(speaker), count(language), count(transcript), count(requested) FROM statements
    WHERE asset IN (FROM gone_assets) OR speaker IN (FROM gone_speakers)"""
SAID_OF = ("who speaks", "the language", "what is said", "the emotion that was asked for")
KINDS = "SELECT kind, count(*) FROM clips SEMI JOIN gone_clips g ON g.id = clips.id GROUP BY kind ORDER BY kind"
# Vectors of identity; what else is kept as a vector, such as the numbers of voices in a recording, describes nobody.
VECTORS = """SELECT count(vector) FROM scores SEMI JOIN gone_rows g ON g.id = scores."row"
             WHERE name IN ('face_vector', 'voice_vector')"""
ASKED = f"""SELECT count(DISTINCT ask), count(*), count(DISTINCT rater), min(dated)[:10], max(dated)[:10]
            FROM (SELECT *, nullif(updated_at, '{NO_TIME}') AS dated FROM answers) WHERE {{which}}"""
CONSENTS = """
    SELECT said_at[:10], state, scopes, given_on, expires_on, keep_until, licence, text_version, guardian IS NOT NULL
    FROM consents SEMI JOIN gone_people g ON g.id = person ORDER BY said_at, id"""


@dataclass(frozen=True)
class HeldFile:
    """A file: what it is, how large in bytes, the day it came (ISO 8601), and from where on which terms."""

    name: str
    kind: str | None
    size: int | None
    came_on: str
    terms: str


@dataclass(frozen=True)
class HeldConsent:
    """A consent record; days are ISO 8601."""

    recorded_on: str
    state: str
    scopes: tuple[str, ...]
    given_on: str | None
    expires_on: str | None
    keep_until: str | None
    licence: str | None
    text_version: str | None
    has_guardian: bool


@dataclass(frozen=True)
class HeldAnswers:
    """Answers: to how many questions, how many, by how many raters, and the days of the first and the last."""

    asks: int
    answers: int
    raters: int
    first_on: str | None
    last_on: str | None


@dataclass(frozen=True)
class Held:
    """All that is held: `about` are the answers about the files that go, `by` those that a rater gave."""

    files: tuple[HeldFile, ...]
    said: tuple[str, ...]
    clips: Mapping[str, int]
    vectors: int
    about: HeldAnswers
    by: HeldAnswers
    consents: tuple[HeldConsent, ...]


def held(connection: DuckDBPyConnection) -> Held:
    """What is held of a subject, on a connection of `rewrite.gone`."""
    said = connection.execute(SAID).fetchall()[0]
    return Held(
        files=tuple(HeldFile(*row) for row in connection.execute(HELD_FILES).fetchall()),
        said=tuple(what for what, count in zip(SAID_OF, said, strict=True) if count),
        clips=dict(connection.execute(KINDS).fetchall()),
        vectors=int(connection.execute(VECTORS).fetchall()[0][0]),
        about=_answers(connection, "ask IN (FROM gone_asks)"),
        by=_answers(connection, "rater IN (FROM gone_raters)"),
        consents=tuple(
            HeldConsent(recorded_on, state, tuple(scopes or ()), *rest)
            for recorded_on, state, scopes, *rest in connection.execute(CONSENTS).fetchall()
        ),
    )


def _answers(connection: DuckDBPyConnection, which: str) -> HeldAnswers:
    return HeldAnswers(*connection.execute(ASKED.format(which=which)).fetchall()[0])
