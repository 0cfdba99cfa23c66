"""What was forgotten after a backup was made is taken out of the collection that was restored from it."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotate.studio import server
from pipelines.ask.people import DATA
from pipelines.collection import Collection
from pipelines.cutting import FOLDER as CUTS
from pipelines.engine.catalog import Catalog
from pipelines.engine.tombstones import Tombstones, bury_at_once, noted, tombstones, tombstones_key
from pipelines.forget.forget import How, take_out
from pipelines.forget.stand_ins import real
from pipelines.forget.subject import Subject
from pipelines.release.folders import FOLDER as RELEASES

ASSETS = "SELECT asset FROM arrivals UNION SELECT asset FROM fetches ORDER BY asset"
PEOPLE = """
    SELECT speaker FROM statements UNION SELECT speaker FROM segments UNION SELECT person FROM consents
    UNION SELECT contributor FROM sources ORDER BY 1"""
RATERS = "SELECT DISTINCT id FROM raters ORDER BY id"
ADDRESSES = "SELECT address, list(id ORDER BY id) FROM sources WHERE address IS NOT NULL GROUP BY 1 ORDER BY 1"


def forget_again(here: Collection, damaged: Sequence[str] = ()) -> tuple[int, tuple[str, ...]]:
    """Take out what the notes beside the keys say was forgotten, and the catalog does not know of yet.

    Gives how many files, people and addresses that were, and the releases that had to go whole: with `damaged` files,
    named below the collection, nobody can be taken out of them.
    """
    home, collection = here.home, str(Catalog(here.home).fact("collection"))
    noted_marks = noted(collection)
    if not noted_marks or not tombstones_key(collection).exists():
        return 0, ()
    known = tombstones(home)
    lacking = noted_marks - known.marks
    going = list(_subjects(Catalog(home), Tombstones(known.key, lacking)))
    torn = sorted({Path(name).parts[1] for name in damaged if name.startswith(f"{RELEASES}/")} if going else ())
    for name in torn:
        shutil.rmtree(home / RELEASES / name, ignore_errors=True)
    starts_studio = bool(going) and (home / DATA).exists() and not here.settings.labelling.address
    if starts_studio:
        server.start(home / DATA, home / CUTS)
    try:
        for who in going:
            take_out(here, who, How(sure=True, keep_studio=not starts_studio))
    finally:
        if starts_studio:
            server.stop(home / DATA)
    bury_at_once(home, sorted(lacking))
    return sum(max(1, len(who.assets)) for who in going), tuple(torn)


def _subjects(catalog: Catalog, lacking: Tombstones) -> Iterator[Subject]:
    """The files that are here again, all at once; then people as speakers, addresses and raters.

    Whom the files were of is not read off a person's mark: a speaker who was forgotten may have recorded others.
    """
    assets = tuple(asset for (asset,) in catalog.rows(ASSETS) if lacking.holds("bytes", asset))
    if assets:
        yield Subject("file", assets[0], real(catalog, assets))
    for (person,) in catalog.rows(PEOPLE):
        if lacking.holds("person", person):
            yield Subject("speaker", person, person=person)
    for (rater,) in catalog.rows(RATERS):
        if lacking.holds("rater", rater):
            yield Subject("rater", rater, person=rater)
    for address, sources in catalog.rows(ADDRESSES):
        if lacking.holds("address", address):
            yield Subject("source", address, (), tuple(sources), address=address)
