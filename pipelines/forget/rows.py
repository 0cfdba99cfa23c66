"""The rows of what is forgotten: counted, and left out when the catalog is written anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.ask.differences import UNKNOWN
from pipelines.engine.rewrite import FRESH, Going, gone, insert_rows, rewrite
from pipelines.engine.tombstones import Tombstones, bury, dig_out
from pipelines.forget.held import Held, held
from pipelines.forget.studio import Tasks, tasks_of
from pipelines.forget.subject import Subject
from pipelines.forget.unlink import rename
from pipelines.release.folders import FOLDER as RELEASES
from pipelines.release.records import PLACES, hold_places, manifest_of
from schemas.answers import AnswerNote
from schemas.ids import canonical
from schemas.media import Statement

SPEAKERS = ("speaker", "person")  # kinds of subjects who leave the words that name who speaks
COUNTED = {
    "clips": "SELECT count(*) FROM gone_clips",
    "scores": "SELECT count(*) FROM scores SEMI JOIN gone_rows g ON g.id = scores.row",
    "answers": "SELECT count(*) FROM answers WHERE ask IN (FROM gone_asks) OR rater IN (FROM gone_raters)",
    "consents": "SELECT count(*) FROM consents SEMI JOIN gone_people g ON g.id = person",
    "statements": """SELECT count(*) FROM statements WHERE asset IN (FROM gone_assets) OR source IN (FROM gone_sources)
                     OR speaker IN (FROM gone_speakers)""",
}
# Files of a source that came from elsewhere too: they stay, on the terms of that other source.
SHARED = """
    SELECT count(DISTINCT asset) FROM arrivals
    WHERE source IN (FROM gone_sources) AND asset NOT IN (FROM gone_assets)"""
# Releases that held samples and have none left.
EMPTIED = f"""
    DELETE FROM {FRESH}.releases WHERE id IN (SELECT release FROM released)
    AND id NOT IN (SELECT release FROM {FRESH}.released)"""
FILES = "SELECT name FROM statements SEMI JOIN gone_assets g ON g.id = asset GROUP BY name ORDER BY name"


@dataclass(frozen=True)
class Looked:
    """What goes: files by name, rows by kind, the keys of clips, asks by their project, files that stay, and what of it
    is told to the person."""

    files: tuple[str, ...]
    rows: dict[str, int]
    keys: frozenset[str]
    tasks: Tasks
    shared: int
    held: Held


def going(who: Subject) -> Going:
    """The ids that go with a subject; a rater's rows too, which may come back under another name."""
    person = (who.person,) if who.person else ()
    return Going(
        assets=who.assets,
        stand_ins=who.stand_ins,
        sources=who.sources,
        speakers=person if who.kind in SPEAKERS else (),
        people=person if who.kind != "rater" else (),
        raters=person if who.kind == "rater" else (),
    )


def look(home: Path, ids: Going) -> Looked:
    """What would go."""
    with gone(home, ids) as connection:
        return Looked(
            files=tuple(name for (name,) in connection.execute(FILES).fetchall()),
            rows={name: _number(connection, query) for name, query in COUNTED.items()},
            keys=frozenset(key for (key,) in connection.execute("FROM gone_clips").fetchall()),
            tasks=tasks_of(connection),
            shared=_number(connection, SHARED),
            held=held(connection),
        )


def write_anew(home: Path, who: Subject, becomes: str | None, marks: Sequence[str], may_return: bool) -> int:
    """Write the catalog without what goes, with its releases as their folders have them; gives answers unlinked.

    `becomes` is the new name of a rater; of what `may_return` none of its `marks` are left.
    """
    unlinked = 0

    def change(connection: DuckDBPyConnection) -> None:
        nonlocal unlinked
        if becomes:
            unlinked = rename(connection, str(who.person), becomes)
        if who.kind in SPEAKERS:
            _unname(connection, str(who.person))
        if who.kind == "rater":
            _uncredit(connection, str(who.person))
        _bring_releases(home, connection)
        (dig_out if may_return else bury)(connection, FRESH, [*marks])

    with gone(home, going(who)) as connection:
        rewrite(home, connection, change)
    return unlinked


def _number(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def marks_of(who: Subject, files: Iterable[str], marks: Tombstones) -> list[str]:
    """The tombstones of a subject: its bytes and files, who it is, where it came from, and what it was called."""
    made = [marks.mark("bytes", one) for one in (*who.assets, *who.stand_ins)]  # a backup may hold a stand-in alone
    made += [mark for name in files for mark in marks.marks_of_file(name)]
    if who.person:
        made.append(marks.mark("rater" if who.kind == "rater" else "person", who.person))
    if who.address:
        made.append(marks.mark("address", who.address))
    return [*made, marks.mark("subject", who.words)]


def _unname(connection: DuckDBPyConnection, speaker: str) -> None:
    """What else was said in statements that once named the speaker of a file that stays."""
    columns = "asset, name, scope, said_at, source, speaker, language, transcript, requested, sex"
    query = f"""SELECT {columns} FROM statements ANTI JOIN gone_assets g ON g.id = asset
                ANTI JOIN gone_sources o ON o.id = source WHERE speaker = ?"""
    rows = [replace(Statement(*row), speaker=None) for row in connection.execute(query, [speaker]).fetchall()]
    said = [row for row in rows if any((row.source, row.language, row.transcript, row.requested, row.sex))]
    insert_rows(connection, "statements", said)


def _uncredit(connection: DuckDBPyConnection, rater: str) -> None:
    """Notes beside the answers of others that the rater has changed: somebody did, and nobody knows who."""
    names = [field.name for field in fields(AnswerNote)]
    query = f"""SELECT {", ".join(names)} FROM answer_notes ANTI JOIN gone_asks g ON g.id = ask
                WHERE edited_by = $rater AND rater <> $rater"""
    rows = [AnswerNote(*row) for row in connection.execute(query, {"rater": rater}).fetchall()]
    insert_rows(connection, "answer_notes", [replace(row, edited_by=UNKNOWN) for row in rows])


def _bring_releases(home: Path, connection: DuckDBPyConnection) -> None:
    """What the catalog holds of every release, as its folder has it now, whichever command let it follow.

    A release of which nothing is left is none any more.
    """
    connection.execute(EMPTIED)
    for release, name, body in connection.execute(f"SELECT id, name, body FROM {FRESH}.releases").fetchall():
        folder = home / RELEASES / name
        if not (folder / PLACES).exists() or (now := canonical(manifest_of(folder))) == body:
            continue
        connection.execute(f"UPDATE {FRESH}.releases SET body = ? WHERE id = ?", [now, release])
        connection.execute(f"DELETE FROM {FRESH}.released WHERE release = ?", [release])
        hold_places(connection, f"{FRESH}.released", release, folder / PLACES)
