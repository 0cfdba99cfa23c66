"""Cuts and releases at the address of the store, as they lie here: what is new goes there, what has gone here goes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.engine.claims import claimed_store
from pipelines.engine.lease import lease
from pipelines.engine.objects import CACHE, ObjectStore, writing
from pipelines.engine.removal import remove_object, remove_versions

CUTS, RELEASES, FORMS = ROOMS = "cuts/clips", "releases", "forms"
LEDGER = f"{CACHE}/mirrored.json"  # how large and how old each file was here when it was copied there
EVERY = 1000  # files after which the ledger is written, for the next call if this one is killed


def mirror(
    home: Path,
    rooms: tuple[str, ...] = ROOMS,
    report: Callable[[int, int], None] = lambda *_: None,
    *,
    thorough: bool = False,
) -> tuple[int, int]:
    """Bring these folders of the collection to its object store; gives how many files were copied and removed there.

    A file is copied where the object's size, or the file's size or time when it was last copied, is another; of what
    is copied, removed, or with `thorough` of all, no former version stays. Nothing happens without an address. Raises
    Unwritable where it cannot be written to, BadSetting where it is another's, Busy while another command does it.
    """
    store = claimed_store(home)
    if not isinstance(store, ObjectStore):
        return 0, 0
    with lease(home, "mirror"):
        here = {name: look for room in rooms for name in _names(home, room) if (look := _look(home / name))}
        ledger = _read(home / LEDGER)
        new, gone = _difference(store, rooms, here, ledger)
        for count, name in enumerate(new, start=1):
            ledger.pop(name, None)
            with writing(place := f"{store.base}/{name}"):
                store.files.put_file(str(home / name), place)
            ledger[name] = here[name]
            report(count, len(new))
            if count % EVERY == 0:
                _write(home / LEDGER, ledger)
        with writing(store.base):
            for name in gone:
                remove_object(store.files, f"{store.base}/{name}")
            for room in rooms if new or gone or thorough else ():
                remove_versions(store.files, f"{store.base}/{room}", {store.key(name) for name in here})
        _write(
            home / LEDGER, {name: look for name, look in ledger.items() if name in here or not name.startswith(rooms)}
        )
    return len(new), len(gone)


def _difference(
    store: ObjectStore, rooms: tuple[str, ...], here: dict[str, list[int]], ledger: dict[str, list[int]]
) -> tuple[list[str], list[str]]:
    """The names of files that are to be copied to the store, and of those that have gone here."""
    with writing(store.base):
        store.files.invalidate_cache()
        found = [item for room in rooms for item in store.files.find(f"{store.base}/{room}", detail=True).items()]
    there = {place.removeprefix(f"{store.base}/"): int(info["size"]) for place, info in found}
    new = [name for name, look in here.items() if ledger.get(name) != look or there.get(name) != look[0]]
    return new, sorted(there.keys() - here.keys())


def _names(home: Path, room: str) -> Iterator[str]:
    """The whole files in a folder of the collection; what begins with a dot is being written."""
    for path in sorted((home / room).glob("[!.]*")):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file.relative_to(home).as_posix() for file in inside if file.is_file())


def _look(path: Path) -> list[int] | None:
    """Size and time of a file; None where it has gone meanwhile."""
    try:
        looked = path.stat()
    except FileNotFoundError:
        return None
    return [looked.st_size, looked.st_mtime_ns]


def _read(path: Path) -> dict[str, list[int]]:
    try:
        known: dict[str, list[int]] = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return known


def _write(path: Path, ledger: dict[str, list[int]]) -> None:
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(ledger), "utf-8")
    aside.replace(path)
