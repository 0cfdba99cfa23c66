"""What was worked out of rows, kept with what it was worked out of, and read again while that stays the same."""

import json
from importlib.metadata import version
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import is_read_only, revision, state
from schemas.ids import canonical

LAPSED = "SELECT count(*) FROM consents_in_force WHERE lapsed IS NOT NULL"
IN_FORCE = "SELECT stage FROM active_stages ORDER BY stage"

Basis = dict[str, Any]


def standing(connection: DuckDBPyConnection) -> Basis:
    """What decides whatever is read from the catalog: its rows, the stages in force, and the program that reads them.

    A consent expires without a row that says so: who has none any more is counted.
    """
    return {
        "revision": revision(connection),
        "stages": [stage for (stage,) in connection.execute(IN_FORCE).fetchall()],
        "lapsed": connection.execute(LAPSED).fetchall()[0][0],
        "emocurate": version("emocurate"),
    }


def recall(connection: DuckDBPyConnection, name: str, basis: Basis) -> Any:
    """The value that was kept under this name, or None where it was kept on another basis or never."""
    rows = connection.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchall()
    kept = json.loads(rows[0][0]) if rows else {}
    return kept.get("value") if kept.get("basis") == json.loads(canonical(basis)) else None


def keep(connection: DuckDBPyConnection, name: str, basis: Basis, value: Any) -> None:
    """Keep a value, as JSON can hold it, in the place of the former one; not where nothing may be written."""
    if not is_read_only(connection):
        state(connection, name, json.dumps({"basis": json.loads(canonical(basis)), "value": value}))
