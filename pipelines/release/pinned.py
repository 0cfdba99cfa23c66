"""A list that says which file is in which split, as a published benchmark has it: `export.splits`."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines.tables.staged import open_rows
from schemas.errors import BadInput, nearest
from schemas.release import SPLITS
from schemas.sections import ExportSettings

NAMES = ("name", "file", "file_name", "asset", "key")
SPLIT = "split"
SHOWN = 5

# Every file that a list names: by a name of it, its id, or what a corpus calls it.
LISTED = """
    CREATE OR REPLACE TEMP TABLE listed AS
    SELECT DISTINCT asset, split FROM wanted_splits w JOIN (
        SELECT asset, name FROM statements UNION SELECT id, id FROM assets UNION SELECT asset, key FROM corpus_keys) n
    USING (name)"""
# Groups that a list, or a list and an earlier release, put into several splits.
TORN = """
    SELECT "group", list(DISTINCT split ORDER BY split) FROM (
        SELECT "group", split FROM listed JOIN asset_groups USING (asset)
        UNION SELECT "group", split FROM group_splits
        WHERE "group" IN (SELECT "group" FROM listed JOIN asset_groups USING (asset)))
    GROUP BY "group" HAVING count(DISTINCT split) > 1 ORDER BY 1"""


def listed(home: Path, settings: ExportSettings) -> dict[str, str]:
    """The split of every name in the list that the settings name, by its place in the collection; none without one."""
    return read_list(home / settings.splits) if settings.splits else {}


def read_list(path: Path) -> dict[str, str]:
    """The split of every name in a list; raises BadInput for columns and splits that are not known."""
    with open_rows(path, lambda columns: columns) as table:
        names = [name for name in NAMES if name in table.columns]
        if not names or SPLIT not in table.columns:
            raise BadInput(
                f"{path} has the columns {', '.join(table.columns)}; expected split, and one of {', '.join(NAMES)}"
            )
        rows = [(row[names[0]], row[SPLIT], line) for line, row in table.rows]
    for _, split, line in rows:
        if split not in SPLITS:
            raise BadInput(f"{path}, line {line}: split {split!r} is not one we know; {nearest(str(split), SPLITS)}")
    return {str(name): str(split) for name, split, _ in rows}


def pin(connection: DuckDBPyConnection, splits: Mapping[str, str]) -> None:
    """Put the groups of files that a list names into its splits, in the temporary table group_splits.

    Raises BadInput where what is linked, or was released, would be in two splits, and where the list names no file.
    """
    names, values = (pa.array(list(column), pa.string()) for column in (splits.keys(), splits.values()))
    connection.register("wanted_splits", pa.table({"name": names, "split": values}))
    connection.execute(LISTED)
    connection.unregister("wanted_splits")
    if not connection.execute("SELECT 1 FROM listed LIMIT 1").fetchall():
        files = "1 file" if len(splits) == 1 else f"{len(splits):,} files"
        raise BadInput(f"export.splits names {files}, and none is in this collection")
    torn = connection.execute(TORN).fetchall()
    if torn:
        shown = "; ".join(f"{group} in {' and '.join(some)}" for group, some in torn[:SHOWN])
        raise BadInput(
            f"export.splits puts what is linked, or was released, into several splits: {shown}; "
            "leave all but one of them out of the list"
        )
    connection.execute(
        """INSERT INTO group_splits SELECT "group", any_value(split) FROM listed JOIN asset_groups USING (asset)
           WHERE "group" NOT IN (SELECT "group" FROM group_splits) GROUP BY "group" """
    )
