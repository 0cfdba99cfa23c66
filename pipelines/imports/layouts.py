"""How a table is laid out, from what was typed, what it is an export of, and what its columns are called."""

from collections.abc import Callable, Sequence
from pathlib import Path

from annotate.ratings.exports import first_row
from annotate.ratings.flags import Flags, alike, guessed, layout_with, roles_of
from annotate.ratings.guesses import raterlike
from annotate.ratings.layout import Layout, load_layout
from annotate.ratings.platforms import Recognised, recognised
from pipelines.tables.formats import HEAD_BYTES, columns_in, first_object
from pipelines.tables.staged import SHOWN, brief
from pipelines.tables.text import decoded, head_of
from schemas.errors import BadInput


def layout_for(tables: Sequence[Path], name: str | None, flags: Flags, report: Callable[[str], None]) -> Layout:
    """The layout of a preset or map with flags on top, or one made of flags and of columns that speak for themselves.

    `report` is told what was taken for what. Raises BadSetting, BadInput.
    """
    if name:
        return layout_with(load_layout(name), flags)
    path = tables[0]
    if not path.is_file():
        raise BadInput(f"there is no table {path}; for a folder give a --preset such as ravdess")
    columns = list(flags.header) or columns_in(path, flags.delimiter or "", flags.encoding or "")
    if presets := alike(columns):
        report(f"{path.name} has the columns of preset {presets[0]!r}; use it with: --preset {presets[0]}")
    export = _export(path, flags, columns)
    if export:
        report(f"{path.name} is an export of {export.platform}")
    offered = export.columns if export else columns
    complete = guessed(export.flags if export else flags, offered)
    layout = layout_with(export.base if export else Layout(), complete, typed=flags)
    if not layout.item or not layout.question:
        raise BadInput(_unclear(path, offered, "names the item" if not layout.item else "holds the answers"))
    report(f"{path.name}: {roles_of(complete)}")
    _say_who_rates(layout, offered, report)
    return layout


def _export(path: Path, flags: Flags, columns: Sequence[str]) -> Recognised | None:
    """The platform a table was exported from, where it is one we know."""
    head = decoded(head_of(path, HEAD_BYTES), flags.encoding or "")
    nested = first_row(first_object(path, flags.encoding or "")) if head.lstrip()[:1] in ("[", "{") else None
    return recognised(flags, columns, nested or dict.fromkeys(columns), head)


def _say_who_rates(layout: Layout, columns: Sequence[str], report: Callable[[str], None]) -> None:
    """Say that nobody is named, and which columns may name somebody."""
    votes = any(asked.form in ("votes", "vector") for asked in layout.question)
    if layout.rater or layout.rater_name or layout.rater_kind != "person" or votes:
        return
    maybe = f" (perhaps {' or '.join(map(brief, raterlike(columns)))})" if raterlike(columns) else ""
    report(f"no column names who rated, so every row is another anonymous rater; --rater COLUMN names it{maybe}")


def _unclear(path: Path, columns: Sequence[str], missing: str) -> str:
    if not columns:
        return f"{path} holds no columns; expected a table with their names in its first line"
    flag = "--item COLUMN" if missing == "names the item" else "--value COLUMN, --wide, --counts, --marks or --vector"
    shown = ", ".join(map(brief, columns[:SHOWN])) + (", …" if len(columns) > SHOWN else "")
    return (
        f"which column {missing}? {path.name} has {len(columns)}: {shown}; give {flag}, or a --preset or --map "
        "(when these are no names but cells, say what they are called: --header item,rater,…)"
    )
