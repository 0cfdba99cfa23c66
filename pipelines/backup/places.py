"""Where backups of a collection lie, as far as it knows, and which of them still hold what was forgotten."""

import json
from hashlib import sha256
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines.backup.manifest import read
from pipelines.engine.catalog import Catalog, state
from pipelines.engine.tombstones import TABLE
from schemas.errors import BadInput
from schemas.ids import canonical

FACT = "backups"  # of the catalog: the folders, as JSON


def places(home: Path) -> list[Path]:
    """The folders of the backups that were ever begun."""
    known = Catalog(home).fact(FACT)
    return [Path(one) for one in json.loads(known)] if known else []


def remember(home: Path, place: Path) -> None:
    """Keep where a backup lies, before a byte of it is written: what is forgotten must be found there."""
    known = [str(one) for one in places(home)]
    if str(place) in known:
        return
    with Catalog(home).open() as connection:
        connection.begin()
        state(connection, FACT, canonical([*known, str(place)]))
        connection.commit()


def forgotten(connection: DuckDBPyConnection) -> str:
    """The hash of all tombstones: a backup with another one is from before or after a withdrawal."""
    marks = connection.execute(f"SELECT mark FROM {TABLE} ORDER BY mark").fetchall()
    return sha256("".join(mark for (mark,) in marks).encode()).hexdigest()


def behind(home: Path) -> list[Path]:
    """The known backups that do not have the tombstones of the collection, or cannot be looked at."""
    with Catalog(home).open() as connection:
        now = forgotten(connection)
    return [place for place in places(home) if _marks(place) != now]


def unreachable(home: Path) -> list[str]:
    """The known backups that are not there now, in words for whoever has to reach them."""
    return [missing(place) for place in places(home) if _marks(place) is None]


def missing(place: Path) -> str:
    """What to do about a backup that cannot be reached."""
    return f"the backup in {place}, which is not there now: when it is, type `emocurate backup {place}`, or delete it"


def _marks(place: Path) -> str | None:
    try:
        manifest = read(place)
    except (BadInput, OSError):
        return None
    return manifest.forgotten if manifest else None
