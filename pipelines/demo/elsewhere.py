"""Somebody else's collection, where the media of a release are had again, from a site that has changed meanwhile."""

from pathlib import Path

from pipelines import collection
from pipelines.configuration import change
from pipelines.demo.site import ADVERTISEMENT, CHANGING, Site, way_to_site
from pipelines.rebuild.rebuild import Rebuild, rebuild
from pipelines.rebuild.shards import TABLE
from pipelines.release.records import rows_of
from pipelines.show.rebuild import rebuilt
from pipelines.show.terminal import say

FOLDER = "elsewhere"  # in the folder of the demonstration, to be removed with it
CONTACT = "somebody-else@example.org"


def rebuild_elsewhere(home: Path, release: Path, site: Site) -> None:
    """Have the media of a release again in another collection, and say what the site was asked for."""
    collection.make(home / FOLDER, "somebody else", ("ekman",))
    change(home / FOLDER, "crawl.contact", CONTACT)
    here = collection.find(home / FOLDER)
    site.time_passes()
    done = rebuild(Rebuild(here, release, way_to_site(here)))
    rebuilt(done)
    moved = {row["offset_ms"] for row in rows_of(Path(done.folder) / TABLE) if row["outcome"] == "relocated"}
    for offset_ms in sorted(moved):
        say(f"{CHANGING} has {ADVERTISEMENT} before it now: what is said in it is heard again {offset_ms:,} ms later")
    say(f"asked for: {', '.join(sorted(site.asked)) or 'nothing, all of it is here'}")
