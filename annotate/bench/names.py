"""What a table of predictions may call the items of a benchmark."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from schemas.errors import BadInput

_START = re.compile(r" \d+\.\d\d s(?= |$)")  # where in its file a clip begins, as readable names tell it


class Names:
    """The items of a benchmark by their ids, what people call them, and shorter names that mean one item alone.

    Shorter are: without the corpus or the folder in front, without the ending, without where in its file a clip begins.
    """

    def __init__(self, called: Mapping[str, str]) -> None:
        self._names = dict(called)
        self._whole: dict[str, set[str]] = {}
        self._ends: dict[str, set[str]] = {}
        for item, name in self._names.items():
            for spelt in {item, name, _START.sub("", name)}:
                self._learn(item, spelt)

    def find(self, told: str) -> list[str]:
        """The items a name may mean: one if it is clear, none if it is unknown.

        A longer path than the benchmark knows is cut from the front until it is a whole name.
        """
        plain = told.replace("\\", "/").removeprefix("./")
        if told in self._names:
            return [told]
        for known, spelt in (
            *((self._whole, each) for each in _spellings(plain)),
            *((self._ends, each) for each in _spellings(plain)),
            *((self._whole, each) for end in _ends(plain) for each in _spellings(end)),
        ):
            if spelt in known:
                return sorted(known[spelt])
        return []

    def unknown(self, told: str) -> BadInput:
        """The error for a table none of whose items are known; it names two that are."""
        examples = " or ".join(repr(self._names[item]) for item in sorted(self._names)[:2])
        return BadInput(
            f"no item of the table belongs to the benchmark: it says {told!r} where {examples} is expected "
            "(without the corpus in front will do); every item stands in items.parquet"
        )

    def _learn(self, item: str, name: str) -> None:
        plain = name.replace("\\", "/")
        for spelt in _spellings(plain):
            self._whole.setdefault(spelt, set()).add(item)
        for place, end in enumerate(_ends(plain)):
            for spelt in _spellings(end):
                self._ends.setdefault(spelt, set()).add(item)
                if place == 0:  # without what stands in front of the first slash, which is the corpus
                    self._whole.setdefault(spelt, set()).add(item)


def _spellings(path: str) -> Iterator[str]:
    """A path as it is, and without its ending."""
    yield path
    name = PurePosixPath(path).name
    if (stem := PurePosixPath(path).stem) != name:
        yield path.removesuffix(name) + stem


def _ends(path: str) -> Iterator[str]:
    """What is left of a path when folders are taken off its front, one after another."""
    while "/" in path:
        path = path.partition("/")[2]
        yield path
