"""The store on an object store: objects by the hash of their bytes, and copies of some of them on this machine."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import fsspec

from pipelines.engine.lease import aside
from pipelines.engine.removal import remove_object
from pipelines.engine.store import Allow, Identity, Store, hashed
from schemas.errors import Altered, BadInput, EmocurateError, Missing, Unwritable

MEDIA, CACHE = "media", "cache"
IN_USE_S = 60.0  # a copy that was asked for so lately may be about to be opened
NODE_SHARE = 8  # an actor of a cluster keeps so much less: a node may have many
LOOK_AFTER = 1 / 32  # of the limit: when so much has been copied here, the folder of copies is looked through again
OTHER = "other bytes lie at {}; remove that object, then add the file again"

_copied: dict[Path, int] = {}  # by this process into each folder of copies, in bytes, since it last looked through it


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
        """The same store as an actor on another machine has it, with its copies in a folder there."""
        return replace(self, root=folder, keep_bytes=self.keep_bytes // NODE_SHARE)

    def local(self, asset: str, size: int) -> Path:
        """A path that holds the bytes of an asset of `size` bytes, copied here if need be; raises Altered."""
        if self.before and os.path.lexists(self.before.path(asset)):
            return self.before.local(asset, size)
        try:
            path = super().local(asset, size)
            _use(path)
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
        """The path of bytes that have just been hashed; raises Altered, at the end too if they were written to.

        It is another name of the copy, so that they stay while others make room; a damaged copy is made anew.
        """
        if self.before and os.path.lexists(self.before.path(asset)):
            with self.before.verified(asset) as path:
                yield path
            return
        with aside(self.root.parent, self.root.name) as folder, TemporaryDirectory(dir=folder) as own:
            held = Store(Path(own))
            name = held.path(asset)
            name.parent.mkdir()
            try:
                name.hardlink_to(self.path(asset))
                held.verify(asset)
            except (Altered, FileNotFoundError):
                self.path(asset).unlink(missing_ok=True)
                name.unlink(missing_ok=True)
                name.hardlink_to(self._copy(asset))
            with held.verified(asset) as path:
                yield path

    def put(self, head: bytes, rest: BinaryIO, allow: Allow = lambda _: None) -> tuple[str, int]:
        """Keep bytes as `Store.put` does, at the address and as a copy here."""
        with aside(self.root.parent, self.root.name):  # who enters it alone sweeps what is being written
            return super().put(head, rest, allow)

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
        with _reaching(place):  # also where there is no object any more: its versions may have been left by a kill
            remove_object(self.files, place, exists=size is not None)
        removed = self.before.remove(asset) if self.before else 0
        return (size or 0) + removed + super().remove(asset)

    def bring(self, report: Callable[[int, int], None] = lambda *_: None) -> int:
        """Bring what was added before there was an address to it; gives how many files. Killed, it goes on.

        What has not the bytes it was added with stays where it is. `report` hears how many were seen, and of how many.
        """
        if self.before is None:
            return 0
        waiting = [path for path in sorted(self.before.root.glob("??/" + "?" * 32)) if not path.is_symlink()]
        brought = 0
        for count, path in enumerate(waiting, start=1):
            brought += self._bring(path, self.before)
            report(count, len(waiting))
        return brought

    def _bring(self, path: Path, before: Store) -> bool:
        try:
            before.verify(path.name)
            if not self._upload(path, path.name):  # it was there: by its size, which says little
                self.verify(path.name)
        except Altered:
            return False
        path.unlink()
        return True

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

    def key(self, name: str) -> str:
        """What the bucket calls the object of a file with this path in the collection."""
        return f"{self.base}/{name}".partition("/")[2]

    def place(self, asset: str) -> str:
        """Where the object of an asset lies, or would lie, as its file system names it."""
        return f"{self.base}/{MEDIA}/{asset[:2]}/{asset}"

    def shown(self, asset: str) -> str:
        """The address of an object, for people."""
        return f"{self.address}/{MEDIA}/{asset[:2]}/{asset}"

    def _settle(self, aside: Path, asset: str) -> None:
        """Bring a file that is whole to the object store, and keep it here as a copy."""
        self._upload(aside, asset)
        self._keep(aside, asset)

    def _keep(self, file: Path, asset: str) -> None:
        size = file.stat().st_size
        _use(file)
        super()._settle(file, asset)
        self._count(size)

    def _upload(self, file: Path, asset: str) -> bool:
        """Bring a file to its object; gives whether it was not there, which is told by its size."""
        if self._size(asset) == file.stat().st_size:
            return False
        with writing(place := self.place(asset)):
            self.files.put_file(os.fspath(file), place)
        return True

    def _copy(self, asset: str) -> Path:
        """Copy an object here, hashed; raises Altered where it is not there, or is another."""
        place = self.place(asset)
        with aside(self.root.parent, self.root.name) as folder:
            made = folder / f"{asset}-{os.getpid()}-{time.monotonic_ns()}"
            try:
                with _reaching(place):
                    self.files.get_file(place, os.fspath(made))
                with made.open("rb") as file:
                    found, _ = hashed(b"", file)
                if found != asset:
                    raise Altered(OTHER.format(self.shown(asset)))
                self._keep(made, asset)
            finally:
                made.unlink(missing_ok=True)
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
        _copied[self.root] = _copied.get(self.root, self.keep_bytes) + size
        if _copied[self.root] > self.keep_bytes * LOOK_AFTER:
            _copied[self.root] = 0
            self._trim()

    def _trim(self) -> None:
        copies = sorted((look.st_atime, look.st_size, path) for path, look in _looked(self.root))
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


def _use(copy: Path) -> None:
    """Note that a copy is used now; when its bytes were written stays as it is."""
    os.utime(copy, times=(time.time(), copy.stat().st_mtime))


@contextmanager
def _reaching(place: str) -> Iterator[None]:
    """What keeps an object from being read, as the reason that stands in the catalog."""
    try:
        yield
    except FileNotFoundError:
        raise Altered(
            f"there is no object at {place}; add the file again, or if it was linked, run on the machine where it lies"
        ) from None
    except EmocurateError:
        raise
    except Exception as error:  # noqa: BLE001  # every driver has errors of its own
        raise Altered(f"{place} cannot be reached: {type(error).__name__}: {error}") from None


@contextmanager
def writing(place: str) -> Iterator[None]:
    """What keeps something from being written to an address; raises Unwritable."""
    try:
        yield
    except EmocurateError:
        raise
    except Exception as error:  # noqa: BLE001  # every driver has errors of its own
        raise Unwritable(f"{place} cannot be written to ({type(error).__name__}: {error})") from None
