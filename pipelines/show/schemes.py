"""What `scheme migrate` and `scheme list` say when they are done."""

from collections.abc import Sequence

from pipelines.show.terminal import print_table
from pipelines.weigh.bridges import Listed, Migrated


def migrated(bridge: Migrated) -> None:
    """What a bridge between two schemes changes."""
    if bridge.old == bridge.new:
        print(f"{bridge.old} is read as it is")
        return
    print(
        f"{bridge.old} is read as {bridge.new}{'' if bridge.is_new else ' already'}: {bridge.answers:,} answers, "
        f"{bridge.recovered:,} of them were outside {bridge.old}; {bridge.dropped:,} dropped by the map"
    )


def schemes(rows: Sequence[Listed]) -> None:
    """Every scheme with its answers, and what they are read as."""
    if not rows:
        print("nothing has been asked yet; start with emocurate push")
        return
    columns = ["scheme", "id", "asks", "answers", "left out", "read as"]
    cells = [[row.name, row.id, row.asks, row.answers, row.refused, row.read_as] for row in rows]
    print_table("Schemes", columns, cells)
