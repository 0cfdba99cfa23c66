"""Tombstones: keyed hashes of what was forgotten, so that it does not come back and nobody can read what it was."""

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.keys import key_file, key_named, write_beside
from schemas.errors import BadSetting

Kind = Literal["bytes", "person", "address", "rater", "subject", "name", "sound", "picture"]
TABLE = "tombstones"


@dataclass(frozen=True)
class Tombstones:
    """The marks of what was forgotten. The key is of their own and is never rotated: with it, marks can be compared."""

    key: bytes = b""
    marks: frozenset[str] = frozenset()

    def mark(self, kind: Kind, what: str) -> str:
        """The mark of a thing: 32 hex digits of HMAC-SHA-256."""
        return hmac.new(self.key, f"{kind}\0{what}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def holds(self, kind: Kind, what: str | None) -> bool:
        """Whether a thing was forgotten."""
        return bool(self.marks) and what is not None and self.mark(kind, what) in self.marks

    def names_file(self, name: str) -> bool:
        """Whether a name of media, or the end of one after a slash, is that of a file that was forgotten."""
        return self.holds("name", name)

    def marks_of_file(self, name: str) -> list[str]:
        """The marks of a file's name, of its ends after a slash, and of the last of these without what follows the dot.

        Labels that a table has about the file would come back under it.
        """
        parts = name.split("/")
        ends = ["/".join(parts[place:]) for place in range(len(parts))]
        return [self.mark("name", one) for one in (*ends, PurePosixPath(name).stem) if one]

    def __repr__(self) -> str:
        return f"Tombstones(key=hidden, {len(self.marks)} marks)"


def tombstones(home: Path) -> Tombstones:
    """The tombstones of a collection.

    Raises BadSetting where there are marks and their key is not on this machine: nothing may come in unseen.
    """
    with Catalog(home).open() as connection:
        return tombstones_in(connection)


def tombstones_in(connection: DuckDBPyConnection) -> Tombstones:
    """The tombstones of the collection whose catalog is open; raises BadSetting as `tombstones` does."""
    marks = frozenset(mark for (mark,) in connection.execute(f"SELECT mark FROM {TABLE}").fetchall())
    collection = connection.execute("SELECT value FROM facts WHERE name = 'collection'").fetchall()[0][0]
    path = tombstones_key(str(collection))
    if not marks and not path.exists():
        return Tombstones()
    if not path.exists():
        raise BadSetting(f"the key of what this collection has forgotten is not on this machine; copy it to {path}")
    return Tombstones(key_named(_name(collection)), marks)


def tombstones_key(collection: str) -> Path:
    """Where the key of a collection's tombstones lies."""
    return key_file(_name(collection))


def noted(collection: str) -> frozenset[str]:
    """The marks beside the key: a catalog from an older backup lacks those of what was forgotten since."""
    path = _notes(collection)
    return frozenset(path.read_text("ascii").split()) if path.exists() else frozenset()


def with_key(home: Path) -> Tombstones:
    """The tombstones with a key, made where there is none yet: for whoever is about to forget."""
    known = tombstones(home)
    return known if known.key else Tombstones(key_named(_name(str(Catalog(home).fact("collection")))))


def bury_at_once(home: Path, marks: list[str]) -> None:
    """Add marks to the tombstones of a collection now: also a withdrawal that is killed keeps out what it is about."""
    with Catalog(home).open() as connection:
        bury(connection, "main", marks)
    collection = str(Catalog(home).fact("collection"))
    _note(collection, noted(collection).union(marks))


def dig_out(connection: DuckDBPyConnection, schema: str, marks: list[str]) -> None:
    """Take marks from the tombstones of an attached catalog."""
    connection.execute(f"DELETE FROM {schema}.{TABLE} WHERE list_contains(?, mark)", [marks])
    collection = connection.execute(f"SELECT value FROM {schema}.facts WHERE name = 'collection'").fetchall()[0][0]
    _note(collection, noted(collection).difference(marks))


def bury(connection: DuckDBPyConnection, schema: str, marks: list[str]) -> None:
    """Add marks to the tombstones of an attached catalog."""
    coming = "(SELECT unnest($marks::VARCHAR[]) AS mark) coming"
    connection.execute(
        f"""INSERT INTO {schema}.{TABLE} SELECT DISTINCT coming.mark FROM {coming}
            ANTI JOIN {schema}.{TABLE} held ON held.mark = coming.mark ORDER BY 1""",
        {"marks": marks},
    )


def _note(collection: str, marks: frozenset[str]) -> None:
    write_beside(_notes(collection), "".join(f"{mark}\n" for mark in sorted(marks)).encode())


def _notes(collection: str) -> Path:
    return tombstones_key(collection).with_suffix(".marks")


def _name(collection: str) -> str:
    return f"{collection}.tombstones"
