"""`restore`: a collection as a backup has it, beside its place until it is whole, without what was forgotten since."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.ask import people
from pipelines.backup.again import forget_again
from pipelines.backup.manifest import MEDIA, OBJECTS, Kept, Manifest, read
from pipelines.collection import Collection
from pipelines.collection import find as collection_in
from pipelines.engine.catalog import FILE_NAME as CATALOG
from pipelines.engine.catalog import Catalog
from pipelines.engine.keys import key_file
from pipelines.engine.lease import FOLDER as LOCKS
from pipelines.engine.lease import lease, sync_folder
from pipelines.engine.pseudonyms import FACT as PEOPLE
from pipelines.engine.store import Store
from pipelines.engine.tombstones import TABLE, tombstones_key
from schemas.errors import BadInput
from schemas.ids import asset_id
from schemas.settings import FILE_NAME as SETTINGS

CHUNK = 1 << 20
SHOWN = 20
NEEDED = (CATALOG, SETTINGS)
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Restored:
    """What was restored, as it was at `made_at`.

    `links` are media that lie elsewhere, which are not in a backup. `forgotten` counts files and people that were
    forgotten after it was made and have been taken out again, `keys` are files of keys that are not on this machine,
    `damaged` are files that the backup does not hold as they were, `torn` releases that are left out for these.
    """

    home: str
    name: str
    made_at: str
    files: int
    bytes: int
    links: int
    forgotten: int
    keys: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()


def restore(
    place: Path, home: Path | None = None, except_damaged: bool = False, report: Report = lambda *_: None
) -> Restored:
    """Restore the backup in a folder into a new one, by default of its former name in the current folder.

    There is the whole collection or none; killed anywhere, type it again. What was forgotten after the backup was
    made, as this machine knows it, does not come back. Raises BadInput for what is no backup, is damaged or was made
    by a newer version, and for a folder that holds something.
    """
    manifest = read(place)
    if manifest is None:
        raise BadInput(f"there is no whole backup in {place}; expected a folder that `emocurate backup` has written")
    home = (home or Path(manifest.folder)).absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise BadInput(
            f"{home} holds something; a collection is restored into a new folder: move that one away, or name another: "
            f"emocurate restore {place} FOLDER"
        )
    aside = home.with_name(f".{home.name}.restoring")
    aside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lease(aside, "restore"):
        _empty(aside)
        try:
            damaged = _Objects(place, manifest, aside, report).copy()
            _check_whole(place, damaged, except_damaged)
            (aside / MEDIA).mkdir(exist_ok=True)
            here = collection_in(aside)
            forgotten, torn = forget_again(here, damaged)
            keys = _lacking_keys(here)
        except BaseException:  # nobody's media stay in a folder that nobody sees
            shutil.rmtree(aside, ignore_errors=True)
            raise
        os.sync()
    shutil.rmtree(aside / LOCKS)
    aside.replace(home)
    sync_folder(home.parent)
    if (home / people.DATA).exists():
        people.stop(home)  # one that still runs where the collection was, on files that are gone
    size = sum(kept.size for name, kept in manifest.files.items() if name not in damaged)
    count = len(manifest.files) - len(damaged)
    links = len(manifest.links)
    return Restored(
        str(home), manifest.name, manifest.made_at, count, size, links, forgotten, keys, tuple(damaged), torn
    )


@dataclass(frozen=True)
class _Objects:
    """The objects of a backup on their way into a folder."""

    place: Path
    manifest: Manifest
    aside: Path
    report: Report

    def copy(self) -> list[str]:
        """Copy every file; gives those whose bytes are not there, or are others than were backed up."""
        store, damaged = Store(self.place / OBJECTS), []
        for count, (name, kept) in enumerate(self.manifest.files.items(), start=1):
            path = self.aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not _copied(store.path(kept.object), path, kept):
                damaged.append(name)
                path.unlink(missing_ok=True)
            self.report(count, len(self.manifest.files))
        for name, target in self.manifest.links.items():
            path = self.aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        if (studio := self.aside / people.DATA).exists():
            studio.chmod(0o700)
        return damaged


def _copied(source: Path, path: Path, kept: Kept) -> bool:
    """Whether the bytes of an object are what was backed up; they are in the file then, with its time."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as written:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                written.write(chunk)
    except FileNotFoundError:
        return False
    if asset_id(digest.hexdigest()) != kept.object:
        return False
    path.chmod(kept.mode)
    os.utime(path, ns=(kept.mtime_ns, kept.mtime_ns))
    return True


def _check_whole(place: Path, damaged: list[str], except_damaged: bool) -> None:
    if not damaged:
        return
    named = ", ".join(damaged[:SHOWN]) + (f" and {len(damaged) - SHOWN:,} more" if len(damaged) > SHOWN else "")
    told = f"the backup in {place} is damaged: other bytes, or none, lie there for {named}"
    if not set(damaged).isdisjoint(NEEDED):
        raise BadInput(f"{told}; without these there is no collection: restore from another backup")
    if not except_damaged:
        raise BadInput(f"{told}; restore from another backup, or all the rest of this one with --except-damaged")


def _lacking_keys(here: Collection) -> tuple[str, ...]:
    """The files of keys that the collection has used and that are not on this machine."""
    catalog = Catalog(here.home)
    collection = str(catalog.fact("collection"))
    wanted = [key_file(collection)] if catalog.fact(PEOPLE) else []
    wanted += [tombstones_key(collection)] if catalog.rows(f"SELECT 1 FROM {TABLE} LIMIT 1") else []
    return tuple(str(path) for path in wanted if not path.exists())


def _empty(aside: Path) -> None:
    """Remove what a restore that was killed has left."""
    for left in aside.iterdir():
        if left.name == LOCKS:
            continue
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
