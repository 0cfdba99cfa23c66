"""A scratch database beside the collection: big tables are worked on there, and what is left of it is swept away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from duckdb import DuckDBPyConnection

from pipelines.engine.lease import aside

FOLDER = "imports"  # lists of what was refused lie there too
MEMORY = "1100MB"


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """An empty folder of this process's own below `imports`; what killed processes left there is swept away."""
    with aside(home, FOLDER) as folder, TemporaryDirectory(dir=folder) as mine:
        yield Path(mine)


@contextmanager
def scratch_database(path: Path) -> Iterator[DuckDBPyConnection]:
    """A connection with bounded memory; times without a zone are UTC."""
    connection = duckdb.connect(str(path), config={"memory_limit": MEMORY})
    connection.execute("SET TimeZone = 'UTC'")
    try:
        yield connection
    finally:
        connection.close()
