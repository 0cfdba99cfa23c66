"""The folders of releases: a name is given to one that is whole, and what a kill left beside it is swept."""

import re
import shutil
from pathlib import Path

FOLDER = "releases"
FORMS = "forms"  # beside it: releases in other forms, each named after its release and its form
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ASIDE = ".aside"  # the folder of a release that is being written
GONE = ".gone"  # the folder of a release while its successor takes its name
PREPARED = "prepared"  # in a release: the id of what went in, so that nothing is written twice


def restore(releases: Path) -> None:
    """Give a release its name back where a kill came between its old folder and its new one, and remove what killed
    calls were writing; whoever calls it holds the leases of those who write.
    """
    for left in releases.glob(f".*{ASIDE}"):
        shutil.rmtree(left)
    for old in releases.glob(f".*{GONE}"):
        folder = old.with_name(old.name.removeprefix(".").removesuffix(GONE))
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.replace(folder)
