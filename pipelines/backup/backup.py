"""`backup`: the whole collection in another folder, while people rate; the second time only what is new."""

import re
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.backup.copying import Copying, names
from pipelines.backup.manifest import FILE, OBJECTS, Manifest, read, write
from pipelines.backup.places import behind, missing, places, remember
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.keys import keys_folder
from pipelines.engine.lease import FOLDER as LOCKS
from pipelines.engine.lease import aside, lease
from pipelines.engine.store import Store
from schemas.errors import BadInput, BadSetting, Damaged, EmocurateError

# None of them may be at work meanwhile: tasks and asks, pages and media belong together. Raters, `pull` and `run` may.
STILL = ("backup", "forget", "push", "export", "fetch", "rebuild")
OURS = {OBJECTS, LOCKS, FILE, f"{FILE}.aside"}  # what lies in the folder of a backup
OBJECT = re.compile("[0-9a-f]{32}")
Report = Callable[[int], None]


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds now, what of it is new, and what was removed because the collection has it no more.

    `links` are media that lie elsewhere and are not in it. `keys` is the folder of keys, which is not in it either:
    whoever has both can undo pseudonyms. `elsewhere` is the object store whose media are not in it.
    """

    place: str
    files: int
    bytes: int
    copied: int
    copied_bytes: int
    removed: int
    links: int
    keys: str
    failed: dict[str, str] = field(default_factory=dict)
    elsewhere: str = ""


def backup(here: Collection, place: Path, thorough: bool = False, report: Report = lambda _: None) -> BackedUp:
    """Copy a collection into a folder, which knows it from then on; killed anywhere, the one before counts.

    What cannot be copied is in `failed`, and the backup keeps what it held of it, unless somebody was forgotten since.
    `thorough` hashes again what the backup holds, and replaces what is damaged. Raises BadSetting for a folder that
    cannot be meant, BadInput for one with another collection, Busy while `push`, `export`, `forget`, `rebuild` or a
    fetch is at work.
    """
    return _backed_up(here, place, thorough, report, keeps=True)


def _backed_up(here: Collection, place: Path, thorough: bool, report: Report, *, keeps: bool) -> BackedUp:
    home, place = here.home.resolve(), place.absolute()
    _check_place(home, place)
    with ExitStack() as held:
        for verb in STILL:
            held.enter_context(lease(home, verb))
        place.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what people said, and Label Studio's tokens
        held.enter_context(lease(place, "backup"))
        held.enter_context(aside(place, OBJECTS))
        with suppress(PermissionError):  # of disks that know no permissions
            (place / OBJECTS).chmod(0o700)  # where the folder itself was there before, and open to all
        before = _before(here, place)
        remember(home, place)
        copying = Copying(home, Store(place / OBJECTS), before.files if before else {}, thorough)
        marks = copying.catalog()
        copying.keeps = keeps and before is not None and before.forgotten == marks
        for count, name in enumerate(names(home), start=1):
            copying.file(name)
            report(count)
        collection = str(Catalog(home).fact("collection"))
        name = here.settings.name
        manifest = Manifest(collection, name, home.name, now(), marks, copying.files, copying.links)
        marked = replace(manifest, forgotten=before.forgotten if before else "")
        write(place, marked)
        removed = _prune(copying)
        if marked != manifest:  # only now nothing of what was forgotten is here
            write(place, manifest)
    return BackedUp(
        str(place), len(copying.files), sum(kept.size for kept in copying.files.values()), copying.copied,
        copying.bytes, removed, len(copying.links), str(keys_folder()), copying.failed,
        here.settings.store.address,
    )  # fmt: skip


def reach(here: Collection, only_behind: bool, say: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """Bring what was forgotten out of every known backup; gives those that were reached, and what to do about others.

    With `only_behind` those that follow already are left alone.
    """
    reached, remaining = [], []
    for place in behind(here.home) if only_behind else places(here.home):
        if not place.is_dir():
            remaining.append(missing(place))
            continue
        say(f"backup {place}")
        try:
            done = _backed_up(here, place, False, lambda _: None, keeps=False)
        except (EmocurateError, OSError) as error:
            remaining.append(f"the backup in {place} ({error}); type `emocurate backup {place}`, or delete it")
        else:
            reached.append(str(place))
            if done.failed:
                name, reason = next(iter(done.failed.items()))
                remaining.append(
                    f"the backup in {place} follows, but {len(done.failed):,} files could not be copied ({name}: "
                    f"{reason}); mend that, then type `emocurate backup {place}`"
                )
    return reached, remaining


def _check_place(home: Path, place: Path) -> None:
    resolved = place.resolve()
    if home == resolved or home in resolved.parents:
        raise BadSetting(f"{place} lies in the collection; name a folder elsewhere, best on another disk")
    if place.exists() and not place.is_dir():
        raise BadSetting(f"{place} is a file; expected a folder, which is made where there is none")
    names_there = {path.name for path in place.iterdir()} if place.is_dir() else set()
    is_begun = LOCKS in names_there and names_there <= OURS  # and was killed
    if names_there and FILE not in names_there and not is_begun:
        raise BadSetting(f"{place} holds something else; expected a new folder or one that holds a backup")


def _before(here: Collection, place: Path) -> Manifest | None:
    """What the backup holds already; None where its manifest is damaged: then every file is looked at again."""
    try:
        manifest = read(place)
    except Damaged:
        return None
    if manifest and manifest.collection != Catalog(here.home).fact("collection"):
        raise BadInput(
            f"{place} holds a backup of another collection, {manifest.name!r}; name a folder of its own for this one"
        )
    return manifest


def _prune(copying: Copying) -> int:
    """Remove the objects that no file has any more: nothing of what was forgotten stays in a backup."""
    held, removed = {kept.object for kept in copying.files.values()}, 0
    for path in list(copying.objects.root.glob("??/*")):
        if OBJECT.fullmatch(path.name) and path.name.startswith(path.parent.name) and path.name not in held:
            path.unlink()
            removed += 1
    return removed
