"""Pseudonyms of people: a keyed hash whose key lies outside the collection, so that names never enter it."""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass

from pipelines.engine.keys import key_named


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
    return Pseudonyms(key_named(collection))
