"""The rows of what is forgotten: counted, and left out when the catalog is written anew."""

from dataclasses import dataclass, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import columns_of
from pipelines.engine.rewrite import FRESH, Going, gone, rewrite
from pipelines.engine.tombstones import Tombstones, bury
from pipelines.forget.studio import Tasks, tasks_of
from pipelines.forget.subject import Subject
from pipelines.forget.unlink import rename
from pipelines.release.export import FOLDER as RELEASES
from pipelines.release.records import hold_places, manifest_of
from pipelines.release.writing import PLACES
from schemas.ids import canonical
from schemas.media import Statement

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
    """What goes: files by name, rows by kind, the keys of clips, asks by their project, and files that stay."""

    files: tuple[str, ...]
    rows: dict[str, int]
    keys: frozenset[str]
    tasks: Tasks
    shared: int


def going(who: Subject) -> Going:
    """The ids that go with a subject; a rater's rows too, which may come back under another name."""
    person = (who.person,) if who.person else ()
    return Going(
        assets=who.assets,
        sources=who.sources,
        speakers=person if who.kind == "speaker" else (),
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
        )


def write_anew(home: Path, who: Subject, becomes: str | None, marks: Tombstones | None) -> int:
    """Write the catalog without what goes, with its releases as their folders have them; gives answers unlinked.

    `becomes` is the new name of a rater, `marks` makes the tombstones.
    """
    unlinked = 0

    def change(connection: DuckDBPyConnection) -> None:
        nonlocal unlinked
        if becomes:
            unlinked = rename(connection, str(who.person), becomes)
        if who.kind == "speaker":
            _unname(connection, str(who.person))
        _bring_releases(home, connection)
        if marks:
            bury(connection, FRESH, _marks(who, marks))

    with gone(home, going(who)) as connection:
        rewrite(home, connection, change)
    return unlinked


def _number(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _marks(who: Subject, marks: Tombstones) -> list[str]:
    """The tombstones of a subject: its bytes, who it is, where it came from, and what it was called."""
    made = [marks.mark("bytes", asset) for asset in who.assets]
    if who.person:
        made.append(marks.mark("rater" if who.kind == "rater" else "person", who.person))
    if who.address:
        made.append(marks.mark("address", who.address))
    return [*made, marks.mark("subject", who.words)]


def _unname(connection: DuckDBPyConnection, speaker: str) -> None:
    """What else was said in statements that once named the speaker of a file that stays."""
    columns = "asset, name, scope, said_at, source, speaker, language, transcript, requested"
    query = f"""SELECT {columns} FROM statements ANTI JOIN gone_assets g ON g.id = asset
                ANTI JOIN gone_sources o ON o.id = source WHERE speaker = ?"""
    rows = [replace(Statement(*row), speaker=None) for row in connection.execute(query, [speaker]).fetchall()]
    if rows := [row for row in rows if any((row.source, row.language, row.transcript, row.requested))]:
        values = columns_of(rows)
        insert = f"INSERT INTO {FRESH}.statements ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        connection.executemany(insert, list(zip(*values.values(), strict=True)))


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
