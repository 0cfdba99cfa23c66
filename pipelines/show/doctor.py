"""What `doctor` says: each thing it looked at, and whether it is as it should be."""

from collections.abc import Sequence

from pipelines.doctor import Finding
from pipelines.engine.migrations import schema
from pipelines.show.terminal import print_table

MARKS = {"good": "ok", "note": "note", "bad": "BAD"}


def examined(findings: Sequence[Finding]) -> None:
    """What the doctor found."""
    print_table("", ["", "what", "found"], [[MARKS[f.state], f.what, f.found] for f in findings])


def tables() -> None:
    """Every table and view of a catalog, as the SQL that makes them."""
    print(schema().strip())
