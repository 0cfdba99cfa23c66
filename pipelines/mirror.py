"""Cuts and releases at the address of the store, as they lie here: what is new goes there, what has gone here goes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.engine.objects import CACHE, ObjectStore, claimed_store, remove_object, writing

CUTS, RELEASES, FORMS = "cuts/clips", "releases", "forms"
LEDGER = f"{CACHE}/mirrored.json"  # how large and how old each file was here when it was copied there
EVERY = 1000  # files after which the ledger is written, for the next call if this one is killed


def mirror(
    home: Path, rooms: tuple[str, ...] = (CUTS, RELEASES, FORMS), report: Callable[[int, int], None] = lambda *_: None
) -> tuple[int, int]:
    """Bring these folders of the collection to its object store; gives how many files were copied and removed there.

    A file is copied where the object's size, or the file's size or time when it was last copied, is another. Nothing
    happens without an address. Raises Unwritable where it cannot be written to, BadSetting where it is another's.
    """
    store = claimed_store(home)
    if not isinstance(store, ObjectStore):
        return 0, 0
    files, base, ledger = store.files, store.base, _read(home / LEDGER)
    here = {name: _look(home / name) for room in rooms for name in _names(home, room)}
    with writing(base):
        files.invalidate_cache()
        found = {room: files.find(f"{base}/{room}", detail=True) for room in rooms}
        there = {
            place.removeprefix(f"{base}/"): int(info["size"]) for some in found.values() for place, info in some.items()
        }
        new = [name for name, look in here.items() if ledger.get(name) != look or there.get(name) != look[0]]
        for count, name in enumerate(new, start=1):
            ledger.pop(name, None)
            files.put_file(str(home / name), f"{base}/{name}")
            ledger[name] = here[name]
            report(count, len(new))
            if count % EVERY == 0:
                _write(home / LEDGER, ledger)
        gone = sorted(there.keys() - here.keys())
        for name in gone:
            remove_object(files, f"{base}/{name}")
            ledger.pop(name, None)
    if new or gone:
        _write(home / LEDGER, ledger)
    return len(new), len(gone)


def _names(home: Path, room: str) -> Iterator[str]:
    """The whole files in a folder of the collection; what begins with a dot is being written."""
    for path in sorted((home / room).glob("[!.]*")):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file.relative_to(home).as_posix() for file in inside if file.is_file())


def _look(path: Path) -> list[int]:
    looked = path.stat()
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
