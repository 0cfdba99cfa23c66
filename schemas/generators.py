"""What the terms of generators say of what they made, as a small dated table with where it was read."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

from schemas.tables import built

Verdict = Literal["allowed", "limited", "forbidden"]


@dataclass(frozen=True)
class Generator:
    """One owner's generators by patterns of their names, and what the terms say of passing their output on as data.

    `licence` is what `limited` output may be used under; `terms` is the address of the terms, `read_at` where and
    `read_on` when that was read.
    """

    models: tuple[str, ...]
    owner: str
    verdict: Verdict
    says: str
    terms: str
    read_at: str
    read_on: str
    licence: str = ""

    def makes(self, model: str) -> bool:
        """Whether a model is one of these, by its whole name or what stands behind the last slash."""
        names = (model.casefold(), model.casefold().rpartition("/")[2])
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.models)

    @property
    def evidence(self) -> str:
        """What the terms say and where it can be read, in one line."""
        return f"{self.owner}: {self.says} ({self.terms}; read {self.read_on} at {self.read_at})"


@cache
def generators() -> tuple[Generator, ...]:
    """The generators whose terms were read."""
    data = tomllib.loads((files("schemas") / "generators.toml").read_text("utf-8"))
    return tuple(built(Generator, table, f"generator {table['owner']}") for table in data["generator"])


def generator_of(model: str) -> Generator | None:
    """Whose generator a model is; None where its terms were not read."""
    return next((known for known in generators() if known.makes(model)), None)
