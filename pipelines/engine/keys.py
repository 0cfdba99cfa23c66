"""Keys of a collection, which lie outside it: whoever has the collection alone can undo no pseudonym."""

import os
import secrets
from pathlib import Path

from pipelines.engine.lease import sync_folder
from schemas.errors import BadSetting

KEYS = "EMOCURATE_KEYS"  # environment: the folder of keys, when it should not be the user's configuration folder
KEY_BYTES = 32


def keys_folder() -> Path:
    """Where keys lie: $EMOCURATE_KEYS, else emocurate/keys in the user's configuration folder."""
    if folder := os.environ.get(KEYS):
        return Path(folder)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "emocurate" / "keys"


def key_file(name: str) -> Path:
    """Where the keys of this name lie."""
    return keys_folder() / f"{name}.key"


def key_named(name: str) -> bytes:
    """The key of this name, made when it is first needed; raises OSError when the key folder cannot be written."""
    path = key_file(name)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        aside = _written_aside(path, secrets.token_bytes(KEY_BYTES))
        try:
            os.link(aside, path)  # unlike a rename, fails when another process was first
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        sync_folder(path.parent)
        return path.read_bytes()


def chain_named(name: str) -> tuple[bytes, ...]:
    """The keys of a chain, the newest last, as they lie one after the other; raises BadSetting for a file cut short."""
    joined = key_named(name)
    if not joined or len(joined) % KEY_BYTES:
        raise BadSetting(
            f"{key_file(name)} has {len(joined)} bytes and is damaged: expected {KEY_BYTES} for each key; put a copy "
            "of the file there"
        )
    return tuple(joined[start : start + KEY_BYTES] for start in range(0, len(joined), KEY_BYTES))


def add_key(name: str) -> None:
    """Add a new key to a chain; killed anywhere, there is the old file or the new one. Raises OSError, BadSetting."""
    path, keys = key_file(name), chain_named(name)
    write_beside(path, b"".join((*keys, secrets.token_bytes(KEY_BYTES))))


def write_beside(path: Path, data: bytes) -> None:
    """Put a file for its owner alone among the keys; killed anywhere, there is the old one or the new one."""
    aside = _written_aside(path, data)
    aside.replace(path)
    sync_folder(path.parent)


def _written_aside(path: Path, keys: bytes) -> Path:
    """A file beside the one that is meant, for its owner alone, with these bytes on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(keys)
        written.flush()
        os.fsync(written.fileno())
    return aside
