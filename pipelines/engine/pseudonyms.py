"""Pseudonyms of people: a keyed hash whose key lies outside the collection, so that names never enter it."""

import hashlib
import hmac
import os
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

KEYS = "EMOCURATE_KEYS"  # environment: the folder of keys, when it should not be the user's configuration folder


@dataclass(frozen=True)
class Pseudonyms:
    """Turns names into pseudonyms with one collection's key; the key is made when it is first needed."""

    key: bytes

    def of(self, name: str) -> str:
        """The pseudonym of a name: p and 16 hex digits of HMAC-SHA-256; names are compared without case and space."""
        plain = unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
        return "p" + hmac.new(self.key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Pseudonyms(key=hidden)"


def pseudonyms(collection: str) -> Pseudonyms:
    """The pseudonyms of a collection by its id; raises OSError when the key folder cannot be written."""
    path = keys_folder() / f"{collection}.key"
    try:
        return Pseudonyms(path.read_bytes())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(secrets.token_bytes(32))
        try:
            os.link(aside, path)  # unlike a rename, fails when another process was first
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        return Pseudonyms(path.read_bytes())


def keys_folder() -> Path:
    """Where keys lie: $EMOCURATE_KEYS, else emocurate/keys in the user's configuration folder."""
    if folder := os.environ.get(KEYS):
        return Path(folder)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "emocurate" / "keys"
