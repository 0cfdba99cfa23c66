"""A scratch database beside the collection: big tables are worked on there, and what is left of it is swept away."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = "imports"  # lists of what was refused lie there too
MEMORY = "1100MB"


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """An empty folder of this process below `imports`; what killed processes left there is removed."""
    folder = home / FOLDER
    folder.mkdir(exist_ok=True)
    for left in folder.glob(".scratch-*"):
        if not _runs(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    mine = folder / f".scratch-{os.getpid()}"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir()
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)


@contextmanager
def scratch_database(path: Path) -> Iterator["DuckDBPyConnection"]:
    """A connection with bounded memory; times without a zone are UTC."""
    import duckdb

    connection = duckdb.connect(str(path), config={"memory_limit": MEMORY})
    connection.execute("SET TimeZone = 'UTC'")
    try:
        yield connection
    finally:
        connection.close()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
