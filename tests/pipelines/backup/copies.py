"""A small collection of two speakers with a release, and what of it must be the same in a copy."""

import shutil
from pathlib import Path

from pipelines.engine.catalog import Catalog
from tests.pipelines.release.test_export import files_of

TABLES = ("assets", "arrivals", "statements", "sources", "clips", "items", "asks", "answers", "released", "tombstones")


def held(home: Path) -> tuple[object, object]:
    """All that a collection holds: its rows, and its files but for the catalog's own and locks."""
    rows = [Catalog(home).rows(f"SELECT t::VARCHAR FROM {table} t ORDER BY 1") for table in TABLES]
    files = {name: data for name, data in files_of(home).items() if not name.startswith(("catalog", "locks/"))}
    return rows, {name: data for name, data in files.items() if "/aside/" not in name}


def copy_of(home: Path, folder: Path) -> Path:
    """Another collection with the same content, which a test may change."""
    shutil.copytree(home, folder, symlinks=True)
    return folder
