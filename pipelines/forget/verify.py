"""Looks for what was forgotten in every file of a collection, raw: catalog, Label Studio's database, media, shards."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.collection import Collection
from pipelines.forget.bytes import holds

OWN = ("locks",)  # empty files


@dataclass(frozen=True)
class Verified:
    """Where the words, or the pseudonym they have, still stand; and how many files were searched."""

    words: str
    searched: int
    found: tuple[str, ...]


def verify(here: Collection, words: str) -> Verified:
    """Search every file below the collection for the words and for their pseudonym, as UTF-8.

    What is compressed, such as a column of a Parquet file, is not unpacked.
    """
    needles = [text.encode("utf-8", "surrogatepass") for text in (words, here.people.of(words))]
    files = [path for path in sorted(here.home.rglob("*")) if _searched(here.home, path)]
    return Verified(
        words, len(files), tuple(str(path.relative_to(here.home)) for path in files if holds(path, needles))
    )


def _searched(home: Path, path: Path) -> bool:
    return path.is_file() and path.relative_to(home).parts[0] not in OWN
