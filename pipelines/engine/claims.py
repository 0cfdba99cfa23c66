"""Whose an address is: one collection in one folder writes there, and a copy of it elsewhere does not."""

import json
import secrets
from functools import lru_cache
from pathlib import Path

from pipelines.engine.catalog import Catalog, state
from pipelines.engine.objects import CACHE, MEDIA, ObjectStore, writing
from pipelines.engine.store import Store
from schemas.errors import BadSetting
from schemas.sections import StoreSettings
from schemas.settings import FILE_NAME, load_settings

OWNER = "collection"  # the object that says whose an address is
OWN = f"{CACHE}/owner.json"  # here: what that object says; a backup does not hold it
FACT = "store.address"
GB = 1_000_000_000


def store_in(home: Path) -> Store:
    """The store of the collection in `home`: its folder `media`, or the object store that its settings name."""
    settings = _settings(home)
    if not settings.address:
        return Store(home / MEDIA)
    address = settings.address.rstrip("/")
    return ObjectStore(home / CACHE, address, int(settings.cache_gb * GB), Store(home / MEDIA))


def claimed_store(home: Path) -> Store:
    """The store of a collection, for what writes to it or removes.

    Raises BadSetting where its address is that of another collection, which could lose what this one forgets, where
    something else lies there, and where this collection's media lie at another address.
    """
    store, before = store_in(home), Catalog(home).fact(FACT)
    address = store.address if isinstance(store, ObjectStore) else ""
    if isinstance(store, ObjectStore):
        _claim(store, home, before)
    elif before:
        raise BadSetting(
            f"the media of this collection lie at {before}; put that address back: emocurate config set store.address "
            f"{before}"
        )
    if address and before != address:
        with Catalog(home).open() as connection:
            state(connection, FACT, address)
    return store


def _claim(store: ObjectStore, home: Path, before: str | None) -> None:
    """Note at the address whose it is, or look whether it is this collection's; raises BadSetting.

    `before` is where its media lie: there it may say so again, when somebody has removed what said it.
    """
    place, own = f"{store.base}/{OWNER}", _own(home)
    with writing(place):
        store.files.invalidate_cache()
        owner = _read(store, place)
        if owner is None and before in (None, store.address):
            if before is None:
                _check_free(store)
            store.files.pipe_file(place, own.encode())
            store.files.invalidate_cache()
            owner = _read(store, place)
    if owner is None:
        raise BadSetting(
            f"the media of this collection lie at {before}, and {store.address} holds none; put that address back, or "
            "copy all that lies there to the new one first, the object `collection` included"
        )
    if owner != own:
        raise BadSetting(
            f"{store.address} is the store of another collection, or of this one in another folder, of which this is a "
            "copy: each would remove what the other needs. Name a place of its own in store.address; if that folder "
            f"is gone for good, remove the object {place}"
        )


def _read(store: ObjectStore, place: str) -> str | None:
    try:
        return str(store.files.cat_file(place).decode())
    except FileNotFoundError:
        return None


def _check_free(store: ObjectStore) -> None:
    """Raise BadSetting where something lies at an address, or above it another store does, or everybody may look."""
    bucket, *parts = store.base.lstrip("/").split("/")
    least = 2 if store.keeps_history else 0  # parts of an address before which nothing can lie: datasets/OWNER/NAME
    above = ["/".join([bucket, *parts[:count]]) for count in range(least, len(parts))]
    if any(_read(store, f"{place}/{OWNER}") is not None for place in above):
        raise BadSetting(f"{store.address} lies within the store of another collection; name a place of its own")
    if store.files.exists(store.base) and any(not name.endswith("/") for name in store.files.find(store.base)):
        raise BadSetting(f"at {store.address} lies something else; name an empty place of its own in store.address")
    if store.address.startswith("hf://datasets/"):
        repository = "/".join(store.address.removeprefix("hf://datasets/").split("/")[:2])
        if not store.files._api.dataset_info(repository).private:  # the file system's own client
            raise BadSetting(f"{repository} is public, and media would be, too; make it private first")


def _own(home: Path) -> str:
    """What says that an address is of the collection in this very folder: of a copied folder it says another thing."""
    path = home / OWN
    try:
        known = json.loads(path.read_bytes())
        if known["inode"] == path.stat().st_ino:
            return f"{known['collection']} {known['token']}"
    except (FileNotFoundError, ValueError, KeyError):
        pass
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch()
    made = {"collection": Catalog(home).fact("collection"), "token": secrets.token_hex(16), "inode": path.stat().st_ino}
    path.write_text(json.dumps(made), "utf-8")
    return f"{made['collection']} {made['token']}"


def _settings(home: Path) -> StoreSettings:
    try:
        looked = (home / FILE_NAME).stat()
    except FileNotFoundError:
        return StoreSettings()
    return _settings_of(home, looked.st_mtime_ns, looked.st_size)


@lru_cache(maxsize=8)
def _settings_of(home: Path, _mtime_ns: int, _size: int) -> StoreSettings:
    return load_settings(home).store
