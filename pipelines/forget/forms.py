"""Other forms of releases (`export --form`): what holds the forgotten goes, and can be made again without it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipelines.release.folders import ASIDE, FORMS
from pipelines.release.folders import FOLDER as RELEASES
from pipelines.release.manifest import NAME as MANIFEST
from pipelines.release.withdraw import Withdrawal, affects


def remove_forms(home: Path, withdrawal: Withdrawal, dry_run: bool) -> Iterator[str]:
    """Remove what holds it, while the releases still do, and say so; what nobody can tell of is named.

    A form says nowhere what is in it: it is taken to hold what its release holds, or more where it is older.
    """
    for folder in sorted((home / FORMS).glob("[!.]*/")):
        name, form = folder.name.rpartition("-")[::2]
        release = home / RELEASES / name
        if not (release / MANIFEST).is_file():
            yield f"{FORMS}/{folder.name}: its release is not here, and nobody can tell what it holds; remove it"
        elif affects(release, withdrawal) or folder.stat().st_mtime < (release / MANIFEST).stat().st_mtime:
            if not dry_run:
                shutil.rmtree(folder.replace(folder.with_name(f".{folder.name}{ASIDE}")))
            went = "would go" if dry_run else "is gone"
            yield f"{FORMS}/{folder.name} held it, or was older than {name}, and {went}; again: export --form {form}"


def sweep_forms(home: Path) -> None:
    """Remove what killed commands were writing or removing; nobody may be writing a form meanwhile."""
    for left in (home / FORMS).glob(".*/"):
        shutil.rmtree(left)
