"""What a backup holds: the file that is written last, without which nothing in the folder counts."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.engine.lease import sync_folder
from pipelines.engine.migrations import MIGRATIONS
from schemas.errors import BadInput, Damaged
from schemas.ids import canonical

FILE, OBJECTS, MEDIA = "emocurate-backup.json", "objects", "media"
FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """One file of a collection: the object that holds its bytes (their id), its size, its time and its permissions."""

    object: str
    size: int
    mtime_ns: int
    mode: int


@dataclass(frozen=True)
class Manifest:
    """A whole backup: which collection, in what folder it lay, when it was made, and every file by its path in it.

    `links` are media that lie elsewhere: where to, but not their bytes. `steps` counts the catalog's migrations,
    `forgotten` is the hash of its tombstones.
    """

    collection: str
    name: str
    folder: str
    made_at: str
    forgotten: str
    files: Mapping[str, Kept]
    links: Mapping[str, str]
    version: str = metadata.version("emocurate")
    steps: int = len(MIGRATIONS)
    format: int = FORMAT


def read(place: Path) -> Manifest | None:
    """The manifest of the backup in a folder, None where there is none.

    Raises Damaged for one that is, BadInput for one that was made by a newer version.
    """
    path = place / FILE
    try:
        told = json.loads(path.read_bytes())
        body, digest = told["body"], told["sha256"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Damaged(_damaged(path)) from None
    _check_version(place, body)
    if sha256(canonical(body).encode()).hexdigest() != digest:
        raise Damaged(_damaged(path))
    files = {name: Kept(*values) for name, values in body["files"].items()}
    for name in (*files, *body["links"]):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise BadInput(f"{path} names {name!r}, which lies outside of a collection; it was not written by us")
    return Manifest(**{**body, "files": files})


def write(place: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one that is there, once all that it names is on the disk."""
    body: dict[str, Any] = {
        **asdict(manifest),
        "files": {
            name: [kept.object, kept.size, kept.mtime_ns, kept.mode] for name, kept in sorted(manifest.files.items())
        },
    }
    os.sync()  # one for all objects: many are small, and each would wait for the disk by itself
    aside = place / f"{FILE}.aside"
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(json.dumps({"sha256": sha256(canonical(body).encode()).hexdigest(), "body": body}).encode())
        written.flush()
        os.fsync(written.fileno())
    aside.replace(place / FILE)
    sync_folder(place)


def _check_version(place: Path, body: Mapping[str, Any]) -> None:
    if body.get("format", 0) > FORMAT or body.get("steps", 0) > len(MIGRATIONS):
        raise BadInput(
            f"the backup in {place} was made by emocurate {body.get('version')}, which writes what this version "
            f"({metadata.version('emocurate')}) cannot read; install that one or a newer one, then type the same "
            "command again"
        )


def _damaged(path: Path) -> str:
    return f"{path} is damaged; restore from another backup, or write this one anew: emocurate backup {path.parent}"
