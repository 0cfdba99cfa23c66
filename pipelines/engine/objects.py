"""The store on an object store: objects by the hash of their bytes, and copies of some of them on this machine."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fsspec

from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import ASIDE, aside
from pipelines.engine.store import Allow, Identity, Store, hashed
from schemas.errors import Altered, BadInput, BadSetting, Missing, Unwritable
from schemas.settings import FILE_NAME, load_settings

MEDIA, CACHE = "media", "cache"
OWNER = "collection"  # the object that says whose an address is
GB = 1_000_000_000
IN_USE_S = 60.0  # a copy that was asked for so lately may be about to be opened
LOOK_AFTER = 1 / 32  # of the limit: when so much has been copied here, the folder of copies is looked through again
OTHER = "other bytes lie at {}; remove that object, then add the file again"

_copied: dict[Path, int] = {}  # by this process into each folder of copies, in bytes, since it last looked through it


def store_in(home: Path) -> Store:
    """The store of the collection in `home`: its folder `media`, or the object store that its settings name."""
    settings = load_settings(home).store if (home / FILE_NAME).is_file() else None
    if settings is None or not settings.address:
        return Store(home / MEDIA)
    address = settings.address.rstrip("/")
    return ObjectStore(home / CACHE, address, int(settings.cache_gb * GB), Store(home / MEDIA))


def claimed_store(home: Path) -> Store:
    """The store of a collection, for what writes to it or removes.

    Raises BadSetting where its address is that of another collection, which could lose what this one forgets.
    """
    store = store_in(home)
    if isinstance(store, ObjectStore):
        store.claim(str(Catalog(home).fact("collection")))
    return store


@dataclass(frozen=True)
class ObjectStore(Store):
    """Objects below `address`, of which `root` keeps copies, `keep_bytes` of them at most beside those in use.

    What was added before there was an address lies `before` until `bring` has brought it there; linked originals stay.
    An object is hashed when it is copied here.
    """

    address: str
    keep_bytes: int
    before: Store | None = None

    def on_node(self, folder: Path) -> "ObjectStore":
        """The same store as another machine has it, with its copies in a folder there."""
        return replace(self, root=folder, before=None)

    def local(self, asset: str, size: int) -> Path:
        """A path that holds the bytes of an asset of `size` bytes, copied here if need be; raises Altered."""
        if self.before and os.path.lexists(self.before.path(asset)):
            return self.before.local(asset, size)
        try:
            path = super().local(asset, size)
            os.utime(path)
        except (Altered, FileNotFoundError):
            return self._copy(asset)
        return path

    def verify(self, asset: str) -> Identity:
        """Hash the object of an asset, not a copy of it; raises Altered where its bytes are others."""
        if self.before and os.path.lexists(self.before.path(asset)):
            return self.before.verify(asset)
        place = self.place(asset)
        with _reaching(place), self.files.open(place, "rb") as file:
            found, size = hashed(b"", file)
        if found != asset:
            raise Altered(OTHER.format(self.shown(asset)))
        return Identity(place, size, 0, 0, 0)

    @contextmanager
    def verified(self, asset: str) -> Iterator[Path]:
        """The path of a copy that has just been hashed; raises Altered, at the end too if it was written to."""
        is_before = self.before is not None and os.path.lexists(self.before.path(asset))
        if not is_before and not self.path(asset).exists():
            self._copy(asset)
        with Store(self.before.root if self.before and is_before else self.root).verified(asset) as path:
            yield path

    def has(self, asset: str, size: int) -> bool:
        """Whether all the bytes are there, by the size of the object."""
        if self.before and os.path.lexists(self.before.path(asset)):
            return self.before.has(asset, size)
        return self._size(asset) == size

    def links(self) -> Iterator[str]:
        """The assets whose originals lie elsewhere: those that were linked before there was an address."""
        return self.before.links() if self.before else iter(())

    def cuts_since_ns(self, asset: str) -> int:
        """The time of a file from which on its bytes are known to have been hashed for every cut."""
        return self.before.cuts_since_ns(asset) if self.before else 0

    def link(self, original: Path, allow: Allow = lambda _: None) -> tuple[str, int]:  # noqa: ARG002  # as its like has it
        """Refuse: raises BadInput, for other machines could not read what stays where it is."""
        raise BadInput(
            f"{original} cannot be linked: media of this collection lie at {self.address}, and other machines could "
            "not read it; add it without --link"
        )

    def remove(self, asset: str) -> int:
        """Remove an asset, its versions where the bucket keeps them, and its copy; gives how many bytes that were."""
        size, place = self._size(asset), self.place(asset)
        if size is not None:
            with _reaching(place):
                remove_object(self.files, place)
        removed = self.before.remove(asset) if self.before else 0
        return (size or 0) + removed + super().remove(asset)

    def bring(self, report: Callable[[int, int], None] = lambda *_: None) -> int:
        """Bring what was added before there was an address to it; gives how many files. Killed, it goes on.

        `report` hears how many are there, and of how many.
        """
        if self.before is None:
            return 0
        paths = [path for path in sorted(self.before.root.glob("??/*")) if path.is_file() and not path.is_symlink()]
        waiting = [path for path in paths if path.suffix != ".json" and path.parent.name != ASIDE]
        for count, path in enumerate(waiting, start=1):
            self._upload(path, path.name)
            path.unlink()
            report(count, len(waiting))
        return len(waiting)

    @property
    def files(self) -> Any:
        """The file system of the address; raises Missing without its driver."""
        try:
            return fsspec.core.url_to_fs(self.address)[0]
        except ImportError as error:
            raise Missing(f"{self.address}: {error}; type: pip install 'emocurate[s3]'") from None

    @property
    def keeps_history(self) -> bool:
        """Whether what is removed can still be had there from an earlier commit."""
        return self.address.startswith("hf://")

    @property
    def base(self) -> str:
        """The address as its file system names it."""
        return str(self.files._strip_protocol(self.address)).rstrip("/")

    def claim(self, collection: str) -> None:
        """Note at the address whose it is; raises BadSetting where it is another collection's."""
        place = f"{self.base}/{OWNER}"
        self.files.invalidate_cache()
        with writing(place):
            if not self.files.exists(place):
                self.files.pipe_file(place, collection.encode())
            owner = self.files.cat_file(place).decode()
        if owner != collection:
            raise BadSetting(
                f"{self.address} is the store of another collection ({owner}); name a place of its own in store.address"
            )

    def place(self, asset: str) -> str:
        """Where the object of an asset lies, or would lie, as its file system names it."""
        return f"{self.base}/{MEDIA}/{asset[:2]}/{asset}"

    def shown(self, asset: str) -> str:
        """The address of an object, for people."""
        return f"{self.address}/{MEDIA}/{asset[:2]}/{asset}"

    def _settle(self, aside: Path, asset: str) -> None:
        """Bring a file that is whole to the object store, and keep it here as a copy."""
        self._upload(aside, asset)
        super()._settle(aside, asset)
        self._count(self.path(asset).stat().st_size)

    def _upload(self, file: Path, asset: str) -> None:
        if self._size(asset) != file.stat().st_size:
            with writing(place := self.place(asset)):
                self.files.put_file(os.fspath(file), place)

    def _copy(self, asset: str) -> Path:
        """Copy an object here, hashed; raises Altered where it is not there, or is another."""
        place = self.place(asset)
        with aside(self.root.parent, self.root.name) as folder:
            made = folder / f"{asset}-{os.getpid()}-{time.monotonic_ns()}"
            try:
                with _reaching(place):
                    self.files.get_file(place, os.fspath(made))
                with made.open("rb") as file:
                    found, size = hashed(b"", file)
                if found != asset:
                    raise Altered(OTHER.format(self.shown(asset)))
                super()._settle(made, asset)
            finally:
                made.unlink(missing_ok=True)
        self._count(size)
        return self.path(asset)

    def _size(self, asset: str) -> int | None:
        """The size of an object in bytes; None where there is none."""
        place = self.place(asset)
        self.files.invalidate_cache()  # what it remembers of the place may be old
        with _reaching(place):
            try:
                return int(self.files.info(place)["size"])
            except FileNotFoundError:
                return None

    def _count(self, size: int) -> None:
        """Note bytes that were copied here; now and then remove the copies that nobody has used for longest."""
        _copied[self.root] = _copied.get(self.root, 0) + size
        if _copied[self.root] > self.keep_bytes * LOOK_AFTER:
            _copied[self.root] = 0
            self._trim()

    def _trim(self) -> None:
        copies = sorted((look.st_mtime, look.st_size, path) for path, look in _looked(self.root))
        surplus = sum(size for _, size, _ in copies) - self.keep_bytes
        for used_s, size, path in copies:
            if surplus <= 0 or used_s > time.time() - IN_USE_S:
                return
            path.unlink(missing_ok=True)
            surplus -= size


def _looked(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in root.glob("??/*"):
        try:
            yield path, path.stat()
        except FileNotFoundError:  # another process has removed it
            continue


def remove_object(files: Any, place: str) -> None:
    """Remove an object with all its versions, where a bucket keeps them."""
    files.rm_file(place)
    if "s3" in files.protocol:
        bucket, key = place.split("/", 1)
        found = files.call_s3("list_object_versions", Bucket=bucket, Prefix=key)
        for version in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
            if version["Key"] == key and version["VersionId"] != "null":
                files.call_s3("delete_object", Bucket=bucket, Key=key, VersionId=version["VersionId"])


@contextmanager
def _reaching(place: str) -> Iterator[None]:
    """What keeps an object from being read, as the reason that stands in the catalog."""
    try:
        yield
    except FileNotFoundError:
        raise Altered(
            f"there is no object at {place}; add the file again, or if it was linked, run on the machine where it lies"
        ) from None
    except (Altered, Missing):
        raise
    except Exception as error:  # noqa: BLE001  # every driver has errors of its own
        raise Altered(f"{place} cannot be reached: {type(error).__name__}: {error}") from None


@contextmanager
def writing(place: str) -> Iterator[None]:
    """What keeps something from being written to an address; raises Unwritable."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # every driver has errors of its own
        raise Unwritable(f"{place} cannot be written to ({type(error).__name__}: {error})") from None
