"""Pseudonyms of people: a keyed hash whose keys lie outside the collection, so that names never enter it."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.engine.catalog import Catalog, state
from pipelines.engine.keys import chain_named, key_file
from pipelines.engine.lease import lease
from pipelines.engine.tombstones import Tombstones, tombstones
from schemas.errors import BadSetting, Busy

CHECK = "emocurate"  # its pseudonyms show whether keys are the right ones
FACT = "people"  # of the catalog: the pseudonym of CHECK by each key, the newest last
NAMING = ("add", "answers import", "rights consent")  # verbs that give people pseudonyms, several at a time
IN_USE = """
    SELECT speaker FROM statements UNION SELECT speaker FROM segments UNION SELECT contributor FROM sources
    UNION SELECT person FROM consents UNION SELECT guardian FROM consents UNION SELECT person FROM withdrawal_codes
    UNION SELECT id FROM raters UNION SELECT edited_by FROM answer_notes"""


@dataclass(frozen=True)
class Pseudonyms:
    """Turns names into pseudonyms with one collection's keys, the newest last.

    Whoever has a pseudonym by an older key, as one `in_use` or as one that is `forgotten`, keeps it.
    """

    keys: tuple[bytes, ...]
    in_use: frozenset[str] = frozenset()
    forgotten: Tombstones = field(default_factory=Tombstones)
    collection: str = ""  # its id

    def of(self, name: str) -> str:
        """The pseudonym of a name: p and 16 hex digits of HMAC-SHA-256; names are compared without case and space."""
        *older, newest = self.by_each_key(name)
        return next((pseudonym for pseudonym in older if self._is_kept(pseudonym)), newest)

    def by_each_key(self, name: str) -> tuple[str, ...]:
        """What a name is called by each key, the newest last."""
        plain = unicodedata.normalize("NFKC", " ".join(name.split())).casefold().encode("utf-8", "surrogatepass")
        return tuple("p" + hmac.new(key, plain, hashlib.sha256).hexdigest()[:16] for key in self.keys)

    def _is_kept(self, pseudonym: str) -> bool:
        is_forgotten = any(self.forgotten.holds(kind, pseudonym) for kind in ("person", "rater"))
        return pseudonym in self.in_use or is_forgotten

    def __repr__(self) -> str:
        return f"Pseudonyms(keys=hidden, {len(self.keys)})"


def pseudonyms(home: Path) -> Pseudonyms:
    """The pseudonyms of a collection; its first key is made when it is first needed.

    Raises BadSetting where a key that was used is not here, is another's or lacks its successors.
    """
    catalog = Catalog(home)
    with catalog.open():  # held once for all that follows
        return _pseudonyms(home, str(catalog.fact("collection")), catalog.fact(FACT))


def _pseudonyms(home: Path, collection: str, known: str | None) -> Pseudonyms:
    """The pseudonyms of a collection whose keys are known by these checks."""
    path = key_file(collection)
    if known is not None and not path.exists():
        raise BadSetting(
            f"the key of this collection's pseudonyms is not on this machine; copy it to {path} from where it is. "
            "Only where it is lost for good: emocurate rights keys --lost. Then nobody who is here can be found by "
            "name any more, only by pseudonym, and who was forgotten may come in again with other recordings"
        )
    people = Pseudonyms(chain_named(collection), collection=collection)
    checks = list(people.by_each_key(CHECK))
    held = (known or "").split()
    if held != checks[: len(held)]:
        raise BadSetting(_refusal(path, held, checks))
    if held != checks:  # new, or a rotation that was killed before it could say so here
        with Catalog(home).open() as connection:
            connection.begin()
            state(connection, FACT, " ".join(checks))
            connection.commit()
    if len(checks) == 1:
        return people
    in_use = frozenset(person for (person,) in Catalog(home).rows(IN_USE) if person is not None)
    return Pseudonyms(people.keys, in_use, tombstones(home), collection)


@contextmanager
def naming(home: Path, people: Pseudonyms, verb: str) -> Iterator[None]:
    """Hold the lease of a verb that names people, beside others of its kind; no key is added meanwhile.

    Raises Busy where one was added since the keys were read: one person would get two pseudonyms.
    """
    with lease(home, verb, together=True):
        if chain_named(people.collection) != people.keys:
            raise Busy("the keys of pseudonyms were rotated a moment ago; type the same again")
        yield


def _refusal(path: Path, held: list[str], checks: list[str]) -> str:
    if checks == held[: len(checks)]:
        return (
            f"{path} has {len(checks)} of the {len(held)} keys of this collection's pseudonyms: they were rotated on "
            "another machine; copy the file from there"
        )
    return f"{path} is not the key this collection's pseudonyms were made with; put that one there"
