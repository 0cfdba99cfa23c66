"""A rater's answers under another name: the labels stay, and nobody can tell any more whose answers these are."""

import json
import secrets
import uuid
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, state
from pipelines.engine.rewrite import FRESH, insert_rows
from schemas.answers import Answer, Decision, Rater, Refusal
from schemas.ids import canonical

FACT = "forgetting"  # the new name of a rater, kept until the catalog without the old one stands
SERVER = "unlinked"  # what stands in `origins` for the address of answers that nobody's account holds any more
N = TypeVar("N", Answer, Decision, Refusal)


def new_name(home: Path, mark: str) -> str:
    """A pseudonym that no name leads to; the same one after a kill, as long as the old one is there."""
    with Catalog(home).open() as connection:
        rows = connection.execute("SELECT value FROM facts WHERE name = ?", [FACT]).fetchall()
        known: dict[str, str] = json.loads(rows[0][0]) if rows else {}
        if mark not in known:
            known = {mark: "p" + secrets.token_hex(8)}
            state(connection, FACT, canonical(known))
    return known[mark]


def rename(connection: DuckDBPyConnection, rater: str, name: str) -> int:
    """Write the rows of a rater into the fresh catalog under another name; gives how many answers these are.

    They get an origin of their own: no pull or import compares them with what an account or a table says.
    """
    kinds = connection.execute("SELECT kind FROM raters WHERE id = ?", [rater]).fetchall()
    insert_rows(connection, "raters", [Rater(name, kind) for (kind,) in kinds])
    moved = _origins(connection, rater)
    answers = [replace(row, rater=name, origin=moved[row.origin]) for row in _rows(connection, Answer, "rater", rater)]
    refusals = [
        replace(row, rater=name, origin=moved[row.origin]) for row in _rows(connection, Refusal, "rater", rater)
    ]
    insert_rows(connection, "answers", answers)
    insert_rows(connection, "refusals", refusals)
    insert_rows(
        connection, "decisions", [replace(row, subject=name) for row in _rows(connection, Decision, "subject", rater)]
    )
    return len(answers)


def _origins(connection: DuckDBPyConnection, rater: str) -> dict[str, str]:
    """For each origin that holds something of the rater, a new one with the same scheme and source."""
    held = "SELECT origin FROM answers WHERE rater = $rater UNION SELECT origin FROM refusals WHERE rater = $rater"
    moved = {}
    for (origin,) in connection.execute(held, {"rater": rater}).fetchall():
        moved[origin] = str(uuid.uuid4())
        connection.execute(
            f"""INSERT INTO {FRESH}.origins (id, scheme, modality, server, source)
                SELECT ?, scheme, '', '{SERVER}', source FROM origins WHERE id = ?""",
            [moved[origin], origin],
        )
    return moved


def _rows(connection: DuckDBPyConnection, kind: type[N], column: str, rater: str) -> list[N]:
    names = ", ".join(f'"{field.name}"' for field in fields(kind))
    table = {Answer: "answers", Refusal: "refusals", Decision: "decisions"}[kind]
    # of asks that go themselves nothing is brought over
    going = "" if kind is Decision else " ANTI JOIN gone_asks g ON g.id = ask"
    return [
        kind(*row)
        for row in connection.execute(f'SELECT {names} FROM {table}{going} WHERE "{column}" = ?', [rater]).fetchall()
    ]
