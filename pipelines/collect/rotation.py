"""`rights keys`: the keys of pseudonyms, and a new one for whoever comes from now on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.keys import add_key, key_file
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import FACT, NAMING, pseudonyms
from schemas.errors import BadSetting

VERBS = (
    "forget",
    *NAMING,
    "rebuild",
    "fetch",
    "push",
    "pull",
    "export",
    "publish",
)  # what would go on with the keys it has read


@dataclass(frozen=True)
class KeyChain:
    """Where the keys of a collection's pseudonyms lie, how many there are, and whether one was added.

    `begun`: the keys before were lost, and this is the first of new ones.
    """

    file: Path
    keys: int
    rotated: bool = False
    begun: bool = False


def key_chain(here: Collection) -> KeyChain:
    """The keys of a collection; raises BadSetting for keys that are not its own."""
    return KeyChain(_file(here), len(pseudonyms(here.home).keys))


def rotate(here: Collection) -> KeyChain:
    """Add a key, which new people get their pseudonyms by; who is known, or was forgotten, keeps the older one.

    Raises BadSetting for keys that are not its own, Busy while a verb is at work that knows the old keys only.
    """
    with _alone(here):
        pseudonyms(here.home)  # refuses keys that are not its own
        add_key(_file(here).stem)
        return KeyChain(_file(here), len(pseudonyms(here.home).keys), rotated=True)


def begin_anew(here: Collection) -> KeyChain:
    """Begin with a new key where all are lost; raises BadSetting where a file of keys is there, Busy as `rotate` does.

    Pseudonyms that are in the collection stay, and no name leads to them any more.
    """
    file = _file(here)
    with _alone(here):
        if file.exists():
            raise BadSetting(f"{file} is there, so nothing is lost; move it away if it is another collection's")
        with Catalog(here.home).open() as connection:
            connection.execute("DELETE FROM facts WHERE name = ?", [FACT])
        return KeyChain(file, len(pseudonyms(here.home).keys), begun=True)


def _file(here: Collection) -> Path:
    return key_file(str(Catalog(here.home).fact("collection")))


@contextmanager
def _alone(here: Collection) -> Iterator[None]:
    with ExitStack() as held:
        for verb in VERBS:
            held.enter_context(lease(here.home, verb))
        yield
