"""The database file of our own Label Studio: how much of it is made, and how it forgets what was deleted."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

STEPS = 396  # in which the installed version makes its database


def steps_made(data: Path) -> int:
    """How many steps a first start has made; read without a lock, so that nothing waits for us."""
    address = (data / "label_studio.sqlite3").as_uri()
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{address}?immutable=1", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM django_migrations").fetchone()[0])
    return 0


def vacuum(data: Path) -> None:
    """Write the database anew, while no server has it open: what was deleted from it stays in the file for long."""
    for file in data.glob("*.sqlite3"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
