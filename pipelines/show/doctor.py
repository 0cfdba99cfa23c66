"""What `doctor` says: each thing it looked at, and whether it is as it should be."""

from collections.abc import Sequence

from pipelines.doctor import Finding
from pipelines.show.terminal import print_table

MARKS = {"good": "ok", "note": "note", "bad": "BAD"}


def examined(findings: Sequence[Finding]) -> None:
    """What the doctor found."""
    print_table("", ["", "what", "found"], [[MARKS[f.state], f.what, f.found] for f in findings])
