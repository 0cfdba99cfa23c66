"""What `export` and `publish` say when they are done."""

from collections.abc import Mapping
from typing import Any

from pipelines.release.publish import Published
from pipelines.show.terminal import print_table, say


def exported(release: Mapping[str, Any]) -> None:
    """What a release holds."""
    state = "written" if release["new"] else "is up to date"
    print(f"release {release['name']} {state}: {release['folder']}")
    rows = [[media, split, n] for media, splits in release["samples"].items() for split, n in splits.items()]
    print_table("Samples", ["media", "split", "n"], rows)
    for obstacle in release["obstacles"]:
        say(f"stands against publishing: {obstacle}")
    if not release["obstacles"]:
        say("Next: emocurate publish USER/NAME; how to load it stands in its README.md")


def published(revision: Published) -> None:
    """Where a release went."""
    change = f"{revision.added} files added, {revision.deleted} deleted" if revision.changed else "nothing new"
    access = "private" if revision.private else "public"
    print(f"{revision.address} ({access}): {change}; tag {revision.tag}, commit {revision.commit[:12]}")
