"""Who was let into a gated dataset: a list, outside the release, of those who are to hear that clips were withdrawn."""

import csv
import os
from pathlib import Path

from pipelines.release import hub

FOLDER = "recipients"  # in a collection; it holds names of people and leaves with no release
COLUMNS = ("user", "name", "email", "requested_at")


def write_recipients(home: Path, there: hub.Remote) -> tuple[Path, int]:
    """Write everybody whom the Hub lists as let in to a file for its owner's eyes alone; gives it and how many.

    Raises what the Hub raises where the token may not read that list.
    """
    rows = [
        (one.username or "", one.fullname or "", one.email or "", one.timestamp.isoformat())
        for one in there.recipients()
    ]
    file = home / FOLDER / f"{there.repo.replace('/', '--')}.csv"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    aside = file.with_suffix(".aside")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))
    aside.replace(file)
    return file, len(rows)
