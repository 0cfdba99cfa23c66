"""Keys of a collection, which lie outside it: whoever has the collection alone can undo no pseudonym."""

import os
import secrets
from pathlib import Path

KEYS = "EMOCURATE_KEYS"  # environment: the folder of keys, when it should not be the user's configuration folder
KEY_BYTES = 32


def keys_folder() -> Path:
    """Where keys lie: $EMOCURATE_KEYS, else emocurate/keys in the user's configuration folder."""
    if folder := os.environ.get(KEYS):
        return Path(folder)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "emocurate" / "keys"


def key_named(name: str) -> bytes:
    """The key of this name, made when it is first needed; raises OSError when the key folder cannot be written."""
    path = keys_folder() / f"{name}.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(aside, path)  # unlike a rename, fails when another process was first
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        return path.read_bytes()
