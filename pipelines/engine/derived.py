"""What was worked out of rows, kept with what it was worked out of, and read again while that stays the same."""

import hashlib
import json
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import is_read_only, revision, state
from schemas.ids import canonical

LAPSED = "SELECT count(*) FROM consents_in_force WHERE lapsed IS NOT NULL"
IN_FORCE = "SELECT stage FROM active_stages ORDER BY stage"

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("annotate", "curate", "pipelines", "schemas")  # where it is written what is read from a catalog, and how

Basis = dict[str, Any]


def standing(connection: DuckDBPyConnection) -> Basis:
    """What decides whatever is read from the catalog: its rows, the stages in force, and the program that reads them.

    A consent expires without a row that says so: who has none any more is counted.
    """
    return {
        "revision": revision(connection),
        "stages": [stage for (stage,) in connection.execute(IN_FORCE).fetchall()],
        "lapsed": connection.execute(LAPSED).fetchall()[0][0],
        "program": program(HOUSE),
    }


@cache
def program(house: Path) -> str:
    """The version of emocurate and what tells its files in this folder from changed ones: their sizes and times."""
    files = sorted(path for room in ROOMS for path in (house / room).rglob("*") if path.suffix in (".py", ".sql"))
    told = [(str(path.relative_to(house)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return f"{version('emocurate')} {hashlib.sha256(repr(told).encode()).hexdigest()[:16]}"


def recall(connection: DuckDBPyConnection, name: str, basis: Basis) -> Any:
    """The value that was kept under this name, or None where it was kept on another basis or never."""
    rows = connection.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchall()
    kept = json.loads(rows[0][0]) if rows else {}
    return kept.get("value") if kept.get("basis") == json.loads(canonical(basis)) else None


def keep(connection: DuckDBPyConnection, name: str, basis: Basis, value: Any) -> None:
    """Keep a value, as JSON can hold it, in the place of the former one; not where nothing may or can be written."""
    if not is_read_only(connection):
        with suppress(duckdb.Error):  # a full disk: who looks next works it out again
            state(connection, name, json.dumps({"basis": json.loads(canonical(basis)), "value": value}))
