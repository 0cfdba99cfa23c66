"""What the tests of tables share: a small table, and how its rows are read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from annotate.ratings.layout import Asked, Layout
from pipelines.tables.conditions import VERDICTS, judge
from pipelines.tables.staged import Staged, open_rows, stage

LONG = Layout(item=("clip",), rater="who", question=(Asked(name="emotion", value="label"),))
TEXT = "clip,who,label\nc1,ann,anger\nc1,bob,fear\nc2,ann,Fear\n"
ROWS = [("c1", "ann", "anger"), ("c1", "bob", "fear"), ("c2", "ann", "Fear")]


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    """A file of that content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def staged(paths: Sequence[Path], layout: Layout = LONG, wanted: str = "_line, clip, who, label") -> tuple[Staged, Any]:
    """Tables of one layout, and their rows in their order."""
    aside = paths[0].parent / "aside"
    aside.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        tables = stage(connection, paths, layout, aside)
        return tables, connection.execute(f"SELECT {wanted} FROM ratings ORDER BY _n").fetchall()


def cells(path: Path, layout: Layout = LONG) -> list[tuple[str | None, ...]]:
    """The rows of one table without the space around their cells."""
    _, rows = staged([path], layout, "trim(clip, ' \t'), trim(who, ' \t'), trim(label, ' \t')")
    return list(rows)


def read(path: Path, *columns: str) -> list[dict[str, str | None]]:
    """The rows of a table as metadata and predictions read them: these columns, or all of them."""
    with open_rows(path, lambda names: columns or names) as table:
        return [row for _, row in table.rows]


def verdicts(path: Path, layout: Layout) -> list[bool]:
    """Which rows of a table a layout drops."""
    scratch, aside = path.parent / "scratch.duckdb", path.parent / "aside"
    aside.mkdir()
    with duckdb.connect(str(scratch)) as connection:
        offered = stage(connection, [path], layout, aside).offered
    judge(scratch, layout, offered, "500MB")
    with duckdb.connect(str(scratch)) as connection:
        return [dropped for (dropped,) in connection.execute(f"SELECT dropped FROM {VERDICTS} ORDER BY _n").fetchall()]
